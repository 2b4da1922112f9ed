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

    /// The name Pillow gives it.
    pub fn name(self) -> &'static str {
        match self {
            Mode::L => "L",
            Mode::La => "LA",
            Mode::Rgb => "RGB",
            Mode::Rgba => "RGBA",
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

/// `a * b / 255`, rounded.
#[inline(always)]
pub(crate) fn product(a: u8, b: u8) -> u8 {
    let t = a as u32 * b as u32 + 128;
    (((t >> 8) + t) >> 8) as u8
}

/// A row of grey from a row of RGB.
pub(crate) fn gray_from_rgb(rgb: &[u8], gray: &mut [u8]) {
    for (gray, pixel) in gray.iter_mut().zip(rgb.as_chunks::<3>().0) {
        *gray = luma(*pixel);
    }
}

/// Pixels of one mode as pixels of another; `opaque` is the alpha of those that had none.
pub(crate) fn convert<T: Copy + Into<u32> + TryFrom<u32>>(samples: &[T], from: Mode, to: Mode, opaque: T) -> Vec<T> {
    let count = samples.len() / from.channels();
    match (from, to) {
        (Mode::L, Mode::Rgb) => return mapped(count, opaque, samples.iter(), |&l| [l; 3]),
        (Mode::Rgba, Mode::Rgb) => return mapped(count, opaque, samples.as_chunks::<4>().0.iter(), |&[r, g, b, _]| [r, g, b]),
        (Mode::Rgb, Mode::Rgba) => return mapped(count, opaque, samples.as_chunks::<3>().0.iter(), |&[r, g, b]| [r, g, b, opaque]),
        _ => {}
    }
    let mut out = Vec::with_capacity(count * to.channels());
    for pixel in samples.chunks_exact(from.channels()) {
        let (color, alpha) = match *pixel {
            [l] => ([l; 3], opaque),
            [l, a] => ([l; 3], a),
            [r, g, b] => ([r, g, b], opaque),
            [r, g, b, a] => ([r, g, b], a),
            _ => continue,
        };
        match to {
            Mode::Rgb | Mode::Rgba => out.extend_from_slice(&color),
            Mode::L | Mode::La if from.channels() < 3 => out.push(color[0]),
            Mode::L | Mode::La => out.push(wide_luma(color)),
        }
        if to.has_alpha() {
            out.push(alpha);
        }
    }
    out
}

/// `count` pixels, each made of one of another kind.
fn mapped<P, T: Copy, const N: usize>(count: usize, blank: T, pixels: impl Iterator<Item = P>, made: impl Fn(P) -> [T; N]) -> Vec<T> {
    let mut out = vec![blank; count * N];
    out.as_chunks_mut::<N>().0.iter_mut().zip(pixels).for_each(|(to, from)| *to = made(from));
    out
}

fn wide_luma<T: Copy + Into<u32> + TryFrom<u32>>(color: [T; 3]) -> T {
    let [r, g, b] = color.map(|c| u64::from(c.into()));
    let value = ((r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16) as u32;
    T::try_from(value).unwrap_or(color[1])
}

/// RGBA over one colour: `(sample * alpha + color * (255 - alpha)) / 255`, rounded.
pub(crate) fn over(rgba: &[u8], color: [u8; 3]) -> Vec<u8> {
    let blend = |&[r, g, b, a]: &[u8; 4]| {
        let mixed = |top: u8, below: u8| ((top as u32 * a as u32 + below as u32 * (255 - a as u32) + 127) / 255) as u8;
        [mixed(r, color[0]), mixed(g, color[1]), mixed(b, color[2])]
    };
    rgba.as_chunks::<4>().0.iter().flat_map(blend).collect()
}

/// [`over`] for 16 bits; the colour has 8.
pub(crate) fn over_wide(rgba: &[u16], color: [u8; 3]) -> Vec<u16> {
    let blend = |&[r, g, b, a]: &[u16; 4]| {
        let mixed = |top: u16, below: u8| ((top as u64 * a as u64 + below as u64 * 257 * (65535 - a as u64) + 32767) / 65535) as u16;
        [mixed(r, color[0]), mixed(g, color[1]), mixed(b, color[2])]
    };
    rgba.as_chunks::<4>().0.iter().flat_map(blend).collect()
}
