//! The chunks of a PNG that make its picture, and only those: what else is in the file cannot keep it from being read.
//!
//! What Pillow reads is read: the header wherever it is, any number of palettes before the pixels (the last counts) or none (all is black),
//! chunks of unknown kinds, wrong checksums of pixel chunks (their zlib stream has one of its own), a last chunk of any length, no end.

use super::metadata::chunks;
use crate::{Error, ErrorKind, Format, Result};
use std::borrow::Cow;
use std::io::{BufRead, Read, Result as IoResult, Seek, SeekFrom};

const SIGNATURE: &[u8; 8] = b"\x89PNG\r\n\x1a\n";
const INDEXED: u8 = 3;

fn malformed(reason: impl Into<String>) -> Error {
    Error::new(Format::Png, ErrorKind::Malformed, reason)
}

/// The parts of a file with nothing but the picture, read one behind the other.
pub struct Picture<'a> {
    /// Header, palette and transparency; the whole pixel chunks; one that was cut, and the end.
    parts: [Cow<'a, [u8]>; 3],
    part: usize,
    at: usize,
    /// Whether the file ends with the pixels, or within them.
    pub is_cut: bool,
}

/// What precedes the pixels.
#[derive(Default)]
struct Front<'a> {
    header: Option<&'a [u8]>,
    palette: &'a [u8],
    transparency: &'a [u8],
}

impl<'a> Picture<'a> {
    pub fn of(data: &'a [u8]) -> Result<Picture<'a>> {
        let mut front = Front::default();
        let (mut pixels, mut at, mut is_cut) = (8..8, 8, true);
        for (kind, content) in chunks(data) {
            let end = at + content.len() + 12;
            match kind {
                b"IDAT" if pixels.is_empty() => pixels = at..end,
                b"IDAT" => pixels.end = end,
                _ if !pixels.is_empty() => {
                    is_cut = false;
                    break;
                }
                _ => front.take(kind, content, &data[end - 4..end])?,
            }
            at = end;
        }
        let tail = if is_cut { cut_pixels(data.get(at..).unwrap_or(&[])) } else { None };
        if pixels.is_empty() && tail.is_none() {
            return Err(front.without_pixels(data));
        }
        let end = [tail.unwrap_or_default(), chunk(b"IEND", &[])].concat();
        Ok(Picture { parts: [Cow::Owned(front.bytes()?), Cow::Borrowed(data.get(pixels).unwrap_or(&[])), Cow::Owned(end)], part: 0, at: 0, is_cut })
    }
}

impl<'a> Front<'a> {
    fn take(&mut self, kind: &[u8], content: &'a [u8], checksum: &[u8]) -> Result<()> {
        let whole = checksum == checksum_of(kind, content);
        match kind {
            b"IHDR" | b"PLTE" if !whole => return Err(malformed(format!("the checksum of the chunk {} is wrong", kind.escape_ascii()))),
            b"IHDR" => self.header = Some(content.get(..13).ok_or_else(|| malformed("the header is too short"))?),
            b"PLTE" => self.palette = content,
            b"tRNS" if whole => self.transparency = content,
            _ => {}
        }
        Ok(())
    }

    /// What is wrong with a file in which no pixels were found.
    fn without_pixels(&self, data: &[u8]) -> Error {
        match chunks(data).any(|(kind, _)| kind == b"IEND") {
            true => malformed("there are no pixels"),
            false => Error::new(Format::Png, ErrorKind::Truncated, "the data end before the pixels"),
        }
    }

    /// The chunks in the order, and of the lengths, that the format asks for.
    fn bytes(&self) -> Result<Vec<u8>> {
        let mut header = self.header.ok_or_else(|| malformed("there is no header before the pixels"))?.to_vec();
        // There is one method of compression. Pillow takes any method of interlacing for Adam7.
        (header[10], header[12]) = (0, header[12].min(1));
        let (depth, color) = (header[8], header[9]);
        let mut out = [&SIGNATURE[..], &chunk(b"IHDR", &header)].concat();
        if color == INDEXED {
            let most = 1 << depth.min(8);
            let alpha = &self.transparency[..self.transparency.len().min(most)];
            let mut palette = self.palette[..self.palette.len() / 3 * 3].to_vec();
            palette.resize(palette.len().clamp(3 * alpha.len().max(1), 3 * most), 0);
            out.extend(chunk(b"PLTE", &palette));
            if !alpha.is_empty() {
                out.extend(chunk(b"tRNS", alpha));
            }
        } else if !self.transparency.is_empty() {
            out.extend(chunk(b"tRNS", self.transparency));
        }
        Ok(out)
    }
}

fn checksum_of(kind: &[u8], content: &[u8]) -> [u8; 4] {
    let mut crc = flate2::Crc::new();
    crc.update(kind);
    crc.update(content);
    crc.sum().to_be_bytes()
}

fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32).to_be_bytes()[..], kind, content, &checksum_of(kind, content)].concat()
}

/// The chunk of pixels that the file ends in, as long as it is there.
fn cut_pixels(data: &[u8]) -> Option<Vec<u8>> {
    let (head, content) = data.split_first_chunk::<8>()?;
    head.ends_with(b"IDAT").then(|| {
        let declared = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        chunk(b"IDAT", &content[..content.len().min(declared)])
    })
}

impl Read for Picture<'_> {
    fn read(&mut self, out: &mut [u8]) -> IoResult<usize> {
        let count = self.fill_buf()?.read(out)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Picture<'_> {
    fn fill_buf(&mut self) -> IoResult<&[u8]> {
        while self.part < self.parts.len() && self.at == self.parts[self.part].len() {
            (self.part, self.at) = (self.part + 1, 0);
        }
        Ok(self.parts.get(self.part).map_or(&[], |part| &part[self.at..]))
    }

    fn consume(&mut self, count: usize) {
        self.at += count;
    }
}

/// Which the decoder asks for and does not use.
impl Seek for Picture<'_> {
    fn seek(&mut self, _: SeekFrom) -> IoResult<u64> {
        Err(std::io::ErrorKind::Unsupported.into())
    }
}
