//! Coefficients of the blocks of one component: of one row of MCUs while streaming, of the whole image otherwise.

use super::frame::{Component, Frame};
use super::idct::Block;

#[derive(Default)]
pub struct Coefficients {
    pub blocks: Vec<Block>,
    /// Blocks known to have no AC coefficients.
    pub flat: Vec<bool>,
    /// Blocks from one row to the next: even, since two are transformed at a time.
    pub row_blocks: usize,
}

impl Coefficients {
    /// Makes room for `mcu_rows` rows of MCUs, all zero.
    pub fn reset(&mut self, component: &Component, mcu_rows: usize) {
        self.row_blocks = Coefficients::row_blocks(component);
        let count = self.row_blocks * component.v * mcu_rows;
        self.blocks.clear();
        self.blocks.resize(count, [0; 64]);
        self.flat.clear();
        self.flat.resize(count, true);
    }

    fn row_blocks(component: &Component) -> usize {
        component.row_blocks.next_multiple_of(2)
    }

    /// Bytes that `mcu_rows` rows of MCUs of all components need.
    pub fn bytes(frame: &Frame, mcu_rows: usize) -> u64 {
        let blocks: usize = frame.components.iter().map(|c| Coefficients::row_blocks(c) * c.v * mcu_rows).sum();
        blocks as u64 * (size_of::<Block>() as u64 + 1)
    }

    /// Zeroes everything.
    pub fn clear(&mut self) {
        self.blocks.fill([0; 64]);
        self.flat.fill(true);
    }

    /// Finds the blocks without AC coefficients, which progressive scans do not note.
    pub fn find_flat(&mut self) {
        for (flat, block) in self.flat.iter_mut().zip(&self.blocks) {
            *flat = block[1..].iter().fold(0, |any, &c| any | c) == 0;
        }
    }
}
