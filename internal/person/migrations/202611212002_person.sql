-- +goose Up
CREATE TABLE person (
	account TEXT PRIMARY KEY,
	data bytea NOT NULL,
	version BIGINT NOT NULL,
	updated_at timestamptz NOT NULL
);
CREATE TABLE person_change (
	account TEXT NOT NULL,
	id TEXT NOT NULL,
	at timestamptz NOT NULL,
	part TEXT NOT NULL,
	actor_kind TEXT NOT NULL,
	data bytea NOT NULL,
	PRIMARY KEY (account, id)
);
