-- +goose Up
CREATE TABLE document_file (
	account TEXT NOT NULL,
	id TEXT NOT NULL,
	kind TEXT NOT NULL CHECK (kind IN ('upload', 'issued')),
	type TEXT NOT NULL,
	name bytea NOT NULL, -- sealed
	format TEXT NOT NULL CHECK (format IN ('pdf', 'jpeg', 'png')),
	size BIGINT NOT NULL,
	sha256 bytea NOT NULL,
	blob TEXT NOT NULL,
	status TEXT NOT NULL CHECK (status IN ('uploaded', 'clarify', 'signed')),
	flaw TEXT NOT NULL CHECK (flaw IN ('', 'cut', 'locked')),
	scanned boolean NOT NULL, -- the virus scanner found nothing; false: there was no scanner
	valid_until TEXT NOT NULL,
	created_at timestamptz NOT NULL,
	checked_at timestamptz NOT NULL, -- when the content was last compared with its hash without being asked for
	damaged boolean NOT NULL, -- it did not agree then
	PRIMARY KEY (account, id)
);
CREATE INDEX document_file_check ON document_file (checked_at);

-- What a file is attached to: while there is a row, the file stays.
CREATE TABLE document_use (
	account TEXT NOT NULL,
	file TEXT NOT NULL,
	object TEXT NOT NULL,
	created_at timestamptz NOT NULL,
	PRIMARY KEY (account, file, object)
);

CREATE TABLE document_issued (
	account TEXT NOT NULL,
	id TEXT NOT NULL,
	source TEXT NOT NULL,
	facts bytea NOT NULL, -- sealed
	PRIMARY KEY (account, id),
	UNIQUE (account, source)
);

-- From a code on paper, or the hash of a file in hand, to the document.
CREATE TABLE document_lookup (
	kind TEXT NOT NULL CHECK (kind IN ('code', 'content')),
	hash bytea NOT NULL, -- keyed
	account TEXT NOT NULL,
	file TEXT NOT NULL,
	PRIMARY KEY (kind, hash)
);
