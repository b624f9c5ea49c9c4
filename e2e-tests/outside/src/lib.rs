//! Nothing: tests only.
