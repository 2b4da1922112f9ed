//! Packed samples as bytes of one sample each, or two in this machine's order, predictions undone (TIFF 6.0, sections 14 and 21; technical note 3).

use super::page::{Compression, Numbers, Page};
use std::borrow::Cow;

/// Bytes that the samples of a strip or tile are packed into.
pub fn packed_bytes(page: &Page, columns: usize, rows: usize) -> usize {
    match page.subsampling {
        (1, 1) => (columns * page.chunk_samples() * page.bits).div_ceil(8) * rows,
        (h, v) => columns.div_ceil(h) * rows.div_ceil(v) * (h * v + 2),
    }
}

/// The samples of a strip or tile.
pub fn unpack(page: &Page, packed: Cow<[u8]>, columns: usize, rows: usize) -> Vec<u8> {
    let predicted = matches!(page.compression, Compression::Lzw | Compression::Deflate) && page.predictor > 1;
    if page.subsampling == (1, 1) && page.bits == 8 && !predicted {
        return packed.into_owned();
    }
    if page.subsampling != (1, 1) {
        return spread_chroma(&packed, columns, rows, page.subsampling);
    }
    let distance = page.chunk_samples();
    let count = columns * distance;
    let mut out = Vec::with_capacity(count * rows * if page.is_wide() { 2 } else { 1 });
    for row in packed.chunks_exact((count * page.bits).div_ceil(8)) {
        match (page.bits, if predicted { page.predictor } else { 1 }) {
            (8, 2) => {
                let start = out.len();
                out.extend_from_slice(row);
                (start + distance..out.len()).for_each(|i| out[i] = out[i].wrapping_add(out[i - distance]));
            }
            (8, _) => out.extend_from_slice(row),
            (16, predictor) => words(page, row, predictor == 2, distance, &mut out),
            (32, predictor) => longs(page, row, predictor, distance, &mut out),
            (bits, _) => few_bits(row, bits, count, &mut out),
        }
    }
    out
}

/// Samples of fewer than eight bits as they are, of twelve over the range of sixteen.
fn few_bits(row: &[u8], bits: usize, count: usize, out: &mut Vec<u8>) {
    if bits < 8 {
        let (start, mask) = (out.len(), (1u16 << bits) as u8 - 1);
        out.extend(row.iter().flat_map(|&byte| (0..8 / bits).rev().map(move |i| byte >> (i * bits) & mask)));
        return out.truncate(start + count);
    }
    for i in 0..count {
        let at = i * bits;
        let word = (row[at / 8] as u16) << 8 | row.get(at / 8 + 1).copied().unwrap_or(0) as u16;
        let value = word << (at % 8) >> 4;
        out.extend_from_slice(&(value << 4 | value >> 8).to_ne_bytes());
    }
}

fn words(page: &Page, row: &[u8], predicted: bool, distance: usize, out: &mut Vec<u8>) {
    let mut values: Vec<u16> =
        row.as_chunks::<2>().0.iter().map(|&b| if page.directory.little { u16::from_le_bytes(b) } else { u16::from_be_bytes(b) }).collect();
    if predicted {
        (distance..values.len()).for_each(|i| values[i] = values[i].wrapping_add(values[i - distance]));
    }
    match page.numbers {
        Numbers::Signed => out.extend(values.iter().map(|&value| (value as i16).clamp(0, 255) as u8)),
        _ => out.extend(values.iter().flat_map(|value| value.to_ne_bytes())),
    }
}

fn longs(page: &Page, row: &[u8], predictor: u64, distance: usize, out: &mut Vec<u8>) {
    let mut values: Vec<u32> = match predictor {
        3 => float_planes(row, distance),
        _ => row.as_chunks::<4>().0.iter().map(|&b| if page.directory.little { u32::from_le_bytes(b) } else { u32::from_be_bytes(b) }).collect(),
    };
    if predictor == 2 {
        (distance..values.len()).for_each(|i| values[i] = values[i].wrapping_add(values[i - distance]));
    }
    match page.numbers {
        // A cast of a float cuts off fractions and what is out of range; of what is no number it makes 0.
        Numbers::Float => out.extend(values.iter().map(|&value| f32::from_bits(value) as u8)),
        _ => out.extend(values.iter().map(|&value| (value as i32).clamp(0, 255) as u8)),
    }
}

/// Differences of bytes, all the highest bytes of a row first.
fn float_planes(row: &[u8], distance: usize) -> Vec<u32> {
    let mut bytes = row.to_vec();
    (distance..bytes.len()).for_each(|i| bytes[i] = bytes[i].wrapping_add(bytes[i - distance]));
    let count = bytes.len() / 4;
    (0..count).map(|i| u32::from_be_bytes(std::array::from_fn(|plane| bytes[plane * count + i]))).collect()
}

/// Blocks of luma with one pair of chroma (TIFF 6.0, section 21) as three samples a pixel.
fn spread_chroma(packed: &[u8], columns: usize, rows: usize, (h, v): (usize, usize)) -> Vec<u8> {
    let mut out = vec![0; 3 * columns * rows];
    let wide = columns.div_ceil(h);
    for (i, block) in packed.chunks_exact(h * v + 2).enumerate() {
        let (left, top) = (i % wide * h, i / wide * v);
        for (j, &luma) in block[..h * v].iter().enumerate() {
            let (x, y) = (left + j % h, top + j / h);
            if x < columns && y < rows {
                out[3 * (y * columns + x)..][..3].copy_from_slice(&[luma, block[h * v], block[h * v + 1]]);
            }
        }
    }
    out
}
