//! Estimates of coefficients that a progressive file leaves open, from the means of the blocks around (T.81, K.8, widened by libjpeg-turbo
//! to five by five blocks), so that incomplete files show no squares.

use super::coefficients::Coefficients;
use super::frame::{Component, Frame, Scan};
use super::huffman::NATURAL;
use super::idct::Block;

/// Coefficients, in zigzag order, that are estimated: the mean and nine more.
const ESTIMATED: usize = 10;

/// How many lower bits of each coefficient are still open; -1 where nothing is known.
#[derive(Clone, Copy)]
pub struct Precision([[i32; ESTIMATED]; 4]);

/// Weights of the means of 5x5 blocks.
type Kernel = [i64; 25];

/// Where only means are known: a smooth surface through them, the mean itself included.
#[rustfmt::skip]
const FROM_MEANS: [Kernel; ESTIMATED] = [
    [-2, -6, -8, -6, -2,  -6, 6, 42, 6, -6,  -8, 42, 152, 42, -8,  -6, 6, 42, 6, -6,  -2, -6, -8, -6, -2],
    [-1, -1, 0, 1, 1,  -3, 13, 0, -13, 3,  -3, 38, 0, -38, 3,  -3, 13, 0, -13, 3,  -1, -1, 0, 1, 1],
    [-1, -3, -3, -3, -1,  -1, 13, 38, 13, -1,  0, 0, 0, 0, 0,  1, -13, -38, -13, 1,  1, 3, 3, 3, 1],
    [0, 0, 1, 0, 0,  0, 2, 7, 2, 0,  0, -5, -14, -5, 0,  0, 2, 7, 2, 0,  0, 0, 1, 0, 0],
    [-1, 0, 0, 0, 1,  0, 9, 0, -9, 0,  0, 0, 0, 0, 0,  0, -9, 0, 9, 0,  1, 0, 0, 0, -1],
    [0, 0, 0, 0, 0,  0, 2, -5, 2, 0,  1, 7, -14, 7, 1,  0, 2, -5, 2, 0,  0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0,  0, 1, 0, -1, 0,  0, 2, 0, -2, 0,  0, 1, 0, -1, 0,  0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0,  0, 1, -3, 1, 0,  0, 0, 0, 0, 0,  0, -1, 3, -1, 0,  0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0,  0, 1, 0, -1, 0,  0, -3, 0, 3, 0,  0, 1, 0, -1, 0,  0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0,  0, 1, 2, 1, 0,  0, 0, 0, 0, 0,  0, -1, -2, -1, 0,  0, 0, 0, 0, 0],
];

/// Where other coefficients are known: the first five after the mean.
#[rustfmt::skip]
const BESIDE_OTHERS: [Kernel; 6] = [
    [0; 25],
    [0, 0, 0, 0, 0,  0, 0, 0, 0, 0,  -7, 50, 0, -50, 7,  0, 0, 0, 0, 0,  0, 0, 0, 0, 0],
    [0, 0, -7, 0, 0,  0, 0, 50, 0, 0,  0, 0, 0, 0, 0,  0, 0, -50, 0, 0,  0, 0, 7, 0, 0],
    [0, 0, -1, 0, 0,  0, 0, 13, 0, 0,  0, 0, -24, 0, 0,  0, 0, 13, 0, 0,  0, 0, -1, 0, 0],
    [0, -1, 0, 1, 0,  -1, 10, 0, -10, 1,  0, 0, 0, 0, 0,  1, -10, 0, 10, -1,  0, 1, 0, -1, 0],
    [0, 0, 0, 0, 0,  0, 0, 0, 0, 0,  -1, 13, -24, 13, -1,  0, 0, 0, 0, 0,  0, 0, 0, 0, 0],
];

impl Precision {
    pub fn unknown() -> Precision {
        Precision([[-1; ESTIMATED]; 4])
    }

    /// Notes what a scan makes known.
    pub fn note(&mut self, scan: &Scan) {
        for &(component, ..) in &scan.components {
            (scan.first..ESTIMATED.min(scan.last + 1)).for_each(|k| self.0[component][k] = scan.low as i32);
        }
    }

    /// Whether all means are known and a coefficient that can be estimated is not.
    fn needs_estimates(&self, components: usize) -> bool {
        let known = &self.0[..components];
        known.iter().all(|bits| bits[0] >= 0) && known.iter().any(|bits| bits[1..].iter().any(|&open| open != 0))
    }

    /// Fills in what is open in all components.
    pub fn estimate(&self, frame: &Frame, quantization: &[Option<[u16; 64]>], coefficients: &mut [Coefficients]) {
        let divisible = |table: &Option<[u16; 64]>| table.is_some_and(|t| NATURAL[..ESTIMATED].iter().all(|&place| t[place as usize] != 0));
        let components = frame.components.len();
        if !self.needs_estimates(components) || !quantization[..components].iter().all(divisible) {
            return;
        }
        for (i, component) in frame.components.iter().enumerate() {
            if let Some(table) = &quantization[i] {
                estimate_component(component, frame, &self.0[i], table, &mut coefficients[i]);
            }
        }
    }
}

fn estimate_component(component: &Component, frame: &Frame, open: &[i32; ESTIMATED], table: &[u16; 64], coefficients: &mut Coefficients) {
    let means_only = open[1..].iter().all(|&bits| bits == -1);
    let kernels = if means_only { &FROM_MEANS[..] } else { &BESIDE_OTHERS[..] };
    let means: Vec<i64> = coefficients.blocks.iter().map(|block| block[0] as i64).collect();
    let (stride, last_x) = (coefficients.row_blocks, component.blocks_wide - 1);
    // libjpeg looks at the rows that only complete an MCU, but not from the last row of MCUs.
    let completed = frame.mcus_high * component.v - 1;
    for y in 0..component.blocks_high {
        let last_y = if y / component.v + 1 == frame.mcus_high { component.blocks_high - 1 } else { completed };
        for x in 0..component.blocks_wide {
            let around: Kernel = std::array::from_fn(|i| {
                let near = |at: usize, offset: usize, last: usize| (at + offset).saturating_sub(2).min(last);
                means[near(y, i / 5, last_y) * stride + near(x, i % 5, last_x)]
            });
            estimate_block(&around, kernels, open, means_only, table, &mut coefficients.blocks[y * stride + x]);
        }
    }
}

fn estimate_block(around: &Kernel, kernels: &[Kernel], open: &[i32; ESTIMATED], means_only: bool, table: &[u16; 64], block: &mut Block) {
    for (k, kernel) in kernels.iter().enumerate() {
        let place = NATURAL[k] as usize;
        let wanted = if k == 0 { means_only } else { open[k] != 0 && block[place] == 0 };
        if wanted {
            let sum: i64 = around.iter().zip(kernel).map(|(mean, weight)| mean * weight).sum();
            let sum = sum * table[0] as i64;
            let step = table[place] as i64;
            let mut size = (128 * step + sum.abs()) / (256 * step);
            if k > 0 && open[k] > 0 {
                size = size.min((1 << open[k]) - 1);
            }
            block[place] = (if sum < 0 { -size } else { size }) as i16;
        }
    }
}
