//! What is resampled to what, and in which order.

use crate::{Error, Region, Result};

/// What becomes of the source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geometry {
    /// The part of the source to resample: left, top, right, bottom, fractions allowed. All of it when `None`.
    /// Where a side becomes at most half as long, it may end a fraction of a sample beyond the source: nothing there has a weight.
    pub source: Option<[f32; 4]>,
    /// Columns of the whole result.
    pub width: usize,
    /// Rows of the whole result.
    pub height: usize,
    /// The part of the result that is wanted (a crop after resizing). All of it when `None`.
    pub window: Option<Region>,
    /// Whether the pixels are those of the image lying on its side: the passes change their order, so that the result does not change.
    pub transposed: bool,
    /// Whether the result is mirrored left to right.
    pub mirrored: bool,
}

/// The passes of a resampling; their order decides how intermediate samples are rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Passes {
    #[default]
    Vertical,
    HorizontalThenVertical,
    VerticalThenHorizontal,
}

impl Geometry {
    /// All of the source to all of `width` x `height`.
    pub fn whole(width: usize, height: usize) -> Geometry {
        Geometry { source: None, width, height, window: None, transposed: false, mirrored: false }
    }

    /// The box and the window of a request about `width` x `height` pixels, if it is possible.
    pub(super) fn check(&self, width: usize, height: usize) -> Result<([f32; 4], Region)> {
        if width == 0 || height == 0 || self.width == 0 || self.height == 0 {
            return Err(Error::argument(format!("{width}x{height} pixels cannot be resized to {}x{}", self.width, self.height)));
        }
        let source = self.source.unwrap_or([0.0, 0.0, width as f32, height as f32]);
        let [left, top, right, bottom] = source;
        let inside = |from: f32, to: f32, size: usize, output: usize| {
            let overhangs = to < (size + 1) as f32 && to - from >= 2.0 * output as f32;
            0.0 <= from && from < to && (to <= size as f32 || overhangs)
        };
        if !inside(left, right, width, self.width) || !inside(top, bottom, height, self.height) {
            return Err(Error::argument(format!("the box {source:?} is not inside {width}x{height} pixels")));
        }
        let window = self.window.unwrap_or(Region::all(self.width, self.height));
        window.check(self.width, self.height)?;
        Ok((source, window))
    }

    /// Pillow's choice since version 13, of the image as it stands upright.
    pub(super) fn passes(&self, width: usize, height: usize) -> Passes {
        let vertical =
            |[width, height]: [usize; 2], [to_width, to_height]: [usize; 2]| height > to_height && height - to_height > 2 * width.saturating_sub(to_width);
        let vertical_first = match self.transposed {
            false => vertical([width, height], [self.width, self.height]),
            true => !vertical([height, width], [self.height, self.width]),
        };
        if vertical_first { Passes::VerticalThenHorizontal } else { Passes::HorizontalThenVertical }
    }
}
