//! Rows of pixels from strips of samples, into the caller's memory.

use super::Scale;
use super::coefficients::Coefficients;
use super::color::{self, Space};
use super::frame::Frame;
use super::plane::Plane;
use crate::{Error, ErrorKind, Format, Mode, Region, Result};
use std::ops::Range;

/// Where the pixels go.
pub struct Sink<'a> {
    mode: Mode,
    /// Size of the decoded image, of which `region` is kept.
    height: usize,
    region: Region,
    /// Rows of the image that one strip of MCUs covers.
    strip_rows: usize,
    components: usize,
    block_rows: [usize; 4],
    /// First row of the image not yet written.
    next: usize,
    out: &'a mut [u8],
    stride: usize,
}

impl<'a> Sink<'a> {
    /// Checks that the region is inside the image and the rows inside `out`.
    pub fn new(frame: &Frame, mode: Mode, scale: Scale, region: Option<Region>, out: &'a mut [u8], stride: usize) -> Result<Sink<'a>> {
        if mode.has_alpha() {
            return Err(Error::new(Format::Jpeg, ErrorKind::Argument, "a JPEG has no alpha: mode must be L or Rgb"));
        }
        let (width, height) = (frame.width.div_ceil(scale.divisor()), frame.height.div_ceil(scale.divisor()));
        let region = region.unwrap_or(Region::all(width, height));
        region.check(width, height)?;
        crate::buffer::check_rows(out.len(), stride, region.width * mode.channels(), region.height)?;
        let mut block_rows = [0; 4];
        frame.components.iter().zip(&mut block_rows).for_each(|(component, rows)| *rows = component.v);
        let strip_rows = frame.v_max * scale.block_size();
        Ok(Sink { mode, height, region, strip_rows, components: frame.components.len(), block_rows, next: 0, out, stride })
    }

    /// Whether all rows of the region have been written.
    pub fn is_full(&self) -> bool {
        self.next >= self.region.y + self.region.height
    }

    /// The columns that are kept.
    pub fn columns(&self) -> Range<usize> {
        self.region.x..self.region.x + self.region.width
    }

    /// Whether the last row of the image has been passed.
    pub fn is_complete(&self) -> bool {
        self.next >= self.height
    }

    /// Writes the rows that strip `strip` completes; its coefficients begin at row `mcu_row` of MCUs.
    pub fn strip(&mut self, space: Space, planes: &mut [Plane; 4], coefficients: &[Coefficients; 4], mcu_row: usize, strip: usize, rgb: &mut Vec<u8>) {
        if self.is_full() {
            return;
        }
        let planes = &mut planes[..self.components];
        let below = (strip + 1) * self.strip_rows;
        // The strip's last row may need the strip after it, and the first row after it this one's last.
        if below + 1 < self.region.y {
            self.next = below - 1;
            return;
        }
        for (i, plane) in planes.iter_mut().enumerate() {
            plane.load(&coefficients[i], mcu_row * self.block_rows[i], strip);
        }
        let waits = planes.iter().any(Plane::needs_context) && below < self.height;
        let end = if waits { below - 1 } else { below.min(self.height) };
        let end = end.min(self.region.y + self.region.height);
        for y in self.next.max(self.region.y)..end {
            self.row(space, planes, y, rgb);
        }
        self.next = end.max(self.next);
    }

    fn row(&mut self, space: Space, planes: &mut [Plane], y: usize, rgb: &mut Vec<u8>) {
        let at = (y - self.region.y) * self.stride;
        let out = &mut self.out[at..at + self.region.width * self.mode.channels()];
        let mut rows: [&[u8]; 4] = [&[]; 4];
        for (row, plane) in rows.iter_mut().zip(planes) {
            *row = &plane.image_row(y)[self.region.x..];
        }
        let rows = &rows[..self.components];
        match self.mode {
            Mode::L => color::gray_row(space, rows, rgb, out),
            _ => color::rgb_row(space, rows, out),
        }
    }
}
