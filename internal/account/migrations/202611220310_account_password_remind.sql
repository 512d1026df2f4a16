-- +goose Up
ALTER TABLE account_password ADD COLUMN remind boolean NOT NULL DEFAULT true;
