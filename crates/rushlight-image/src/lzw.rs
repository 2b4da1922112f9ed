//! LZW of GIF and TIFF: as many bytes as are expected, whether or not an end code follows them.
//!
//! A code stands for bytes that were written before: those of an earlier code and the first byte behind them. So the table holds places in the
//! output, and a code is a copy from there.

/// Which of the dialects the data are in.
#[derive(Clone, Copy)]
pub enum Dialect {
    /// Pixels of up to eight bits.
    Gif(u8),
    Tiff,
    /// TIFF of early writers, the lowest bits first.
    EarlyTiff,
}

/// Why there are fewer bytes than expected.
#[derive(Debug, PartialEq)]
pub enum Fault {
    Truncated,
    Malformed,
}

const WIDEST: u32 = 12;
const MOST_CODES: usize = 1 << WIDEST;

/// Fills `out` from the codes in `data`.
pub fn decode(dialect: Dialect, data: &[u8], out: &mut [u8]) -> Result<(), Fault> {
    match dialect {
        Dialect::Gif(size) => Codes::<LowFirst>::new(data, size as u32, false).fill(out),
        Dialect::Tiff => Codes::<HighFirst>::new(data, 8, true).fill(out),
        Dialect::EarlyTiff => Codes::<LowFirst>::new(data, 8, false).fill(out),
    }
}

/// In which order bits follow one another in bytes.
trait Order {
    /// Puts eight bytes behind `count` bits.
    fn join(bits: u64, count: u32, bytes: [u8; 8]) -> u64;
    /// The first bits, and what remains.
    fn split(bits: u64, width: u32) -> (usize, u64);
}

struct LowFirst;

impl Order for LowFirst {
    fn join(bits: u64, count: u32, bytes: [u8; 8]) -> u64 {
        bits | u64::from_le_bytes(bytes) << count
    }

    fn split(bits: u64, width: u32) -> (usize, u64) {
        ((bits & ((1 << width) - 1)) as usize, bits >> width)
    }
}

struct HighFirst;

impl Order for HighFirst {
    fn join(bits: u64, count: u32, bytes: [u8; 8]) -> u64 {
        bits | u64::from_be_bytes(bytes) >> count
    }

    fn split(bits: u64, width: u32) -> (usize, u64) {
        ((bits >> (64 - width)) as usize, bits << width)
    }
}

struct Codes<'a, O> {
    data: &'a [u8],
    /// Bits that were read; those behind `count` may be there already.
    bits: u64,
    count: u32,
    width: u32,
    /// Bits of the smallest codes, less one.
    size: u32,
    /// One for the dialect that widens codes one code early.
    early: usize,
    order: std::marker::PhantomData<O>,
}

impl<'a, O: Order> Codes<'a, O> {
    fn new(data: &'a [u8], size: u32, early: bool) -> Codes<'a, O> {
        Codes { data, bits: 0, count: 0, width: size + 1, size, early: early as usize, order: std::marker::PhantomData }
    }

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        if self.count < self.width {
            self.refill();
            if self.count < self.width {
                return None;
            }
        }
        let (code, rest) = O::split(self.bits, self.width);
        (self.bits, self.count) = (rest, self.count - self.width);
        Some(code)
    }

    /// Reads as many whole bytes as there is room for. Bits that come with them and are not counted come again, at the same places.
    #[inline(always)]
    fn refill(&mut self) {
        let bytes = ((63 - self.count) / 8) as usize;
        let (taken, rest) = self.data.split_at(bytes.min(self.data.len()));
        let word = match self.data.first_chunk::<8>() {
            Some(&word) => word,
            None => std::array::from_fn(|i| self.data.get(i).copied().unwrap_or(0)),
        };
        self.bits = O::join(self.bits, self.count, word);
        self.count += 8 * taken.len() as u32;
        self.data = rest;
    }

    fn fill(mut self, out: &mut [u8]) -> Result<(), Fault> {
        let clear = 1 << self.size;
        let end = clear + 1;
        let mut table = Table::new(end + 1);
        // Where the bytes of the code before begin, unless there is none.
        let (mut at, mut before) = (0, None);
        while at < out.len() {
            let code = self.next().ok_or(Fault::Truncated)?;
            if code == clear {
                table.next = end + 1;
                self.width = self.size + 1;
                before = None;
                continue;
            }
            if code == end {
                return Err(Fault::Truncated);
            }
            if let Some(start) = before {
                table.add(start, at - start);
                if table.next + self.early == 1 << self.width && self.width < WIDEST {
                    self.width += 1;
                }
            }
            before = Some(at);
            if code < clear {
                out[at] = code as u8;
                at += 1;
            } else if code < table.next {
                at = repeat(out, at, table.starts[code], table.lengths[code] as usize);
            } else {
                return Err(Fault::Malformed);
            }
        }
        Ok(())
    }
}

/// Where in the output the bytes of a code are, from the first code behind the end code on.
struct Table {
    starts: Box<[usize; MOST_CODES]>,
    lengths: Box<[u16; MOST_CODES]>,
    next: usize,
}

impl Table {
    fn new(next: usize) -> Table {
        Table { starts: Box::new([0; MOST_CODES]), lengths: Box::new([0; MOST_CODES]), next }
    }

    /// Gives the next code to the bytes of one and the byte behind them; a full table stays as it is.
    #[inline(always)]
    fn add(&mut self, start: usize, length: usize) {
        if self.next < MOST_CODES {
            self.starts[self.next] = start;
            // At most one more than the longest, of which there are fewer than codes; the byte behind may not be written yet.
            self.lengths[self.next] = (length + 1) as u16;
            self.next += 1;
        }
    }
}

/// Writes bytes of the output again, at its end and no further than there is room; where they end.
#[inline(always)]
fn repeat(out: &mut [u8], at: usize, start: usize, length: usize) -> usize {
    // Bytes that are copied beyond the length are written over by what follows.
    if start + 8 <= at && length <= 8 && at + 8 <= out.len() {
        let bytes: [u8; 8] = out[start..start + 8].try_into().expect("eight bytes");
        out[at..at + 8].copy_from_slice(&bytes);
        return at + length;
    }
    let length = length.min(out.len() - at);
    if start + length <= at {
        out.copy_within(start..start + length, at);
        return at + length;
    }
    // The last byte of a code that is used as soon as it is known is the first one written here.
    for i in 0..length {
        out[at + i] = out[start + i];
    }
    at + length
}

#[cfg(test)]
mod tests {
    use super::{Dialect, Fault, decode};
    use weezl::{BitOrder, encode::Encoder};

    /// Bytes below `values`, in runs whose lengths vary.
    fn bytes(count: usize, values: u32, mut seed: u32) -> Vec<u8> {
        let mut out = Vec::new();
        while out.len() < count {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let run = if seed >> 30 == 0 { (seed >> 8 & 63) as usize } else { 1 };
            out.extend(std::iter::repeat_n((seed >> 16) as u8 % values.min(255) as u8, run));
        }
        out.truncate(count);
        out
    }

    fn encoded(dialect: Dialect, data: &[u8]) -> Vec<u8> {
        let mut encoder = match dialect {
            Dialect::Gif(size) => Encoder::new(BitOrder::Lsb, size),
            Dialect::Tiff => Encoder::with_tiff_size_switch(BitOrder::Msb, 8),
            Dialect::EarlyTiff => Encoder::new(BitOrder::Lsb, 8),
        };
        encoder.encode(data).expect("bytes within the alphabet")
    }

    #[test]
    fn what_was_encoded_is_decoded() {
        for (dialect, values) in
            [(Dialect::Tiff, 255), (Dialect::Tiff, 3), (Dialect::EarlyTiff, 255), (Dialect::Gif(8), 255), (Dialect::Gif(2), 4), (Dialect::Gif(4), 9)]
        {
            for count in [0, 1, 2, 7, 300, 5000, 100_000] {
                let data = bytes(count, values, count as u32);
                let codes = encoded(dialect, &data);
                let mut out = vec![0; count];
                assert_eq!(decode(dialect, &codes, &mut out), Ok(()));
                assert!(out == data, "{count} bytes below {values}");
                let mut longer = vec![0; count + 1];
                assert_eq!(decode(dialect, &codes, &mut longer), Err(Fault::Truncated));
            }
        }
    }

    #[test]
    fn cut_and_broken_codes_are_faults_or_bytes() {
        let data = bytes(3000, 200, 5);
        let codes = encoded(Dialect::Tiff, &data);
        for length in (0..codes.len() - 2).step_by(7) {
            let mut out = vec![0; data.len()];
            assert_eq!(decode(Dialect::Tiff, &codes[..length], &mut out), Err(Fault::Truncated), "{length}");
        }
        for at in 0..codes.len() {
            let mut broken = codes.clone();
            broken[at] ^= 0x55;
            let _ = decode(Dialect::Tiff, &broken, &mut vec![0; data.len()]);
        }
        // The first code has to be a byte.
        assert_eq!(decode(Dialect::Gif(2), &[0b111], &mut [0; 4]), Err(Fault::Malformed));
    }
}
