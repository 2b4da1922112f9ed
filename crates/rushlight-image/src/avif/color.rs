//! Samples to 8-bit pixels (ITU-T H.273, 8.3), chroma interpolated from the four nearest, rounded as libavif does.

use super::av1::{Plane, Planes};
use super::picture::Nclx;
use super::{fault, primaries};
use crate::{ErrorKind, Mode, Result};
use rushlight_kernels::vectorized;

/// How samples become colours.
enum Matrix {
    /// The planes are green, blue, red.
    Identity,
    /// Shares of red and blue in luma.
    Shares(f32, f32),
    /// Luma and differences of green and of orange.
    YCgCo,
    /// Shares in the fixed point of libyuv, which libavif uses where it can.
    Fixed(Fixed),
}

impl Matrix {
    fn new(number: u16, primaries: u16, full_range: bool) -> Result<Matrix> {
        Ok(match (number, full_range) {
            (0, _) => Matrix::Identity,
            (1, true) => Matrix::Fixed(Fixed { luma: 16320, black: 32, b_u: 119, g_u: 12, g_v: 30, r_v: 101 }),
            (1, false) => Matrix::Fixed(Fixed { luma: 18997, black: -1160, b_u: 128, g_u: 14, g_v: 34, r_v: 115 }),
            (2 | 5 | 6, true) => Matrix::Fixed(Fixed { luma: 16320, black: 32, b_u: 113, g_u: 22, g_v: 46, r_v: 90 }),
            (2 | 5 | 6, false) => Matrix::Fixed(Fixed { luma: 18997, black: -1160, b_u: 128, g_u: 25, g_v: 52, r_v: 102 }),
            (9, true) => Matrix::Fixed(Fixed { luma: 16320, black: 32, b_u: 120, g_u: 11, g_v: 37, r_v: 94 }),
            (9, false) => Matrix::Fixed(Fixed { luma: 19003, black: -1160, b_u: 128, g_u: 12, g_v: 42, r_v: 107 }),
            (4, _) => Matrix::Shares(0.30, 0.11),
            (7, _) => Matrix::Shares(0.212, 0.087),
            (8, _) => Matrix::YCgCo,
            (12, _) => primaries::shares(primaries).map(|[red, blue]| Matrix::Shares(red, blue)).ok_or_else(|| unsupported(number))?,
            _ => return Err(unsupported(number)),
        })
    }
}

fn unsupported(number: u16) -> crate::Error {
    fault(ErrorKind::Unsupported, format!("colours with matrix coefficients {number} are not converted"))
}

/// Coefficients in 1/64, none above 2 (which bounds the blue of video range), and luma's in 1/2^14 of 1/257.
struct Fixed {
    luma: i32,
    /// What is added for black, and half a level for rounding.
    black: i32,
    b_u: i32,
    g_u: i32,
    g_v: i32,
    r_v: i32,
}

/// The range of samples: what black and white are, and the excursion of chroma around its middle.
struct Range {
    black: f32,
    luma: f32,
    middle: f32,
    chroma: f32,
}

impl Range {
    fn new(depth: u32, full: bool) -> Range {
        let (most, unit) = (((1u32 << depth) - 1) as f32, (1u32 << (depth - 8)) as f32);
        match full {
            true => Range { black: 0.0, luma: 1.0 / most, middle: 128.0 * unit, chroma: 1.0 / most },
            false => Range { black: 16.0 * unit, luma: 1.0 / (219.0 * unit), middle: 128.0 * unit, chroma: 1.0 / (224.0 * unit) },
        }
    }
}

/// Pixels in a mode, alpha not yet set.
pub fn pixels(planes: &Planes, nclx: Option<Nclx>, mode: Mode) -> Result<Vec<u8>> {
    let Nclx { primaries, matrix: number, full_range } = nclx.unwrap_or(Nclx { primaries: 2, matrix: planes.matrix, full_range: planes.full_range });
    let range = Range::new(planes.depth, full_range);
    let matrix = Matrix::new(number, primaries, full_range)?;
    // Fixed point takes the upper eight bits of every sample.
    let shift = if matches!(matrix, Matrix::Fixed(_)) { planes.depth - 8 } else { 0 };
    let channels = mode.channels();
    let mut out = vec![0; planes.width * planes.height * channels];
    let mut chroma = [vec![0; planes.width], vec![0; planes.width]];
    let mut sums = Vec::new();
    for (y, row) in out.chunks_exact_mut(planes.width * channels).enumerate() {
        let luma = &planes.planes[0].samples[y * planes.width..][..planes.width];
        if let [_, u, v] = &planes.planes[..] {
            widen(u, planes.halved, y, shift, &mut sums, &mut chroma[0]);
            widen(v, planes.halved, y, shift, &mut sums, &mut chroma[1]);
        }
        let [u, v] = &chroma;
        match (mode, &matrix, planes.planes.len()) {
            (Mode::L | Mode::La, ..) | (.., 1) => gray_row(luma, &range, row, channels),
            (_, Matrix::Identity, _) => identity_row(luma, u, v, &range, row, channels),
            (_, Matrix::Shares(red, blue), _) => shares_row(luma, u, v, &range, [*red, *blue], row, channels),
            (_, Matrix::YCgCo, _) => ycgco_row(luma, u, v, &range, row, channels),
            (_, Matrix::Fixed(fixed), _) => fixed_row(luma, u, v, fixed, shift, row, channels),
        }
    }
    Ok(out)
}

/// Sixteen times row `y` of a chroma plane at full width: 9/16 the nearest sample, 3/16 each of its neighbours in row and column,
/// 1/16 the one across.
fn widen(plane: &Plane, halved: (bool, bool), y: usize, shift: u32, sums: &mut Vec<i32>, out: &mut [i32]) {
    let rows = plane.samples.len() / plane.width;
    let near = if halved.1 { y / 2 } else { y };
    let far = match (halved.1, y % 2) {
        (false, _) => near,
        (true, 0) => near.saturating_sub(1),
        (true, _) => (near + 1).min(rows - 1),
    };
    let row = |y: usize| plane.samples[y * plane.width..][..plane.width].iter().map(|&sample| (sample >> shift) as i32);
    sums.clear();
    sums.extend(row(near).zip(row(far)).map(|(near, far)| 3 * near + far));
    if !halved.0 {
        out.iter_mut().zip(&*sums).for_each(|(out, sum)| *out = 4 * sum);
        return;
    }
    // The last column has its own sample, even where there is a neighbour.
    let last = out.len() - 1;
    for (x, out) in out.iter_mut().enumerate() {
        let near = x / 2;
        let far = match x {
            _ if x == last => near,
            _ if x % 2 == 0 => near.saturating_sub(1),
            _ => near + 1,
        };
        *out = 3 * sums[near] + sums[far];
    }
}

vectorized! {
    fn fixed_row[](luma: &[u16], u: &[i32], v: &[i32], fixed: &Fixed, shift: u32, out: &mut [u8], channels: usize) {
        let &Fixed { luma: scale, black, b_u, g_u, g_v, r_v } = fixed;
        let clamp = |value: i32| (value >> 6).clamp(0, 255) as u8;
        for (((pixel, &y), &u), &v) in out.chunks_exact_mut(channels).zip(luma).zip(u).zip(v) {
            let y = (((y >> shift) as i32 * 257 * scale) >> 16) + black;
            let (u, v) = (((u + 8) >> 4) - 128, ((v + 8) >> 4) - 128);
            if let [r, g, b, ..] = pixel {
                (*r, *g, *b) = (clamp(y + r_v * v), clamp(y - g_u * u - g_v * v), clamp(y + b_u * u));
            }
        }
    }
}

/// A level from a share of white.
#[inline(always)]
fn level(value: f32) -> u8 {
    (value * 255.0 + 0.5).clamp(0.0, 255.0) as u8
}

vectorized! {
    fn gray_row[](luma: &[u16], range: &Range, out: &mut [u8], channels: usize) {
        let colors = if channels < 3 { 1 } else { 3 };
        for (pixel, &y) in out.chunks_exact_mut(channels).zip(luma) {
            pixel[..colors].fill(level((y as f32 - range.black) * range.luma));
        }
    }
}

/// A sample from sixteen times it, around its middle.
#[inline(always)]
fn centered(sample: i32, range: &Range) -> f32 {
    (sample as f32 / 16.0 - range.middle) * range.chroma
}

vectorized! {
    fn shares_row[](luma: &[u16], u: &[i32], v: &[i32], range: &Range, shares: [f32; 2], out: &mut [u8], channels: usize) {
        let [red, blue] = shares;
        let green = 1.0 - red - blue;
        let (r_v, b_u) = (2.0 * (1.0 - red), 2.0 * (1.0 - blue));
        let (g_u, g_v) = (b_u * blue / green, r_v * red / green);
        for (((pixel, &y), &u), &v) in out.chunks_exact_mut(channels).zip(luma).zip(u).zip(v) {
            let y = (y as f32 - range.black) * range.luma;
            let (u, v) = (centered(u, range), centered(v, range));
            if let [r, g, b, ..] = pixel {
                (*r, *g, *b) = (level(y + r_v * v), level(y - g_u * u - g_v * v), level(y + b_u * u));
            }
        }
    }
}

fn identity_row(luma: &[u16], u: &[i32], v: &[i32], range: &Range, out: &mut [u8], channels: usize) {
    let scaled = |value: f32| level((value - range.black) * range.luma);
    for (((pixel, &g), &b), &r) in out.chunks_exact_mut(channels).zip(luma).zip(u).zip(v) {
        pixel[..3].copy_from_slice(&[scaled(r as f32 / 16.0), scaled(g as f32), scaled(b as f32 / 16.0)]);
    }
}

fn ycgco_row(luma: &[u16], cg: &[i32], co: &[i32], range: &Range, out: &mut [u8], channels: usize) {
    for (((pixel, &y), &cg), &co) in out.chunks_exact_mut(channels).zip(luma).zip(cg).zip(co) {
        let y = (y as f32 - range.black) * range.luma;
        let (cg, co) = (centered(cg, range), centered(co, range));
        pixel[..3].copy_from_slice(&[level(y - cg + co), level(y + cg), level(y - cg - co)]);
    }
}

/// Writes the last channel, which always has the full range; premultiplied colours are divided by it.
pub fn set_alpha(pixels: &mut [u8], mode: Mode, alpha: &Planes, premultiplied: bool) {
    let scale = 1.0 / ((1u32 << alpha.depth) - 1) as f32;
    for (pixel, &a) in pixels.chunks_exact_mut(mode.channels()).zip(&alpha.planes[0].samples) {
        if let [colors @ .., last] = pixel {
            let share = a as f32 * scale;
            *last = level(share);
            if premultiplied {
                colors.iter_mut().for_each(|color| *color = if *last == 0 { 0 } else { level(*color as f32 / 255.0 / share) });
            }
        }
    }
}
