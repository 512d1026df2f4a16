-- +goose Up
-- Consents are kept by the feature consent, whose migration before this one copied them.
DROP TABLE account_consent;
