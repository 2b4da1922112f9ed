//! Huffman tables and the coefficients of one block.
//!
//! The hot loop reads [`AcTable::fast`]: one look-up of the next [`AC_BITS`] bits gives up to two whole coefficients (run, value) and
//! whether the block ends, because at the qualities people use a coefficient with its code takes five to six bits.

use super::bits::{Bits, extend};

/// Width of the look-up of AC coefficients: five look-ups fit into one refill, and two tables into the first-level cache.
const AC_BITS: u32 = 10;
/// Look-ups between refills, which give 56 bits.
const LOOKUPS: u32 = 56 / AC_BITS;
/// Width of the look-up of codes of DC differences.
const DC_BITS: u32 = 9;
/// Width of the look-up of bare symbols.
const SYMBOL_BITS: u32 = 9;

/// Natural position of the coefficient at each place of the zigzag; corrupt runs past the end all land on the last.
pub static NATURAL: [u8; 128] = {
    let mut table = [63; 128];
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
    fn code_within(&self, window: usize, width: u32) -> (u32, u8) {
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

/// Codes of DC differences.
pub struct DcTable {
    pub codes: Codes,
    /// Length of the code and size of the difference by the next bits; length zero for longer codes.
    fast: Box<[(u8, u8); 1 << DC_BITS]>,
}

impl DcTable {
    pub fn new(definition: &Definition) -> Result<DcTable, &'static str> {
        let codes = Codes::new(definition)?;
        let used: usize = definition.counts.iter().map(|&n| n as usize).sum();
        if definition.symbols[..used.min(256)].iter().any(|&size| size > 15) {
            return Err("a DC Huffman table has a symbol above 15");
        }
        let mut fast = Box::new([(0, 0); 1 << DC_BITS]);
        for (window, entry) in fast.iter_mut().enumerate() {
            let (length, size) = codes.code_within(window, DC_BITS);
            *entry = (length as u8, size);
        }
        Ok(DcTable { codes, fast })
    }

    /// The next difference.
    #[inline(always)]
    pub fn difference(&self, bits: &mut Bits) -> i32 {
        let size = self.codes.symbol(bits) as u32 & 15;
        extend(bits.take(size), size)
    }
}

/// Symbol, value and total length of the coefficient at the head of a window of `width` bits, if it is whole.
fn whole_coefficient(codes: &Codes, window: usize, width: u32) -> Option<(u8, i16, u32)> {
    let (length, symbol) = codes.short[window >> (width - SYMBOL_BITS)];
    let size = (symbol & 15) as u32;
    let total = length as u32 + size;
    if length == 0 || total > width {
        return None;
    }
    let bits = (window >> (width - total)) & ((1 << size) - 1);
    Some((symbol, extend(bits as i32, size) as i16, total))
}

/// Codes of AC coefficients, with whole coefficients by the next bits.
pub struct AcTable {
    pub codes: Codes,
    /// From the lowest bit: first value (16), second value (16), distance of the first (8), of the second (8) and of the place reached (8)
    /// from the coefficient before, 64 more for the last if the block ends, length of all (6), unused (1), single symbol (1).
    /// A single symbol (whose value did not fit, or which has none) is in the lowest byte; the length is then that of its code,
    /// and zero where even that did not fit.
    fast: Box<[u64; 1 << AC_BITS]>,
}

const FIRST: u32 = 32;
const SECOND: u32 = 40;
const REACHED: u32 = 48;
const LENGTH: u32 = 56;
const SINGLE: u64 = 1 << 63;

impl AcTable {
    pub fn new(definition: &Definition) -> Result<AcTable, &'static str> {
        let codes = Codes::new(definition)?;
        let mut single = [None; 1 << AC_BITS];
        for (window, entry) in single.iter_mut().enumerate() {
            *entry = whole_coefficient(&codes, window, AC_BITS);
        }
        let mut fast = Box::new([0; 1 << AC_BITS]);
        for (window, entry) in fast.iter_mut().enumerate() {
            *entry = match single[window] {
                Some((symbol, value, length)) if symbol & 15 != 0 => {
                    let follower = single[(window << length) & ((1 << AC_BITS) - 1)].filter(|&(_, _, more)| length + more <= AC_BITS);
                    pack(symbol, value, length, follower)
                }
                _ => {
                    let (length, symbol) = codes.code_within(window, AC_BITS);
                    SINGLE | symbol as u64 | (length as u64) << LENGTH
                }
            };
        }
        Ok(AcTable { codes, fast })
    }
}

fn pack(symbol: u8, value: i16, length: u32, follower: Option<(u8, i16, u32)>) -> u64 {
    let first = (symbol >> 4) as u64 + 1;
    let (second, distance, end, more) = match follower {
        Some((0, _, more)) => (value, first, 64, more),
        Some((next, second, more)) if next & 15 != 0 => (second, first + (next >> 4) as u64 + 1, 0, more),
        _ => (value, first, 0, 0),
    };
    value as u16 as u64 | (second as u16 as u64) << 16 | first << FIRST | distance << SECOND | (distance + end) << REACHED | ((length + more) as u64) << LENGTH
}

#[inline(always)]
fn natural(place: usize) -> usize {
    (NATURAL[place & 127] & 63) as usize
}

/// Decodes one block of a sequential scan into zeroed coefficients; whether it has any AC coefficient.
#[inline(always)]
pub fn decode_block(bits: &mut Bits, dc: &DcTable, ac: &AcTable, last_dc: &mut i32, block: &mut [i16; 64]) -> bool {
    bits.refill();
    let (length, size) = dc.fast[bits.peek(DC_BITS)];
    let mut size = size as u32;
    if length > 0 {
        bits.consume(length as u32);
    } else {
        size = dc.codes.symbol(bits) as u32 & 15;
    }
    *last_dc = last_dc.wrapping_add(extend(bits.take(size), size));
    bits.refill();
    block[0] = *last_dc as i16;
    // Place in the zigzag of the coefficient decoded last.
    let mut k = 0;
    loop {
        for _ in 0..LOOKUPS {
            let entry = ac.fast[bits.peek(AC_BITS)];
            if entry & SINGLE != 0 {
                let mut symbol = entry as u8;
                bits.refill();
                let length = (entry >> LENGTH) as u32 & 63;
                bits.consume(length);
                if length == 0 {
                    symbol = ac.codes.symbol(bits);
                }
                let (run, size) = ((symbol >> 4) as usize, (symbol & 15) as u32);
                if size == 0 && run != 15 {
                    return k > 0;
                }
                k += run + 1;
                if size > 0 {
                    block[natural(k)] = extend(bits.take(size), size) as i16;
                }
                if k >= 63 {
                    return true;
                }
                break;
            }
            let before = *bits;
            bits.consume((entry >> LENGTH) as u32);
            let first = k + (entry >> FIRST) as u8 as usize;
            block[natural(first)] = entry as i16;
            block[natural(k + (entry >> SECOND) as u8 as usize)] = (entry >> 16) as i16;
            k += (entry >> REACHED) as u8 as usize;
            if k >= 63 {
                if first >= 63 {
                    // The block was full after the first coefficient, so what follows it belongs to the next block.
                    *bits = before;
                    let size = ac.codes.symbol(bits) & 15;
                    bits.consume(size as u32);
                    block[63] = entry as i16;
                }
                return true;
            }
        }
        bits.refill();
    }
}
