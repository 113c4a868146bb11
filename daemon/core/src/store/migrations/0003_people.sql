-- People: what they are called, the role that says what they may do, and what they sign in with. Secrets are kept as hashes.

CREATE TABLE roles (
    id                INTEGER PRIMARY KEY,                -- local row
    name              TEXT    NOT NULL,                   -- name for people
    folded            TEXT    NOT NULL UNIQUE,            -- the name in which letter case and accents make no difference
    permissions       INTEGER NOT NULL,                   -- one bit a permission
    fixed             INTEGER NOT NULL DEFAULT 0,         -- administers the office, and can't be changed
    created_ms        INTEGER NOT NULL                    -- when it was made
) STRICT;
INSERT INTO roles (id, name, folded, permissions, fixed, created_ms) VALUES
    (1, 'Administrator', 'administrator', 127, 1, 0),
    (2, 'Practitioner', 'practitioner', 126, 0, 0),
    (3, 'Assistant', 'assistant', 66, 0, 0);

ALTER TABLE users ADD COLUMN first_name TEXT NOT NULL DEFAULT ''; -- first name, may be empty
ALTER TABLE users ADD COLUMN last_name TEXT NOT NULL DEFAULT ''; -- last name, may be empty
ALTER TABLE users ADD COLUMN role INTEGER NOT NULL DEFAULT 2; -- the role, a row of roles
ALTER TABLE users ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0; -- gone; the name is kept so that nobody else gets it
UPDATE users SET role = CASE account WHEN 1 THEN 1 WHEN 2 THEN 3 ELSE 2 END;
-- An account that only administers owns no clients; an administrator who does is a practitioner who administers.
UPDATE users SET account = 0 WHERE account = 1 AND EXISTS (SELECT 1 FROM records WHERE records.owner = users.id);

ALTER TABLE office ADD COLUMN second_factor INTEGER NOT NULL DEFAULT 0; -- whether everybody needs a second factor to sign in

CREATE TABLE credentials (
    id                INTEGER PRIMARY KEY,                -- local row
    user_row          INTEGER NOT NULL UNIQUE REFERENCES users (id), -- whose they are
    password          TEXT    NOT NULL,                   -- Argon2id hash with its parameters
    password_ms       INTEGER NOT NULL,                   -- when it was set
    totp              BLOB,                               -- secret of the second factor, 20 bytes
    totp_on           INTEGER NOT NULL DEFAULT 0,         -- whether the second factor was confirmed with a code
    totp_step         INTEGER NOT NULL DEFAULT 0          -- last time step whose code was used; none counts twice
) STRICT;

CREATE TABLE recovery_codes (
    id                INTEGER PRIMARY KEY,                -- local row
    user_row          INTEGER NOT NULL REFERENCES users (id), -- whose it is
    hash              BLOB    NOT NULL,                   -- SHA-256 of the code, which counts once
    UNIQUE (user_row, hash)
) STRICT;

CREATE TABLE passes (
    id                INTEGER PRIMARY KEY,                -- local row
    user_row          INTEGER REFERENCES users (id),      -- whose password may be set; none for the first administrator
    kind              INTEGER NOT NULL,                   -- 0 set the office up, 1 activate an account, 2 set a forgotten password
    token_hash        BLOB    NOT NULL UNIQUE,            -- SHA-256 of the single-use token
    ends_ms           INTEGER NOT NULL                    -- end of its life
) STRICT;
CREATE INDEX passes_by_user ON passes (user_row);

CREATE TABLE sessions (
    id                INTEGER PRIMARY KEY,                -- local row
    user_row          INTEGER NOT NULL REFERENCES users (id), -- who signed in
    token_hash        BLOB    NOT NULL UNIQUE,            -- SHA-256 of the token in the cookie
    created_ms        INTEGER NOT NULL,                   -- when it began
    seen_ms           INTEGER NOT NULL,                   -- when it was last used, to the minute
    proved_ms         INTEGER NOT NULL,                   -- when the password was last given
    second_factor     INTEGER NOT NULL,                   -- whether a second factor was given
    address           TEXT    NOT NULL,                   -- from where
    agent             TEXT    NOT NULL                    -- with which program, as it says
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_row);

CREATE TABLE devices (
    id                INTEGER PRIMARY KEY,                -- local row
    user_row          INTEGER NOT NULL REFERENCES users (id), -- who signed in there
    token_hash        BLOB    NOT NULL UNIQUE,            -- SHA-256 of the token in the cookie
    seen_ms           INTEGER NOT NULL                    -- when the user last signed in there
) STRICT;
CREATE INDEX devices_by_user ON devices (user_row);

CREATE TABLE tokens (
    id                INTEGER PRIMARY KEY,                -- local row
    user_row          INTEGER NOT NULL REFERENCES users (id), -- for whom a program acts
    name              TEXT    NOT NULL,                   -- what it is for
    token_hash        BLOB    NOT NULL UNIQUE,            -- SHA-256 of the token
    scopes            INTEGER NOT NULL,                   -- one bit a scope
    created_ms        INTEGER NOT NULL,                   -- when it was made
    ends_ms           INTEGER NOT NULL,                   -- end of its life
    used_ms           INTEGER                             -- when it was last used, to the minute
) STRICT;
CREATE INDEX tokens_by_user ON tokens (user_row);

CREATE TABLE claims (
    id                INTEGER PRIMARY KEY,                -- local row
    actor             TEXT    NOT NULL,                   -- who asked
    key               TEXT    NOT NULL,                   -- the key that the client chose for the request
    request           BLOB    NOT NULL,                   -- keyed hash of what was asked
    status            INTEGER,                            -- HTTP status of the answer, once it is known
    answer            BLOB,                               -- body of the answer, once it is known
    at_ms             INTEGER NOT NULL,                   -- when it was asked
    UNIQUE (actor, key)
) STRICT;
CREATE INDEX claims_by_age ON claims (at_ms);
