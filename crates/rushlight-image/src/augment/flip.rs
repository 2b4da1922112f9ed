//! Mirror images.

use super::batch::each_image;
use super::{Sample, Shape};
use crate::Result;

#[cfg(target_arch = "x86_64")]
use rushlight_kernels::simd::{Level, level};
use rushlight_kernels::vectorized;

/// Exchanges left and right.
pub fn horizontal<T: Sample>(shape: &Shape, input: &[T], output: &mut [T]) -> Result<()> {
    let (row, step) = (shape.row(), shape.step());
    each_image(shape, input, shape, output, |from, to| {
        for (from, to) in from.chunks_exact(row).zip(to.chunks_exact_mut(row)) {
            reverse(from, to, step);
        }
    })
}

/// Exchanges top and bottom.
pub fn vertical<T: Sample>(shape: &Shape, input: &[T], output: &mut [T]) -> Result<()> {
    let row = shape.row();
    each_image(shape, input, shape, output, |from, to| {
        let plane = row * shape.height;
        for (from, to) in from.chunks_exact(plane).zip(to.chunks_exact_mut(plane)) {
            for (from, to) in from.chunks_exact(row).zip(to.chunks_exact_mut(row).rev()) {
                to.copy_from_slice(from);
            }
        }
    })
}

/// A row backwards, pixel by pixel.
fn reverse<T: Sample>(from: &[T], to: &mut [T], step: usize) {
    match step {
        1 => reverse_samples(from, to),
        3 => reverse_triples(from, to),
        4 => reverse_pixels::<T, 4>(from, to),
        _ => from.chunks_exact(step).zip(to.chunks_exact_mut(step).rev()).for_each(|(from, to)| to.copy_from_slice(from)),
    }
}

vectorized! {
    fn reverse_samples[T: Sample](from: &[T], to: &mut [T]) {
        for (to, &from) in to.iter_mut().zip(from.iter().rev()) {
            *to = from;
        }
    }
}

fn reverse_pixels<T: Sample, const N: usize>(from: &[T], to: &mut [T]) {
    for (to, from) in to.as_chunks_mut::<N>().0.iter_mut().zip(from.as_chunks::<N>().0.iter().rev()) {
        *to = *from;
    }
}

fn reverse_triples<T: Sample>(from: &[T], to: &mut [T]) {
    #[cfg(target_arch = "x86_64")]
    if size_of::<T>() == 1 && level() >= Level::Avx2 {
        // SAFETY: samples of one byte have the layout of `u8`; `level` found AVX2 on this processor.
        return unsafe { bytes::reverse_triples(std::mem::transmute::<&[T], &[u8]>(from), std::mem::transmute::<&mut [T], &mut [u8]>(to)) };
    }
    reverse_pixels::<T, 3>(from, to);
}

#[cfg(target_arch = "x86_64")]
mod bytes {
    use std::arch::x86_64::*;

    /// The five pixels of bytes 1 to 15, backwards, then a byte that the next store covers.
    const MASK: [u8; 16] = [13, 14, 15, 10, 11, 12, 7, 8, 9, 4, 5, 6, 1, 2, 3, 0];

    /// Five pixels at a time: a load that ends with them, a store that begins with them.
    #[target_feature(enable = "avx2")]
    pub fn reverse_triples(from: &[u8], to: &mut [u8]) {
        // SAFETY: the mask has the sixteen bytes read.
        let mask = unsafe { _mm_loadu_si128(MASK.as_ptr().cast()) };
        let mut done = 0;
        while let Some(target) = to.get_mut(done..done + 16)
            && let Some(source) = from.len().checked_sub(done + 16).and_then(|start| from.get(start..start + 16))
        {
            // SAFETY: both slices have sixteen bytes; neither load nor store needs alignment.
            unsafe { _mm_storeu_si128(target.as_mut_ptr().cast(), _mm_shuffle_epi8(_mm_loadu_si128(source.as_ptr().cast()), mask)) };
            done += 15;
        }
        super::reverse_pixels::<u8, 3>(&from[..from.len() - done], &mut to[done..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_any_width_are_reversed() {
        for width in 1..70 {
            for channels in 1..6 {
                let shape = Shape { channels, height: 2, width, planar: false };
                let input: Vec<u8> = (0..shape.len()).map(|i| i as u8).collect();
                let mut output = vec![0; input.len()];
                horizontal(&shape, &input, &mut output).unwrap();
                for (i, &v) in output.iter().enumerate() {
                    let (y, x, c) = (i / shape.row(), i / channels % width, i % channels);
                    assert_eq!(v, input[(y * width + width - 1 - x) * channels + c]);
                }
            }
        }
    }
}
