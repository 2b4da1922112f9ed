//! The coefficients of one block of a sequential scan.
//!
//! The hot loop reads [`AcTable::entries`]: one look-up of the next [`AC_BITS`] bits says what to do with up to three symbols: a coefficient
//! that these bits hold with its value, another whose value may come behind them, and the end of the block. There is one branch in the loop,
//! since at the qualities people use a coefficient with its code takes five to six bits, and a wrong guess costs as much as two look-ups.
//! On 500x375 pixels at quality 95 a block takes 15 look-ups, and every sixth block has a code that is longer than the window.

use super::bits::{Bits, extend};
use super::huffman::{Codes, Definition, NATURAL};
use super::idct::Block;

/// Width of the look-up of AC symbols: two tables fit into half of the first-level cache.
const AC_BITS: u32 = 10;
/// Most bits that one look-up of AC symbols consumes.
const AC_LENGTH: u32 = 18;
/// Look-ups between refills, which give 56 bits.
const LOOKUPS: u32 = 56 / AC_LENGTH;
/// Width of the look-up of DC differences.
const DC_BITS: u32 = 9;
/// Most bits of a difference that is looked up, so that two look-ups of AC symbols need no refill.
const DC_LENGTH: u32 = 56 - 2 * AC_LENGTH;

/// Of the place reached: the block ends.
const END: u8 = 64;
/// Of the place reached: no code fits into the window.
const LONG: u8 = 128;

/// What the bits of a window stand for: bytes that are read one by one, since processors have more ports for loads than for shifts.
#[derive(Clone, Copy)]
struct Entry {
    /// Bits of all symbols.
    length: u8,
    /// Bits before the value of the last coefficient, and 63 less the bits it has.
    before: u8,
    shift: u8,
    /// Places of the first and the last coefficient, counted from the place before, which are the same where there is one. An entry
    /// without a coefficient has a zero for the next place.
    first: u8,
    last: u8,
    /// The place reached.
    reached: u8,
    /// Value of the first coefficient where it is not the last.
    value: i16,
}

/// Codes of DC differences.
pub struct DcTable {
    pub codes: Codes,
    /// Length with the value, length, and 63 less the size of the value by the next bits; zeros for longer codes.
    entries: Box<[(u8, u8, u8); 1 << DC_BITS]>,
}

impl DcTable {
    pub fn new(definition: &Definition) -> Result<DcTable, &'static str> {
        let codes = Codes::new(definition)?;
        let used: usize = definition.counts.iter().map(|&n| n as usize).sum();
        if definition.symbols[..used.min(256)].iter().any(|&size| size > 15) {
            return Err("a DC Huffman table has a symbol above 15");
        }
        let entries = std::array::from_fn(|window| match codes.code_within(window, DC_BITS) {
            (0, _) => (0, 0, 0),
            (length, size) if length + size as u32 > DC_LENGTH => (0, 0, 0),
            (length, size) => (length as u8 + size, length as u8, 63 - size),
        });
        Ok(DcTable { codes, entries: Box::new(entries) })
    }

    /// The next difference.
    #[inline(always)]
    pub fn difference(&self, bits: &mut Bits) -> i32 {
        bits.refill();
        let (all, length, shift) = self.entries[bits.peek(DC_BITS)];
        if all == 0 {
            let size = self.codes.symbol(bits) as u32 & 15;
            let difference = extend(bits.take(size), size);
            bits.refill();
            return difference;
        }
        let difference = bits.value(length, shift);
        bits.consume(all as u32);
        difference as i32
    }
}

/// Codes of AC coefficients, with what to do by the next bits.
pub struct AcTable {
    pub codes: Codes,
    entries: Box<[Entry; 1 << AC_BITS]>,
}

impl AcTable {
    pub fn new(definition: &Definition) -> Result<AcTable, &'static str> {
        let codes = Codes::new(definition)?;
        let symbols = std::array::from_fn(|window| {
            let (length, symbol) = codes.code_within(window, AC_BITS);
            Symbol { length, run: symbol >> 4, size: (symbol & 15) as u32 }
        });
        let entries = std::array::from_fn(|window| entry(&symbols, window));
        Ok(AcTable { codes, entries: Box::new(entries) })
    }
}

/// The symbol at the head of a window.
#[derive(Clone, Copy)]
struct Symbol {
    /// Length of its code; zero where the window is shorter.
    length: u32,
    run: u8,
    size: u32,
}

impl Symbol {
    fn is_end(&self) -> bool {
        self.size == 0 && self.run != 15
    }

    fn total(&self) -> u32 {
        self.length + self.size
    }
}

fn entry(symbols: &[Symbol; 1 << AC_BITS], window: usize) -> Entry {
    // The symbol behind `used` bits, if the window has its whole code.
    let behind = |used: u32| {
        let found = symbols[(window << used) & ((1 << AC_BITS) - 1)];
        (found.length > 0 && used + found.length <= AC_BITS).then_some(found)
    };
    let empty = Entry { length: 0, before: 0, shift: 63, first: 1, last: 1, reached: LONG, value: 0 };
    let one = symbols[window];
    if one.length == 0 || one.total() > AC_LENGTH {
        return empty;
    }
    if one.is_end() {
        return Entry { length: one.length as u8, reached: END, ..empty };
    }
    let place = one.run + 1;
    let mut entry = Entry { length: one.total() as u8, before: one.length as u8, shift: 63 - one.size as u8, first: place, last: place, ..empty };
    if let Some(two) = behind(one.total()).filter(|two| !two.is_end() && one.total() + two.total() <= AC_LENGTH) {
        let bits = (window >> (AC_BITS - one.total())) & ((1 << one.size) - 1);
        entry.value = extend(bits as i32, one.size) as i16;
        entry.before = entry.length + two.length as u8;
        entry.length += two.total() as u8;
        entry.shift = 63 - two.size as u8;
        entry.last += two.run + 1;
    }
    entry.reached = entry.last;
    if let Some(end) = behind(entry.length as u32).filter(Symbol::is_end) {
        entry.length += end.length as u8;
        entry.reached += END;
    }
    entry
}

impl Entry {
    /// Whether the block ended with it, known that it reached the last place or the end from place `k` on: not where its code is longer
    /// than the window, nor where the block was full before its last symbol.
    #[inline(always)]
    fn ends(&self, k: usize) -> bool {
        let (first, last) = (k + self.first as usize, k + self.last as usize);
        match self.reached & (END | LONG) {
            0 => first < 63 || first == last,
            END => last < 63,
            _ => false,
        }
    }
}

/// Decodes one block into zeroed coefficients; whether it has any AC coefficient.
#[inline(always)]
pub fn decode_block(bits: &mut Bits, dc: &DcTable, ac: &AcTable, last_dc: &mut i32, block: &mut Block) -> bool {
    *last_dc = last_dc.wrapping_add(dc.difference(bits));
    block[0] = *last_dc as i16;
    // Place in the zigzag of the coefficient decoded last, below 63.
    let mut k = 0;
    if let Some(any) = look_up::<2>(bits, ac, &mut k, block) {
        return any;
    }
    loop {
        bits.refill();
        if let Some(any) = look_up::<LOOKUPS>(bits, ac, &mut k, block) {
            return any;
        }
    }
}

/// Does what `N` look-ups say, for which there must be bits; at the end of the block whether it has any AC coefficient.
#[inline(always)]
fn look_up<const N: u32>(bits: &mut Bits, ac: &AcTable, place: &mut usize, block: &mut Block) -> Option<bool> {
    let mut next = &ac.entries[bits.peek(AC_BITS)];
    for _ in 0..N {
        // The way from look-up to look-up comes first, since everything else waits for it.
        let (entry, start, k) = (next, *bits, *place);
        bits.consume(entry.length as u32);
        next = &ac.entries[bits.peek(AC_BITS)];
        let value = start.value(entry.before, entry.shift);
        let Some(natural) = NATURAL[k..].first_chunk::<256>() else { return Some(true) };
        let (first, last) = (entry.first as usize, entry.last as usize);
        block[natural[first] as usize & 63] = entry.value;
        block[natural[last] as usize & 63] = value as i16;
        *place = k + entry.reached as usize;
        if *place < 63 {
            continue;
        }
        if entry.ends(k) {
            return Some(k > 0 || entry.reached != END);
        }
        block[63] = 0;
        let symbol;
        (*bits, symbol) = one_symbol(start, &ac.codes);
        let (run, size) = ((symbol >> 4) as usize, (symbol & 15) as u32);
        if size == 0 && run != 15 {
            return Some(k > 0);
        }
        *place = k + run + 1;
        if size > 0 {
            block[NATURAL[*place] as usize & 63] = extend(bits.take(size), size) as i16;
        }
        return (*place >= 63).then_some(true);
    }
    None
}

/// The next symbol, whose code may be long.
#[cold]
fn one_symbol<'a>(bits: Bits<'a>, codes: &Codes) -> (Bits<'a>, u8) {
    let mut bits = bits;
    let symbol = codes.symbol(&mut bits);
    (bits, symbol)
}

#[cfg(test)]
mod tests;
