//! Luma, and colours nearer to it or further from it.

use super::channels::{BLOCK, each_rgb, each_rgb_row, join};
use super::{Sample, Shape};
use crate::{Error, Result};
use rushlight_kernels::vectorized;

/// `0.2989 r + 0.587 g + 0.114 b`, the weights of torchvision.
#[inline(always)]
pub(super) fn luma<T: Sample>(r: T, g: T, b: T) -> f32 {
    b.float().mul_add(0.114, g.float().mul_add(0.587, r.float() * 0.2989))
}

/// The luma of RGB images, as one channel or three times.
pub fn gray<T: Sample>(shape: &Shape, result: &Shape, input: &[T], output: &mut [T]) -> Result<()> {
    shape.check_rgb()?;
    if !matches!(result.channels, 1 | 3) || *result != shape.with_channels(result.channels) {
        return Err(Error::argument(format!("{result:?} is not the grey of {shape:?}")));
    }
    super::batch::each_image(shape, input, result, output, |from, to| {
        let mut row = [T::default(); BLOCK];
        let (mut done, n) = (0, shape.pixels());
        each_rgb_row(shape, from, |[r, g, b]| {
            for ((r, g), b) in r.chunks(BLOCK).zip(g.chunks(BLOCK)).zip(b.chunks(BLOCK)) {
                let gray = &mut row[..r.len()];
                luma_row(r, g, b, gray);
                if result.channels == 3 && !result.planar {
                    join([gray, gray, gray], &mut to[3 * done..3 * (done + gray.len())]);
                } else {
                    to.chunks_exact_mut(n).for_each(|plane| plane[done..done + gray.len()].copy_from_slice(gray));
                }
                done += gray.len();
            }
        });
    })
}

vectorized! {
    fn luma_row[T: Sample](r: &[T], g: &[T], b: &[T], out: &mut [T]) {
        for (((out, &r), &g), &b) in out.iter_mut().zip(r).zip(g).zip(b) {
            *out = T::store(luma(r, g, b));
        }
    }
}

/// `sample * ratio + luma * (1 - ratio)`.
pub fn saturation<T: Sample>(shape: &Shape, ratio: f64, input: &[T], output: &mut [T]) -> Result<()> {
    let rest = (1.0 - ratio) as f32;
    each_rgb(shape, input, output, |from, to| saturate(from, ratio as f32, rest, to))
}

vectorized! {
    fn saturate[T: Sample](rgb: [&[T]; 3], ratio: f32, rest: f32, out: [&mut [T]; 3]) {
        let ([r, g, b], [to_r, to_g, to_b]) = (rgb, out);
        let from = r.iter().zip(g).zip(b);
        for (((&r, &g), &b), ((to_r, to_g), to_b)) in from.zip(to_r.iter_mut().zip(to_g).zip(to_b)) {
            let gray = T::floor(luma(r, g, b));
            *to_r = T::cut(gray.mul_add(rest, r.float() * ratio));
            *to_g = T::cut(gray.mul_add(rest, g.float() * ratio));
            *to_b = T::cut(gray.mul_add(rest, b.float() * ratio));
        }
    }
}
