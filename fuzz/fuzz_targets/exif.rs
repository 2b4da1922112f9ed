#![no_main]

use rushlight_image::exif;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    exif::orientation(data);
    exif::orientation_with_xmp(None, Some(data));
});
