-- +goose Up
-- Every index costs each application a page of the log. IDs sort as the moments
-- of sending do, so the primary key lists an account's applications too.
DROP INDEX application_list;
DROP INDEX application_service;
-- A number is found in application_number. The other views hold few of the
-- cases, and a new case is in one of them only.
DROP INDEX desk_case_number;
DROP INDEX desk_case_assignee;
DROP INDEX desk_case_status;
DROP INDEX desk_case_surname;
CREATE INDEX desk_case_common ON desk_case (agency, open, due, id) WHERE assignee = '';
CREATE INDEX desk_case_mine ON desk_case (agency, assignee, open, due, id) WHERE assignee <> '';
CREATE INDEX desk_case_waiting ON desk_case (agency, status, due, id) WHERE status = 'clarify';
CREATE INDEX desk_case_surname ON desk_case (agency, surname_hash, due, id) WHERE length(surname_hash) > 0;
