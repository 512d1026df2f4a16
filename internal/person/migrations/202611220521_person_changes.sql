-- +goose Up
CREATE TABLE person_proposal (
	account TEXT NOT NULL,
	id TEXT NOT NULL,
	data bytea NOT NULL,
	until timestamptz NOT NULL,
	PRIMARY KEY (account, id)
);
CREATE INDEX person_proposal_until ON person_proposal (until);
CREATE TABLE person_setting (
	account TEXT PRIMARY KEY,
	fill boolean NOT NULL,
	hide_start boolean NOT NULL
);
