//! Images seen through a map from their new pixels to places in the old image.
//!
//! Coordinates are those of PyTorch's `grid_sample` without aligned corners: -1 and 1 are the outer edges, and all is computed in single
//! precision in its order, so that the nearest pixel is mostly the same one.

mod bilinear;
#[cfg(target_arch = "x86_64")]
mod gather;
mod nearest;
mod places;

use super::batch::each_image;
use super::{Sample, Shape};
use crate::{Error, Result};
use places::Places;

/// Where the samples of a new image come from.
#[derive(Clone, Copy, Debug)]
pub enum Map<'a> {
    /// `x = a x' + b y' + c`, `y = d x' + e y' + f` with pixels counted from the middle of each image.
    Affine([f32; 6]),
    /// `x = (a x' + b y' + c) / (g x' + h y' + 1)`, `y = (d x' + e y' + f) / (g x' + h y' + 1)` with pixels counted from the corner, their
    /// centres at halves.
    Perspective([f32; 8]),
    /// Its own place for each pixel and, to be added, a pair of coordinates.
    Displaced(&'a [f32]),
}

/// How a sample between pixels is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interpolation {
    /// The nearest pixel; of two, the even one.
    Nearest,
    /// The four pixels around, weighted.
    Bilinear,
}

/// An image to take samples from.
struct Source<'a, T> {
    samples: &'a [T],
    shape: Shape,
    /// The samples of a pixel outside, zeros if `masked` is not set.
    fill: &'a [T],
    /// Whether results are blended with `fill` by how much of them lies inside.
    masked: bool,
}

/// Warps every image of a batch by the same map. Outside there is `fill`, a value for each channel, or nothing: zeros.
pub fn warp<T: Sample>(
    shape: &Shape,
    result: &Shape,
    map: Map,
    interpolation: Interpolation,
    fill: Option<&[f32]>,
    input: &[T],
    output: &mut [T],
) -> Result<()> {
    check(shape, result, map, fill)?;
    let outside: Vec<T> = (0..shape.channels).map(|c| T::round(fill.map_or(0.0, |fill| fill[c]))).collect();
    each_image(shape, input, result, output, |from, to| {
        let source = Source { samples: from, shape: *shape, fill: &outside, masked: fill.is_some() };
        let mut places = Places::new(result.width);
        for y in 0..result.height {
            places.find(map, shape, result, y);
            match interpolation {
                Interpolation::Nearest => nearest::row(&source, &mut places, result, y, to),
                Interpolation::Bilinear => bilinear::row(&source, &mut places, result, y, to),
            }
        }
    })
}

fn check(shape: &Shape, result: &Shape, map: Map, fill: Option<&[f32]>) -> Result<()> {
    let fault = if result.channels != shape.channels || result.planar != shape.planar {
        "an image's channels and layout stay the same"
    } else if shape.pixels() > i32::MAX as usize / 2 {
        "an image has too many pixels"
    } else if matches!(map, Map::Displaced(places) if places.len() != 2 * result.pixels()) {
        "a displacement has two coordinates for each pixel"
    } else if fill.is_some_and(|fill| fill.len() != shape.channels) {
        "a fill has a value for each channel"
    } else {
        return Ok(());
    };
    Err(Error::argument(fault))
}
