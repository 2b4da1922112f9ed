//! The first directory of a TIFF: values of its entries, read where they are asked for (TIFF 6.0, section 2; BigTIFF).

use super::{Error, ErrorKind, Format, Result, malformed};

/// Tags of TIFF 6.0 and its supplements.
pub mod tag {
    pub const WIDTH: u16 = 256;
    pub const HEIGHT: u16 = 257;
    pub const BITS: u16 = 258;
    pub const COMPRESSION: u16 = 259;
    pub const PHOTOMETRIC: u16 = 262;
    pub const FILL_ORDER: u16 = 266;
    pub const STRIP_OFFSETS: u16 = 273;
    pub const ORIENTATION: u16 = 274;
    pub const SAMPLES: u16 = 277;
    pub const ROWS_PER_STRIP: u16 = 278;
    pub const STRIP_COUNTS: u16 = 279;
    pub const PLANAR: u16 = 284;
    pub const T4_OPTIONS: u16 = 292;
    pub const PREDICTOR: u16 = 317;
    pub const COLOR_MAP: u16 = 320;
    pub const TILE_WIDTH: u16 = 322;
    pub const TILE_HEIGHT: u16 = 323;
    pub const TILE_OFFSETS: u16 = 324;
    pub const TILE_COUNTS: u16 = 325;
    pub const EXTRA_SAMPLES: u16 = 338;
    pub const SAMPLE_FORMAT: u16 = 339;
    pub const JPEG_TABLES: u16 = 347;
    pub const SUBSAMPLING: u16 = 530;
    pub const XMP: u16 = 700;
    pub const ICC_PROFILE: u16 = 34675;
}

/// A directory in the data of its file.
#[derive(Clone, Copy)]
pub struct Directory<'a> {
    data: &'a [u8],
    pub little: bool,
    big: bool,
    entries: &'a [u8],
}

/// One entry: its type, and the bytes of its values.
struct Entry<'a> {
    kind: u64,
    values: &'a [u8],
}

fn truncated(what: &str) -> Error {
    Error::new(Format::Tiff, ErrorKind::Truncated, format!("{what} lies behind the end of the data"))
}

/// Bytes of a value of each type; zero for types that do not exist.
fn size_of(kind: u64) -> usize {
    match kind {
        1 | 2 | 6 | 7 => 1,
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16..=18 => 8,
        _ => 0,
    }
}

/// An unsigned number of up to eight bytes.
fn number(bytes: &[u8], little: bool) -> u64 {
    let join = |value: u64, &byte: &u8| value << 8 | byte as u64;
    if little { bytes.iter().rev().fold(0, join) } else { bytes.iter().fold(0, join) }
}

fn part(data: &[u8], at: u64, length: u64) -> Option<&[u8]> {
    let (at, length) = (usize::try_from(at).ok()?, usize::try_from(length).ok()?);
    data.get(at..at.checked_add(length)?)
}

impl<'a> Directory<'a> {
    /// The first directory of a file.
    pub fn first(data: &'a [u8]) -> Result<Directory<'a>> {
        let little = data.starts_with(b"II");
        let read = |at: u64, length: u64| part(data, at, length).map(|bytes| number(bytes, little)).ok_or_else(|| truncated("the directory"));
        let big = read(2, 2)? == 43;
        let (start, count_bytes) = if big { (read(8, 8)?, 8) } else { (read(4, 4)?, 2) };
        let count = read(start, count_bytes)?;
        let bytes = count.saturating_mul(if big { 20 } else { 12 });
        let entries = part(data, start.saturating_add(count_bytes), bytes).ok_or_else(|| truncated("the directory"))?;
        Ok(Directory { data, little, big, entries })
    }

    /// The first entry with a tag and a type that exists.
    fn entry(&self, tag: u16) -> Result<Option<Entry<'a>>> {
        let number = |bytes: &[u8]| number(bytes, self.little);
        let (size, word) = if self.big { (20, 8) } else { (12, 4) };
        let entries = self.entries.chunks_exact(size).filter(|entry| number(&entry[..2]) == tag as u64);
        let Some(entry) = entries.into_iter().find(|entry| size_of(number(&entry[2..4])) > 0) else { return Ok(None) };
        let kind = number(&entry[2..4]);
        let bytes = number(&entry[4..4 + word]).saturating_mul(size_of(kind) as u64);
        let field = &entry[4 + word..];
        let values = if bytes <= word as u64 { Some(&field[..bytes as usize]) } else { part(self.data, number(field), bytes) };
        let values = values.ok_or_else(|| truncated(&format!("the value of tag {tag}")))?;
        Ok(Some(Entry { kind, values }))
    }

    /// The whole numbers of a tag; none when it is absent.
    pub fn numbers(&self, tag: u16) -> Result<Vec<u64>> {
        let Some(Entry { kind, values }) = self.entry(tag)? else { return Ok(Vec::new()) };
        match kind {
            1 | 3 | 4 | 7 | 13 | 16 | 18 => Ok(values.chunks_exact(size_of(kind)).map(|bytes| number(bytes, self.little)).collect()),
            // Signed ones, of which no tag here may be negative.
            6 | 8 | 9 | 17 => {
                let size = size_of(kind);
                let numbers = values.chunks_exact(size).map(|bytes| number(bytes, self.little));
                numbers.map(|value| if value >> (8 * size - 1) == 0 { Ok(value) } else { Err(malformed(format!("tag {tag} is negative"))) }).collect()
            }
            _ => Err(malformed(format!("tag {tag} is not a whole number"))),
        }
    }

    /// The first number of a tag, or what it is by default.
    pub fn number(&self, tag: u16, default: u64) -> Result<u64> {
        Ok(self.numbers(tag)?.first().copied().unwrap_or(default))
    }

    /// The bytes of a tag's values.
    pub fn bytes(&self, tag: u16) -> Result<Option<&'a [u8]>> {
        Ok(self.entry(tag)?.map(|entry| entry.values))
    }

    /// A part of the file.
    pub fn part(&self, at: u64, length: u64) -> Option<&'a [u8]> {
        part(self.data, at, length)
    }

    /// What of the file there is from a place on.
    pub fn rest(&self, at: u64) -> &'a [u8] {
        usize::try_from(at).ok().and_then(|at| self.data.get(at..)).unwrap_or(&[])
    }
}
