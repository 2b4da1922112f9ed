//! The samples of one component: the strip of a row of MCUs, and full-width rows made from it.

use super::coefficients::Coefficients;
use super::frame::{Component, Frame};
use super::idct::{self, Block, reduced};
use super::upsample;
use std::ops::Range;

/// Colour conversion reads this many samples at a time.
pub const ROW_PADDING: usize = 64;

/// How a component comes to the size of the image.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Expansion {
    None,
    H2V1,
    H2V2,
    H1V2,
    Replicate(usize, usize),
}

/// Samples of one component.
pub struct Plane {
    /// The last row of the strip before, then the rows of this one.
    samples: Vec<u8>,
    stride: usize,
    /// Samples on a side of a transformed block: 8, or less when decoding to a smaller size.
    block_size: usize,
    /// Block rows in a strip.
    block_rows: usize,
    /// Number of the strip's first row among all rows of the component.
    first_row: usize,
    width: usize,
    height: usize,
    expansion: Expansion,
    /// Columns of the image for each of samples.
    factor: usize,
    /// Blocks in a row, and those that are transformed since the wanted columns are made from them.
    row_blocks: usize,
    wanted: Range<usize>,
    quantization: Block,
    row: Vec<u8>,
    sums: Vec<u16>,
}

impl Default for Plane {
    fn default() -> Plane {
        Plane {
            samples: Vec::new(),
            stride: 0,
            block_size: 8,
            block_rows: 0,
            first_row: 0,
            width: 0,
            height: 0,
            expansion: Expansion::None,
            factor: 1,
            row_blocks: 0,
            wanted: 0..0,
            quantization: [0; 64],
            row: Vec::new(),
            sums: Vec::new(),
        }
    }
}

/// The size of a component's transformed blocks when the smallest is `smallest`: libjpeg uses larger
/// transforms for subsampled components, so that they need no upsampling.
pub fn block_size(component: &Component, frame: &Frame, smallest: usize) -> usize {
    let mut size = smallest;
    while size < 8 && (frame.h_max * smallest).is_multiple_of(component.h * size * 2) && (frame.v_max * smallest).is_multiple_of(component.v * size * 2) {
        size *= 2;
    }
    size
}

impl Plane {
    /// Prepares for an image of which no columns are wanted yet; `false` when the sampling factors have no whole ratio.
    pub fn begin(&mut self, component: &Component, frame: &Frame, smallest: usize, quantization: &[u16; 64]) -> bool {
        let size = block_size(component, frame, smallest);
        self.block_size = size;
        self.block_rows = component.v;
        self.first_row = 0;
        self.width = (frame.width * component.h * size).div_ceil(frame.h_max * 8);
        self.height = (frame.height * component.v * size).div_ceil(frame.v_max * 8);
        self.stride = component.row_blocks.next_multiple_of(2) * size + ROW_PADDING;
        self.samples.clear();
        self.samples.resize((1 + self.rows()) * self.stride, 0);
        self.quantization = quantization.map(|q| q as i16);
        let (wide, high) = (frame.h_max * smallest, frame.v_max * smallest);
        let (h, v) = (component.h * size, component.v * size);
        self.expansion = expansion(wide / h, high / v, smallest > 1, self.width);
        self.row_blocks = component.row_blocks.next_multiple_of(2);
        self.factor = (wide / h).max(1);
        self.wanted = 0..0;
        self.row.clear();
        self.row.resize((self.width * (wide / h)).next_multiple_of(ROW_PADDING) + ROW_PADDING, 0);
        wide.is_multiple_of(h) && high.is_multiple_of(v)
    }

    /// Asks for the columns `wanted` of the image.
    pub fn want(&mut self, wanted: Range<usize>) {
        // The filters look one sample to either side; blocks are transformed in pairs.
        let margin = (self.expansion != Expansion::None) as usize;
        let first = (wanted.start / self.factor).saturating_sub(margin) / self.block_size;
        let end = (wanted.end.div_ceil(self.factor) + margin).div_ceil(self.block_size).min(self.row_blocks);
        let count = (end - first).next_multiple_of(2);
        let first = first.min(self.row_blocks - count);
        self.wanted = first..first + count;
    }

    /// Factors of the coefficients, in natural order.
    pub fn quantization(&self) -> &Block {
        &self.quantization
    }

    /// Rows of samples in a strip.
    fn rows(&self) -> usize {
        self.block_rows * self.block_size
    }

    /// Whether rows are made from two rows of samples.
    pub fn needs_context(&self) -> bool {
        matches!(self.expansion, Expansion::H2V2 | Expansion::H1V2)
    }

    /// Transforms strip `strip` from the block rows of `coefficients` that begin at `first_block_row`.
    pub fn load(&mut self, coefficients: &Coefficients, first_block_row: usize, strip: usize) {
        let (stride, rows) = (self.stride, self.rows());
        self.samples.copy_within(rows * stride..(rows + 1) * stride, 0);
        self.first_row = strip * rows;
        for block_row in 0..self.block_rows {
            let row = (first_block_row + block_row) * coefficients.row_blocks;
            let range = row + self.wanted.start..row + self.wanted.end;
            let out = &mut self.samples[(1 + block_row * self.block_size) * stride + self.wanted.start * self.block_size..];
            match self.block_size {
                8 => idct::transform_row(&coefficients.blocks[range.clone()], &coefficients.flat[range], &self.quantization, out, stride),
                size => reduced::transform_row(size, &coefficients.blocks[range.clone()], &coefficients.flat[range], &self.quantization, out, stride),
            }
        }
    }

    /// Row `y` of the image, at least as wide as the image and padded.
    pub fn image_row(&mut self, y: usize) -> &[u8] {
        let vertical = match self.expansion {
            Expansion::None | Expansion::H2V1 => 1,
            Expansion::H2V2 | Expansion::H1V2 => 2,
            Expansion::Replicate(_, vertical) => vertical,
        };
        let near = y / vertical;
        let far = if y.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(self.height - 1) };
        let start = |row: usize| (row + 1 - self.first_row) * self.stride;
        let (near, far) = (start(near), if self.needs_context() { start(far) } else { 0 });
        let wanted = self.wanted.start * self.block_size..(self.wanted.end * self.block_size).min(self.width);
        let samples = |from: usize| &self.samples[from + wanted.start..from + wanted.end];
        let row = &mut self.row[self.factor * wanted.start..];
        match self.expansion {
            Expansion::None => return &self.samples[near..near + self.stride],
            Expansion::H2V1 => upsample::h2v1(samples(near), row),
            Expansion::H2V2 => upsample::h2v2(samples(near), samples(far), &mut self.sums, row),
            Expansion::H1V2 => upsample::h1v2(samples(near), samples(far), 1 + (y % 2) as u16, row),
            Expansion::Replicate(factor, _) => upsample::replicate(samples(near), factor, row),
        }
        &self.row
    }
}

/// libjpeg's choice for the ratios of the image's size to the component's.
fn expansion(h: usize, v: usize, smooth: bool, width: usize) -> Expansion {
    match (h, v) {
        (1, 1) => Expansion::None,
        (2, 1) if smooth && width > 2 => Expansion::H2V1,
        (2, 2) if smooth && width > 2 => Expansion::H2V2,
        (1, 2) if smooth => Expansion::H1V2,
        _ => Expansion::Replicate(h, v),
    }
}
