-- +goose Up
CREATE TABLE rate (
	key bytea PRIMARY KEY,
	full_at BIGINT NOT NULL -- microseconds since 1970: it is calculated with
);
CREATE INDEX rate_full ON rate (full_at);
