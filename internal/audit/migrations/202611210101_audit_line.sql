-- +goose Up
CREATE TABLE audit_line (
	owner TEXT NOT NULL,
	seq BIGINT NOT NULL,
	at timestamptz NOT NULL,
	actor_kind TEXT NOT NULL,
	actor TEXT NOT NULL,
	session_hash bytea NOT NULL,
	act TEXT NOT NULL,
	object TEXT NOT NULL,
	agency TEXT NOT NULL,
	reason TEXT NOT NULL,
	prev bytea NOT NULL,
	hash bytea NOT NULL,
	PRIMARY KEY (owner, seq)
);
