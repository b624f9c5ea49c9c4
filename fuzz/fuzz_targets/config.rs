//! See `vilokanam_fuzzed::config`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| vilokanam_fuzzed::config(data));
