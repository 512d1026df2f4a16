-- +goose Up
CREATE TABLE outside_link (
	account TEXT NOT NULL,
	provider TEXT NOT NULL,
	subject bytea NOT NULL,
	linked_at timestamptz NOT NULL,
	used_at timestamptz NOT NULL,
	PRIMARY KEY (account, provider)
);
CREATE TABLE outside_subject (
	provider TEXT NOT NULL,
	hash bytea NOT NULL,
	account TEXT NOT NULL,
	PRIMARY KEY (provider, hash)
);
CREATE INDEX outside_subject_account ON outside_subject (account);
CREATE TABLE outside_arrival (
	id TEXT PRIMARY KEY,
	browser bytea NOT NULL,
	data bytea NOT NULL,
	until timestamptz NOT NULL,
	done_at timestamptz
);
CREATE INDEX outside_arrival_until ON outside_arrival (until);
