-- +goose Up
CREATE TABLE job (
	id TEXT PRIMARY KEY,
	kind TEXT NOT NULL,
	args TEXT NOT NULL,
	uniq TEXT,
	state TEXT NOT NULL CHECK (state IN ('ready', 'run', 'dead')),
	run_at timestamptz NOT NULL,
	lease_until timestamptz,
	attempt INTEGER NOT NULL,
	error TEXT NOT NULL
);
CREATE UNIQUE INDEX job_uniq ON job (kind, uniq) WHERE uniq IS NOT NULL AND state <> 'dead';
CREATE INDEX job_ready ON job (run_at, id) WHERE state = 'ready';
CREATE INDEX job_lease ON job (lease_until) WHERE state = 'run';
CREATE INDEX job_dead ON job (run_at) WHERE state = 'dead';
