//! Stories about records.
