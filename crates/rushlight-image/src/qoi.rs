//! QOI (qoiformat.org, specification 1.0). As for Pillow, an image ends with its last pixel: what follows it does not count.

use crate::image::Codec;
use crate::{Error, ErrorKind, Format, Image, Info, Limits, Mode, Result};

pub(crate) const CODEC: Codec = Codec { info, decode };

const HEADER: usize = 14;

fn truncated() -> Error {
    Error::new(Format::Qoi, ErrorKind::Truncated, "the data end within the image")
}

fn info(data: &[u8]) -> Result<Info> {
    let header = data.first_chunk::<HEADER>().ok_or_else(truncated)?;
    let side = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]) as usize;
    let (width, height) = (side(4), side(8));
    if width == 0 || height == 0 {
        return Err(Error::new(Format::Qoi, ErrorKind::Malformed, format!("a size of {width}x{height} pixels")));
    }
    let mode = if header[12] == 3 { Mode::Rgb } else { Mode::Rgba };
    Ok(Info { format: Format::Qoi, width, height, mode, bits: 8, orientation: 1 })
}

fn decode(data: &[u8], limits: &Limits) -> Result<Image> {
    let Info { width, height, mode, .. } = info(data)?;
    limits.check(Format::Qoi, width, height, width as u64 * height as u64 * mode.channels() as u64)?;
    let mut samples = vec![0; width * height * mode.channels()];
    match mode {
        Mode::Rgb => paint(&data[HEADER..], samples.as_chunks_mut::<3>().0, |[r, g, b, _]| [r, g, b])?,
        _ => paint(&data[HEADER..], samples.as_chunks_mut::<4>().0, |pixel| pixel)?,
    }
    Image::from_u8(Format::Qoi, width, height, mode, samples)
}

type Pixel = [u8; 4];

/// Reads pixels from the front of the data.
struct Reader<'a> {
    data: &'a [u8],
    pixel: Pixel,
    seen: [Pixel; 64],
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (taken, rest) = self.data.split_first_chunk::<N>().ok_or_else(truncated)?;
        self.data = rest;
        Ok(*taken)
    }

    /// Moves to the pixel that is next in the data; how often it comes.
    fn advance(&mut self) -> Result<usize> {
        let [code] = self.take()?;
        let [r, g, b, a] = self.pixel;
        let low = code & 0x3F;
        self.pixel = match code {
            0xFE => {
                let [r, g, b] = self.take()?;
                [r, g, b, a]
            }
            0xFF => self.take()?,
            0x00..=0x3F => self.seen[low as usize],
            0x40..=0x7F => [moved(r, low >> 4, 2), moved(g, low >> 2 & 3, 2), moved(b, low & 3, 2), a],
            0x80..=0xBF => {
                let [others] = self.take()?;
                let green = low.wrapping_sub(32);
                [moved(r, green.wrapping_add(others >> 4), 8), g.wrapping_add(green), moved(b, green.wrapping_add(others & 15), 8), a]
            }
            0xC0..=0xFD => return Ok(low as usize + 1),
        };
        let [r, g, b, a] = self.pixel.map(usize::from);
        self.seen[(3 * r + 5 * g + 7 * b + 11 * a) % 64] = self.pixel;
        Ok(1)
    }
}

/// A sample and a difference that is stored larger by `bias`.
fn moved(sample: u8, difference: u8, bias: u8) -> u8 {
    sample.wrapping_add(difference).wrapping_sub(bias)
}

fn paint<const C: usize>(data: &[u8], pixels: &mut [[u8; C]], kept: impl Fn(Pixel) -> [u8; C]) -> Result<()> {
    let mut reader = Reader { data, pixel: [0, 0, 0, 255], seen: [[0; 4]; 64] };
    let mut rest = pixels;
    while !rest.is_empty() {
        let count = reader.advance()?.min(rest.len());
        let (run, behind) = rest.split_at_mut(count);
        run.fill(kept(reader.pixel));
        rest = behind;
    }
    Ok(())
}
