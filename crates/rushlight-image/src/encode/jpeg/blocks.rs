//! The quantised coefficients of an image.

use super::dct::{self, Divisors};
use super::{planes, zigzag};
use crate::encode::Pixels;

/// Coefficients of one block, in the order of the file.
pub type Block = [i16; 64];

/// One component.
pub struct Component {
    /// Sampling factors.
    pub h: usize,
    pub v: usize,
    /// Number of its quantisation and Huffman tables: 0 luminance, 1 chrominance.
    pub table: usize,
    /// Blocks with samples of the image.
    pub wide: usize,
    pub high: usize,
    /// Blocks from row to row; those beyond `wide` and `high` only complete an MCU.
    pub stride: usize,
    pub blocks: Vec<Block>,
    /// Of each block, which coefficients behind the first are not zero.
    pub nonzero: Vec<u64>,
}

/// All components and the geometry of their MCUs.
pub struct Blocks {
    pub width: usize,
    pub height: usize,
    pub components: Vec<Component>,
    pub mcus_wide: usize,
    pub mcus_high: usize,
}

impl Blocks {
    /// Transforms an image; `factors` are the luma's sampling factors, `divisors` are of luma and chroma.
    pub fn of(pixels: Pixels, factors: (usize, usize), divisors: &[Divisors; 2]) -> Blocks {
        let (h_max, v_max) = factors;
        let (mcus_wide, mcus_high) = (pixels.width.div_ceil(8 * h_max), pixels.height.div_ceil(8 * v_max));
        let planes = planes::planes(pixels, factors);
        let component = |(i, plane): (usize, &planes::Plane)| {
            let (h, v) = if i == 0 { factors } else { (1, 1) };
            let (wide, high) = ((pixels.width * h).div_ceil(8 * h_max), (pixels.height * v).div_ceil(8 * v_max));
            let stride = mcus_wide * h;
            let (mut blocks, mut nonzero) = (vec![[0; 64]; stride * mcus_high * v], vec![0; stride * mcus_high * v]);
            let mut natural = vec![[0; 64]; wide];
            let rows = blocks.chunks_exact_mut(stride).zip(nonzero.chunks_exact_mut(stride));
            for ((row, nonzero), samples) in rows.zip(plane.samples.chunks_exact(8 * plane.stride)) {
                dct::transform_row(samples, plane.stride, &divisors[i.min(1)], &mut natural);
                zigzag::reorder(&natural, row, nonzero);
            }
            let mut component = Component { h, v, table: i.min(1), wide, high, stride, blocks, nonzero };
            component.complete();
            component
        };
        let components = planes.iter().enumerate().map(component).collect();
        Blocks { width: pixels.width, height: pixels.height, components, mcus_wide, mcus_high }
    }
}

impl Component {
    /// Gives the blocks that only complete an MCU the mean of the block before them, so that they cost least.
    fn complete(&mut self) {
        for y in 0..self.blocks.len() / self.stride {
            let row = y * self.stride;
            if y < self.high {
                let last = self.blocks[row + self.wide - 1][0];
                self.blocks[row + self.wide..row + self.stride].iter_mut().for_each(|block| block[0] = last);
            } else {
                for x in 0..self.stride {
                    self.blocks[row + x][0] = self.blocks[row - self.stride + x / self.h * self.h + self.h - 1][0];
                }
            }
        }
    }

    pub fn block(&self, x: usize, y: usize) -> &Block {
        &self.blocks[y * self.stride + x]
    }

    /// A block, and which of its coefficients behind the first are not zero.
    pub fn marked(&self, x: usize, y: usize) -> (&Block, u64) {
        (self.block(x, y), self.nonzero[y * self.stride + x])
    }
}
