-- Who may see which record inside the office. A level is 0 none, 1 read, 2 write, 3 full control.

ALTER TABLE office ADD COLUMN client_access INTEGER NOT NULL DEFAULT 0; -- whether users see only records that concern them
ALTER TABLE office ADD COLUMN sharing INTEGER NOT NULL DEFAULT 1; -- whether users with Full Control may share, or administrators alone
ALTER TABLE users ADD COLUMN all_clients INTEGER NOT NULL DEFAULT 0; -- level at which all clients are shared with the user
ALTER TABLE records ADD COLUMN everyone INTEGER NOT NULL DEFAULT 0; -- level at which the record is shared with the whole office

CREATE TABLE groups (
    id                INTEGER PRIMARY KEY,                -- local row
    name              TEXT    NOT NULL,                   -- name for people
    folded            TEXT    NOT NULL UNIQUE,            -- the name in which letter case and accents make no difference
    created_ms        INTEGER NOT NULL                    -- when it was made
) STRICT;

CREATE TABLE group_members (
    id                INTEGER PRIMARY KEY,                -- local row
    group_row         INTEGER NOT NULL REFERENCES groups (id), -- the group
    user_row          INTEGER NOT NULL REFERENCES users (id), -- a user in it
    UNIQUE (user_row, group_row)
) STRICT;
CREATE INDEX group_members_by_group ON group_members (group_row);

CREATE TABLE grants (
    id                INTEGER PRIMARY KEY,                -- local row
    record_row        INTEGER NOT NULL REFERENCES records (id), -- the record
    user_row          INTEGER REFERENCES users (id),      -- the user it is shared with, or
    group_row         INTEGER REFERENCES groups (id),     -- the group it is shared with
    level             INTEGER NOT NULL,                   -- level, 1 to 3
    granted_ms        INTEGER NOT NULL,                   -- when it was last set
    CHECK ((user_row IS NULL) <> (group_row IS NULL))
) STRICT;
CREATE UNIQUE INDEX grants_by_user ON grants (user_row, record_row) WHERE user_row IS NOT NULL;
CREATE UNIQUE INDEX grants_by_group ON grants (group_row, record_row) WHERE group_row IS NOT NULL;
CREATE INDEX grants_by_record ON grants (record_row);
