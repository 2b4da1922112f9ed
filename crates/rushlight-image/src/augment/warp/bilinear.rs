//! Samples of the four pixels around a place.

use super::super::{Sample, Shape};
use super::Source;
use super::places::{EDGE, OUTSIDE, Places};
use rushlight_kernels::vectorized;

/// How many pixels past the lower right one of four must still be in memory, so that whole words can be loaded.
const MARGIN: i32 = 3;

/// Row `y` of the result.
pub fn row<T: Sample>(source: &Source<T>, places: &mut Places, result: &Shape, y: usize, output: &mut [T]) {
    let shape = &source.shape;
    find(&places.x, &places.y, shape.width as i32, shape.height as i32, &mut places.index);
    if result.planar || result.channels == 1 {
        return planar_row(source, places, result, y, output);
    }
    let row = &mut output[y * result.row()..(y + 1) * result.row()];
    for (i, to) in row.chunks_exact_mut(result.channels).enumerate() {
        match places.index[i] {
            OUTSIDE => to.copy_from_slice(source.fill),
            EDGE => (0..to.len()).for_each(|c| to[c] = source.at_edge(places.x[i], places.y[i], c)),
            index => source.pixel(index as usize, fractions(places, i), to),
        }
    }
}

fn planar_row<T: Sample>(source: &Source<T>, places: &Places, result: &Shape, y: usize, output: &mut [T]) {
    #[cfg(target_arch = "x86_64")]
    if size_of::<T>() == 1 && rushlight_kernels::simd::level() >= rushlight_kernels::simd::Level::Avx2 {
        // SAFETY: `level` found AVX2 on this processor, and samples of one byte have the layout of `u8`.
        return unsafe { super::gather::planar_row(source, places, result, y, output) };
    }
    planar_samples(source, places, result, y, 0..result.width, output);
}

/// Some columns of a row, one by one.
pub fn planar_samples<T: Sample>(source: &Source<T>, places: &Places, result: &Shape, y: usize, columns: std::ops::Range<usize>, output: &mut [T]) {
    let width = source.shape.width;
    for (c, plane) in source.samples.chunks_exact(source.shape.pixels()).enumerate() {
        let to = &mut output[c * result.pixels() + y * result.width..][..result.width];
        for i in columns.clone() {
            to[i] = match places.index[i] {
                OUTSIDE => source.fill[c],
                EDGE => source.at_edge(places.x[i], places.y[i], c),
                index => {
                    let (upper, lower) = (&plane[index as usize..][..2], &plane[index as usize + width..][..2]);
                    T::round(blend([upper[0], upper[1], lower[0], lower[1]].map(T::float), fractions(places, i)))
                }
            };
        }
    }
}

/// How far a place is from the pixel to its upper left.
#[inline(always)]
fn fractions(places: &Places, i: usize) -> [f32; 2] {
    [places.x[i] - places.x[i].floor(), places.y[i] - places.y[i].floor()]
}

#[inline(always)]
fn blend([a, b, c, d]: [f32; 4], [x, y]: [f32; 2]) -> f32 {
    let (upper, lower) = ((b - a).mul_add(x, a), (d - c).mul_add(x, c));
    (lower - upper).mul_add(y, upper)
}

impl<T: Sample> Source<'_, T> {
    /// All samples of an interleaved pixel inside; up to four channels as one vector.
    #[inline(always)]
    fn pixel(&self, index: usize, fractions: [f32; 2], to: &mut [T]) {
        let (channels, below) = (self.shape.channels, self.shape.row());
        let start = index * channels;
        if channels <= 4 {
            let at = |offset: usize| self.samples[start + offset..].first_chunk::<4>().map_or([0.0; 4], |four| four.map(T::float));
            let (a, b, c, d) = (at(0), at(channels), at(below), at(below + channels));
            let result: [T; 4] = std::array::from_fn(|i| T::round(blend([a[i], b[i], c[i], d[i]], fractions)));
            to.copy_from_slice(&result[..channels]);
        } else {
            for (i, to) in to.iter_mut().enumerate() {
                let at = |offset: usize| self.samples[start + offset + i].float();
                *to = T::round(blend([at(0), at(channels), at(below), at(below + channels)], fractions));
            }
        }
    }

    /// A sample of which some pixels lie outside: they count as zero, and with a fill the result is blended by the weights of those inside.
    fn at_edge(&self, x: f32, y: f32, channel: usize) -> T {
        let (mut sum, mut mask) = (0.0, 0.0);
        let (left, top) = (x.floor(), y.floor());
        for (row, down) in [(top, 1.0 - (y - top)), (top + 1.0, y - top)] {
            for (column, across) in [(left, 1.0 - (x - left)), (left + 1.0, x - left)] {
                if row >= 0.0 && row < self.shape.height as f32 && column >= 0.0 && column < self.shape.width as f32 {
                    let index = (row as usize * self.shape.width + column as usize) * self.shape.step();
                    sum += self.samples[self.shape.start(channel) + index].float() * (down * across);
                    mask += down * across;
                }
            }
        }
        let fill = self.fill[channel].float();
        T::round(if self.masked { (sum - fill) * mask + fill } else { sum })
    }
}

vectorized! {
    fn find[](xs: &[f32], ys: &[f32], width: i32, height: i32, index: &mut [i32]) {
        let (right, bottom, last) = (width as f32, height as f32, width * height - width - 2 - MARGIN);
        for ((index, &x), &y) in index.iter_mut().zip(xs).zip(ys) {
            let (x, y) = (x.floor(), y.floor());
            let inside = (x >= 0.0) & (x < right - 1.0) & (y >= 0.0) & (y < bottom - 1.0);
            let touches = (x >= -1.0) & (x < right) & (y >= -1.0) & (y < bottom);
            let place = (y as i32).wrapping_mul(width).wrapping_add(x as i32);
            *index = if inside & (place <= last) { place } else if touches { EDGE } else { OUTSIDE };
        }
    }
}
