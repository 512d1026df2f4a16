-- +goose Up
CREATE TABLE recovery_case (
	id TEXT PRIMARY KEY,
	number TEXT NOT NULL,
	state TEXT NOT NULL,
	browser bytea NOT NULL,
	account TEXT NOT NULL,
	data bytea NOT NULL,
	code_hash bytea,
	code bytea,
	sends INTEGER NOT NULL,
	tries INTEGER NOT NULL,
	code_sent_at timestamptz,
	secret bytea,
	created_at timestamptz NOT NULL,
	proved_at timestamptz,
	sent_at timestamptz,
	first_by TEXT NOT NULL,
	first_at timestamptz,
	second_by TEXT NOT NULL,
	closed_at timestamptz,
	ready_at timestamptz,
	reason TEXT NOT NULL
);
CREATE INDEX recovery_case_number ON recovery_case (number);
CREATE INDEX recovery_case_state ON recovery_case (state, sent_at, id);
CREATE INDEX recovery_case_created ON recovery_case (created_at);
CREATE INDEX recovery_case_account ON recovery_case (account, id);
CREATE TABLE recovery_file (
	case_id TEXT NOT NULL,
	id TEXT NOT NULL,
	kind TEXT NOT NULL CHECK (kind IN ('passport', 'selfie')),
	data bytea NOT NULL,
	blob TEXT NOT NULL,
	PRIMARY KEY (case_id, id)
);
CREATE INDEX recovery_file_blob ON recovery_file (blob);
CREATE TABLE recovery_hold (
	account TEXT NOT NULL,
	case_id TEXT NOT NULL,
	ready_at timestamptz NOT NULL,
	until timestamptz NOT NULL,
	secret bytea,
	sealed bytea,
	link_until timestamptz,
	links INTEGER NOT NULL,
	cancelled_at timestamptz,
	done_at timestamptz,
	PRIMARY KEY (account, case_id)
);
