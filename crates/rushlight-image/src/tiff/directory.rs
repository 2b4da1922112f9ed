//! A check of the first directory before the `tiff` crate reads it: it makes room for as many values as an entry declares.

use super::{Error, ErrorKind, Format, Result};

/// Bytes of a value of each type (TIFF 6.0, section 2; BigTIFF).
const SIZES: [usize; 19] = [1, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 1, 1, 8, 8, 8];

/// An error if an entry of the first directory has more values than the data could hold.
pub fn check(data: &[u8]) -> Result<()> {
    match find_excessive(data) {
        None => Ok(()),
        Some(tag) => Err(Error::new(Format::Tiff, ErrorKind::Malformed, format!("tag {tag} has more values than the file has bytes"))),
    }
}

/// The tag of an entry that is too long. Where the directory itself ends early, the crate says so.
fn find_excessive(data: &[u8]) -> Option<u64> {
    let little = data.starts_with(b"II");
    let number = |at: usize, bytes: usize| {
        let field = data.get(at..at.checked_add(bytes)?)?;
        let join = |value: u64, &byte: &u8| value << 8 | byte as u64;
        Some(if little { field.iter().rev().fold(0, join) } else { field.iter().fold(0, join) })
    };
    let big = number(2, 2)? == 43;
    let (start, count_bytes, entry_bytes, word) = if big { (number(8, 8)?, 8, 20, 8) } else { (number(4, 4)?, 2, 12, 4) };
    let start = usize::try_from(start).ok()?;
    let count = number(start, count_bytes)?.min(data.len() as u64) as usize;
    let excessive = |at: &usize| {
        let values = || Some(number(at + 4, word)?.saturating_mul(*SIZES.get(number(at + 2, 2)? as usize).unwrap_or(&1) as u64));
        values().is_some_and(|bytes| bytes > data.len() as u64)
    };
    let at = (0..count).map_while(|i| start.checked_add(count_bytes + i * entry_bytes)).take_while(|&at| at < data.len()).find(excessive)?;
    number(at, 2)
}
