//! Bits of an entropy-coded segment, most significant first.

/// Copies the segment that begins at `data[0]` without its stuffing, up to the next marker.
///
/// Returns how many bytes of `data` belong to the segment and the marker that ended it (T.81, B.1.1.5):
/// a run of 0xFF bytes before a zero stands for one 0xFF, before anything else it is part of the marker.
/// `None` means that the data ended without a marker; the length then covers all of it.
pub fn unstuff(data: &[u8], out: &mut Vec<u8>) -> (usize, Option<u8>) {
    out.clear();
    let mut start = 0;
    loop {
        let Some(found) = find_ff(&data[start..]) else {
            out.extend_from_slice(&data[start..]);
            return (data.len(), None);
        };
        let at = start + found;
        let fill = data[at..].iter().take_while(|&&b| b == 0xFF).count();
        match data.get(at + fill) {
            Some(0) => {
                out.extend_from_slice(&data[start..=at]);
                start = at + fill + 1;
            }
            marker => {
                out.extend_from_slice(&data[start..at]);
                return (if marker.is_some() { at } else { data.len() }, marker.copied());
            }
        }
    }
}

/// Where the first 0xFF byte is.
fn find_ff(data: &[u8]) -> Option<usize> {
    let (chunks, rest) = data.as_chunks::<32>();
    let clean = chunks.iter().take_while(|chunk| !chunk.iter().fold(false, |any, &b| any | (b == 0xFF))).count();
    let from = clean * 32;
    let tail = if clean < chunks.len() { &data[from..from + 32] } else { rest };
    tail.iter().position(|&b| b == 0xFF).map(|i| from + i)
}

/// Where a reader of bits stands.
#[derive(Clone, Copy, Default)]
pub struct Position {
    next: usize,
    buffer: u64,
    count: u32,
}

/// Reads bits from unstuffed bytes; behind the end it reads zeros and says so.
#[derive(Clone, Copy)]
pub struct Bits<'a> {
    data: &'a [u8],
    next: usize,
    /// The coming bits, left-aligned; bits below `count` may be set, and then equal what a refill would put there.
    buffer: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    /// Goes on where a reader of the same data stood.
    pub fn resume(data: &'a [u8], Position { next, buffer, count }: Position) -> Bits<'a> {
        Bits { data, next, buffer, count }
    }

    pub fn position(&self) -> Position {
        Position { next: self.next, buffer: self.buffer, count: self.count }
    }

    /// Makes at least 56 bits available.
    #[inline(always)]
    pub fn refill(&mut self) {
        let rest = &self.data[self.next.min(self.data.len())..];
        let word = match rest.first_chunk::<8>() {
            Some(bytes) => u64::from_be_bytes(*bytes),
            None => last_word(rest),
        };
        self.buffer |= word >> self.count;
        self.next += ((63 - self.count) >> 3) as usize;
        self.count |= 56;
    }

    /// The next `n` bits (1 to 32) without consuming them.
    #[inline(always)]
    pub fn peek(&self, n: u32) -> usize {
        (self.buffer >> (64 - n)) as usize
    }

    /// Drops `n` bits (at most 32); there must have been a refill that covers them.
    #[inline(always)]
    pub fn consume(&mut self, n: u32) {
        self.buffer <<= n;
        self.count = self.count.wrapping_sub(n);
    }

    /// The value (see [`extend`]) whose bits begin behind the next `before` bits; `shift` is 63 less their number.
    #[inline(always)]
    pub fn value(&self, before: u8, shift: u8) -> i64 {
        // The bits behind their sign: the opposite of the first of them, since numbers that begin with zero are negative.
        let coming = ((self.buffer << (before & 63)) as i64 >> 1) ^ i64::MIN;
        // Negative numbers are one less than their magnitude says.
        (coming >> (shift & 63)) - (coming >> 63)
    }

    /// The next `n` bits (0 to 16), consumed.
    #[inline(always)]
    pub fn take(&mut self, n: u32) -> i32 {
        let value = (self.buffer >> 1 >> (63 - n)) as i32;
        self.consume(n);
        value
    }

    /// One bit, refilling when there is none.
    #[inline(always)]
    pub fn bit(&mut self) -> bool {
        if self.count == 0 {
            self.refill();
        }
        self.take(1) != 0
    }

    /// Whether more bits were consumed than there were.
    #[inline(always)]
    pub fn overrun(&self) -> bool {
        self.consumed() > self.data.len() * 8
    }

    /// How many bits were consumed.
    #[inline(always)]
    pub fn consumed(&self) -> usize {
        self.next * 8 - self.count as usize
    }
}

/// Fewer than eight bytes, zeros behind them.
#[cold]
fn last_word(rest: &[u8]) -> u64 {
    rest.iter().enumerate().fold(0, |word, (i, &byte)| word | (byte as u64) << (56 - 8 * i))
}

/// The value of `bits` as the `size`-bit magnitude category it is in (T.81, F.2.2.1).
#[inline(always)]
pub fn extend(bits: i32, size: u32) -> i32 {
    let negative = bits < (1 << size) >> 1;
    bits - if negative { (1 << size) - 1 } else { 0 }
}
