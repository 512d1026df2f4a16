-- +goose Up
CREATE TABLE account_passkey (
	account TEXT NOT NULL,
	id TEXT NOT NULL,
	name bytea NOT NULL,
	record bytea NOT NULL,
	added_at timestamptz NOT NULL,
	used_at timestamptz,
	PRIMARY KEY (account, id)
);
CREATE TABLE account_challenge (
	digest bytea PRIMARY KEY,
	until timestamptz NOT NULL
);
CREATE INDEX account_challenge_until ON account_challenge (until);
