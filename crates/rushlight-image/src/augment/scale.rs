//! 8-bit samples as floats.

use super::Shape;
use super::batch::each_image;
use super::channels::{BLOCK, Planes, split};
use crate::Result;
use rushlight_kernels::vectorized;

/// How 8 bits become `0..=1`: the two differ in the last place of some values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scaling {
    /// `sample / 255`.
    Divide,
    /// `sample * (1 / 255)`.
    Multiply,
}

/// Samples in `0..=1`, of the same layout.
pub fn floats(shape: &Shape, scaling: Scaling, input: &[u8], output: &mut [f32]) -> Result<()> {
    each_image(shape, input, shape, output, |from, to| scale(from, scaling == Scaling::Divide, to))
}

/// Samples in `0..=1`, planar whatever the layout was.
pub fn planar_floats(shape: &Shape, scaling: Scaling, input: &[u8], output: &mut [f32]) -> Result<()> {
    if shape.planar || shape.channels == 1 {
        return floats(shape, scaling, input, output);
    }
    let (n, divide) = (shape.pixels(), scaling == Scaling::Divide);
    each_image(shape, input, shape, output, |from, to| {
        if shape.channels == 3 {
            let mut planes: Planes<u8> = [[0; BLOCK]; 3];
            for (i, pixels) in from.chunks(3 * BLOCK).enumerate() {
                let count = pixels.len() / 3;
                split(pixels, planes.each_mut().map(|plane| &mut plane[..count]));
                let targets = to.chunks_exact_mut(n).map(|plane| &mut plane[i * BLOCK..][..count]);
                targets.zip(&planes).for_each(|(to, plane)| scale(&plane[..count], divide, to));
            }
        } else {
            let divisor = |v: u8| if divide { v as f32 / 255.0 } else { v as f32 * (1.0 / 255.0) };
            for (c, plane) in to.chunks_exact_mut(n).enumerate() {
                plane.iter_mut().zip(from[c..].iter().step_by(shape.channels)).for_each(|(to, &from)| *to = divisor(from));
            }
        }
    })
}

vectorized! {
    fn scale[](input: &[u8], divide: bool, output: &mut [f32]) {
        if divide {
            output.iter_mut().zip(input).for_each(|(to, &from)| *to = from as f32 / 255.0);
        } else {
            output.iter_mut().zip(input).for_each(|(to, &from)| *to = from as f32 * (1.0 / 255.0));
        }
    }
}
