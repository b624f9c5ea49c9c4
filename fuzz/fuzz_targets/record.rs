//! See `vilokanam_fuzzed::record`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| vilokanam_fuzzed::record(data));
