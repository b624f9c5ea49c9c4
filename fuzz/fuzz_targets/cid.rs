//! See `vilokanam_fuzzed::cid`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| vilokanam_fuzzed::cid(data));
