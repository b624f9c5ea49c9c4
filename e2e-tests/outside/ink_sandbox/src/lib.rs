//! `ink_e2e` brings an embedded chain with its feature `std`, and uses it with its feature `sandbox` only. The workspace has one.
