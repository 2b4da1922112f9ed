//! Changes of decoded images for training: colours, blurs, warps, mirror images, over 8-bit samples and floats in `0..=1`.
//!
//! Every function takes a batch of images of one [`Shape`], planar or interleaved, and writes to memory of the caller's. Results are those of
//! torchvision's tensor functions: the same arithmetic in single precision, cut or rounded at the same places.
//!
//! ```
//! use rushlight_image::augment::{Shape, flip};
//! let shape = Shape { channels: 3, height: 1, width: 2, planar: false };
//! let mut out = [0; 6];
//! flip::horizontal(&shape, &[1, 2, 3, 4, 5, 6], &mut out).unwrap();
//! assert_eq!(out, [4, 5, 6, 1, 2, 3]);
//! ```

mod batch;
pub mod blur;
pub mod channels;
pub mod color;
pub mod flip;
pub mod hue;
pub mod resample;
pub mod scale;
pub mod sharpen;
pub mod statistics;
pub mod table;
pub mod tone;
pub mod warp;

use crate::{Error, Result};

/// The images of a batch, each `channels * height * width` samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Samples of a pixel.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Whether each channel's samples lie together; otherwise each pixel's do.
    pub planar: bool,
}

impl Shape {
    /// Samples of an image.
    pub fn len(&self) -> usize {
        self.channels * self.pixels()
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Pixels of an image.
    pub fn pixels(&self) -> usize {
        self.height * self.width
    }

    /// The same with other channels.
    pub fn with_channels(self, channels: usize) -> Shape {
        Shape { channels, ..self }
    }

    /// Samples of a plane's row.
    fn row(&self) -> usize {
        self.width * self.step()
    }

    /// Samples from a pixel to the next of its row.
    fn step(&self) -> usize {
        if self.planar { 1 } else { self.channels }
    }

    /// Where channel `c` of an image begins.
    fn start(&self, c: usize) -> usize {
        if self.planar { c * self.pixels() } else { c }
    }

    /// Checks that the samples are whole images and the results as many.
    fn check(&self, input: usize, result: &Shape, output: usize) -> Result<()> {
        let (one, other) = (self.len(), result.len());
        let fits = if one == 0 || other == 0 { output == 0 } else { input % one == 0 && output % other == 0 && input / one == output / other };
        if fits { Ok(()) } else { Err(Error::argument(format!("{input} samples of {self:?} do not become {output} of {result:?}"))) }
    }

    /// Checks that there are three channels.
    fn check_rgb(&self) -> Result<()> {
        if self.channels == 3 { Ok(()) } else { Err(Error::argument(format!("three channels are needed, not {}", self.channels))) }
    }
}

/// What images are made of.
pub trait Sample: Copy + Default + Send + Sync + PartialOrd + 'static {
    /// The value of white.
    const WHITE: f32;

    /// As a float, not scaled.
    fn float(self) -> f32;

    /// Clamped to `0..=WHITE`; 8 bits by cutting the fraction off.
    fn cut(value: f32) -> Self;

    /// 8 bits as by [`Sample::cut`]; floats as they are.
    fn store(value: f32) -> Self;

    /// 8 bits by rounding, ties to even; floats as they are.
    fn round(value: f32) -> Self;

    /// The value that 8 bits would have after cutting the fraction off; floats as they are.
    fn floor(value: f32) -> f32;

    /// The nearest whole value for 8 bits, ties to even; floats as they are.
    fn whole(value: f32) -> f32;
}

impl Sample for u8 {
    const WHITE: f32 = 255.0;

    #[inline(always)]
    fn float(self) -> f32 {
        self as f32
    }

    /// The cast clamps.
    #[inline(always)]
    fn cut(value: f32) -> u8 {
        value as u8
    }

    #[inline(always)]
    fn store(value: f32) -> u8 {
        value as u8
    }

    /// Adding 1.5 * 2^23 leaves the rounded value in the lowest bits of the significand.
    #[inline(always)]
    fn round(value: f32) -> u8 {
        const MAGIC: f32 = 12582912.0;
        (value.clamp(0.0, 255.0) + MAGIC).to_bits() as u8
    }

    #[inline(always)]
    fn floor(value: f32) -> f32 {
        value.floor()
    }

    #[inline(always)]
    fn whole(value: f32) -> f32 {
        value.round_ties_even()
    }
}

impl Sample for f32 {
    const WHITE: f32 = 1.0;

    #[inline(always)]
    fn float(self) -> f32 {
        self
    }

    #[inline(always)]
    fn cut(value: f32) -> f32 {
        value.clamp(0.0, 1.0)
    }

    #[inline(always)]
    fn store(value: f32) -> f32 {
        value
    }

    #[inline(always)]
    fn round(value: f32) -> f32 {
        value
    }

    #[inline(always)]
    fn floor(value: f32) -> f32 {
        value
    }

    #[inline(always)]
    fn whole(value: f32) -> f32 {
        value
    }
}
