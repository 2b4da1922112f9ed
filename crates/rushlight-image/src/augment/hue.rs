//! Colours turned round the grey axis.

use super::channels::{Change, each_pixel, each_rgb};
use super::{Sample, Shape};
use crate::Result;
use rushlight_kernels::vectorized;

/// Adds `turn` (1 is the whole circle) to the hue of HSV.
pub fn turn<T: Sample>(shape: &Shape, turn: f32, input: &[T], output: &mut [T]) -> Result<()> {
    each_rgb(shape, input, output, |from, to| turn_rows(from, turn, to))
}

vectorized! {
    fn turn_rows[T: Sample](rgb: [&[T]; 3], turn: f32, out: [&mut [T]; 3]) {
        each_pixel(rgb, out, Turn(turn));
    }
}

struct Turn(f32);

impl<T: Sample> Change<T> for Turn {
    #[inline(always)]
    fn change(&self, [r, g, b]: [T; 3]) -> [T; 3] {
        let (inverse, white) = (1.0 / T::WHITE, if T::WHITE == 1.0 { 1.0 } else { T::WHITE + 1.0 - 1e-3 });
        let [r, g, b] = turned([r.float() * inverse, g.float() * inverse, b.float() * inverse], self.0);
        [T::store(r * white), T::store(g * white), T::store(b * white)]
    }
}

/// With hue `h` in sixths, a channel is `v - v s clamp(min(k, 4 - k), 0, 1)` where `k = (n + h) mod 6`, n = 5, 3, 1.
#[inline(always)]
fn turned([r, g, b]: [f32; 3], turn: f32) -> [f32; 3] {
    let (high, low) = (larger(larger(r, g), b), smaller(smaller(r, g), b));
    let range = high - low;
    let scale = 1.0 / larger(range, f32::MIN_POSITIVE);
    let (red, green, blue) = ((g - b) * scale, (b - r) * scale + 2.0, (r - g) * scale + 4.0);
    let hue = if high == g { green } else { blue };
    let hue = if high == r { red } else { hue };
    let hue = hue * (1.0 / 6.0) + turn;
    let sixths = (hue - hue.floor()) * 6.0;
    [channel(high, range, sixths + 5.0), channel(high, range, sixths + 3.0), channel(high, range, sixths + 1.0)]
}

#[inline(always)]
fn channel(high: f32, range: f32, k: f32) -> f32 {
    let k = k - if k >= 6.0 { 6.0 } else { 0.0 };
    high - range * larger(smaller(smaller(k, 4.0 - k), 1.0), 0.0)
}

/// Of numbers; `f32::max` takes two more instructions to pass over NaN.
#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

#[inline(always)]
fn smaller(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}
