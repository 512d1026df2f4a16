-- +goose Up
CREATE TABLE consent (
	account TEXT NOT NULL,
	id TEXT NOT NULL,
	purpose TEXT NOT NULL,
	object TEXT NOT NULL,
	version TEXT NOT NULL,
	lang TEXT NOT NULL,
	hash bytea,
	given_at timestamptz NOT NULL,
	until timestamptz,
	channel TEXT NOT NULL,
	evidence bytea,
	PRIMARY KEY (account, id)
);
CREATE INDEX consent_version ON consent (purpose, account, version);
CREATE TABLE consent_end (
	account TEXT NOT NULL,
	consent TEXT NOT NULL,
	at timestamptz NOT NULL,
	reason TEXT NOT NULL CHECK (reason IN ('withdrawn', 'replaced', 'done')),
	channel TEXT NOT NULL,
	session TEXT NOT NULL,
	PRIMARY KEY (account, consent)
);
INSERT INTO consent (account, id, purpose, object, version, lang, given_at, channel)
	SELECT c.account, c.id, c.purpose, '', c.version, a.lang, c.given_at, 'registration' FROM account_consent c JOIN account a ON a.id = c.account;
INSERT INTO consent_end (account, consent, at, reason, channel, session)
	SELECT account, id, withdrawn_at, 'withdrawn', 'registration', '' FROM account_consent WHERE withdrawn_at IS NOT NULL;
