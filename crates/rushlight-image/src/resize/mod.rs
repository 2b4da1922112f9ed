//! Resampling of 8-bit images: separable, antialiased, with the bits of Pillow's `Image.resize`; optionally normalised to planes of floats.

mod filter;
mod floats;
mod passes;
mod transpose;
mod weights;

pub use filter::Filter;
pub use floats::{FloatView, resize_floats};

use crate::buffer::check_rows;
use crate::jpeg::Region;
use crate::{Error, Result};
use passes::Blocks;
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

/// What becomes of the source.
#[derive(Clone, Copy, Debug)]
pub struct Geometry {
    /// The part of the source to resample: left, top, right, bottom, fractions allowed. All of it when `None`.
    pub source: Option<[f32; 4]>,
    /// Columns of the whole result.
    pub width: usize,
    /// Rows of the whole result.
    pub height: usize,
    /// The part of the result that is wanted (a crop after resizing). All of it when `None`.
    pub window: Option<Region>,
}

/// `(sample / 255 - mean) / std` for each channel, by table.
#[derive(Clone, Debug)]
pub struct Normalization {
    tables: Vec<[f32; 256]>,
}

impl Normalization {
    /// Tables for as many channels as `mean` and `std` have, computed in single precision in the order of torchvision.
    pub fn new(mean: &[f32], std: &[f32]) -> Normalization {
        let table = |(&mean, &std): (&f32, &f32)| std::array::from_fn(|v| (v as f32 / 255.0 - mean) / std);
        Normalization { tables: mean.iter().zip(std).map(table).collect() }
    }
}

/// Memory kept from call to call.
///
/// ```
/// use rushlight_image::resize::{Filter, Geometry, Resizer, View};
/// let samples: Vec<u8> = (0..16).collect();
/// let source = View { samples: &samples, width: 4, height: 4, channels: 1, stride: 4 };
/// let mut out = [0; 4];
/// let geometry = Geometry { source: None, width: 2, height: 2, window: None };
/// Resizer::new().resize(source, geometry, Filter::Bilinear, &mut out, 2).unwrap();
/// assert_eq!(out, [4, 5, 10, 11]);
/// ```
#[derive(Default)]
pub struct Resizer {
    horizontal: Weights,
    vertical: Weights,
    rows: Vec<u8>,
    tall: Vec<u8>,
    blocks: Blocks,
    row: Vec<u8>,
}

/// A checked request.
struct Plan {
    source: [f32; 4],
    width: usize,
    height: usize,
    window: Region,
}

impl Plan {
    fn new(view: &View, geometry: Geometry) -> Result<Plan> {
        let View { samples, width, height, channels, stride } = *view;
        if width == 0 || height == 0 || channels == 0 || geometry.width == 0 || geometry.height == 0 {
            return Err(Error::argument(format!("{width}x{height} pixels cannot be resized to {}x{}", geometry.width, geometry.height)));
        }
        check_rows(samples.len(), stride, width * channels, height)?;
        let source = geometry.source.unwrap_or([0.0, 0.0, width as f32, height as f32]);
        let [left, top, right, bottom] = source;
        let inside = 0.0 <= left && left < right && right <= width as f32 && 0.0 <= top && top < bottom && bottom <= height as f32;
        if !inside {
            return Err(Error::argument(format!("the box {source:?} is not inside {width}x{height} pixels")));
        }
        let window = geometry.window.unwrap_or(Region { x: 0, y: 0, width: geometry.width, height: geometry.height });
        let fits = |start: usize, extent: usize, size: usize| extent > 0 && start.checked_add(extent).is_some_and(|end| end <= size);
        if !fits(window.x, window.width, geometry.width) || !fits(window.y, window.height, geometry.height) {
            return Err(Error::argument(format!("{window:?} is not inside {}x{} pixels", geometry.width, geometry.height)));
        }
        Ok(Plan { source, width: geometry.width, height: geometry.height, window })
    }

    /// The order of the passes decides how intermediate samples are rounded. This is Pillow's choice since version 13.
    fn vertical_first(&self, view: &View) -> bool {
        view.height > self.height && view.height - self.height > 2 * view.width.saturating_sub(self.width)
    }
}

impl Resizer {
    /// A resizer without any memory yet.
    pub fn new() -> Resizer {
        Resizer::default()
    }

    /// Resamples into rows `stride` samples apart.
    pub fn resize(&mut self, view: View, geometry: Geometry, filter: Filter, out: &mut [u8], stride: usize) -> Result<()> {
        let plan = Plan::new(&view, geometry)?;
        let row = plan.window.width * view.channels;
        check_rows(out.len(), stride, row, plan.window.height)?;
        let rows = self.first_pass(&view, &plan, filter);
        for (y, out) in out.chunks_mut(stride).take(plan.window.height).enumerate() {
            vertical_row(&self.vertical, rows.of(&self.rows, &view), rows.stride, y, &mut out[..row]);
        }
        Ok(())
    }

    /// Resamples and normalises into one plane of `window.height * window.width` floats for each channel.
    pub fn resize_normalized(&mut self, view: View, geometry: Geometry, filter: Filter, normalization: &Normalization, out: &mut [f32]) -> Result<()> {
        let plan = Plan::new(&view, geometry)?;
        let (width, height) = (plan.window.width, plan.window.height);
        if normalization.tables.len() != view.channels || out.len() != view.channels * width * height {
            let reason = format!("{} floats and {} means for {} planes of {width}x{height}", out.len(), normalization.tables.len(), view.channels);
            return Err(Error::argument(reason));
        }
        let rows = self.first_pass(&view, &plan, filter);
        self.row.resize(width * view.channels, 0);
        for y in 0..height {
            vertical_row(&self.vertical, rows.of(&self.rows, &view), rows.stride, y, &mut self.row);
            for (c, table) in normalization.tables.iter().enumerate() {
                let plane = &mut out[(c * height + y) * width..][..width];
                for (value, &sample) in plane.iter_mut().zip(self.row[c..].iter().step_by(view.channels)) {
                    *value = table[sample as usize];
                }
            }
        }
        Ok(())
    }

    /// Computes the weights and resamples the rows that the vertical pass needs; like Pillow, not where nothing changes.
    fn first_pass(&mut self, view: &View, plan: &Plan, filter: Filter) -> FirstPass {
        let Region { x, y, width, height } = plan.window;
        let [left, top, right, bottom] = plan.source;
        let same_height = plan.height == view.height && top == 0.0 && bottom == view.height as f32;
        let vertical = if same_height { Filter::Nearest } else { filter };
        self.vertical.compute(view.height, [top, bottom], plan.height, y..y + height, vertical);
        if plan.width == view.width && left == 0.0 && right == view.width as f32 {
            return FirstPass { copied: false, from: x * view.channels, stride: view.stride };
        }
        self.horizontal.compute(view.width, [left, right], plan.width, x..x + width, filter);
        let row = view.width * view.channels;
        if plan.vertical_first(view) {
            self.tall.resize(height * row, 0);
            for (y, out) in self.tall.chunks_exact_mut(row).enumerate() {
                vertical_row(&self.vertical, view.samples, view.stride, y, out);
            }
            let rows: Vec<&[u8]> = self.tall.chunks_exact(row).collect();
            self.rows.resize(height * width * view.channels, 0);
            passes::horizontal(&rows, &self.horizontal, view.channels, &mut self.blocks, &mut self.rows);
            self.vertical.compute(height, [0.0, height as f32], height, 0..height, Filter::Nearest);
        } else {
            let needed = self.vertical.sources();
            let rows: Vec<&[u8]> = needed.clone().map(|y| &view.samples[y * view.stride..][..row]).collect();
            self.rows.resize(rows.len() * width * view.channels, 0);
            passes::horizontal(&rows, &self.horizontal, view.channels, &mut self.blocks, &mut self.rows);
            self.vertical.shift(needed.start);
        }
        FirstPass { copied: true, from: 0, stride: width * view.channels }
    }
}

/// Where the rows between the passes are: in memory of their own, or still in the source.
struct FirstPass {
    copied: bool,
    from: usize,
    stride: usize,
}

impl FirstPass {
    fn of<'a>(&self, own: &'a [u8], view: &View<'a>) -> &'a [u8] {
        if self.copied { own } else { &view.samples[self.from..] }
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
