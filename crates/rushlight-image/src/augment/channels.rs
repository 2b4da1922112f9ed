//! Pixels of three channels to planes and back.

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
        return unsafe { bytes::split(bytes::of(pixels), [bytes::of_mut(r), bytes::of_mut(g), bytes::of_mut(b)]) };
    }
    split_plain(pixels, [r, g, b]);
}

/// Puts planes together as interleaved RGB.
pub fn join<T: Sample>([r, g, b]: [&[T]; 3], pixels: &mut [T]) {
    #[cfg(target_arch = "x86_64")]
    if size_of::<T>() == 1 && rushlight_kernels::simd::level() >= rushlight_kernels::simd::Level::Avx2 {
        // SAFETY: as in `split`.
        return unsafe { bytes::join([bytes::of(r), bytes::of(g), bytes::of(b)], bytes::of_mut(pixels)) };
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
        for (c, &source) in order.iter().enumerate() {
            let (step, n) = (shape.step(), shape.pixels());
            let from = from[shape.start(source)..].iter().step_by(step);
            to[shape.start(c)..].iter_mut().step_by(step).zip(from).take(n).for_each(|(to, from)| *to = *from);
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

#[cfg(target_arch = "x86_64")]
mod bytes {
    use std::arch::x86_64::*;

    /// Pixels of a step.
    const STEP: usize = 16;

    /// # Safety
    /// `T` must have one byte, every value of which is valid.
    pub unsafe fn of<T>(samples: &[T]) -> &[u8] {
        // SAFETY: by the contract, the layouts are the same.
        unsafe { std::slice::from_raw_parts(samples.as_ptr().cast(), samples.len()) }
    }

    /// # Safety
    /// As for [`of`].
    pub unsafe fn of_mut<T>(samples: &mut [T]) -> &mut [u8] {
        // SAFETY: by the contract, the layouts are the same.
        unsafe { std::slice::from_raw_parts_mut(samples.as_mut_ptr().cast(), samples.len()) }
    }

    /// `[channel][part]`: where in a part of 16 bytes each sample of a channel is, 128 for elsewhere.
    static SPLIT: [[[u8; 16]; 3]; 3] = {
        let mut masks = [[[128; 16]; 3]; 3];
        let mut byte = 0;
        while byte < 48 {
            masks[byte % 3][byte / 16][byte / 3] = (byte % 16) as u8;
            byte += 1;
        }
        masks
    };

    /// `[part][channel]`: which sample of a channel each byte of a part is, 128 for none.
    static JOIN: [[[u8; 16]; 3]; 3] = {
        let mut masks = [[[128; 16]; 3]; 3];
        let mut byte = 0;
        while byte < 48 {
            masks[byte / 16][byte % 3][byte % 16] = (byte / 3) as u8;
            byte += 1;
        }
        masks
    };

    #[inline]
    #[target_feature(enable = "avx2")]
    fn load(bytes: &[u8; 16]) -> __m128i {
        // SAFETY: there are the sixteen bytes read; the load needs no alignment.
        unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn store(bytes: &mut [u8; 16], value: __m128i) {
        // SAFETY: there are the sixteen bytes written; the store needs no alignment.
        unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), value) }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn gather(sources: [__m128i; 3], masks: &[[u8; 16]; 3]) -> __m128i {
        let [a, b, c] = [0, 1, 2].map(|i| _mm_shuffle_epi8(sources[i], load(&masks[i])));
        _mm_or_si128(_mm_or_si128(a, b), c)
    }

    #[target_feature(enable = "avx2")]
    pub fn split(pixels: &[u8], [r, g, b]: [&mut [u8]; 3]) {
        let (chunks, _) = pixels.as_chunks::<{ 3 * STEP }>();
        let whole = chunks.len() * STEP;
        let planes = r.as_chunks_mut::<STEP>().0.iter_mut().zip(g.as_chunks_mut::<STEP>().0).zip(b.as_chunks_mut::<STEP>().0);
        for (chunk, ((r, g), b)) in chunks.iter().zip(planes) {
            let (parts, _) = chunk.as_chunks::<16>();
            let sources = [load(&parts[0]), load(&parts[1]), load(&parts[2])];
            for (plane, masks) in [r, g, b].into_iter().zip(&SPLIT) {
                store(plane, gather(sources, masks));
            }
        }
        super::split_plain(&pixels[3 * whole..], [&mut r[whole..], &mut g[whole..], &mut b[whole..]]);
    }

    #[target_feature(enable = "avx2")]
    pub fn join([r, g, b]: [&[u8]; 3], pixels: &mut [u8]) {
        let (chunks, rest) = pixels.as_chunks_mut::<{ 3 * STEP }>();
        let whole = chunks.len() * STEP;
        let planes = r.as_chunks::<STEP>().0.iter().zip(g.as_chunks::<STEP>().0).zip(b.as_chunks::<STEP>().0);
        for (chunk, ((r, g), b)) in chunks.iter_mut().zip(planes) {
            let sources = [load(r), load(g), load(b)];
            for (part, masks) in chunk.as_chunks_mut::<16>().0.iter_mut().zip(&JOIN) {
                store(part, gather(sources, masks));
            }
        }
        super::join_plain([&r[whole..], &g[whole..], &b[whole..]], rest);
    }
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
