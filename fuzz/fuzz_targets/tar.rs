#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rushlight_image_fuzz::tar(data));
