-- +goose Up
CREATE TABLE videocall_meeting (
	account TEXT NOT NULL,
	id TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('waiting', 'live', 'confirmed', 'refused', 'ended', 'left')),
	asked_at timestamptz NOT NULL,
	seen_at timestamptz NOT NULL,
	taken_at timestamptz,
	ended_at timestamptz,
	operator TEXT NOT NULL, -- account; '' until it is taken
	reason TEXT NOT NULL, -- code
	note bytea, -- sealed
	PRIMARY KEY (account, id)
);
CREATE INDEX videocall_meeting_open ON videocall_meeting (state, asked_at) WHERE state IN ('waiting', 'live');
CREATE TABLE videocall_signal (
	account TEXT NOT NULL,
	meeting TEXT NOT NULL,
	side TEXT NOT NULL CHECK (side IN ('citizen', 'operator')),
	seq INTEGER NOT NULL,
	data bytea NOT NULL, -- sealed
	PRIMARY KEY (account, meeting, side, seq)
);
