//! What the fuzz targets do with bytes; the same functions replay the corpus in every test run.
#![forbid(unsafe_code)]
