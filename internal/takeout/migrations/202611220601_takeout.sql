-- +goose Up
CREATE TABLE takeout_copy (
	account TEXT NOT NULL,
	id TEXT NOT NULL,
	format TEXT NOT NULL CHECK (format IN ('both', 'html', 'json')),
	state TEXT NOT NULL CHECK (state IN ('asked', 'ready', 'gone', 'failed')),
	asked_at timestamptz NOT NULL,
	ready_at timestamptz,
	until timestamptz,
	size BIGINT NOT NULL,
	sha256 bytea,
	blob TEXT NOT NULL,
	PRIMARY KEY (account, id)
);
CREATE INDEX takeout_copy_until ON takeout_copy (until) WHERE state = 'ready';
CREATE TABLE takeout_deletion (
	account TEXT PRIMARY KEY,
	id TEXT NOT NULL,
	asked_at timestamptz NOT NULL,
	due_at timestamptz NOT NULL,
	cancelled_at timestamptz,
	done_at timestamptz,
	kept_until timestamptz,
	farewell bytea
);
CREATE INDEX takeout_deletion_kept ON takeout_deletion (kept_until);
