//! Where symbols go: straight into bits, or into a list that is counted first.

use super::bits::Bits;
use super::tables;
use crate::jpeg::huffman::Definition;

/// Tables are numbered as in file: DC 0 and 1, AC 2 and 3.
pub const AC: usize = 2;

pub trait Sink {
    /// A symbol of a table, and the `count` bits of `extra` behind it.
    fn symbol(&mut self, table: usize, symbol: u8, extra: u32, count: u32);
    /// Bits without a symbol.
    fn bits(&mut self, value: u32, count: u32);
}

/// Codes of a table's symbols with their lengths.
pub struct Encoding {
    codes: [(u16, u8); 256],
}

impl Encoding {
    pub fn new(definition: &Definition) -> Encoding {
        let mut codes = [(0, 0); 256];
        let (mut code, mut place) = (0u16, 0);
        for (i, &count) in definition.counts.iter().enumerate() {
            for _ in 0..count {
                codes[definition.symbols[place] as usize] = (code, i as u8 + 1);
                code = code.wrapping_add(1);
                place += 1;
            }
            code = code.wrapping_shl(1);
        }
        Encoding { codes }
    }
}

/// Writes symbols at once by tables that are known.
pub struct Writer<'a> {
    pub bits: Bits<'a>,
    pub encodings: [Encoding; 4],
}

impl Sink for Writer<'_> {
    #[inline(always)]
    fn symbol(&mut self, table: usize, symbol: u8, extra: u32, count: u32) {
        let (code, length) = self.encodings[table].codes[symbol as usize];
        self.bits.put((code as u32) << count | extra & ((1 << count) - 1), length as u32 + count);
    }

    #[inline(always)]
    fn bits(&mut self, value: u32, count: u32) {
        self.bits.put(value & ((1 << count) - 1), count);
    }
}

/// A symbol with its bits; bits alone have the table [`Symbols::NONE`].
#[derive(Clone, Copy)]
struct Token {
    table: u8,
    symbol: u8,
    count: u8,
    extra: u16,
}

/// Symbols in order and how often each occurs.
pub struct Symbols {
    tokens: Vec<Token>,
    counts: [[u32; 256]; 4],
}

impl Symbols {
    const NONE: u8 = u8::MAX;

    pub fn new() -> Symbols {
        Symbols { tokens: Vec::new(), counts: [[0; 256]; 4] }
    }

    /// The best table for the symbols seen.
    pub fn optimal(&self, table: usize) -> Definition {
        tables::optimal(&self.counts[table])
    }

    /// Writes everything by the tables given.
    pub fn write(&self, definitions: [&Definition; 4], file: &mut Vec<u8>) {
        let mut writer = Writer { bits: Bits::new(file), encodings: definitions.map(Encoding::new) };
        for &Token { table, symbol, count, extra } in &self.tokens {
            match table {
                Symbols::NONE => writer.bits(extra as u32, count as u32),
                _ => writer.symbol(table as usize, symbol, extra as u32, count as u32),
            }
        }
        writer.bits.finish();
    }
}

impl Sink for Symbols {
    fn symbol(&mut self, table: usize, symbol: u8, extra: u32, count: u32) {
        self.counts[table][symbol as usize] += 1;
        self.tokens.push(Token { table: table as u8, symbol, count: count as u8, extra: extra as u16 });
    }

    fn bits(&mut self, value: u32, count: u32) {
        self.tokens.push(Token { table: Symbols::NONE, symbol: 0, count: count as u8, extra: value as u16 });
    }
}
