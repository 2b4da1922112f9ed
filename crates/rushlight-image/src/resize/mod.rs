//! Resampling of 8-bit images: separable, antialiased, with the bits of Pillow's `Image.resize`; optionally normalised to planes of floats.

mod alpha;
mod filter;
mod floats;
mod geometry;
mod normalization;
mod passes;
mod quads;
mod transpose;
mod weights;

pub use filter::Filter;
pub use floats::{FloatView, resize_floats};
pub use geometry::Geometry;
pub use normalization::Normalization;

use crate::buffer::check_rows;
use crate::{Error, Region, Result};
use geometry::Passes;
use passes::Blocks;
use quads::Quads;
use weights::Weights;

/// Pixels in someone else's memory: `channels` samples each, rows `stride` samples apart.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The samples.
    pub samples: &'a [u8],
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Samples of a pixel.
    pub channels: usize,
    /// Samples from row to row.
    pub stride: usize,
}

impl<'a> View<'a> {
    /// A part of the pixels.
    pub fn part(&self, region: Region) -> Result<View<'a>> {
        let View { samples, width, height, channels, stride } = *self;
        check_rows(samples.len(), stride, width * channels, height)?;
        region.check(width, height)?;
        let samples = &samples[region.y * stride + region.x * channels..];
        Ok(View { samples, width: region.width, height: region.height, channels, stride })
    }
}

/// Memory kept from call to call.
///
/// ```
/// use rushlight_image::resize::{Filter, Geometry, Resizer, View};
/// let samples: Vec<u8> = (0..16).collect();
/// let source = View { samples: &samples, width: 4, height: 4, channels: 1, stride: 4 };
/// let mut out = [0; 4];
/// Resizer::new().resize(source, Geometry::whole(2, 2), Filter::Bilinear, &mut out, 2).unwrap();
/// assert_eq!(out, [4, 5, 10, 11]);
/// ```
#[derive(Default)]
pub struct Resizer {
    /// What the weights were computed for: sizes, geometry and filter.
    request: Option<(usize, usize, Geometry, Filter)>,
    /// How many channels the tables of `quads` are for, if they are for this request.
    tabled: Option<usize>,
    horizontal: Weights,
    vertical: Weights,
    passes: Passes,
    needed: Region,
    window: Region,
    rows: Vec<u8>,
    tall: Vec<u8>,
    blocks: Blocks,
    quads: Quads,
    /// Whether rows of the result are made one by one from rows of quads.
    streamed: bool,
    row: Vec<u8>,
    premultiplied: Vec<u8>,
}

impl Resizer {
    /// A resizer without any memory yet.
    pub fn new() -> Resizer {
        Resizer::default()
    }

    /// Resamples into rows `stride` samples apart.
    pub fn resize(&mut self, view: View, geometry: Geometry, filter: Filter, out: &mut [u8], stride: usize) -> Result<()> {
        let part = self.prepare(view.width, view.height, geometry, filter)?;
        self.resize_prepared(view.part(part)?, out, stride)
    }

    /// Resamples and normalises into one plane of `window.height * window.width` floats for each channel.
    pub fn resize_normalized(&mut self, view: View, geometry: Geometry, filter: Filter, normalization: &Normalization, out: &mut [f32]) -> Result<()> {
        let part = self.prepare(view.width, view.height, geometry, filter)?;
        self.normalize_prepared(view.part(part)?, normalization, out)
    }

    /// Computes the weights of a request about `width` x `height` pixels, and tells which of them it needs.
    pub fn prepare(&mut self, width: usize, height: usize, geometry: Geometry, filter: Filter) -> Result<Region> {
        let request = Some((width, height, geometry, filter));
        if self.request == request {
            return Ok(self.needed);
        }
        let ([left, top, right, bottom], window) = geometry.check(width, height)?;
        (self.request, self.tabled) = (request, None);
        let same = |size: usize, new: usize, from: f32, to: f32| size == new && from == 0.0 && to == size as f32;
        // Like Pillow, no pass where nothing changes.
        let vertical = if same(height, geometry.height, top, bottom) { Filter::Nearest } else { filter };
        self.vertical.compute(height, [top, bottom], geometry.height, window.y..window.y + window.height, vertical);
        let rows = self.vertical.sources();
        self.vertical.shift(rows.start);
        let same_width = same(width, geometry.width, left, right);
        let columns = if same_width && !geometry.mirrored {
            self.passes = Passes::Vertical;
            window.x..window.x + window.width
        } else {
            self.passes = geometry.passes(width, height);
            let horizontal = if same_width { Filter::Nearest } else { filter };
            self.horizontal.compute(width, [left, right], geometry.width, window.x..window.x + window.width, horizontal);
            let columns = self.horizontal.sources();
            self.horizontal.shift(columns.start);
            if geometry.mirrored {
                self.horizontal.mirror();
            }
            columns
        };
        self.needed = Region { x: columns.start, y: rows.start, width: columns.len(), height: rows.len() };
        self.window = window;
        Ok(self.needed)
    }

    /// Resamples the part of the image that [`Resizer::prepare`] asked for.
    pub fn resize_prepared(&mut self, part: View, out: &mut [u8], stride: usize) -> Result<()> {
        self.check_part(&part)?;
        let row = self.window.width * part.channels;
        check_rows(out.len(), stride, row, self.window.height)?;
        self.first_passes(&part);
        for (y, out) in out.chunks_mut(stride).take(self.window.height).enumerate() {
            self.last_pass(&part, y, &mut out[..row]);
        }
        Ok(())
    }

    /// Resamples and normalises the part of the image that [`Resizer::prepare`] asked for.
    pub fn normalize_prepared(&mut self, part: View, normalization: &Normalization, out: &mut [f32]) -> Result<()> {
        self.check_part(&part)?;
        let Region { width, height, .. } = self.window;
        if !normalization.suits(part.channels) || out.len() != part.channels * width * height {
            let reason = format!("{} floats and {} means for {} planes of {width}x{height}", out.len(), normalization.means(), part.channels);
            return Err(Error::argument(reason));
        }
        self.first_passes(&part);
        let mut row = std::mem::take(&mut self.row);
        row.resize(width * part.channels, 0);
        for y in 0..height {
            self.last_pass(&part, y, &mut row);
            normalization.planes(&row, part.channels, &mut out[y * width..], width * height);
        }
        self.row = row;
        Ok(())
    }

    fn check_part(&self, part: &View) -> Result<()> {
        let Region { width, height, .. } = self.needed;
        if part.channels == 0 || (part.width, part.height) != (width, height) {
            return Err(Error::argument(format!("{}x{} pixels where {width}x{height} are needed", part.width, part.height)));
        }
        check_rows(part.samples.len(), part.stride, part.width * part.channels, part.height)
    }

    /// All but the pass that gives the rows of the result.
    fn first_passes(&mut self, part: &View) {
        let row = part.width * part.channels;
        self.streamed = self.passes == Passes::HorizontalThenVertical && self.prepare_quads(part.channels);
        if self.streamed {
            return;
        }
        self.horizontal.pair_up();
        self.vertical.pair_up();
        let rows: Vec<&[u8]> = match self.passes {
            Passes::Vertical => return,
            Passes::HorizontalThenVertical => (0..part.height).map(|y| &part.samples[y * part.stride..][..row]).collect(),
            Passes::VerticalThenHorizontal => {
                self.tall.resize(self.window.height * row, 0);
                for (y, out) in self.tall.chunks_exact_mut(row).enumerate() {
                    vertical_row(&self.vertical, part.samples, part.stride, y, out);
                }
                self.tall.chunks_exact(row).collect()
            }
        };
        self.rows.resize(rows.len() * self.window.width * part.channels, 0);
        if self.quads.horizontal(&rows, &self.horizontal, part.channels, &mut self.rows).is_none() {
            passes::horizontal(&rows, &self.horizontal, part.channels, &mut self.blocks, &mut self.rows);
        }
    }

    /// Makes `quads` ready for the first row; whether it can resample these pixels.
    fn prepare_quads(&mut self, channels: usize) -> bool {
        if self.tabled == Some(channels) {
            self.quads.restart();
            return true;
        }
        let suits = self.quads.prepare(&self.horizontal, &self.vertical, channels).is_some();
        self.tabled = suits.then_some(channels);
        suits
    }

    /// Row `y` of the result.
    fn last_pass(&mut self, part: &View, y: usize, out: &mut [u8]) {
        match self.passes {
            _ if self.streamed => self.quads.row(part, self.vertical.get(y), out),
            Passes::Vertical => vertical_row(&self.vertical, part.samples, part.stride, y, out),
            Passes::HorizontalThenVertical => vertical_row(&self.vertical, &self.rows, out.len(), y, out),
            Passes::VerticalThenHorizontal => out.copy_from_slice(&self.rows[y * out.len()..][..out.len()]),
        }
    }
}

/// Output row `y`; copied where it is one source row.
fn vertical_row(weights: &Weights, rows: &[u8], stride: usize, y: usize, out: &mut [u8]) {
    let taps = weights.get(y);
    let source = &rows[taps.start * stride..];
    match taps.weights {
        [weights::ONE] => out.copy_from_slice(&source[..out.len()]),
        _ => passes::vertical_row(source, stride, taps, out),
    }
}
