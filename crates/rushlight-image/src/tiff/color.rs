//! Samples of a page as pixels of its mode.

use super::directory::tag;
use super::page::{Alpha, Colors, Numbers, Page};
use super::{Format, Result, malformed};
use crate::pixels::product;
use crate::{Image, Mode};

/// The image that all samples of a page make, one byte each, or two in this machine's order.
pub fn image(page: &Page, samples: Vec<u8>) -> Result<Image> {
    let (width, height, mode) = (page.width, page.height, page.mode());
    if page.result_bits() == 16 {
        let wide = samples.as_chunks::<2>().0.iter().map(|&bytes| u16::from_ne_bytes(bytes)).collect();
        return Image::from_u16(Format::Tiff, width, height, mode, wide_pixels(page, kept(wide, page.samples, mode.channels())));
    }
    let samples = match page.colors {
        Colors::Palette => paint(page, &samples, mode)?,
        Colors::Inks if page.is_wide() => inks(samples.as_chunks::<2>().0.iter().map(|&bytes| (u16::from_ne_bytes(bytes) >> 8) as u8).collect(), page.samples),
        Colors::Inks => inks(samples, page.samples),
        _ => pixels(page, kept(samples, page.samples, mode.channels())),
    };
    Image::from_u8(Format::Tiff, width, height, mode, samples)
}

/// The first `channels` of every `count` samples.
fn kept<T: Copy>(samples: Vec<T>, count: usize, channels: usize) -> Vec<T> {
    if count == channels {
        return samples;
    }
    samples.chunks_exact(count).flat_map(|pixel| &pixel[..channels]).copied().collect()
}

/// Luma and chroma of the whole range (ITU-R BT.601) as RGB, in 1/65536.
fn rgb([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = (y as i32, cb as i32 - 128, cr as i32 - 128);
    let level = |chroma: i32| (y + ((chroma + 32768) >> 16)).clamp(0, 255) as u8;
    [level(91881 * cr), level(-22554 * cb - 46802 * cr), level(116130 * cb)]
}

/// Grey, RGB or luma and chroma with their alpha, over the whole range of eight bits.
fn pixels(page: &Page, mut samples: Vec<u8>) -> Vec<u8> {
    let channels = page.mode().channels();
    if page.bits < 8 {
        let factor = (255 / ((1u16 << page.bits) - 1)) as u8;
        samples.iter_mut().for_each(|value| *value *= factor);
    }
    match page.colors {
        // What white is among signed and floating-point values is not told.
        Colors::WhiteIsZero if page.numbers == Numbers::Unsigned => samples.iter_mut().step_by(channels).for_each(|value| *value = 255 - *value),
        Colors::YCbCr => samples.as_chunks_mut::<3>().0.iter_mut().for_each(|pixel| *pixel = rgb(*pixel)),
        _ => {}
    }
    if page.alpha == Alpha::Associated {
        samples.chunks_exact_mut(channels).for_each(|pixel| divide(pixel, |color, alpha| (color as u32 * 255 / alpha as u32).min(255) as u8));
    }
    samples
}

fn wide_pixels(page: &Page, mut samples: Vec<u16>) -> Vec<u16> {
    let channels = page.mode().channels();
    if page.colors == Colors::WhiteIsZero {
        samples.iter_mut().step_by(channels).for_each(|value| *value = u16::MAX - *value);
    }
    if page.alpha == Alpha::Associated {
        samples.chunks_exact_mut(channels).for_each(|pixel| divide(pixel, |color, alpha| (color as u32 * 65535 / alpha as u32).min(65535) as u16));
    }
    samples
}

/// Undoes the multiplication of a pixel's colours by its alpha; what is clear is black.
fn divide<T: Copy + Default + PartialEq>(pixel: &mut [T], by: impl Fn(T, T) -> T) {
    if let [colors @ .., alpha] = pixel {
        colors.iter_mut().for_each(|color| *color = if *alpha == T::default() { *alpha } else { by(*color, *alpha) });
    }
}

/// Colours of a palette, whose entries have 16 bits: all reds, all greens, all blues.
fn paint(page: &Page, samples: &[u8], mode: Mode) -> Result<Vec<u8>> {
    let map = page.directory.numbers(tag::COLOR_MAP)?;
    let count = map.len() / 3;
    if count == 0 {
        return Err(malformed("the palette is missing"));
    }
    let level = |value: u64| (value >> 8) as u8;
    let colors: Vec<[u8; 3]> = (0..256).map(|i| if i < count { [i, count + i, 2 * count + i].map(|at| level(map[at])) } else { [0; 3] }).collect();
    let mut out = Vec::with_capacity(samples.len() / page.samples * mode.channels());
    for pixel in samples.chunks_exact(page.samples) {
        out.extend_from_slice(&colors[pixel[0] as usize]);
        if mode.has_alpha() {
            out.push(pixel[1]);
        }
    }
    Ok(out)
}

/// Pillow's RGB of inks.
fn inks(samples: Vec<u8>, count: usize) -> Vec<u8> {
    let color = |pixel: &[u8]| {
        let light = 255 - pixel[3];
        [pixel[0], pixel[1], pixel[2]].map(|ink| light - product(ink, light))
    };
    samples.chunks_exact(count).flat_map(color).collect()
}
