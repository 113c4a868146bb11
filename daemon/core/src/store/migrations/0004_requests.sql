-- Asking for access to a record inside the office.

ALTER TABLE office ADD COLUMN requesting INTEGER NOT NULL DEFAULT 0; -- whether users may ask for access, and see names of what is hidden

CREATE TABLE requests (
    id                INTEGER PRIMARY KEY,                -- number of the request, in order of asking
    record            BLOB    NOT NULL,                   -- 16-byte id of the record, which may be deleted meanwhile
    user_row          INTEGER NOT NULL REFERENCES users (id), -- who asks
    level             INTEGER NOT NULL,                   -- level asked for, 1 to 3
    message           TEXT    NOT NULL,                   -- what the user says to it; emptied when the record is deleted
    state             INTEGER NOT NULL DEFAULT 0,         -- 0 waiting, 1 granted, 2 refused, 3 withdrawn, 4 expired
    given             INTEGER NOT NULL DEFAULT 0,         -- level that was granted, 0 for none
    reason            TEXT    NOT NULL DEFAULT '',        -- why it was refused; emptied when the record is deleted
    asked_ms          INTEGER NOT NULL,                   -- when it was made
    answered_ms       INTEGER,                            -- when it was granted, refused or withdrawn
    answered_by       INTEGER REFERENCES users (id)       -- who answered; nothing for whoever runs the daemon
) STRICT;
CREATE INDEX requests_by_user ON requests (user_row, record);
CREATE INDEX requests_by_record ON requests (record);
