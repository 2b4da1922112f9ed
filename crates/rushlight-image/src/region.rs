//! Rectangles of pixels.

use crate::{Error, Result};

/// A part of an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Region {
    /// First column.
    pub x: usize,
    /// First row.
    pub y: usize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Region {
    /// All of an image.
    pub fn all(width: usize, height: usize) -> Region {
        Region { x: 0, y: 0, width, height }
    }

    /// Whether it is not empty and inside `width` x `height` pixels.
    pub fn check(&self, width: usize, height: usize) -> Result<()> {
        let fits = |start: usize, extent: usize, size: usize| extent > 0 && start.checked_add(extent).is_some_and(|end| end <= size);
        if fits(self.x, self.width, width) && fits(self.y, self.height, height) {
            return Ok(());
        }
        Err(Error::argument(format!("{self:?} is not inside {width}x{height} pixels")))
    }
}
