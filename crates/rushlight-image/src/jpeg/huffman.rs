//! Huffman tables: their definition in a file, their codes, and the order of coefficients.

use super::bits::Bits;

/// Width of the look-up of bare symbols.
const SYMBOL_BITS: u32 = 9;

/// Natural position of the coefficient at each place of the zigzag; corrupt runs past the end all land on the last, so that from each of the
/// 64 places on a byte may count.
pub static NATURAL: [u8; 64 + 256] = {
    let mut table = [63; 64 + 256];
    let (mut x, mut y, mut i) = (0i32, 0i32, 0);
    while i < 64 {
        table[i] = (8 * y + x) as u8;
        let up = (x + y) % 2 == 0;
        (x, y) = match (up, x, y) {
            (true, 7, _) => (7, y + 1),
            (true, _, 0) => (x + 1, 0),
            (true, _, _) => (x + 1, y - 1),
            (false, _, 7) => (x + 1, 7),
            (false, 0, _) => (0, y + 1),
            (false, _, _) => (x - 1, y + 1),
        };
        i += 1;
    }
    table
};

/// A table as the file defines it: how many codes of each length, and their symbols in order.
#[derive(Clone, PartialEq, Eq)]
pub struct Definition {
    pub counts: [u8; 16],
    pub symbols: [u8; 256],
}

/// Canonical codes (T.81, annex C) with a look-up for the short ones.
#[derive(Clone)]
pub struct Codes {
    definition: Definition,
    /// Largest code of each length, -1 where there is none; behind the longest, a bound no code passes.
    max_code: [i32; 18],
    /// What to add to a code of each length to get its place among the symbols.
    offset: [i32; 17],
    /// Length and symbol by the next bits; length zero for longer codes.
    short: [(u8, u8); 1 << SYMBOL_BITS],
}

impl Codes {
    /// Assigns the codes; the reason when the lengths over-subscribe them or use the code of all ones.
    pub fn new(definition: &Definition) -> Result<Codes, &'static str> {
        let mut codes = Codes { definition: definition.clone(), max_code: [-1; 18], offset: [0; 17], short: [(0, 0); 1 << SYMBOL_BITS] };
        codes.max_code[17] = i32::MAX;
        let (mut code, mut place) = (0i32, 0usize);
        for length in 1..=16 {
            let count = definition.counts[length - 1] as usize;
            if count > 0 {
                let symbols = definition.symbols.get(place..place + count).ok_or("a Huffman table has more than 256 symbols")?;
                codes.offset[length] = place as i32 - code;
                code += count as i32;
                if code >= 1 << length {
                    return Err("a Huffman table has more codes than its lengths allow");
                }
                codes.fill_short(code - count as i32, length as u32, symbols);
                codes.max_code[length] = code - 1;
                place += count;
            }
            code <<= 1;
        }
        Ok(codes)
    }

    fn fill_short(&mut self, first: i32, length: u32, symbols: &[u8]) {
        if length > SYMBOL_BITS {
            return;
        }
        let span = 1usize << (SYMBOL_BITS - length);
        for (i, &symbol) in symbols.iter().enumerate() {
            let begin = (first as usize + i) * span;
            self.short[begin..begin + span].fill((length as u8, symbol));
        }
    }

    /// Length and symbol of the code at the head of a window of `width` bits, at least [`SYMBOL_BITS`]; length zero if it is longer.
    pub fn code_within(&self, window: usize, width: u32) -> (u32, u8) {
        let (length, symbol) = self.short[window >> (width - SYMBOL_BITS)];
        if length > 0 {
            return (length as u32, symbol);
        }
        let code = |length: u32| (window >> (width - length)) as i32;
        let length = (SYMBOL_BITS + 1..=width).find(|&length| code(length) <= self.max_code[length as usize]);
        length.map_or((0, 0), |length| (length, self.definition.symbols[((code(length) + self.offset[length as usize]) & 255) as usize]))
    }

    pub fn definition(&self) -> &Definition {
        &self.definition
    }

    /// The next symbol; a code that does not exist takes 17 bits and counts as zero, as libjpeg has it.
    #[inline(always)]
    pub fn symbol(&self, bits: &mut Bits) -> u8 {
        bits.refill();
        let (mut length, mut symbol) = self.short[bits.peek(SYMBOL_BITS)];
        if length == 0 {
            (length, symbol) = self.long_symbol(bits.peek(17));
        }
        bits.consume(length as u32);
        symbol
    }

    #[inline(never)]
    fn long_symbol(&self, window: usize) -> (u8, u8) {
        match self.code_within(window >> 1, 16) {
            (0, _) => (17, 0),
            (length, symbol) => (length as u8, symbol),
        }
    }
}
