//! Marker segments (T.81, annex B; JFIF 1.02), in libjpeg's order.

use super::blocks::Blocks;
use super::sink::AC;
use crate::jpeg::huffman::{Definition, NATURAL};

fn segment(file: &mut Vec<u8>, marker: u8, content: &[u8]) {
    file.extend([0xFF, marker]);
    file.extend((content.len() as u16 + 2).to_be_bytes());
    file.extend(content);
}

/// Everything up to the frame header.
pub fn begin(blocks: &Blocks, quantization: &[[u16; 64]; 2], progressive: bool) -> Vec<u8> {
    let mut file = vec![0xFF, 0xD8];
    segment(&mut file, 0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    for (number, table) in quantization.iter().enumerate().take(blocks.components.len()) {
        let values = NATURAL[..64].iter().map(|&place| table[place as usize] as u8);
        segment(&mut file, 0xDB, &std::iter::once(number as u8).chain(values).collect::<Vec<u8>>());
    }
    let mut frame = vec![8];
    frame.extend((blocks.height as u16).to_be_bytes());
    frame.extend((blocks.width as u16).to_be_bytes());
    frame.push(blocks.components.len() as u8);
    for (i, component) in blocks.components.iter().enumerate() {
        frame.extend([i as u8 + 1, (component.h << 4 | component.v) as u8, component.table as u8]);
    }
    segment(&mut file, if progressive { 0xC2 } else { 0xC0 }, &frame);
    file
}

/// A Huffman table, by its number of [`super::sink`].
pub fn write_huffman(file: &mut Vec<u8>, table: usize, definition: &Definition) {
    let head = if table >= AC { 0x10 | (table - AC) as u8 } else { table as u8 };
    let total: usize = definition.counts.iter().map(|&n| n as usize).sum();
    segment(file, 0xC4, &[&[head], &definition.counts[..], &definition.symbols[..total]].concat());
}

/// A scan header: components by index, first and last coefficient, bit position before and after.
pub fn write_scan(file: &mut Vec<u8>, blocks: &Blocks, components: &[usize], band: [u8; 2], [high, low]: [u8; 2]) {
    let mut content = vec![components.len() as u8];
    let whole = band == [0, 63];
    for &i in components {
        let table = blocks.components[i].table as u8;
        let dc = if band[0] == 0 && high == 0 { table } else { 0 };
        let ac = if whole || band[0] > 0 { table } else { 0 };
        content.extend([i as u8 + 1, dc << 4 | ac]);
    }
    content.extend([band[0], band[1], high << 4 | low]);
    segment(file, 0xDA, &content);
}
