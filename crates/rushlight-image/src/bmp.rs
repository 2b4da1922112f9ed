//! Windows and OS/2 bitmaps: 1 to 32 bits, palettes, bit fields, run lengths.

use crate::image::Codec;
use crate::{Error, ErrorKind, Format, Image, Info, Limits, Mode, Result};

pub(crate) const CODEC: Codec = Codec { info, decode };

fn malformed(reason: impl Into<String>) -> Error {
    Error::new(Format::Bmp, ErrorKind::Malformed, reason)
}

fn truncated() -> Error {
    Error::new(Format::Bmp, ErrorKind::Truncated, "the data end within the image")
}

fn u16_at(data: &[u8], at: usize) -> Result<u16> {
    data.get(at..).and_then(|d| d.first_chunk::<2>()).map(|&b| u16::from_le_bytes(b)).ok_or_else(truncated)
}

fn u32_at(data: &[u8], at: usize) -> Result<u32> {
    data.get(at..).and_then(|d| d.first_chunk::<4>()).map(|&b| u32::from_le_bytes(b)).ok_or_else(truncated)
}

#[derive(Clone, Copy, PartialEq)]
enum Compression {
    None,
    Rle8,
    Rle4,
}

struct Header {
    width: usize,
    height: usize,
    top_down: bool,
    bits: usize,
    compression: Compression,
    /// Where red, green, blue and alpha are in a pixel of 16 or 32 bits.
    masks: [u32; 4],
    palette: Vec<[u8; 3]>,
    /// Where the pixels begin.
    start: usize,
}

impl Header {
    fn parse(data: &[u8]) -> Result<Header> {
        let size = u32_at(data, 14)? as usize;
        let core = size == 12;
        if !core && !(16..=124).contains(&size) {
            return Err(malformed(format!("a header of {size} bytes")));
        }
        let (width, height) = if core { (u16_at(data, 18)? as i32, u16_at(data, 20)? as i32) } else { (u32_at(data, 18)? as i32, u32_at(data, 22)? as i32) };
        let bits = u16_at(data, if core { 24 } else { 28 })? as usize;
        let code = if core || size < 20 { 0 } else { u32_at(data, 30)? };
        if width <= 0 || height == 0 || height == i32::MIN {
            return Err(malformed(format!("a size of {width}x{height} pixels")));
        }
        let compression = match (code, bits) {
            (0, 1 | 2 | 4 | 8 | 16 | 24 | 32) | (3, 16 | 24 | 32) | (6, 16 | 32) => Compression::None,
            (1, 8) => Compression::Rle8,
            (2, 4) => Compression::Rle4,
            _ => return Err(Error::new(Format::Bmp, ErrorKind::Unsupported, format!("compression {code} of {bits} bits is not decoded"))),
        };
        let mut masks = match bits {
            16 => [0x7C00, 0x3E0, 0x1F, 0],
            _ => [0xFF_0000, 0xFF00, 0xFF, 0],
        };
        if code == 3 || code == 6 {
            let count = if size >= 56 || code == 6 { 4 } else { 3 };
            for (i, mask) in masks.iter_mut().enumerate().take(count) {
                *mask = u32_at(data, 54 + 4 * i)?;
            }
            // No fields at all stand for the usual ones, as for Pillow.
            if bits == 32 && masks == [0; 4] {
                masks = [0xFF_0000, 0xFF00, 0xFF, 0xFF00_0000];
            }
        }
        let between = if size == 40 && code == 3 {
            12
        } else if size == 40 && code == 6 {
            16
        } else {
            0
        };
        let start = u32_at(data, 10)? as usize;
        let behind = 14 + size + between;
        let palette = if bits <= 8 { read_palette(data, behind, start, bits, size)? } else { Vec::new() };
        // Where nothing is said the pixels follow what is read.
        let start = if start == 0 { behind + palette.len() * entry_size(size) } else { start };
        Ok(Header { width: width as usize, height: height.unsigned_abs() as usize, top_down: height < 0, bits, compression, masks, palette, start })
    }

    fn is_gray(&self) -> bool {
        !self.palette.is_empty() && self.palette.iter().all(|&[r, g, b]| r == g && g == b)
    }

    fn mode(&self) -> Mode {
        match () {
            _ if self.is_gray() => Mode::L,
            // Alpha of one bit of sixteen is dropped, as by Pillow.
            _ if self.masks[3] != 0 && self.bits == 32 || self.masks[3].count_ones() > 1 && self.bits == 16 => Mode::Rgba,
            _ => Mode::Rgb,
        }
    }
}

/// Bytes of a palette's colour.
fn entry_size(header_size: usize) -> usize {
    if header_size == 12 { 3 } else { 4 }
}

/// The colours between the header and the pixels: at most what the depth can index.
fn read_palette(data: &[u8], from: usize, to: usize, bits: usize, size: usize) -> Result<Vec<[u8; 3]>> {
    let entry = entry_size(size);
    let declared = if size >= 36 { u32_at(data, 46)? as usize } else { 0 };
    let most = 1 << bits;
    let count = if declared == 0 { most } else { declared.min(most) };
    let to = if to == 0 { data.len() } else { to.min(data.len()) };
    let bytes = data.get(from..to).unwrap_or(&[]);
    let palette: Vec<[u8; 3]> = bytes.chunks_exact(entry).take(count).map(|c| [c[2], c[1], c[0]]).collect();
    if palette.is_empty() { Err(malformed("there is no palette")) } else { Ok(palette) }
}

fn info(data: &[u8]) -> Result<Info> {
    let header = Header::parse(data)?;
    Ok(Info { format: Format::Bmp, width: header.width, height: header.height, mode: header.mode(), bits: 8, orientation: 1 })
}

fn decode(data: &[u8], limits: &Limits) -> Result<Image> {
    let header = Header::parse(data)?;
    let pixels = header.width as u64 * header.height as u64;
    limits.check(Format::Bmp, header.width, header.height, pixels * 4)?;
    let data = data.get(header.start..).ok_or_else(truncated)?;
    let mode = header.mode();
    let row = header.width * mode.channels();
    let mut samples = vec![0; row * header.height];
    let mut lines = in_order(&mut samples, row, header.top_down);
    match header.bits {
        ..=8 => paint(&header, &indices(&header, data)?, &mut lines),
        _ => true_color(&header, data, &mut lines)?,
    }
    Image::from_u8(Format::Bmp, header.width, header.height, mode, samples)
}

/// The rows of the result in the order in which they are stored.
fn in_order(samples: &mut [u8], row: usize, top_down: bool) -> Vec<&mut [u8]> {
    let mut rows: Vec<&mut [u8]> = samples.chunks_exact_mut(row).collect();
    if !top_down {
        rows.reverse();
    }
    rows
}

fn rows<'a>(header: &Header, data: &'a [u8]) -> Result<std::slice::Chunks<'a, u8>> {
    let bits = header.width * header.bits;
    let (stride, last) = (bits.div_ceil(32) * 4, bits.div_ceil(8));
    // The padding of the last row may be missing.
    let needed = stride.checked_mul(header.height - 1).and_then(|size| size.checked_add(last)).ok_or_else(truncated)?;
    Ok(data.get(..needed).ok_or_else(truncated)?.chunks(stride))
}

fn indices(header: &Header, data: &[u8]) -> Result<Vec<u8>> {
    if header.compression != Compression::None {
        return run_lengths(header, data);
    }
    let bits = header.bits;
    let mask = ((1u16 << bits) - 1) as u8;
    let sample = |row: &[u8], x: usize| (row[x * bits / 8] >> (8 - bits - x * bits % 8)) & mask;
    Ok(rows(header, data)?.flat_map(|row| (0..header.width).map(move |x| sample(row, x))).collect())
}

/// Runs of one index, absolute runs, jumps and ends of lines; what is jumped over stays zero.
fn run_lengths(header: &Header, data: &[u8]) -> Result<Vec<u8>> {
    let (width, height) = (header.width, header.height);
    let four = header.compression == Compression::Rle4;
    let mut out = vec![0; width * height];
    let (mut x, mut y, mut at) = (0, 0, 0);
    let nibble = |byte: u8, i: usize| {
        if !four {
            byte
        } else if i.is_multiple_of(2) {
            byte >> 4
        } else {
            byte & 15
        }
    };
    // Pixels in number end the data as well as the mark of their end.
    while y < height && !(y == height - 1 && x >= width && at >= data.len()) {
        let &[count, value] = data.get(at..).and_then(|d| d.first_chunk::<2>()).ok_or_else(truncated)?;
        at += 2;
        match (count, value) {
            (0, 0) => (x, y) = (0, y + 1),
            // As for Pillow, the mark of the end does not stand for pixels.
            (0, 1) if y < height - 1 || x < width => return Err(truncated()),
            (0, 1) => break,
            (0, 2) => {
                let &[dx, dy] = data.get(at..).and_then(|d| d.first_chunk::<2>()).ok_or_else(truncated)?;
                at += 2;
                (x, y) = (x + dx as usize, y + dy as usize);
            }
            (0, n) => {
                let n = n as usize;
                let bytes = if four { n.div_ceil(2) } else { n };
                let run = data.get(at..at + bytes).ok_or_else(truncated)?;
                at += bytes.next_multiple_of(2);
                for i in (0..n).take(width.saturating_sub(x)) {
                    out[y * width + x + i] = nibble(run[if four { i / 2 } else { i }], i);
                }
                x += n;
            }
            (n, value) => {
                for i in (0..n as usize).take(width.saturating_sub(x)) {
                    out[y * width + x + i] = nibble(value, i);
                }
                x += n as usize;
            }
        }
    }
    Ok(out)
}

fn paint(header: &Header, indices: &[u8], lines: &mut [&mut [u8]]) {
    let mut colors = [[0; 3]; 256];
    colors.iter_mut().zip(&header.palette).for_each(|(color, &entry)| *color = entry);
    for (line, indices) in lines.iter_mut().zip(indices.chunks_exact(header.width)) {
        match header.is_gray() {
            true => line.iter_mut().zip(indices).for_each(|(gray, &i)| *gray = colors[i as usize][0]),
            false => line.as_chunks_mut::<3>().0.iter_mut().zip(indices).for_each(|(pixel, &i)| *pixel = colors[i as usize]),
        }
    }
}

fn true_color(header: &Header, data: &[u8], lines: &mut [&mut [u8]]) -> Result<()> {
    let channels = header.mode().channels();
    for (line, row) in lines.iter_mut().zip(rows(header, data)?) {
        if header.bits == 24 {
            line.as_chunks_mut::<3>().0.iter_mut().zip(row.as_chunks::<3>().0).for_each(|(pixel, &[b, g, r])| *pixel = [r, g, b]);
            continue;
        }
        for (pixel, bytes) in line.chunks_exact_mut(channels).zip(row.chunks_exact(header.bits / 8)) {
            let value = bytes.iter().rev().fold(0u32, |value, &byte| value << 8 | byte as u32);
            pixel.iter_mut().zip(&header.masks).for_each(|(sample, &mask)| *sample = field(value, mask));
        }
    }
    Ok(())
}

/// The bits under a mask, over the whole range of eight.
fn field(value: u32, mask: u32) -> u8 {
    if mask == 0 {
        return 0;
    }
    let shift = mask.trailing_zeros();
    let (value, most) = (((value & mask) >> shift) as u64, (mask >> shift) as u64);
    (value * 255 / most) as u8
}
