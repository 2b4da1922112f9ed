//! The pixels that decoders give, and conversions between their kinds.

/// Which channels a pixel has, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Grey.
    L,
    /// Grey and alpha.
    La,
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue, alpha (not premultiplied).
    Rgba,
}

impl Mode {
    /// How many samples a pixel has.
    pub fn channels(self) -> usize {
        match self {
            Mode::L => 1,
            Mode::La => 2,
            Mode::Rgb => 3,
            Mode::Rgba => 4,
        }
    }

    /// Whether the last channel is alpha.
    pub fn has_alpha(self) -> bool {
        matches!(self, Mode::La | Mode::Rgba)
    }
}

/// Luma by ITU-R 601-2 as Pillow rounds it: `(19595 r + 38470 g + 7471 b + 2^15) / 2^16`.
#[inline(always)]
pub(crate) fn luma([r, g, b]: [u8; 3]) -> u8 {
    ((r as u32 * 19595 + g as u32 * 38470 + b as u32 * 7471 + 0x8000) >> 16) as u8
}

/// A row of grey from a row of RGB.
pub(crate) fn gray_from_rgb(rgb: &[u8], gray: &mut [u8]) {
    for (gray, pixel) in gray.iter_mut().zip(rgb.as_chunks::<3>().0) {
        *gray = luma(*pixel);
    }
}
