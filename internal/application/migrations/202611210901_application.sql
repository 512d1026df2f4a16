-- +goose Up
CREATE TABLE application (
	account TEXT NOT NULL,
	id TEXT NOT NULL,
	number TEXT NOT NULL,
	form_key TEXT NOT NULL,
	service TEXT NOT NULL,
	version INTEGER NOT NULL,
	agency TEXT NOT NULL,
	status TEXT NOT NULL,
	seq INTEGER NOT NULL,
	sent_at timestamptz NOT NULL,
	change_at timestamptz NOT NULL,
	due TEXT NOT NULL,
	calendar TEXT NOT NULL,
	assignee TEXT NOT NULL,
	desk boolean NOT NULL,
	ask bytea NOT NULL,
	reason bytea NOT NULL,
	result TEXT NOT NULL,
	answers bytea NOT NULL,
	outcome bytea NOT NULL,
	PRIMARY KEY (account, id)
);
CREATE UNIQUE INDEX application_form ON application (account, form_key);
CREATE INDEX application_list ON application (account, sent_at DESC, id DESC);
CREATE INDEX application_service ON application (account, service, sent_at);

CREATE TABLE application_event (
	account TEXT NOT NULL,
	application TEXT NOT NULL,
	seq INTEGER NOT NULL,
	at timestamptz NOT NULL,
	status TEXT NOT NULL,
	by_kind TEXT NOT NULL,
	actor TEXT NOT NULL,
	who bytea NOT NULL,
	what TEXT NOT NULL,
	comment bytea NOT NULL,
	PRIMARY KEY (account, application, seq)
);

CREATE TABLE application_file (
	account TEXT NOT NULL,
	application TEXT NOT NULL,
	file TEXT NOT NULL,
	field TEXT NOT NULL,
	added_at timestamptz NOT NULL,
	PRIMARY KEY (account, application, file)
);

CREATE TABLE application_number (
	number TEXT PRIMARY KEY,
	account TEXT NOT NULL,
	application TEXT NOT NULL
);

CREATE TABLE desk_case (
	agency TEXT NOT NULL,
	id TEXT NOT NULL,
	account TEXT NOT NULL,
	number TEXT NOT NULL,
	service TEXT NOT NULL,
	status TEXT NOT NULL,
	open boolean NOT NULL,
	seq INTEGER NOT NULL,
	sent_at timestamptz NOT NULL,
	change_at timestamptz NOT NULL,
	due TEXT NOT NULL,
	assignee TEXT NOT NULL,
	applicant bytea NOT NULL,
	surname_hash bytea NOT NULL,
	PRIMARY KEY (agency, id)
);
CREATE INDEX desk_case_queue ON desk_case (agency, open, due, id);
CREATE INDEX desk_case_assignee ON desk_case (agency, assignee, open, due, id);
CREATE INDEX desk_case_status ON desk_case (agency, status, due, id);
CREATE INDEX desk_case_service ON desk_case (agency, service, open, due, id);
CREATE INDEX desk_case_number ON desk_case (agency, number);
CREATE INDEX desk_case_surname ON desk_case (agency, surname_hash, due, id);
