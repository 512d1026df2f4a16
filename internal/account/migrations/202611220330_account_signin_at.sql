-- +goose Up
CREATE INDEX account_signin_at ON account_signin (at);
