-- A copy that a disk has changed is not shown.

ALTER TABLE copies ADD COLUMN seal BLOB; -- first 16 bytes of SHA-256 over all other columns but id; NULL in rows written before
