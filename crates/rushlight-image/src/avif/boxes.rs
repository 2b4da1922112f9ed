//! Boxes of the ISO base media file format (ISO/IEC 14496-12, 4.2), each within the bounds of the one around it.

use super::{fault, malformed};
use crate::{ErrorKind, Result};

/// Boxes side by side; files have some tens.
const MOST_BOXES: usize = 4096;

/// A box: its type and its content.
#[derive(Clone, Copy, Debug)]
pub struct Box<'a> {
    pub kind: [u8; 4],
    pub content: &'a [u8],
}

/// The boxes that `data` consist of.
pub fn list(data: &[u8]) -> Result<Vec<Box<'_>>> {
    read(data, |_| false)
}

/// The boxes of a file up to one that is cut, if those that say what it holds come before: where its data are does not depend on other boxes.
pub fn of_file(data: &[u8]) -> Result<Vec<Box<'_>>> {
    read(data, |boxes| boxes.iter().any(|b| matches!(&b.kind, b"meta" | b"moov")))
}

/// The boxes up to the first fault, if those before it are `enough`.
fn read(data: &[u8], enough: impl Fn(&[Box]) -> bool) -> Result<Vec<Box<'_>>> {
    let mut reader = Reader::new(data);
    let mut boxes = Vec::new();
    while !reader.is_empty() {
        let found = match boxes.len() {
            MOST_BOXES => Err(fault(ErrorKind::Limit, format!("more than {MOST_BOXES} boxes side by side"))),
            _ => reader.next_box(),
        };
        match found {
            Ok(found) => boxes.push(found),
            Err(_) if enough(&boxes) => break,
            Err(error) => return Err(error),
        }
    }
    Ok(boxes)
}

/// The first box of a kind.
pub fn find<'a>(boxes: &[Box<'a>], kind: &[u8; 4]) -> Option<&'a [u8]> {
    boxes.iter().find(|b| b.kind == *kind).map(|b| b.content)
}

/// The first box of a kind, which has to be there.
pub fn require<'a>(boxes: &[Box<'a>], kind: &[u8; 4]) -> Result<&'a [u8]> {
    find(boxes, kind).ok_or_else(|| malformed(format!("the box '{}' is missing", kind.escape_ascii())))
}

/// Reads big-endian numbers.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    data: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(data: &'a [u8]) -> Reader<'a> {
        Reader { data }
    }

    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    pub fn rest(&self) -> &'a [u8] {
        self.data
    }

    pub fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.data.split_at_checked(count).ok_or_else(|| fault(ErrorKind::Truncated, "a box ends before its content does"))?;
        self.data = rest;
        Ok(taken)
    }

    /// A number of up to eight bytes.
    pub fn number(&mut self, bytes: usize) -> Result<u64> {
        Ok(self.take(bytes)?.iter().fold(0, |value, &byte| value << 8 | byte as u64))
    }

    pub fn u8(&mut self) -> Result<u8> {
        Ok(self.number(1)? as u8)
    }

    pub fn u16(&mut self) -> Result<u16> {
        Ok(self.number(2)? as u16)
    }

    pub fn u32(&mut self) -> Result<u32> {
        Ok(self.number(4)? as u32)
    }

    pub fn kind(&mut self) -> Result<[u8; 4]> {
        Ok(self.u32()?.to_be_bytes())
    }

    /// Version and flags of a full box.
    pub fn version(&mut self) -> Result<(u8, u32)> {
        let word = self.u32()?;
        Ok(((word >> 24) as u8, word & 0xFF_FFFF))
    }

    fn next_box(&mut self) -> Result<Box<'a>> {
        let (size, kind) = (self.u32()? as u64, self.kind()?);
        let content = match size {
            0 => self.data.len() as u64,
            1 => self.number(8)?.wrapping_sub(16),
            _ => size.wrapping_sub(8),
        };
        let content = usize::try_from(content).ok().filter(|&n| n <= self.data.len());
        let content = content.ok_or_else(|| fault(ErrorKind::Truncated, format!("the box '{}' is longer than what holds it", kind.escape_ascii())))?;
        Ok(Box { kind, content: self.take(content)? })
    }
}
