//! See `vilokanam_fuzzed::abi`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| vilokanam_fuzzed::abi(data));
