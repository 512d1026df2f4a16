-- +goose Up
CREATE TABLE notice (
	account TEXT NOT NULL,
	id TEXT NOT NULL,
	key TEXT NOT NULL,
	at timestamptz NOT NULL,
	topic TEXT NOT NULL,
	content bytea NOT NULL,
	read_at timestamptz,
	deleted_at timestamptz,
	PRIMARY KEY (account, id),
	UNIQUE (account, key)
);
CREATE INDEX notice_feed ON notice (account, at, id);
CREATE INDEX notice_unread ON notice (account, at, id) WHERE read_at IS NULL AND deleted_at IS NULL;

CREATE TABLE delivery (
	account TEXT NOT NULL,
	notice TEXT NOT NULL,
	channel TEXT NOT NULL,
	target bytea NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('sending', 'waiting', 'sent', 'failed')),
	attempts INTEGER NOT NULL,
	repeats INTEGER NOT NULL,
	sent_at timestamptz,
	PRIMARY KEY (account, notice, channel)
);
