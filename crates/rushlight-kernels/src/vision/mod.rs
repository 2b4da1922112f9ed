//! Images sampled at other places: resizing, grids, patches as columns.

mod bytes;
mod fold;
mod grid;
mod grid_channels;
mod grid_planar;
mod grid_sample;
mod grid_twice;
mod resample;
#[cfg(test)]
mod tests;

pub use bytes::resample_bytes;
pub use fold::{Unfold, col2im, im2col};
pub use grid::{Coordinate, Grid, Interpolation, Padding};
pub use grid_sample::{grid_sample, grid_sample_backward};
pub use grid_twice::{Upper, grid_sample_backward_twice};
pub use resample::{Axis, Method, resample};
