//! The taps of points of an image, bilinear: the same numbers as [`Grid::taps`] gives, many points at a time.

use super::grid::{Coordinate, Grid, Interpolation, OUTSIDE, Padding};
use super::grid_sample::{CHUNK, Chunk};
use crate::vectorized;

/// Whether a grid's taps can be read here.
pub(super) fn applies(g: &Grid) -> bool {
    g.interpolation == Interpolation::Linear && g.coordinates == 2 && g.padding != Padding::Reflection
}

/// Coordinates of the points of a chunk: whole part and rest.
struct Along {
    whole: [f64; CHUNK],
    rest: [f64; CHUNK],
}

vectorized! {
    /// Writes places and weights of all points.
    pub(super) fn read[T: Coordinate](chunk: &mut Chunk<T>, g: &Grid, points: &[T]) {
        let [x, y] = [0, 1].map(|d| along(g, d, points));
        let (width, height) = (g.input[2] as f64, g.input[1] as f64);
        for k in 0..4 {
            let (far_x, far_y) = ((k & 1) as f64, (k >> 1) as f64);
            let places: &mut [u32; CHUNK] = chunk.places[k * CHUNK..].first_chunk_mut().expect("places of a tap");
            let weights: &mut [T; CHUNK] = chunk.weights[k * CHUNK..].first_chunk_mut().expect("weights of a tap");
            for p in 0..CHUNK {
                let (at_x, at_y) = (x.whole[p] + far_x, y.whole[p] + far_y);
                let inside = (at_x >= 0.0) & (at_x < width) & (at_y >= 0.0) & (at_y < height);
                let place = if inside { at_y * width + at_x } else { OUTSIDE as f64 };
                // SAFETY: whole, and below 2^32: images have fewer pixels, see `Grid::check`.
                places[p] = unsafe { place.to_int_unchecked() };
                let weight = |far: f64, rest: f64| if far == 0.0 { 1.0 - rest } else { rest };
                weights[p] = T::of(weight(far_x, x.rest[p]) * weight(far_y, y.rest[p]));
            }
        }
    }
}

/// Coordinate `d` of all points, in pixels; zero beyond the last point.
#[inline(always)]
fn along<T: Coordinate>(g: &Grid, d: usize, points: &[T]) -> Along {
    let mut given = [0.0; CHUNK];
    for (given, point) in given.iter_mut().zip(points.chunks_exact(2)) {
        *given = point[d].into();
    }
    let mut along = Along { whole: [0.0; CHUNK], rest: [0.0; CHUNK] };
    for p in 0..CHUNK {
        let at = g.padded(d, g.pixels(d, given[p])).at;
        let whole = at.floor();
        (along.whole[p], along.rest[p]) = (whole, at - whole);
    }
    along
}
