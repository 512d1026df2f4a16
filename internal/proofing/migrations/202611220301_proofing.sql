-- +goose Up
CREATE TABLE proofing_request (
	account TEXT NOT NULL,
	id TEXT NOT NULL,
	kind TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('checking', 'papers', 'review', 'approved', 'failed', 'refused', 'cancelled')),
	data bytea NOT NULL, -- sealed
	created_at timestamptz NOT NULL,
	updated_at timestamptz NOT NULL,
	PRIMARY KEY (account, id)
);
CREATE INDEX proofing_request_kind ON proofing_request (account, kind, created_at);

-- Who stood up for the holder, and when.
CREATE TABLE proofing_proof (
	account TEXT NOT NULL,
	id TEXT NOT NULL,
	method TEXT NOT NULL, -- message key
	level TEXT NOT NULL,
	at timestamptz NOT NULL,
	PRIMARY KEY (account, id)
);

-- Codes that were ordered on paper.
CREATE TABLE proofing_letter (
	account TEXT NOT NULL,
	id TEXT NOT NULL,
	address bytea NOT NULL, -- sealed
	code bytea, -- sealed; NULL once the post office has it
	hash bytea NOT NULL, -- keyed
	tries BIGINT NOT NULL,
	created_at timestamptz NOT NULL,
	sent_at timestamptz, -- the post office has it
	used_at timestamptz,
	PRIMARY KEY (account, id)
);

CREATE TABLE proofing_queue (
	id TEXT PRIMARY KEY,
	account TEXT NOT NULL,
	kind TEXT NOT NULL,
	open boolean NOT NULL,
	at timestamptz NOT NULL, -- since when it waits, or when it was decided
	verifier TEXT NOT NULL -- account of who decided; '' while it is open
);
CREATE INDEX proofing_queue_open ON proofing_queue (open, at, id);
CREATE INDEX proofing_queue_kind ON proofing_queue (open, kind, at, id);
