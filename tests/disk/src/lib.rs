//! A disk under SQLite that forgets what was not synced, fills up, and fails when a test says so.
