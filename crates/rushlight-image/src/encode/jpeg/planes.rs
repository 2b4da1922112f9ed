//! Samples of the components: colour conversion and averaging with libjpeg's integers, and padding to whole blocks.

use crate::Mode;
use crate::encode::Pixels;
use rushlight_kernels::vectorized;

#[cfg(target_arch = "x86_64")]
mod avx2;

/// Samples of one component, in rows of whole blocks.
pub struct Plane {
    pub samples: Vec<u8>,
    pub stride: usize,
}

const HALF: i32 = 1 << 15;
const CENTER: i32 = (128 << 16) + HALF - 1;

/// Luma and chroma (JFIF 1.02) of a row of RGB, in 16-bit fixed point.
fn convert_row(rgb: &[u8], y: &mut [u8], cb: &mut [u8], cr: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    let done = match rushlight_kernels::simd::level() >= rushlight_kernels::simd::Level::Avx2 {
        // SAFETY: `level` found AVX2 on this processor.
        true => unsafe { avx2::convert(rgb, y, cb, cr) },
        false => 0,
    };
    #[cfg(not(target_arch = "x86_64"))]
    let done = 0;
    convert_pixels(&rgb[3 * done..], &mut y[done..], &mut cb[done..], &mut cr[done..]);
}

vectorized! {
    fn convert_pixels[](rgb: &[u8], y: &mut [u8], cb: &mut [u8], cr: &mut [u8]) {
        let n = y.len().min(cb.len()).min(cr.len());
        for (((&[r, g, b], y), cb), cr) in rgb.as_chunks::<3>().0.iter().zip(&mut y[..n]).zip(&mut cb[..n]).zip(&mut cr[..n]) {
            let (r, g, b) = (r as i32, g as i32, b as i32);
            *y = ((19595 * r + 38470 * g + 7471 * b + HALF) >> 16) as u8;
            *cb = ((-11059 * r - 21709 * g + 32768 * b + CENTER) >> 16) as u8;
            *cr = ((32768 * r - 27439 * g - 5329 * b + CENTER) >> 16) as u8;
        }
    }
}

vectorized! {
    /// Means of two neighbours, rounded down and up in turn.
    fn halve_row[](row: &[u8], out: &mut [u8]) {
        for (i, (out, &[a, b])) in out.iter_mut().zip(row.as_chunks::<2>().0).enumerate() {
            *out = ((a as u16 + b as u16 + (i & 1) as u16) >> 1) as u8;
        }
    }
}

vectorized! {
    /// Means of squares, rounded down and up in turn.
    fn quarter_rows[](upper: &[u8], lower: &[u8], out: &mut [u8]) {
        let squares = upper.as_chunks::<2>().0.iter().zip(lower.as_chunks::<2>().0);
        for (i, (out, (&[a, b], &[c, d]))) in out.iter_mut().zip(squares).enumerate() {
            *out = ((a as u16 + b as u16 + c as u16 + d as u16 + 1 + (i & 1) as u16) >> 2) as u8;
        }
    }
}

/// The components of an image: one of a grey image, else luma and two of chroma averaged by `factors`.
pub fn planes(pixels: Pixels, factors: (usize, usize)) -> Vec<Plane> {
    let (h, v) = factors;
    let stride = pixels.width.next_multiple_of(8 * h);
    let rows = pixels.height.next_multiple_of(v);
    let count = if pixels.mode == Mode::L { 1 } else { 3 };
    let mut full: Vec<Plane> = (0..count).map(|_| Plane { samples: vec![0; stride * rows], stride }).collect();
    for y in 0..rows {
        let from = &pixels.samples[y.min(pixels.height - 1) * pixels.width * count..][..pixels.width * count];
        let at = y * stride..(y + 1) * stride;
        match &mut full[..] {
            [gray] => gray.samples[at.clone()][..pixels.width].copy_from_slice(from),
            [luma, cb, cr] => convert_row(
                from,
                &mut luma.samples[at.clone()][..pixels.width],
                &mut cb.samples[at.clone()][..pixels.width],
                &mut cr.samples[at.clone()][..pixels.width],
            ),
            _ => {}
        }
        full.iter_mut().for_each(|plane| extend_row(&mut plane.samples[at.clone()], pixels.width));
    }
    let mut planes: Vec<Plane> = full.into_iter().enumerate().map(|(i, plane)| if i == 0 { plane } else { plane.averaged(h, v) }).collect();
    planes.iter_mut().for_each(Plane::complete);
    planes
}

/// Repeats the last of `width` samples to the end of the row.
fn extend_row(row: &mut [u8], width: usize) {
    let last = row[width - 1];
    row[width..].fill(last);
}

impl Plane {
    fn averaged(self, h: usize, v: usize) -> Plane {
        if (h, v) == (1, 1) {
            return self;
        }
        let stride = self.stride / h;
        let mut samples = vec![0; stride * (self.samples.len() / self.stride / v)];
        for (out, rows) in samples.chunks_exact_mut(stride).zip(self.samples.chunks_exact(self.stride * v)) {
            match rows.split_at(self.stride) {
                (row, []) => halve_row(row, out),
                (upper, lower) => quarter_rows(upper, lower, out),
            }
        }
        Plane { samples, stride }
    }

    /// Repeats the last row until there are eight of each block.
    fn complete(&mut self) {
        let rows = self.samples.len() / self.stride;
        let last = self.samples.len() - self.stride;
        for _ in rows..rows.next_multiple_of(8) {
            self.samples.extend_from_within(last..last + self.stride);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_conversion_agree() {
        let levels = [0u8, 1, 2, 51, 77, 128, 129, 200, 254, 255];
        let rgb: Vec<u8> = (0..1000).flat_map(|i| [i / 100, i / 10 % 10, i % 10].map(|digit| levels[digit])).collect();
        let (mut rows, mut plain) = ([[0; 1000]; 3], [[0; 1000]; 3]);
        let [y, cb, cr] = &mut rows;
        convert_row(&rgb, y, cb, cr);
        let [y, cb, cr] = &mut plain;
        convert_pixels(&rgb, y, cb, cr);
        assert_eq!(rows, plain);
    }
}
