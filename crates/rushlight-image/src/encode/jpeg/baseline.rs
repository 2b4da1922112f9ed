//! One scan with all components (T.81, F.1.2).

use super::bits::Bits;
use super::blocks::{Block, Blocks};
use super::file::{write_huffman, write_scan};
use super::sink::{AC, Encoding, Sink, Symbols, Writer};
use crate::jpeg::huffman::Definition;
use crate::jpeg::standard;
use rushlight_kernels::vectorized;

/// With the standard tables; of `strips`, rows of MCUs, the first has the header's geometry.
pub fn write(first: Blocks, strips: impl Iterator<Item = Blocks>, file: &mut Vec<u8>) {
    let definitions: Vec<Definition> = [(0, 0), (0, 1), (1, 0), (1, 1)].into_iter().filter_map(|(class, number)| standard::table(class, number)).collect();
    let [dc0, dc1, ac0, ac1] = &definitions[..] else { return };
    begin(&first, [dc0, dc1, ac0, ac1], file);
    let mut writer = Writer { bits: Bits::new(file), encodings: [dc0, dc1, ac0, ac1].map(Encoding::new) };
    let mut last = [0; 3];
    std::iter::once(first).chain(strips).for_each(|strip| write_strip(&strip, &mut last, &mut writer));
    writer.bits.finish();
}

/// With tables made for the image.
pub fn write_optimized(blocks: &Blocks, file: &mut Vec<u8>) {
    let mut symbols = Symbols::new();
    scan(blocks, &mut [0; 3], &mut symbols);
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

vectorized! {
    fn write_strip[](strip: &Blocks, last: &mut [i32; 3], writer: &mut Writer) {
        scan(strip, last, writer);
    }
}

/// All MCUs; `last` has the DC coefficients before the first of them.
#[inline(always)]
fn scan(blocks: &Blocks, last: &mut [i32; 3], sink: &mut impl Sink) {
    for mcu in 0..blocks.mcus_wide * blocks.mcus_high {
        let (mcu_x, mcu_y) = (mcu % blocks.mcus_wide, mcu / blocks.mcus_wide);
        for (component, last) in blocks.components.iter().zip(&mut *last) {
            for y in mcu_y * component.v..(mcu_y + 1) * component.v {
                for x in mcu_x * component.h..(mcu_x + 1) * component.h {
                    let (block, nonzero) = component.marked(x, y);
                    difference(block[0] as i32, last, component.table, sink);
                    coefficients(block, nonzero, AC + component.table, sink);
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
fn coefficients(block: &Block, nonzero: u64, table: usize, sink: &mut impl Sink) {
    let (mut rest, mut last) = (nonzero & !1, 0);
    while rest != 0 {
        let place = rest.trailing_zeros() as usize;
        rest &= rest - 1;
        let mut run = place - last - 1;
        last = place;
        while run > 15 {
            sink.symbol(table, 0xF0, 0, 0);
            run -= 16;
        }
        let (size, bits) = magnitude(block[place] as i32);
        sink.symbol(table, (run << 4) as u8 | size as u8, bits, size);
    }
    if last < 63 {
        sink.symbol(table, 0, 0, 0);
    }
}
