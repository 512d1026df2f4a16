-- +goose Up
CREATE TABLE signature_certificate (
	account TEXT NOT NULL,
	id TEXT NOT NULL,
	print bytea NOT NULL,
	data bytea NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('valid', 'revoked', 'unknown')),
	ends_at timestamptz NOT NULL,
	bound_at timestamptz NOT NULL,
	used_at timestamptz,
	look_at timestamptz NOT NULL,
	warned BIGINT NOT NULL,
	PRIMARY KEY (account, id)
);
CREATE INDEX signature_certificate_look ON signature_certificate (look_at);
CREATE TABLE signature_print (
	print bytea PRIMARY KEY,
	account TEXT NOT NULL,
	certificate TEXT NOT NULL
);
CREATE TABLE signature_used (
	challenge TEXT PRIMARY KEY,
	until timestamptz NOT NULL
);
CREATE INDEX signature_used_until ON signature_used (until);
CREATE TABLE signature_newcomer (
	id TEXT PRIMARY KEY,
	browser bytea NOT NULL,
	data bytea NOT NULL,
	until timestamptz NOT NULL,
	done_at timestamptz
);
CREATE INDEX signature_newcomer_until ON signature_newcomer (until);
CREATE TABLE signature_trust (
	version BIGINT PRIMARY KEY,
	data bytea NOT NULL,
	digest TEXT NOT NULL,
	dated TEXT NOT NULL,
	centres BIGINT NOT NULL,
	active BIGINT NOT NULL,
	source TEXT NOT NULL,
	taken_at timestamptz NOT NULL
);
CREATE TABLE signature_list (
	issuer TEXT NOT NULL,
	address TEXT NOT NULL,
	data bytea NOT NULL,
	this_at timestamptz,
	next_at timestamptz,
	fetched_at timestamptz,
	tried_at timestamptz NOT NULL,
	failed boolean NOT NULL,
	PRIMARY KEY (issuer, address)
);
CREATE INDEX signature_list_tried ON signature_list (tried_at);

-- +goose Down
DROP TABLE signature_list;
DROP TABLE signature_trust;
DROP TABLE signature_newcomer;
DROP TABLE signature_used;
DROP TABLE signature_print;
DROP TABLE signature_certificate;
