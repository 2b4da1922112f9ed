//! Scans of rising quality (T.81, annex G) by libjpeg's script.

use super::baseline::{difference, magnitude};
use super::blocks::{Block, Blocks, Component};
use super::file::{write_huffman, write_scan};
use super::sink::{AC, Sink, Symbols};
use crate::jpeg::huffman::Definition;
use std::ops::RangeInclusive;

/// One scan: of all components (`None`) or of one, which coefficients, and their bit position before and after.
struct Scan(Option<usize>, [u8; 2], [u8; 2]);

const COLOR: [Scan; 10] = [
    Scan(None, [0, 0], [0, 1]),
    Scan(Some(0), [1, 5], [0, 2]),
    Scan(Some(2), [1, 63], [0, 1]),
    Scan(Some(1), [1, 63], [0, 1]),
    Scan(Some(0), [6, 63], [0, 2]),
    Scan(Some(0), [1, 63], [2, 1]),
    Scan(None, [0, 0], [1, 0]),
    Scan(Some(2), [1, 63], [1, 0]),
    Scan(Some(1), [1, 63], [1, 0]),
    Scan(Some(0), [1, 63], [1, 0]),
];

const GRAY: [Scan; 6] = [
    Scan(None, [0, 0], [0, 1]),
    Scan(Some(0), [1, 5], [0, 2]),
    Scan(Some(0), [6, 63], [0, 2]),
    Scan(Some(0), [1, 63], [2, 1]),
    Scan(None, [0, 0], [1, 0]),
    Scan(Some(0), [1, 63], [1, 0]),
];

/// Correction bits that may wait for an end-of-band symbol: libjpeg's buffer, less a block.
const MOST_WAITING: usize = 1000 - 64 + 1;

pub fn write(blocks: &Blocks, file: &mut Vec<u8>) {
    let script = if blocks.components.len() == 1 { &GRAY[..] } else { &COLOR[..] };
    for Scan(component, band, bits) in script {
        match component {
            None => write_dc(blocks, *bits, file),
            Some(index) => write_ac(blocks, *index, *band, *bits, file),
        }
    }
}

fn write_dc(blocks: &Blocks, [high, low]: [u8; 2], file: &mut Vec<u8>) {
    let mut symbols = Symbols::new();
    let mut last = [0; 3];
    for mcu in 0..blocks.mcus_wide * blocks.mcus_high {
        let (mcu_x, mcu_y) = (mcu % blocks.mcus_wide, mcu / blocks.mcus_wide);
        for (component, last) in blocks.components.iter().zip(&mut last) {
            for y in mcu_y * component.v..(mcu_y + 1) * component.v {
                for x in mcu_x * component.h..(mcu_x + 1) * component.h {
                    let value = (component.block(x, y)[0] >> low) as i32;
                    match high {
                        0 => difference(value, last, component.table, &mut symbols),
                        _ => symbols.bits(value as u32 & 1, 1),
                    }
                }
            }
        }
    }
    let definitions: [Definition; 4] = std::array::from_fn(|table| symbols.optimal(table));
    if high == 0 {
        (0..blocks.components.len().min(2)).for_each(|table| write_huffman(file, table, &definitions[table]));
    }
    let all: Vec<usize> = (0..blocks.components.len()).collect();
    write_scan(file, blocks, &all, [0, 0], [high, low]);
    symbols.write(definitions.each_ref(), file);
}

fn write_ac(blocks: &Blocks, index: usize, band: [u8; 2], [high, low]: [u8; 2], file: &mut Vec<u8>) {
    let component = &blocks.components[index];
    let table = AC + component.table;
    let places = band[0] as usize..=band[1] as usize;
    let mut pass = AcPass { symbols: Symbols::new(), table, places, low: low as u32, end_run: 0, waiting: Vec::new() };
    each_block(component, |block| if high == 0 { pass.first(block) } else { pass.refine(block) });
    pass.end_bands();
    let definition = pass.symbols.optimal(table);
    write_huffman(file, table, &definition);
    write_scan(file, blocks, &[index], band, [high, low]);
    pass.symbols.write([&definition; 4], file);
}

/// A scan of one component has only the blocks of the image.
fn each_block(component: &Component, mut work: impl FnMut(&Block)) {
    for y in 0..component.high {
        (0..component.wide).for_each(|x| work(component.block(x, y)));
    }
}

/// A band of one component.
struct AcPass {
    symbols: Symbols,
    table: usize,
    /// Where the band's coefficients are.
    places: RangeInclusive<usize>,
    low: u32,
    /// Blocks that ended since the last symbol.
    end_run: u32,
    /// Correction bits that follow the next end-of-band symbol.
    waiting: Vec<u8>,
}

impl AcPass {
    /// The size of a coefficient at the scan's precision.
    fn level(&self, value: i16) -> i32 {
        (value as i32).abs() >> self.low
    }

    /// First bits (G.1.2.2).
    fn first(&mut self, block: &Block) {
        let mut run = 0;
        for &value in &block[self.places.clone()] {
            let level = self.level(value);
            if level == 0 {
                run += 1;
                continue;
            }
            self.end_bands();
            while run > 15 {
                self.symbols.symbol(self.table, 0xF0, 0, 0);
                run -= 16;
            }
            let (size, bits) = magnitude(if value < 0 { -level } else { level });
            self.symbols.symbol(self.table, (run << 4 | size) as u8, bits, size);
            run = 0;
        }
        if run > 0 {
            self.end_block();
        }
    }

    /// One more bit (G.1.2.3).
    fn refine(&mut self, block: &Block) {
        let newest = block[self.places.clone()].iter().rposition(|&value| self.level(value) == 1);
        let (mut run, mut corrections) = (0u32, Vec::new());
        for (k, &value) in block[self.places.clone()].iter().enumerate() {
            let level = self.level(value);
            if level == 0 {
                run += 1;
                continue;
            }
            while run > 15 && newest.is_some_and(|newest| k <= newest) {
                self.end_bands();
                self.symbols.symbol(self.table, 0xF0, 0, 0);
                run -= 16;
                self.correct(&mut corrections);
            }
            if level > 1 {
                corrections.push((level & 1) as u8);
                continue;
            }
            self.end_bands();
            self.symbols.symbol(self.table, (run << 4 | 1) as u8, (value >= 0) as u32, 1);
            self.correct(&mut corrections);
            run = 0;
        }
        if run > 0 || !corrections.is_empty() {
            self.waiting.append(&mut corrections);
            self.end_block();
        }
    }

    /// Counts a block that ends here; a full count or buffer is written.
    fn end_block(&mut self) {
        self.end_run += 1;
        if self.end_run == 0x7FFF || self.waiting.len() > MOST_WAITING {
            self.end_bands();
        }
    }

    /// Writes the end-of-band symbol of the blocks counted and the corrections that wait for it.
    fn end_bands(&mut self) {
        if self.end_run > 0 {
            let size = self.end_run.ilog2();
            self.symbols.symbol(self.table, (size << 4) as u8, self.end_run, size);
            self.end_run = 0;
        }
        let mut waiting = std::mem::take(&mut self.waiting);
        self.correct(&mut waiting);
        self.waiting = waiting;
    }

    fn correct(&mut self, corrections: &mut Vec<u8>) {
        corrections.drain(..).for_each(|bit| self.symbols.bits(bit as u32, 1));
    }
}
