-- What the reader of the link notes about copies: it stands here so that it goes with them.

CREATE TABLE activities (
    id                INTEGER PRIMARY KEY,                -- local row
    activity          BLOB    NOT NULL UNIQUE,            -- its id: a UUID v7
    record            BLOB    NOT NULL,                   -- the record of the copy
    kind              INTEGER NOT NULL,                   -- 0 call, 1 meeting, 2 e-mail, 3 letter, 4 note
    at_ms             INTEGER NOT NULL,                   -- when it was or will be
    subject           TEXT    NOT NULL,                   -- what it was about, one line
    text              TEXT    NOT NULL,                   -- more about it, may be empty
    added_ms          INTEGER NOT NULL                    -- when it was noted
) STRICT;
CREATE INDEX activities_of_a_copy ON activities (record, at_ms, activity);
