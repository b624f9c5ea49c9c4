//! See `vilokanam_fuzzed::voucher`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| vilokanam_fuzzed::voucher(data));
