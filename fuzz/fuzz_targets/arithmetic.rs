//! See `vilokanam_fuzzed::arithmetic`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| vilokanam_fuzzed::arithmetic(data));
