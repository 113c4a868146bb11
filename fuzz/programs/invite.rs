//! Fuzzes the target `invite`; what it does with bytes, and what it asserts, is in `tests/fuzzing`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| interoffice_fuzzing::invite(bytes));
