//! Colour conversion of rows of samples, with libjpeg's integer tables (JFIF 1.02: ITU-R BT.601, full range) and Pillow's CMYK to RGB.

#[cfg(target_arch = "x86_64")]
mod avx2;

#[cfg(target_arch = "x86_64")]
use rushlight_kernels::simd::{Level, level};

/// What the components of a JPEG mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// One component.
    Gray,
    /// Three components that are RGB already.
    Rgb,
    /// Luma and two chroma components.
    YCbCr,
    /// Four components, stored inverted as Adobe does.
    Cmyk,
    /// CMYK whose first three are coded as YCbCr.
    Ycck,
}

impl Space {
    /// libjpeg's guess from the markers and the component identifiers.
    pub fn guess(ids: &[u8], jfif: bool, adobe: Option<u8>) -> Space {
        match (ids, adobe) {
            ([_], _) => Space::Gray,
            ([_, _, _], _) if jfif => Space::YCbCr,
            ([_, _, _], Some(0)) => Space::Rgb,
            ([_, _, _], Some(_)) => Space::YCbCr,
            (b"RGB", None) => Space::Rgb,
            ([_, _, _], None) => Space::YCbCr,
            (_, None | Some(0)) => Space::Cmyk,
            (_, Some(_)) => Space::Ycck,
        }
    }
}

const R_CR: i32 = 91881;
const B_CB: i32 = 116130;
const G_CB: i32 = -22554;
const G_CR: i32 = -46802;

#[inline(always)]
fn rgb(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let (y, cb, cr) = (y as i32, cb as i32 - 128, cr as i32 - 128);
    let clamp = |v: i32| v.clamp(0, 255) as u8;
    [clamp(y + ((R_CR * cr + 32768) >> 16)), clamp(y + ((G_CB * cb + G_CR * cr + 32768) >> 16)), clamp(y + ((B_CB * cb + 32768) >> 16))]
}

/// An ink of Adobe's inverted CMYK with the inverted key: what is left of the light.
#[inline(always)]
fn light(ink: u8, key: u8) -> u8 {
    key - crate::pixels::product(255 - ink, key)
}

/// One row of RGB from full-width rows of the components, which are padded by [`super::plane::ROW_PADDING`].
pub fn rgb_row(space: Space, rows: &[&[u8]], out: &mut [u8]) {
    let (pixels, _) = out.as_chunks_mut::<3>();
    match (space, rows) {
        (Space::Gray, [y]) => pixels.iter_mut().zip(*y).for_each(|(pixel, &y)| *pixel = [y; 3]),
        (Space::Rgb, [r, g, b]) => {
            for (((pixel, &r), &g), &b) in pixels.iter_mut().zip(*r).zip(*g).zip(*b) {
                *pixel = [r, g, b];
            }
        }
        (Space::YCbCr, [y, cb, cr]) => ycbcr_row(y, cb, cr, out),
        (Space::Cmyk, [c, m, y, k]) => {
            for ((((pixel, &c), &m), &y), &k) in pixels.iter_mut().zip(*c).zip(*m).zip(*y).zip(*k) {
                *pixel = [c, m, y].map(|ink| light(ink, k));
            }
        }
        (Space::Ycck, [y, cb, cr, k]) => {
            for ((((pixel, &y), &cb), &cr), &k) in pixels.iter_mut().zip(*y).zip(*cb).zip(*cr).zip(*k) {
                *pixel = rgb(y, cb, cr).map(|v| light(255 - v, k));
            }
        }
        _ => {}
    }
}

fn ycbcr_row(y: &[u8], cb: &[u8], cr: &[u8], out: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    match level() {
        // SAFETY: `level` found AVX-512 on this processor.
        Level::Avx512 => return unsafe { avx2::ycbcr_row_avx512(y, cb, cr, out) },
        // SAFETY: `level` found AVX2 on this processor.
        Level::Avx2 => return unsafe { avx2::ycbcr_row(y, cb, cr, out) },
        Level::Base => {}
    }
    plain_ycbcr_row(y, cb, cr, out);
}

fn plain_ycbcr_row(y: &[u8], cb: &[u8], cr: &[u8], out: &mut [u8]) {
    let (pixels, _) = out.as_chunks_mut::<3>();
    for (((pixel, &y), &cb), &cr) in pixels.iter_mut().zip(y).zip(cb).zip(cr) {
        *pixel = rgb(y, cb, cr);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vector_code_equals_plain_code_for_all_colours() {
        for y in 0..=255u8 {
            let n = 256 * 256 + 5;
            let luma = vec![y; n];
            let cb: Vec<u8> = (0..n).map(|i| i as u8).collect();
            let cr: Vec<u8> = (0..n).map(|i| (i >> 8) as u8).collect();
            let (mut fast, mut plain) = (vec![0; 3 * n], vec![0; 3 * n]);
            ycbcr_row(&luma, &cb, &cr, &mut fast);
            plain_ycbcr_row(&luma, &cb, &cr, &mut plain);
            assert!(fast == plain, "y = {y}");
        }
    }
}
