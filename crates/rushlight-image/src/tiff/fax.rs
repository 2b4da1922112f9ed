//! Black and white by run lengths: modified Huffman, ITU-T T.4 and T.6.

use super::directory::tag;
use super::page::{Compression, Page};
use super::{Error, ErrorKind, Format, Result, malformed};
use fax::BitReader;
use fax::maps::{Mode, black, mode, white};

/// Bits from the highest of each byte; behind the end there are zeros.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn left(&self) -> usize {
        (8 * self.data.len()).saturating_sub(self.at)
    }

    fn align(&mut self, bits: usize) {
        self.at = self.at.next_multiple_of(bits);
    }
}

impl BitReader for Bits<'_> {
    type Error = ();

    fn peek(&self, bits: u8) -> Option<u16> {
        let byte = |i: usize| self.data.get(self.at / 8 + i).copied().unwrap_or(0) as u32;
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        (bits <= 16).then(|| (word << (8 + self.at % 8) >> (32 - bits as u32).min(31)) as u16 & (((1u32 << bits) - 1) as u16))
    }

    fn consume(&mut self, bits: u8) -> std::result::Result<(), ()> {
        if self.left() < bits as usize {
            return Err(());
        }
        self.at += bits as usize;
        Ok(())
    }

    fn bits_to_byte_boundary(&self) -> u8 {
        (self.at.wrapping_neg() % 8) as u8
    }
}

fn broken(bits: &Bits) -> Error {
    match bits.left() < 16 {
        true => Error::new(Format::Tiff, ErrorKind::Truncated, "the fax data of a strip or tile are incomplete"),
        false => malformed("the fax data of a strip or tile have a code that does not exist"),
    }
}

/// Rows of one bit a pixel from whole bytes, one for black.
pub fn decode(data: &[u8], columns: usize, rows: usize, page: &Page) -> Result<Vec<u8>> {
    let two_dimensional = page.directory.number(tag::T4_OPTIONS, 0)? & 1 == 1;
    let mut bits = Bits { data, at: 0 };
    // Where colours change in the row above and in the one being read, white at first.
    let (mut above, mut row) = (Vec::new(), Vec::new());
    let stride = columns.div_ceil(8);
    let mut out = vec![0; stride * rows];
    for packed in out.chunks_exact_mut(stride) {
        row.clear();
        match page.compression {
            Compression::Group4 => along(&mut bits, columns, &above, &mut row)?,
            Compression::Group3 => {
                let marked = skip_end_of_line(&mut bits)?;
                let one_dimensional = !(marked && two_dimensional) || take(&mut bits)?;
                if one_dimensional { runs(&mut bits, columns, &mut row)? } else { along(&mut bits, columns, &above, &mut row)? }
            }
            Compression::HuffmanWords => {
                bits.align(16);
                runs(&mut bits, columns, &mut row)?;
            }
            _ => {
                bits.align(8);
                runs(&mut bits, columns, &mut row)?;
            }
        }
        row.as_chunks::<2>().0.iter().for_each(|&[from, to]| fill(packed, from, to));
        if row.len() % 2 == 1 {
            fill(packed, row[row.len() - 1], columns);
        }
        std::mem::swap(&mut above, &mut row);
    }
    Ok(out)
}

fn take(bits: &mut Bits) -> Result<bool> {
    let bit = bits.peek(1) == Some(1);
    bits.consume(1).map_err(|()| broken(bits))?;
    Ok(bit)
}

/// Passes over zeros and the one that ends them, if there are eleven or more zeros.
fn skip_end_of_line(bits: &mut Bits) -> Result<bool> {
    if bits.peek(11) != Some(0) || bits.left() < 12 {
        return Ok(false);
    }
    while !take(bits)? {}
    Ok(true)
}

/// The length of a run: any number of multiples of 64, and less than that.
fn run(bits: &mut Bits, is_black: bool) -> Result<usize> {
    let mut sum = 0;
    loop {
        let part = if is_black { black::decode(bits) } else { white::decode(bits) };
        let part = part.ok_or_else(|| broken(bits))? as usize;
        sum += part;
        if part < 64 {
            return Ok(sum);
        }
    }
}

/// A row of runs.
fn runs(bits: &mut Bits, columns: usize, row: &mut Vec<usize>) -> Result<()> {
    let mut at = 0;
    while at < columns {
        at += run(bits, row.len() % 2 == 1)?;
        row.push(at.min(columns));
    }
    Ok(())
}

/// A row described by how it differs from the one above (T.4, 4.2).
fn along(bits: &mut Bits, columns: usize, above: &[usize], row: &mut Vec<usize>) -> Result<()> {
    let mut at = 0;
    // The first change above that may still be to the right; such a place only moves on.
    let mut next = 0usize;
    while at < columns {
        let is_black = row.len() % 2 == 1;
        // A change above to the other colour, to the right of here; at the beginning of a row also right here.
        next = next.saturating_sub(2);
        next += (next % 2 != is_black as usize) as usize;
        let first = at == 0 && row.is_empty();
        while above.get(next).is_some_and(|&change| change < at || change == at && !first) {
            next += 2;
        }
        let change = |i: usize| above.get(i).copied().unwrap_or(columns);
        match mode::decode(bits).ok_or_else(|| broken(bits))? {
            Mode::Pass => at = change(next + 1),
            Mode::Horizontal => {
                for is_black in [is_black, !is_black] {
                    at = (at + run(bits, is_black)?).min(columns);
                    row.push(at);
                }
            }
            Mode::Vertical(by) => {
                let to = change(next).checked_add_signed(by as isize).filter(|&to| to >= at);
                at = to.ok_or_else(|| malformed("the fax data of a strip or tile go backwards"))?.min(columns);
                row.push(at);
            }
            Mode::Extension | Mode::EOF => return Err(broken(bits)),
        }
    }
    Ok(())
}

/// Sets pixels `from` to `to`.
fn fill(packed: &mut [u8], from: usize, to: usize) {
    if from >= to {
        return;
    }
    let (first, last) = (0xFF >> (from % 8), 0xFF << (7 - (to - 1) % 8));
    match &mut packed[from / 8..=(to - 1) / 8] {
        [only] => *only |= first & last,
        [left, whole @ .., right] => {
            *left |= first;
            whole.fill(0xFF);
            *right |= last;
        }
        [] => {}
    }
}
