//! Rows of pixels from strips of samples, into the caller's memory.

use super::Scale;
use super::clipping::Clipping;
use super::coefficients::Coefficients;
use super::color::{self, Space};
use super::frame::Frame;
use super::plane::Plane;
use crate::{Error, ErrorKind, Format, Mode, Region, Result};
use std::ops::Range;

/// What a row of MCUs goes through on its way to pixels.
#[derive(Default)]
pub struct Strip {
    pub planes: [Plane; 4],
    pub clipping: Clipping,
    rgb: Vec<u8>,
}

/// Where the pixels go.
pub struct Sink<'a> {
    mode: Mode,
    /// Size of the decoded image, of which `region` is kept.
    height: usize,
    region: Region,
    /// Rows of the image that one strip of MCUs covers.
    strip_rows: usize,
    frame: &'a Frame,
    /// First row of the image not yet written.
    next: usize,
    out: &'a mut [u8],
    stride: usize,
}

impl<'a> Sink<'a> {
    /// Checks that the region is inside the image and the rows inside `out`.
    pub fn new(frame: &'a Frame, mode: Mode, scale: Scale, region: Option<Region>, out: &'a mut [u8], stride: usize) -> Result<Sink<'a>> {
        if mode.has_alpha() {
            return Err(Error::new(Format::Jpeg, ErrorKind::Argument, "a JPEG has no alpha: mode must be L or Rgb"));
        }
        let (width, height) = (frame.width.div_ceil(scale.divisor()), frame.height.div_ceil(scale.divisor()));
        let region = region.unwrap_or(Region::all(width, height));
        region.check(width, height)?;
        crate::buffer::check_rows(out.len(), stride, region.width * mode.channels(), region.height)?;
        let strip_rows = frame.v_max * scale.block_size();
        Ok(Sink { mode, height, region, strip_rows, frame, next: 0, out, stride })
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

    /// Writes the rows that strip `number` completes; its coefficients begin at row `mcu_row` of MCUs.
    pub fn strip(&mut self, space: Space, strip: &mut Strip, coefficients: &[Coefficients; 4], mcu_row: usize, number: usize) {
        if self.is_full() {
            return;
        }
        let below = (number + 1) * self.strip_rows;
        // The strip's last row may need the strip after it, and the first row after it this one's last.
        if below + 1 < self.region.y {
            self.next = below - 1;
            return;
        }
        let planes = &mut strip.planes[..self.frame.components.len()];
        for ((plane, component), coefficients) in planes.iter_mut().zip(&self.frame.components).zip(coefficients) {
            plane.load(coefficients, mcu_row * component.v, number);
        }
        let waits = planes.iter().any(Plane::needs_context) && below < self.height;
        strip.clipping.load(space, self.frame, self.columns(), coefficients, mcu_row);
        let end = if waits { below - 1 } else { below.min(self.height) };
        let end = end.min(self.region.y + self.region.height);
        for y in self.next.max(self.region.y)..end {
            self.row(space, strip, y, y.checked_sub(number * self.strip_rows));
        }
        self.next = end.max(self.next);
    }

    /// Writes row `y` of the image, which is row `in_strip` of the strip unless it waited from the one before.
    fn row(&mut self, space: Space, strip: &mut Strip, y: usize, in_strip: Option<usize>) {
        let Strip { planes, clipping, rgb } = strip;
        let at = (y - self.region.y) * self.stride;
        let out = &mut self.out[at..at + self.region.width * self.mode.channels()];
        let mut rows: [&[u8]; 4] = [&[]; 4];
        let count = self.frame.components.len();
        for (row, plane) in rows.iter_mut().zip(&mut planes[..count]) {
            *row = &plane.image_row(y)[self.region.x..];
        }
        let rows = &rows[..count];
        let mend = |pixels: &mut [u8], channels| in_strip.map(|y| clipping.write(y, self.region.x, pixels, channels));
        match (self.mode, space) {
            (Mode::L, Space::Gray) => {
                out.copy_from_slice(&rows[0][..out.len()]);
                mend(out, 1);
            }
            (Mode::L, _) => {
                rgb.resize(3 * out.len(), 0);
                color::rgb_row(space, rows, rgb);
                mend(rgb, 3);
                crate::pixels::gray_from_rgb(rgb, out);
            }
            _ => {
                color::rgb_row(space, rows, out);
                mend(out, 3);
            }
        }
    }
}
