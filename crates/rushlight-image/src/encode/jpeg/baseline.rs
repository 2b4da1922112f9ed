//! One scan with all components (T.81, F.1.2).

use super::bits::Bits;
use super::blocks::{Block, Blocks};
use super::file::{write_huffman, write_scan};
use super::sink::{AC, Encoding, Sink, Symbols, Writer};
use crate::jpeg::huffman::{Definition, NATURAL};
use crate::jpeg::standard;

/// With the standard tables.
pub fn write(blocks: &Blocks, file: &mut Vec<u8>) {
    let definitions: Vec<Definition> = [(0, 0), (0, 1), (1, 0), (1, 1)].into_iter().filter_map(|(class, number)| standard::table(class, number)).collect();
    let [dc0, dc1, ac0, ac1] = &definitions[..] else { return };
    begin(blocks, [dc0, dc1, ac0, ac1], file);
    let mut writer = Writer { bits: Bits::new(file), encodings: [dc0, dc1, ac0, ac1].map(Encoding::new) };
    scan(blocks, &mut writer);
    writer.bits.finish();
}

/// With tables made for the image.
pub fn write_optimized(blocks: &Blocks, file: &mut Vec<u8>) {
    let mut symbols = Symbols::new();
    scan(blocks, &mut symbols);
    let definitions: [Definition; 4] = std::array::from_fn(|table| symbols.optimal(table));
    let definitions = definitions.each_ref();
    begin(blocks, definitions, file);
    symbols.write(definitions, file);
}

fn begin(blocks: &Blocks, definitions: [&Definition; 4], file: &mut Vec<u8>) {
    for number in 0..if blocks.components.len() > 1 { 2 } else { 1 } {
        write_huffman(file, number, definitions[number]);
        write_huffman(file, AC + number, definitions[AC + number]);
    }
    let all: Vec<usize> = (0..blocks.components.len()).collect();
    write_scan(file, blocks, &all, [0, 63], [0, 0]);
}

fn scan(blocks: &Blocks, sink: &mut impl Sink) {
    let mut last = [0; 3];
    for mcu in 0..blocks.mcus_wide * blocks.mcus_high {
        let (mcu_x, mcu_y) = (mcu % blocks.mcus_wide, mcu / blocks.mcus_wide);
        for (component, last) in blocks.components.iter().zip(&mut last) {
            for y in mcu_y * component.v..(mcu_y + 1) * component.v {
                for x in mcu_x * component.h..(mcu_x + 1) * component.h {
                    let block = component.block(x, y);
                    difference(block[0] as i32, last, component.table, sink);
                    coefficients(block, AC + component.table, sink);
                }
            }
        }
    }
}

/// The category of a value: how many bits its size needs (table F.1); and these bits, of a negative value one less.
#[inline(always)]
pub fn magnitude(value: i32) -> (u32, u32) {
    let size = 32 - value.unsigned_abs().leading_zeros();
    (size, (value - (value < 0) as i32) as u32)
}

/// A DC coefficient as the difference to the one before.
#[inline(always)]
pub fn difference(value: i32, last: &mut i32, table: usize, sink: &mut impl Sink) {
    let (size, bits) = magnitude(value - *last);
    *last = value;
    sink.symbol(table, size as u8, bits, size);
}

#[inline(always)]
fn coefficients(block: &Block, table: usize, sink: &mut impl Sink) {
    let mut run = 0;
    for &place in &NATURAL[1..64] {
        let value = block[place as usize] as i32;
        if value == 0 {
            run += 1;
            continue;
        }
        while run > 15 {
            sink.symbol(table, 0xF0, 0, 0);
            run -= 16;
        }
        let (size, bits) = magnitude(value);
        sink.symbol(table, (run << 4 | size) as u8, bits, size);
        run = 0;
    }
    if run > 0 {
        sink.symbol(table, 0, 0, 0);
    }
}
