//! Nothing. ink! brings a crate of this name for `memcpy` and its like, which copies byte by byte; without it the compiler's own
//! are linked, which copy word by word. Copying pages of seats was half of what our calls cost
//! (docs/decisions/0016-memory-is-copied-by-words.md).

#![no_std]
