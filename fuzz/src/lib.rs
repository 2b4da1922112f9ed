//! What every target does with the data it is given.

use rushlight_image::{Format, Limits, Mode, decode, decode_into, info, jpeg};

/// So small that an input that needs much memory or time is one that got round the limits.
const LIMITS: Limits = Limits { max_pixels: 1 << 20, max_memory: 64 << 20 };

/// Reads the headers and decodes, both ways, if the data begin as the format does.
pub fn format(format: Format, data: &[u8]) {
    if Format::sniff(data) != Some(format) {
        return;
    }
    let Ok(info) = info(data) else { return };
    let _ = decode(data, &LIMITS);
    if info.width * info.height <= 1 << 16 {
        let mut pixels = vec![0; 3 * info.width * info.height];
        let _ = decode_into(&mut jpeg::Decoder::new(), data, Mode::Rgb, &LIMITS, &mut pixels, 3 * info.width);
    }
}

/// Reads the profile of a file, and takes the data for a profile themselves.
pub fn icc(data: &[u8]) {
    let _ = rushlight_image::icc::profile(data);
    for mode in [Mode::L, Mode::Rgba] {
        let _ = rushlight_image::icc::to_srgb(&mut [7; 64], mode, data);
    }
}
