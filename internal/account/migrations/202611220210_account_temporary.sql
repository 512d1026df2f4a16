-- +goose Up
ALTER TABLE account_password ADD COLUMN must_change boolean NOT NULL DEFAULT false;
ALTER TABLE account_password ADD COLUMN until timestamptz;
ALTER TABLE account_session ADD COLUMN confined boolean NOT NULL DEFAULT false;
