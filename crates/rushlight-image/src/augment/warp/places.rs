//! A row of places in the source, in pixels.

use super::super::Shape;
use super::Map;
use rushlight_kernels::vectorized;

/// No part of the sample lies inside.
pub const OUTSIDE: i32 = -2;
/// Some of the four pixels around are outside, or too near to the end of the memory.
pub const EDGE: i32 = -1;

/// Coordinates of a row of new pixels, and what follows from them.
pub struct Places {
    pub x: Vec<f32>,
    pub y: Vec<f32>,
    /// The pixel to the upper left, [`EDGE`] or [`OUTSIDE`].
    pub index: Vec<i32>,
}

impl Places {
    pub fn new(width: usize) -> Places {
        Places { x: vec![0.0; width], y: vec![0.0; width], index: vec![0; width] }
    }

    /// Computes the coordinates of row `y`.
    pub fn find(&mut self, map: Map, source: &Shape, result: &Shape, y: usize) {
        let half = [source.width as f32 * 0.5, source.height as f32 * 0.5];
        let first = |length: usize| (1.0 - length as f32) * 0.5;
        match map {
            Map::Affine(m) => {
                let start = [first(result.width), first(result.height) + y as f32];
                affine_row(&scaled(m, half), start, half, &mut self.x, &mut self.y);
            }
            Map::Perspective(m) => {
                let numerator = scaled([m[0], m[1], m[2], m[3], m[4], m[5]], [result.width as f32 * 0.5, result.height as f32 * 0.5]);
                perspective_row(&numerator, [m[6], m[7]], y as f32 + 0.5, half, &mut self.x, &mut self.y);
            }
            Map::Displaced(shifts) => {
                let pairs = &shifts.as_chunks::<2>().0[y * result.width..(y + 1) * result.width];
                displaced_row(pairs, even_step(result.height, y), half, &mut self.x, &mut self.y);
            }
        }
    }
}

/// A matrix whose results are in half images.
fn scaled(m: [f32; 6], half: [f32; 2]) -> [f32; 6] {
    std::array::from_fn(|i| m[i] / half[i / 3])
}

/// Value `i` of `n` evenly from `(1 - n) / n` to `(n - 1) / n`, counted from the nearer end as PyTorch's `linspace` does.
#[inline(always)]
fn even_step(n: usize, i: usize) -> f32 {
    let end = (n as f64 - 1.0) / n as f64;
    let step = if n > 1 { (end as f32 + end as f32) / (n - 1) as f32 } else { 0.0 };
    if i < n / 2 { step.mul_add(i as f32, -end as f32) } else { (-step).mul_add((n - 1 - i) as f32, end as f32) }
}

/// From half images, measured from the middle, to pixels.
#[inline(always)]
fn pixel(place: f32, half: f32) -> f32 {
    (place + 1.0) * half - 0.5
}

vectorized! {
    fn affine_row[](m: &[f32; 6], start: [f32; 2], half: [f32; 2], xs: &mut [f32], ys: &mut [f32]) {
        for (i, (x, y)) in xs.iter_mut().zip(ys).enumerate() {
            let column = start[0] + i as f32;
            *x = pixel(column * m[0] + start[1] * m[1] + m[2], half[0]);
            *y = pixel(column * m[3] + start[1] * m[4] + m[5], half[1]);
        }
    }
}

vectorized! {
    fn perspective_row[](m: &[f32; 6], divisor: [f32; 2], row: f32, half: [f32; 2], xs: &mut [f32], ys: &mut [f32]) {
        for (i, (x, y)) in xs.iter_mut().zip(ys).enumerate() {
            let column = i as f32 + 0.5;
            let scale = column * divisor[0] + row * divisor[1] + 1.0;
            *x = pixel((column * m[0] + row * m[1] + m[2]) / scale - 1.0, half[0]);
            *y = pixel((column * m[3] + row * m[4] + m[5]) / scale - 1.0, half[1]);
        }
    }
}

vectorized! {
    fn displaced_row[](shifts: &[[f32; 2]], row: f32, half: [f32; 2], xs: &mut [f32], ys: &mut [f32]) {
        let width = shifts.len();
        for (i, ((x, y), shift)) in xs.iter_mut().zip(ys).zip(shifts).enumerate() {
            *x = pixel(even_step(width, i) + shift[0], half[0]);
            *y = pixel(row + shift[1], half[1]);
        }
    }
}
