-- +goose Up
CREATE TABLE account (
	id TEXT PRIMARY KEY,
	number TEXT NOT NULL,
	level TEXT NOT NULL CHECK (level IN ('simplified', 'standard', 'confirmed')),
	staff boolean NOT NULL,
	second_factor boolean NOT NULL,
	lang TEXT NOT NULL,
	created_at timestamptz NOT NULL
);
CREATE TABLE account_contact (
	account TEXT NOT NULL,
	kind TEXT NOT NULL CHECK (kind IN ('phone', 'email')),
	id TEXT NOT NULL,
	value bytea NOT NULL,
	confirmed_at timestamptz,
	PRIMARY KEY (account, kind, id)
);
CREATE TABLE account_identifier (
	kind TEXT NOT NULL,
	hash bytea NOT NULL,
	account TEXT NOT NULL,
	PRIMARY KEY (kind, hash)
);
CREATE INDEX account_identifier_account ON account_identifier (account);
CREATE TABLE account_consent (
	account TEXT NOT NULL,
	id TEXT NOT NULL,
	purpose TEXT NOT NULL,
	version TEXT NOT NULL,
	given_at timestamptz NOT NULL,
	withdrawn_at timestamptz,
	PRIMARY KEY (account, id)
);
CREATE TABLE account_password (
	account TEXT PRIMARY KEY,
	hash TEXT NOT NULL,
	changed_at timestamptz NOT NULL
);
CREATE TABLE account_session (
	account TEXT NOT NULL,
	id TEXT NOT NULL,
	secret bytea NOT NULL,
	device bytea NOT NULL,
	staff boolean NOT NULL,
	alien boolean NOT NULL,
	created_at timestamptz NOT NULL,
	seen_at timestamptz NOT NULL,
	proved_at timestamptz NOT NULL,
	ended_at timestamptz,
	ended_why TEXT NOT NULL,
	PRIMARY KEY (account, id)
);
CREATE UNIQUE INDEX account_session_secret ON account_session (account, secret);
CREATE INDEX account_session_created ON account_session (created_at);
CREATE TABLE account_device (
	account TEXT NOT NULL,
	id TEXT NOT NULL,
	secret bytea NOT NULL,
	device bytea NOT NULL,
	trusted boolean NOT NULL,
	created_at timestamptz NOT NULL,
	until timestamptz NOT NULL,
	PRIMARY KEY (account, id)
);
CREATE UNIQUE INDEX account_device_secret ON account_device (account, secret);
CREATE INDEX account_device_until ON account_device (until);
CREATE TABLE account_signin (
	account TEXT NOT NULL,
	id TEXT NOT NULL,
	at timestamptz NOT NULL,
	method TEXT NOT NULL,
	device bytea NOT NULL,
	PRIMARY KEY (account, id)
);
CREATE TABLE account_failure (
	subject TEXT NOT NULL,
	source bytea NOT NULL,
	failures INTEGER NOT NULL,
	last_at timestamptz NOT NULL,
	until timestamptz,
	PRIMARY KEY (subject, source)
);
CREATE INDEX account_failure_last ON account_failure (last_at);
CREATE TABLE account_code (
	account TEXT NOT NULL,
	id TEXT NOT NULL,
	purpose TEXT NOT NULL,
	object TEXT NOT NULL,
	hash bytea,
	code bytea,
	tries INTEGER NOT NULL,
	sent_at timestamptz NOT NULL,
	until timestamptz NOT NULL,
	used_at timestamptz,
	PRIMARY KEY (account, id)
);
CREATE INDEX account_code_until ON account_code (until);
CREATE TABLE account_flow (
	id TEXT PRIMARY KEY,
	kind TEXT NOT NULL CHECK (kind IN ('register', 'second', 'recover', 'unlock')),
	browser bytea NOT NULL,
	account TEXT NOT NULL,
	data bytea NOT NULL,
	sends INTEGER NOT NULL,
	hash bytea,
	code bytea,
	tries INTEGER NOT NULL,
	sent_at timestamptz NOT NULL,
	code_until timestamptz NOT NULL,
	proved_at timestamptz,
	done_at timestamptz,
	until timestamptz NOT NULL
);
CREATE INDEX account_flow_until ON account_flow (until);
CREATE TABLE account_link (
	account TEXT NOT NULL,
	id TEXT NOT NULL,
	secret bytea NOT NULL,
	sealed bytea,
	contact TEXT NOT NULL,
	until timestamptz NOT NULL,
	PRIMARY KEY (account, id)
);
CREATE INDEX account_link_until ON account_link (until);
CREATE TABLE account_kept (
	account TEXT NOT NULL,
	id TEXT NOT NULL,
	form bytea NOT NULL,
	until timestamptz NOT NULL,
	PRIMARY KEY (account, id)
);
CREATE INDEX account_kept_until ON account_kept (until);
