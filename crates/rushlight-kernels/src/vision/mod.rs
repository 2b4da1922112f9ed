//! Images sampled at other places: resizing, grids, patches as columns.

mod fold;
mod grid;
mod resample;
#[cfg(test)]
mod tests;

pub use fold::{Unfold, col2im, im2col};
pub use grid::{Coordinate, Grid, Interpolation, Padding, grid_sample, grid_sample_backward};
pub use resample::{Axis, Method, resample};
