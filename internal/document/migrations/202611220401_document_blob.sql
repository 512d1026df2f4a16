-- +goose Up
CREATE INDEX document_file_blob ON document_file (blob);
