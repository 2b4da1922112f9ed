//! Batches resized, each plane on its own.

use super::Shape;
use super::batch::each_image;
use crate::resize::{Filter, FloatView, Geometry, Resizer, View, resize_floats};
use crate::{Error, Result};

/// A part of an image: `top`, `left`, `height`, `width`.
pub type Window = [usize; 4];

/// Samples that can be resized.
pub trait Resample: super::Sample {
    /// Resamples a part of a plane whose rows are `stride` apart.
    fn resample(
        samples: &[Self],
        size: [usize; 2],
        channels: usize,
        stride: usize,
        filter: Filter,
        target: [usize; 2],
        resizer: &mut Resizer,
        out: &mut [Self],
    ) -> Result<()>;
}

impl Resample for u8 {
    fn resample(
        samples: &[u8],
        [height, width]: [usize; 2],
        channels: usize,
        stride: usize,
        filter: Filter,
        target: [usize; 2],
        resizer: &mut Resizer,
        out: &mut [u8],
    ) -> Result<()> {
        let geometry = Geometry::whole(target[1], target[0]);
        resizer.resize(View { samples, width, height, channels, stride }, geometry, filter, out, target[1] * channels)
    }
}

impl Resample for f32 {
    fn resample(
        samples: &[f32],
        [height, width]: [usize; 2],
        channels: usize,
        stride: usize,
        filter: Filter,
        target: [usize; 2],
        _: &mut Resizer,
        out: &mut [f32],
    ) -> Result<()> {
        resize_floats(FloatView { samples, width, height, channels, stride }, target[1], target[0], filter, out)
    }
}

/// Resamples a part of every image to the size of `result`.
pub fn resize<T: Resample>(shape: &Shape, window: Window, result: &Shape, filter: Filter, input: &[T], output: &mut [T]) -> Result<()> {
    let [top, left, height, width] = window;
    let inside = |start: usize, extent: usize, length: usize| extent > 0 && start.checked_add(extent).is_some_and(|end| end <= length);
    if !inside(top, height, shape.height) || !inside(left, width, shape.width) || *result != (Shape { height: result.height, width: result.width, ..*shape }) {
        return Err(Error::argument(format!("the part {window:?} of {shape:?} cannot become {result:?}")));
    }
    let (row, step) = (shape.row(), shape.step());
    let start = top * row + left * step;
    each_image(shape, input, result, output, |from, to| {
        let mut resizer = Resizer::new();
        for (from, to) in from.chunks_exact(row * shape.height).zip(to.chunks_exact_mut(result.row() * result.height)) {
            // The window and the sizes were checked, so that nothing is left to fail.
            let _ = T::resample(&from[start..], [height, width], step, row, filter, [result.height, result.width], &mut resizer, to);
        }
    })
}
