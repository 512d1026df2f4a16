-- +goose Up
-- IDs sort as the moments of notices do, so the primary key is the feed too.
DROP INDEX notice_feed;
DROP INDEX notice_unread;
CREATE INDEX notice_unread ON notice (account, id) WHERE read_at IS NULL AND deleted_at IS NULL;
