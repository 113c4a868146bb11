//! The door over a way that a test holds: what goes out, what is put off, and what a stop does to a mail on its way.

use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use super::transport::Memory;
use super::*;
