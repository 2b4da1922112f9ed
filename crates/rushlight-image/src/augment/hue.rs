//! Colours turned round the grey axis.

use super::channels::each_rgb;
use super::{Sample, Shape};
use crate::Result;
use rushlight_kernels::vectorized;

/// Adds `turn` (1 is the whole circle) to the hue of HSV.
pub fn turn<T: Sample>(shape: &Shape, turn: f32, input: &[T], output: &mut [T]) -> Result<()> {
    each_rgb(shape, input, output, |from, to| turn_rows(from, turn, to))
}

vectorized! {
    fn turn_rows[T: Sample](rgb: [&[T]; 3], turn: f32, out: [&mut [T]; 3]) {
        let (inverse, white) = (1.0 / T::WHITE, if T::WHITE == 1.0 { 1.0 } else { T::WHITE + 1.0 - 1e-3 });
        let ([r, g, b], [to_r, to_g, to_b]) = (rgb, out);
        let from = r.iter().zip(g).zip(b);
        for (((&r, &g), &b), ((to_r, to_g), to_b)) in from.zip(to_r.iter_mut().zip(to_g).zip(to_b)) {
            let rgb = turned([r.float() * inverse, g.float() * inverse, b.float() * inverse], turn);
            *to_r = T::store(rgb[0] * white);
            *to_g = T::store(rgb[1] * white);
            *to_b = T::store(rgb[2] * white);
        }
    }
}

/// With hue `h` in sixths, a channel is `v - v s clamp(min(k, 4 - k), 0, 1)` where `k = (n + h) mod 6`, n = 5, 3, 1.
#[inline(always)]
fn turned([r, g, b]: [f32; 3], turn: f32) -> [f32; 3] {
    let (high, low) = (r.max(g).max(b), r.min(g).min(b));
    let range = high - low;
    let scale = 1.0 / if range == 0.0 { 1.0 } else { range };
    let hue = if high == r {
        (g - b) * scale
    } else if high == g {
        (b - r) * scale + 2.0
    } else {
        (r - g) * scale + 4.0
    };
    let hue = hue * (1.0 / 6.0) + turn;
    let sixths = (hue - hue.floor()) * 6.0;
    let channel = |n: f32| {
        let k = n + sixths;
        let k = if k >= 6.0 { k - 6.0 } else { k };
        high - range * k.min(4.0 - k).clamp(0.0, 1.0)
    };
    [channel(5.0), channel(3.0), channel(1.0)]
}
