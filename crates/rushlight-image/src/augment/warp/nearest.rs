//! Samples of the nearest pixel.

use super::super::{Sample, Shape};
use super::Source;
use super::places::{OUTSIDE, Places};
use rushlight_kernels::vectorized;

/// Row `y` of the result.
pub fn row<T: Sample>(source: &Source<T>, places: &mut Places, result: &Shape, y: usize, output: &mut [T]) {
    let Places { x, y: ys, index } = places;
    find(x, ys, source.shape.width as i32, source.shape.height as i32, index);
    if !result.planar && result.channels > 1 {
        let row = &mut output[y * result.row()..(y + 1) * result.row()];
        return match result.channels {
            3 => pick_pixels::<T, 3>(source, index, row),
            4 => pick_pixels::<T, 4>(source, index, row),
            channels => {
                for (to, &i) in row.chunks_exact_mut(channels).zip(&*index) {
                    to.copy_from_slice(source.samples.get(i as usize * channels..).map_or(source.fill, |rest| &rest[..channels]));
                }
            }
        };
    }
    let planes = source.samples.chunks_exact(source.shape.pixels()).zip(output.chunks_exact_mut(result.pixels()));
    for ((from, to), &fill) in planes.zip(source.fill) {
        for (to, &i) in to[y * result.width..].iter_mut().zip(&*index) {
            *to = from.get(i as usize).copied().unwrap_or(fill);
        }
    }
}

fn pick_pixels<T: Sample, const N: usize>(source: &Source<T>, index: &[i32], row: &mut [T]) {
    let (pixels, fill) = (source.samples.as_chunks::<N>().0, &source.fill.as_chunks::<N>().0[0]);
    for (to, &i) in row.as_chunks_mut::<N>().0.iter_mut().zip(index) {
        *to = *pixels.get(i as usize).unwrap_or(fill);
    }
}

vectorized! {
    fn find[](xs: &[f32], ys: &[f32], width: i32, height: i32, index: &mut [i32]) {
        let (right, bottom) = ((width - 1) as f32, (height - 1) as f32);
        for ((index, &x), &y) in index.iter_mut().zip(xs).zip(ys) {
            let (x, y) = (x.round_ties_even(), y.round_ties_even());
            let inside = (x >= 0.0) & (x <= right) & (y >= 0.0) & (y <= bottom);
            let place = (y as i32).wrapping_mul(width).wrapping_add(x as i32);
            *index = if inside { place } else { OUTSIDE };
        }
    }
}
