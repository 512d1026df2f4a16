-- +goose Up
ALTER TABLE account_contact ADD COLUMN role TEXT NOT NULL DEFAULT '';
CREATE TABLE account_reach (
	account TEXT PRIMARY KEY,
	other bytea,
	checked_at timestamptz,
	ask_at timestamptz
);
CREATE TABLE account_warning (
	account TEXT NOT NULL,
	id TEXT NOT NULL,
	kind TEXT NOT NULL,
	object TEXT NOT NULL,
	data bytea NOT NULL,
	secret bytea NOT NULL,
	until timestamptz NOT NULL,
	ended_at timestamptz,
	PRIMARY KEY (account, id)
);
CREATE INDEX account_warning_until ON account_warning (until);
