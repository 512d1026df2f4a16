-- +goose Up
CREATE TABLE account_factor (
	account TEXT PRIMARY KEY,
	sms boolean NOT NULL,
	email boolean NOT NULL,
	preferred TEXT NOT NULL,
	app bytea,
	app_step BIGINT NOT NULL,
	app_added_at timestamptz,
	app_used_at timestamptz
);
CREATE TABLE account_backup (
	account TEXT NOT NULL,
	selector bytea NOT NULL,
	hash TEXT NOT NULL,
	made_at timestamptz NOT NULL,
	used_at timestamptz,
	PRIMARY KEY (account, selector)
);
ALTER TABLE account_password ADD COLUMN recovered_by TEXT NOT NULL DEFAULT '';
ALTER TABLE account_code ADD COLUMN kind TEXT NOT NULL DEFAULT 'phone';
