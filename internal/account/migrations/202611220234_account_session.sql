-- +goose Up
-- Flows live for an hour: those under way begin anew. Which kinds there are is
-- the code's to know.
DROP TABLE account_flow;
CREATE TABLE account_flow (
	id TEXT PRIMARY KEY,
	kind TEXT NOT NULL,
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
ALTER TABLE account_session ADD COLUMN source bytea;
ALTER TABLE account_signin ADD COLUMN outcome TEXT NOT NULL DEFAULT '';
ALTER TABLE account_signin ADD COLUMN denied_at timestamptz;
CREATE TABLE account_safety (
	account TEXT PRIMARY KEY,
	remote_off_at timestamptz,
	recovered_at timestamptz,
	strict_ip boolean NOT NULL,
	block_risky boolean NOT NULL,
	hush_attempts boolean NOT NULL
);
