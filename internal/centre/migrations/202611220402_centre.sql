-- +goose Up
CREATE TABLE centre_intake (
	agency TEXT NOT NULL,
	id TEXT NOT NULL,
	account TEXT NOT NULL, -- '' until one is made
	operator TEXT NOT NULL,
	kind TEXT NOT NULL CHECK (kind IN ('open', 'confirm', 'recover')),
	done boolean NOT NULL,
	data bytea, -- sealed; NULL when there is nothing more to know
	created_at timestamptz NOT NULL,
	PRIMARY KEY (agency, id)
);
CREATE INDEX centre_intake_account ON centre_intake (account);
CREATE INDEX centre_intake_made ON centre_intake (created_at);

CREATE TABLE centre_link (
	account TEXT NOT NULL,
	id TEXT NOT NULL,
	hash bytea NOT NULL,
	until timestamptz NOT NULL,
	used_at timestamptz,
	PRIMARY KEY (account, id)
);
CREATE INDEX centre_link_until ON centre_link (until);
