-- +goose Up
CREATE TABLE eform_draft (
	account TEXT NOT NULL,
	id TEXT NOT NULL,
	form TEXT NOT NULL, -- code of the service
	version TEXT NOT NULL, -- of its form
	step TEXT NOT NULL, -- where to go on
	content bytea NOT NULL, -- sealed
	rev BIGINT NOT NULL,
	created_at timestamptz NOT NULL,
	updated_at timestamptz NOT NULL,
	sent_at timestamptz,
	PRIMARY KEY (account, id)
);

CREATE INDEX eform_draft_latest ON eform_draft (account, updated_at, id);
CREATE INDEX eform_draft_idle ON eform_draft (updated_at);
