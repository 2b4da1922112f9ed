//! PBM, PGM, PPM (plain and raw) and PAM: the Netpbm formats.

use crate::image::Codec;
use crate::{Error, ErrorKind, Format, Image, Info, Limits, Mode, Result};

pub(crate) const CODEC: Codec = Codec { info, decode };

fn malformed(reason: &str) -> Error {
    Error::new(Format::Pnm, ErrorKind::Malformed, reason)
}

fn truncated() -> Error {
    Error::new(Format::Pnm, ErrorKind::Truncated, "the data end within the image")
}

/// How samples are written.
#[derive(Clone, Copy, PartialEq)]
enum Coding {
    Text,
    TextBits,
    Bytes,
    Bits,
}

struct Header {
    coding: Coding,
    width: usize,
    height: usize,
    mode: Mode,
    max: u32,
    /// Where the samples begin.
    start: usize,
}

impl Header {
    fn parse(data: &[u8]) -> Result<Header> {
        let mut text = Text { data, at: 2 };
        let (coding, mode) = match data.get(1) {
            Some(b'1') => (Coding::TextBits, Mode::L),
            Some(b'2') => (Coding::Text, Mode::L),
            Some(b'3') => (Coding::Text, Mode::Rgb),
            Some(b'4') => (Coding::Bits, Mode::L),
            Some(b'5') => (Coding::Bytes, Mode::L),
            Some(b'6') => (Coding::Bytes, Mode::Rgb),
            _ => return Header::parse_pam(text),
        };
        let (width, height) = (text.number()? as usize, text.number()? as usize);
        let max = if matches!(coding, Coding::Bits | Coding::TextBits) { 1 } else { text.number()? };
        Header { coding, width, height, mode, max, start: text.at + 1 }.checked()
    }

    fn parse_pam(mut text: Text) -> Result<Header> {
        let (mut width, mut height, mut depth, mut max) = (0, 0, 0, 0);
        loop {
            match text.word()? {
                b"WIDTH" => width = text.number()?,
                b"HEIGHT" => height = text.number()?,
                b"DEPTH" => depth = text.number()?,
                b"MAXVAL" => max = text.number()?,
                b"TUPLTYPE" => drop(text.word()?),
                b"ENDHDR" => break,
                _ => return Err(malformed("the header has an unknown field")),
            }
        }
        let mode = match depth {
            1 => Mode::L,
            2 => Mode::La,
            3 => Mode::Rgb,
            4 => Mode::Rgba,
            _ => return Err(malformed("the depth is not 1 to 4")),
        };
        Header { coding: Coding::Bytes, width: width as usize, height: height as usize, mode, max, start: text.at + 1 }.checked()
    }

    fn checked(self) -> Result<Header> {
        if self.width == 0 || self.height == 0 {
            return Err(malformed("the image is empty"));
        }
        if !(1..=65535).contains(&self.max) {
            return Err(malformed("the greatest value is not 1 to 65535"));
        }
        self.width.checked_mul(self.height).and_then(|n| n.checked_mul(8)).ok_or_else(|| malformed("the image is larger than memory"))?;
        Ok(self)
    }

    fn bits(&self) -> u8 {
        if self.max > 255 { 16 } else { 8 }
    }

    fn count(&self) -> usize {
        self.width * self.height * self.mode.channels()
    }
}

/// Words and numbers between blanks and comments.
struct Text<'a> {
    data: &'a [u8],
    at: usize,
}

impl<'a> Text<'a> {
    fn skip_blanks(&mut self) -> Result<()> {
        loop {
            match self.data.get(self.at).ok_or_else(truncated)? {
                b'#' => self.at += self.data[self.at..].iter().position(|&b| b == b'\n' || b == b'\r').ok_or_else(truncated)?,
                b if b.is_ascii_whitespace() => self.at += 1,
                _ => return Ok(()),
            }
        }
    }

    fn word(&mut self) -> Result<&'a [u8]> {
        self.skip_blanks()?;
        let rest = &self.data[self.at..];
        let length = rest.iter().position(|b| b.is_ascii_whitespace() || *b == b'#').unwrap_or(rest.len());
        self.at += length;
        Ok(&rest[..length])
    }

    fn number(&mut self) -> Result<u32> {
        let word = self.word()?;
        let text = std::str::from_utf8(word).ok().filter(|_| word.len() <= 10);
        text.and_then(|text| text.parse().ok()).ok_or_else(|| malformed("a number was expected"))
    }

    fn bit(&mut self) -> Result<u32> {
        self.skip_blanks()?;
        self.at += 1;
        match self.data[self.at - 1] {
            b'0' => Ok(0),
            b'1' => Ok(1),
            _ => Err(malformed("a bit was expected")),
        }
    }
}

fn info(data: &[u8]) -> Result<Info> {
    let header = Header::parse(data)?;
    Ok(Info { format: Format::Pnm, width: header.width, height: header.height, mode: header.mode, bits: header.bits(), orientation: 1 })
}

fn decode(data: &[u8], limits: &Limits) -> Result<Image> {
    let header = Header::parse(data)?;
    let rest = data.get(header.start..).unwrap_or(&[]);
    if header.coding == Coding::Bytes && header.max == 255 {
        let samples = rest.get(..header.count()).ok_or_else(truncated)?.to_vec();
        return Image::from_u8(Format::Pnm, header.width, header.height, header.mode, samples);
    }
    // Four bytes for a value, two for a sample.
    limits.check(Format::Pnm, header.width, header.height, 6 * header.count() as u64)?;
    let values = match header.coding {
        Coding::Text => read_text(rest, header.count(), |text| text.number())?,
        Coding::TextBits => read_text(rest, header.count(), |text| text.bit())?.into_iter().map(|bit| 1 - bit).collect(),
        Coding::Bits => read_bits(rest, &header)?,
        Coding::Bytes => read_bytes(rest, &header)?,
    };
    let Header { width, height, mode, max, .. } = header;
    // Pillow's rounding: half to even.
    let scale = |value: u32, full: u32| if max == full { value.min(full) } else { (value.min(max) as f64 / max as f64 * full as f64).round_ties_even() as u32 };
    match header.bits() {
        8 => Image::from_u8(Format::Pnm, width, height, mode, values.into_iter().map(|v| scale(v, 255) as u8).collect()),
        _ => Image::from_u16(Format::Pnm, width, height, mode, values.into_iter().map(|v| scale(v, 65535) as u16).collect()),
    }
}

fn read_text(data: &[u8], count: usize, read: fn(&mut Text) -> Result<u32>) -> Result<Vec<u32>> {
    if data.len() < count {
        return Err(truncated());
    }
    let mut text = Text { data, at: 0 };
    (0..count).map(|_| read(&mut text)).collect()
}

/// Eight pixels a byte, rows from whole bytes, one for black.
fn read_bits(data: &[u8], header: &Header) -> Result<Vec<u32>> {
    let row_bytes = header.width.div_ceil(8);
    let packed = data.get(..row_bytes * header.height).ok_or_else(truncated)?;
    let bit = |row: &[u8], x: usize| 1 - (row[x / 8] >> (7 - x % 8) & 1) as u32;
    Ok(packed.chunks_exact(row_bytes).flat_map(|row| (0..header.width).map(move |x| bit(row, x))).collect())
}

fn read_bytes(data: &[u8], header: &Header) -> Result<Vec<u32>> {
    let wide = header.bits() == 16;
    let bytes = data.get(..header.count() * if wide { 2 } else { 1 }).ok_or_else(truncated)?;
    Ok(if wide { bytes.as_chunks::<2>().0.iter().map(|&b| u16::from_be_bytes(b) as u32).collect() } else { bytes.iter().map(|&b| b as u32).collect() })
}
