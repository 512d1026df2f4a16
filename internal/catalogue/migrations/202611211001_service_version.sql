-- +goose Up
CREATE TABLE service_version (
    code         TEXT        NOT NULL,
    version      BIGINT      NOT NULL,
    hash         TEXT        NOT NULL,
    card         TEXT        NOT NULL,
    definition   bytea       NOT NULL,
    published_at timestamptz NOT NULL,
    PRIMARY KEY (code, version)
);
