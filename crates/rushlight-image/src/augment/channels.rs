//! Pixels of three channels to planes and back.

#[cfg(target_arch = "x86_64")]
mod bytes;

use super::batch::each_image;
use super::{Sample, Shape};
use crate::{Error, Result};

/// Pixels that are split at a time, so that the planes stay in the first-level cache.
pub(super) const BLOCK: usize = 1024;

/// Three rows of samples, one for each channel.
pub(super) type Planes<T> = [[T; BLOCK]; 3];

/// Takes interleaved RGB apart.
pub fn split<T: Sample>(pixels: &[T], [r, g, b]: [&mut [T]; 3]) {
    #[cfg(target_arch = "x86_64")]
    if size_of::<T>() == 1 && rushlight_kernels::simd::level() >= rushlight_kernels::simd::Level::Avx2 {
        // SAFETY: samples of one byte have the layout of `u8`; `level` found AVX2 on this processor.
        return unsafe { bytes::split(of(pixels), [of_mut(r), of_mut(g), of_mut(b)]) };
    }
    split_plain(pixels, [r, g, b]);
}

/// Puts planes together as interleaved RGB.
pub fn join<T: Sample>([r, g, b]: [&[T]; 3], pixels: &mut [T]) {
    #[cfg(target_arch = "x86_64")]
    if size_of::<T>() == 1 && rushlight_kernels::simd::level() >= rushlight_kernels::simd::Level::Avx2 {
        // SAFETY: as in `split`.
        return unsafe { bytes::join([of(r), of(g), of(b)], of_mut(pixels)) };
    }
    join_plain([r, g, b], pixels);
}

fn split_plain<T: Sample>(pixels: &[T], [r, g, b]: [&mut [T]; 3]) {
    for (((pixel, r), g), b) in pixels.as_chunks::<3>().0.iter().zip(r).zip(g).zip(b) {
        [*r, *g, *b] = *pixel;
    }
}

fn join_plain<T: Sample>([r, g, b]: [&[T]; 3], pixels: &mut [T]) {
    for (((pixel, &r), &g), &b) in pixels.as_chunks_mut::<3>().0.iter_mut().zip(r).zip(g).zip(b) {
        *pixel = [r, g, b];
    }
}

/// Calls `work` with rows of red, green and blue and the places of the results, whatever the layout.
pub(super) fn each_rgb<T: Sample, U: Sample>(shape: &Shape, input: &[T], output: &mut [U], work: impl Fn([&[T]; 3], [&mut [U]; 3]) + Sync) -> Result<()> {
    shape.check_rgb()?;
    each_image(shape, input, shape, output, |from, to| {
        if shape.planar {
            let n = shape.pixels();
            let (r, rest) = to.split_at_mut(n);
            let (g, b) = rest.split_at_mut(n);
            return work([&from[..n], &from[n..2 * n], &from[2 * n..]], [r, g, b]);
        }
        let mut planes: Planes<T> = [[T::default(); BLOCK]; 3];
        let mut results: Planes<U> = [[U::default(); BLOCK]; 3];
        for (from, to) in from.chunks(3 * BLOCK).zip(to.chunks_mut(3 * BLOCK)) {
            let n = from.len() / 3;
            split(from, planes.each_mut().map(|plane| &mut plane[..n]));
            work(planes.each_ref().map(|plane| &plane[..n]), results.each_mut().map(|plane| &mut plane[..n]));
            join(results.each_ref().map(|plane| &plane[..n]), to);
        }
    })
}

/// Pixels whose results are kept in registers, which tells the compiler that they overlap no input.
const LANES: usize = 32;

/// What becomes of a pixel. Unlike a closure, a method can be inlined at any length, and must be, to become vector code.
pub(super) trait Change<T> {
    fn change(&self, pixel: [T; 3]) -> [T; 3];
}

/// Changes every pixel; to be inlined into a function that is compiled for wide registers.
#[inline(always)]
pub(super) fn each_pixel<T: Sample>([r, g, b]: [&[T]; 3], [to_r, to_g, to_b]: [&mut [T]; 3], change: impl Change<T>) {
    let ((r, last_r), (g, last_g), (b, last_b)) = (r.as_chunks::<LANES>(), g.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let ((to_r, rest_r), (to_g, rest_g), (to_b, rest_b)) = (to_r.as_chunks_mut::<LANES>(), to_g.as_chunks_mut::<LANES>(), to_b.as_chunks_mut::<LANES>());
    for (((r, g), b), ((to_r, to_g), to_b)) in r.iter().zip(g).zip(b).zip(to_r.iter_mut().zip(to_g).zip(to_b)) {
        let mut results = [[T::default(); LANES]; 3];
        for l in 0..LANES {
            [results[0][l], results[1][l], results[2][l]] = change.change([r[l], g[l], b[l]]);
        }
        [*to_r, *to_g, *to_b] = results;
    }
    for (((&r, &g), &b), ((to_r, to_g), to_b)) in last_r.iter().zip(last_g).zip(last_b).zip(rest_r.iter_mut().zip(rest_g).zip(rest_b)) {
        [*to_r, *to_g, *to_b] = change.change([r, g, b]);
    }
}

/// Calls `work` with rows of red, green and blue, whatever the layout.
pub(super) fn each_rgb_row<T: Sample>(shape: &Shape, image: &[T], mut work: impl FnMut([&[T]; 3])) {
    if shape.planar {
        let n = shape.pixels();
        return work([&image[..n], &image[n..2 * n], &image[2 * n..]]);
    }
    let mut planes: Planes<T> = [[T::default(); BLOCK]; 3];
    for pixels in image.chunks(3 * BLOCK) {
        let n = pixels.len() / 3;
        split(pixels, planes.each_mut().map(|plane| &mut plane[..n]));
        work(planes.each_ref().map(|plane| &plane[..n]));
    }
}

/// Channel `order[c]` becomes channel `c`.
pub fn permute<T: Sample>(shape: &Shape, order: &[usize], input: &[T], output: &mut [T]) -> Result<()> {
    if order.len() != shape.channels || order.iter().any(|&c| c >= shape.channels) {
        return Err(Error::argument(format!("{order:?} is no order of {} channels", shape.channels)));
    }
    if !shape.planar && shape.channels == 3 {
        return each_rgb(shape, input, output, |from, to| to.into_iter().zip(order).for_each(|(to, &c)| to.copy_from_slice(from[c])));
    }
    each_image(shape, input, shape, output, |from, to| {
        if shape.planar {
            let n = shape.pixels();
            return to.chunks_exact_mut(n).zip(order).for_each(|(plane, &c)| plane.copy_from_slice(&from[c * n..(c + 1) * n]));
        }
        for (from, to) in from.chunks_exact(shape.channels).zip(to.chunks_exact_mut(shape.channels)) {
            to.iter_mut().zip(order).for_each(|(to, &c)| *to = from[c]);
        }
    })
}

/// Interleaved images as planes.
pub fn to_planar<T: Sample>(shape: &Shape, input: &[T], output: &mut [T]) -> Result<()> {
    let n = shape.pixels();
    each_image(shape, input, shape, output, |from, to| match shape.channels {
        1 => to.copy_from_slice(from),
        3 => {
            let (r, rest) = to.split_at_mut(n);
            let (g, b) = rest.split_at_mut(n);
            split(from, [r, g, b]);
        }
        channels => {
            for (c, plane) in to.chunks_exact_mut(n).enumerate() {
                plane.iter_mut().zip(from[c..].iter().step_by(channels)).for_each(|(to, from)| *to = *from);
            }
        }
    })
}

/// Planar images with the channels of a pixel together.
pub fn to_interleaved<T: Sample>(shape: &Shape, input: &[T], output: &mut [T]) -> Result<()> {
    let n = shape.pixels();
    each_image(shape, input, shape, output, |from, to| match shape.channels {
        1 => to.copy_from_slice(from),
        3 => join([&from[..n], &from[n..2 * n], &from[2 * n..]], to),
        channels => {
            for (c, plane) in from.chunks_exact(n).enumerate() {
                to[c..].iter_mut().step_by(channels).zip(plane).for_each(|(to, from)| *to = *from);
            }
        }
    })
}

/// The bytes of samples.
///
/// # Safety
/// `T` must have one byte, every value of which is valid.
#[cfg(target_arch = "x86_64")]
pub(super) unsafe fn of<T>(samples: &[T]) -> &[u8] {
    // SAFETY: by the contract, the layouts are the same.
    unsafe { std::slice::from_raw_parts(samples.as_ptr().cast(), samples.len()) }
}

/// As [`of`], to write.
///
/// # Safety
/// As for [`of`].
#[cfg(target_arch = "x86_64")]
pub(super) unsafe fn of_mut<T>(samples: &mut [T]) -> &mut [u8] {
    // SAFETY: by the contract, the layouts are the same.
    unsafe { std::slice::from_raw_parts_mut(samples.as_mut_ptr().cast(), samples.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_and_join_are_inverse() {
        for n in 0..100 {
            let pixels: Vec<u8> = (0..3 * n).map(|i| i as u8).collect();
            let mut planes = vec![vec![0; n]; 3];
            let [r, g, b] = &mut planes[..] else { unreachable!() };
            split(&pixels, [r, g, b]);
            assert!((0..n).all(|i| r[i] == (3 * i) as u8 && g[i] == (3 * i + 1) as u8 && b[i] == (3 * i + 2) as u8));
            let mut again = vec![0; 3 * n];
            join([r, g, b], &mut again);
            assert_eq!(again, pixels);
        }
    }
}
