//! The first frame of a GIF (GIF 89a), on its canvas; bytes between blocks that belong to none are passed over, as by Pillow.

use crate::image::Codec;
use crate::lzw::{self, Dialect, Fault};
use crate::{Error, ErrorKind, Format, Image, Info, Limits, Mode, Result};

pub(crate) const CODEC: Codec = Codec { info, decode };

fn malformed(reason: impl Into<String>) -> Error {
    Error::new(Format::Gif, ErrorKind::Malformed, reason)
}

fn truncated() -> Error {
    Error::new(Format::Gif, ErrorKind::Truncated, "the data end within the first frame")
}

/// Reads from the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or_else(truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    fn u16(&mut self) -> Result<usize> {
        let bytes = self.take(2)?;
        Ok(u16::from_le_bytes([bytes[0], bytes[1]]) as usize)
    }

    /// A sub-block; an empty one is the last of its chain.
    fn block(&mut self) -> Result<&'a [u8]> {
        let length = self.byte()? as usize;
        self.take(length)
    }

    /// The colours that flags announce, two to the power of one more than their lowest three bits.
    fn palette(&mut self, flags: u8) -> Result<Option<&'a [[u8; 3]]>> {
        if flags & 0x80 == 0 {
            return Ok(None);
        }
        Ok(Some(self.take(3 << (1 + (flags & 7)))?.as_chunks().0))
    }
}

/// The first frame, its pixels still packed.
struct Frame<'a> {
    /// The canvas, grown where the frame reaches over it.
    width: usize,
    height: usize,
    left: usize,
    top: usize,
    columns: usize,
    rows: usize,
    interlaced: bool,
    /// None where the indices are levels of grey.
    palette: Option<&'a [[u8; 3]]>,
    transparent: Option<u8>,
    packed: Reader<'a>,
}

/// A palette, unless its colours are the levels of grey in order.
fn needed(palette: &[[u8; 3]]) -> Option<&[[u8; 3]]> {
    let is_ramp = palette.iter().enumerate().all(|(i, &color)| color == [i as u8; 3]);
    (!is_ramp).then_some(palette)
}

impl<'a> Frame<'a> {
    fn first(data: &'a [u8]) -> Result<Frame<'a>> {
        let mut reader = Reader(data);
        reader.take(6)?;
        let (width, height, flags) = (reader.u16()?, reader.u16()?, reader.byte()?);
        reader.take(2)?;
        let global = reader.palette(flags)?;
        let transparent = find_frame(&mut reader)?;
        let (left, top, columns, rows, flags) = (reader.u16()?, reader.u16()?, reader.u16()?, reader.u16()?, reader.byte()?);
        if columns == 0 || rows == 0 {
            return Err(malformed(format!("a frame of {columns}x{rows} pixels")));
        }
        let palette = reader.palette(flags)?.or(global).and_then(needed);
        let (width, height) = (width.max(left + columns), height.max(top + rows));
        Ok(Frame { width, height, left, top, columns, rows, interlaced: flags & 0x40 != 0, palette, transparent, packed: reader })
    }

    fn mode(&self) -> Mode {
        match (self.palette, self.transparent) {
            (None, None) => Mode::L,
            (None, Some(_)) => Mode::La,
            (Some(_), None) => Mode::Rgb,
            (Some(_), Some(_)) => Mode::Rgba,
        }
    }

    /// The indices of the frame's pixels, rows in the order they are stored.
    fn indices(&mut self) -> Result<Vec<u8>> {
        let size = self.packed.byte()?;
        if !(1..=8).contains(&size) {
            return Err(malformed(format!("pixels of {size} bits")));
        }
        let mut codes = Vec::new();
        while let Ok(block @ [_, ..]) = self.packed.block() {
            codes.extend_from_slice(block);
        }
        let mut out = vec![0; self.columns * self.rows];
        match lzw::decode(Dialect::Gif(size), &codes, &mut out) {
            Ok(()) => {}
            Err(Fault::Truncated) => return Err(truncated()),
            Err(Fault::Malformed) => return Err(malformed("the LZW data have a code that does not exist")),
        }
        Ok(out)
    }

    /// Which row of the frame the stored row `i` is, by the four passes of interlacing.
    fn order(&self) -> Vec<usize> {
        match self.interlaced {
            false => (0..self.rows).collect(),
            true => [(0, 8), (4, 8), (2, 4), (1, 2)].into_iter().flat_map(|(first, step)| (first..self.rows).step_by(step)).collect(),
        }
    }
}

/// Reads up to and including the mark of an image; the transparent index, if an extension before it names one.
fn find_frame(reader: &mut Reader) -> Result<Option<u8>> {
    const GRAPHIC_CONTROL: u8 = 0xF9;
    let mut transparent = None;
    loop {
        match reader.byte()? {
            b',' => return Ok(transparent),
            b';' => return Err(malformed("there is no frame")),
            b'!' => {
                let label = reader.byte()?;
                let mut block = reader.block()?;
                if let (GRAPHIC_CONTROL, [flags, _, _, index, ..]) = (label, block) {
                    transparent = (flags & 1 == 1).then_some(*index).or(transparent);
                }
                while !block.is_empty() {
                    block = reader.block()?;
                }
            }
            _ => {}
        }
    }
}

fn info(data: &[u8]) -> Result<Info> {
    let frame = Frame::first(data)?;
    Ok(Info { format: Format::Gif, width: frame.width, height: frame.height, mode: frame.mode(), bits: 8, orientation: 1 })
}

fn decode(data: &[u8], limits: &Limits) -> Result<Image> {
    let mut frame = Frame::first(data)?;
    let (width, height, mode) = (frame.width, frame.height, frame.mode());
    limits.check(Format::Gif, width, height, width as u64 * height as u64 * (mode.channels() as u64 + 2))?;
    let stored = frame.indices()?;
    let mut indices = vec![frame.transparent.unwrap_or(0); width * height];
    for (row, y) in stored.chunks_exact(frame.columns).zip(frame.order()) {
        indices[(frame.top + y) * width + frame.left..][..frame.columns].copy_from_slice(row);
    }
    Image::from_u8(Format::Gif, width, height, mode, paint(&indices, &frame))
}

/// Colours for indices, black where the palette has none; with alpha when one index is transparent.
fn paint(indices: &[u8], frame: &Frame) -> Vec<u8> {
    let alpha = |index: u8| if frame.transparent == Some(index) { 0 } else { 255 };
    let Some(palette) = frame.palette else {
        return match frame.transparent {
            None => indices.to_vec(),
            Some(_) => indices.iter().flat_map(|&i| [i, alpha(i)]).collect(),
        };
    };
    let mut colors = [[0; 3]; 256];
    colors.iter_mut().zip(palette).for_each(|(color, &entry)| *color = entry);
    match frame.transparent {
        None => indices.iter().flat_map(|&i| colors[i as usize]).collect(),
        Some(_) => indices
            .iter()
            .flat_map(|&i| {
                let [r, g, b] = colors[i as usize];
                [r, g, b, alpha(i)]
            })
            .collect(),
    }
}
