-- +goose Up
CREATE TABLE staff_member (
	account TEXT PRIMARY KEY,
	agency TEXT NOT NULL,
	name bytea NOT NULL,
	roles TEXT NOT NULL,
	since timestamptz NOT NULL
);
CREATE INDEX staff_member_agency ON staff_member (agency, account);
