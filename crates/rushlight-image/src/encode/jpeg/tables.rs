//! Quantisation tables (T.81, annex K.1, scaled as libjpeg does) and optimal Huffman tables (K.2).

use crate::jpeg::huffman::Definition;

#[rustfmt::skip]
pub const LUMINANCE: [u16; 64] = [
    16, 11, 10, 16,  24,  40,  51,  61,
    12, 12, 14, 19,  26,  58,  60,  55,
    14, 13, 16, 24,  40,  57,  69,  56,
    14, 17, 22, 29,  51,  87,  80,  62,
    18, 22, 37, 56,  68, 109, 103,  77,
    24, 35, 55, 64,  81, 104, 113,  92,
    49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103,  99,
];
#[rustfmt::skip]
pub const CHROMINANCE: [u16; 64] = [
    17, 18, 24, 47, 99, 99, 99, 99,
    18, 21, 26, 66, 99, 99, 99, 99,
    24, 26, 56, 99, 99, 99, 99, 99,
    47, 66, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
];

/// A table, in natural order, for a quality of 1 to 100.
pub fn quantization(base: &[u16; 64], quality: u8) -> [u16; 64] {
    let quality = quality as u32;
    let scale = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
    base.map(|value| ((value as u32 * scale + 50) / 100).clamp(1, 255) as u16)
}

/// Longest code a file may have.
const LONGEST: usize = 16;
/// The symbol that takes the code of all ones, which no file may use.
const RESERVED: usize = 256;

/// The Huffman table for symbols that occur `counts` times.
pub fn optimal(counts: &[u32; 256]) -> Definition {
    let sizes = code_sizes(counts);
    let mut lengths = [0usize; 257];
    sizes.iter().filter(|&&size| size > 0).for_each(|&size| lengths[size] += 1);
    shorten(&mut lengths);
    let mut by_size: Vec<usize> = (0..RESERVED).filter(|&symbol| sizes[symbol] > 0).collect();
    by_size.sort_by_key(|&symbol| sizes[symbol]);
    let mut definition = Definition { counts: [0; 16], symbols: [0; 256] };
    definition.symbols.iter_mut().zip(by_size).for_each(|(to, symbol)| *to = symbol as u8);
    definition.counts.iter_mut().zip(&lengths[1..]).for_each(|(to, &count)| *to = count as u8);
    definition
}

/// The length of each symbol's code (figure K.1); of equally rare symbols the later ones are joined first, as in libjpeg.
fn code_sizes(counts: &[u32; 256]) -> [usize; 257] {
    let mut weights = [1u64; 257];
    weights.iter_mut().zip(counts).for_each(|(weight, &count)| *weight = count as u64);
    let mut sizes = [0; 257];
    let mut group: [usize; 257] = std::array::from_fn(|symbol| symbol);
    loop {
        let rarest = |besides: usize| (0..257).rev().filter(|&i| weights[i] > 0 && i != besides).min_by_key(|&i| weights[i]);
        let Some(first) = rarest(usize::MAX) else { return sizes };
        let Some(second) = rarest(first) else { return sizes };
        weights[first] += weights[second];
        weights[second] = 0;
        for symbol in 0..257 {
            if group[symbol] == first || group[symbol] == second {
                group[symbol] = first;
                sizes[symbol] += 1;
            }
        }
    }
}

/// Moves codes up the tree until none is too long (figure K.3), and drops the reserved one.
fn shorten(lengths: &mut [usize; 257]) {
    for length in (LONGEST + 1..257).rev() {
        while lengths[length] > 0 {
            let Some(shorter) = (1..length - 1).rev().find(|&j| lengths[j] > 0) else { break };
            lengths[length] -= 2;
            lengths[length - 1] += 1;
            lengths[shorter + 1] += 2;
            lengths[shorter] -= 1;
        }
    }
    if let Some(longest) = (1..=LONGEST).rev().find(|&j| lengths[j] > 0) {
        lengths[longest] -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qualities_scale_the_tables() {
        assert_eq!(quantization(&LUMINANCE, 50), LUMINANCE);
        assert_eq!(quantization(&LUMINANCE, 100), [1; 64]);
        assert_eq!(quantization(&LUMINANCE, 1)[..3], [255; 3]);
        assert_eq!(quantization(&CHROMINANCE, 75)[..4], [9, 9, 12, 24]);
    }

    #[test]
    fn frequent_symbols_have_short_codes_and_none_is_too_long() {
        let mut counts = [0; 256];
        let (mut a, mut b) = (1, 1);
        for count in &mut counts[..40] {
            *count = a;
            (a, b) = (b, a + b);
        }
        let table = optimal(&counts);
        let total: u32 = table.counts.iter().enumerate().map(|(i, &n)| (n as u32) << (15 - i)).sum();
        assert!(total < 1 << 16, "the code of all ones is free");
        assert_eq!(table.counts.iter().map(|&n| n as usize).sum::<usize>(), 40);
        assert!(table.symbols[0] >= 38, "of the two most frequent");
    }
}
