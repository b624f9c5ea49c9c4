//! See `vilokanam_fuzzed::files`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| vilokanam_fuzzed::files(data));
