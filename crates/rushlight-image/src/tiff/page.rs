//! What the tags of a page say together, checked: its size, what its samples mean, and how they are cut into strips or tiles.

use super::directory::{Directory, tag};
use super::{Error, ErrorKind, Format, Result, malformed};
use crate::Mode;

/// What the colour samples of a pixel mean (TIFF 6.0, PhotometricInterpretation).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Colors {
    /// Grey, the least value white.
    WhiteIsZero,
    /// Grey, the least value black.
    BlackIsZero,
    Rgb,
    Palette,
    /// Cyan, magenta, yellow, black.
    Inks,
    YCbCr,
}

/// What the first sample after the colours means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Alpha {
    None,
    /// The colours are multiplied by it.
    Associated,
    Unassociated,
}

/// How the bits of a sample are read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Numbers {
    Unsigned,
    /// Cut off below 0 and above 255, as Pillow does it.
    Signed,
    /// As signed, fractions dropped.
    Float,
}

/// How the data of strips and tiles are packed (TIFF 6.0, Compression, and its supplements).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Compression {
    None,
    /// Modified Huffman; rows from whole bytes, or from whole words.
    HuffmanBytes,
    HuffmanWords,
    Group3,
    Group4,
    Lzw,
    Jpeg,
    Deflate,
    PackBits,
}

/// A page.
pub struct Page<'a> {
    pub directory: Directory<'a>,
    pub width: usize,
    pub height: usize,
    pub colors: Colors,
    pub alpha: Alpha,
    /// Samples of a pixel, those without a meaning included.
    pub samples: usize,
    /// Bits of a sample.
    pub bits: usize,
    pub numbers: Numbers,
    pub planar: bool,
    pub compression: Compression,
    pub predictor: u64,
    /// Whether the first pixel of a byte is in its lowest bit.
    pub reversed: bool,
    /// Luma samples for one of chroma: columns and rows.
    pub subsampling: (usize, usize),
    pub tiled: bool,
    /// Columns and rows of a strip or tile.
    pub chunk: (usize, usize),
}

pub fn unsupported(what: impl Into<String>) -> Error {
    Error::new(Format::Tiff, ErrorKind::Unsupported, what)
}

fn compression(number: u64) -> Result<Compression> {
    Ok(match number {
        1 => Compression::None,
        2 => Compression::HuffmanBytes,
        32771 => Compression::HuffmanWords,
        3 => Compression::Group3,
        4 => Compression::Group4,
        5 => Compression::Lzw,
        7 => Compression::Jpeg,
        8 | 32946 => Compression::Deflate,
        32773 => Compression::PackBits,
        _ => {
            let name = match number {
                6 => "old-style JPEG",
                32809 => "ThunderScan",
                33003 | 33005 | 34712 => "JPEG 2000",
                34676 | 34677 => "SGI LogLuv",
                34887 => "LERC",
                34925 => "LZMA",
                50000 => "Zstandard",
                50001 | 50002 => "WebP or JPEG XL",
                _ => "an unknown kind",
            };
            return Err(unsupported(format!("compression {number} ({name}) is not decoded")));
        }
    })
}

fn colors(number: u64) -> Result<Colors> {
    Ok(match number {
        0 => Colors::WhiteIsZero,
        1 => Colors::BlackIsZero,
        2 => Colors::Rgb,
        3 => Colors::Palette,
        5 => Colors::Inks,
        6 => Colors::YCbCr,
        _ => {
            let name = match number {
                4 => "a transparency mask",
                8..=10 => "CIE L*a*b*",
                32803 => "a colour filter array",
                32844 | 32845 => "CIE LogL or LogLuv",
                _ => "an unknown kind",
            };
            return Err(unsupported(format!("photometric interpretation {number} ({name}) is not decoded")));
        }
    })
}

impl Colors {
    /// Samples of a pixel that are colours.
    pub fn count(self) -> usize {
        match self {
            Colors::WhiteIsZero | Colors::BlackIsZero | Colors::Palette => 1,
            Colors::Rgb | Colors::YCbCr => 3,
            Colors::Inks => 4,
        }
    }

    fn is_gray(self) -> bool {
        matches!(self, Colors::WhiteIsZero | Colors::BlackIsZero)
    }
}

/// The value that all of a list have, or the default of an empty one.
fn common(values: &[u64], default: u64, what: &str) -> Result<u64> {
    let first = values.first().copied().unwrap_or(default);
    if values.iter().any(|&value| value != first) {
        return Err(unsupported(format!("samples with different {what} are not decoded")));
    }
    Ok(first)
}

fn side(directory: &Directory, tag: u16, name: &str) -> Result<usize> {
    let numbers = directory.numbers(tag)?;
    let value = *numbers.first().ok_or_else(|| malformed(format!("the {name} is missing")))?;
    u32::try_from(value).map(|side| side as usize).map_err(|_| malformed(format!("the {name} is {value}")))
}

impl<'a> Page<'a> {
    /// The first page of a file.
    pub fn first(data: &'a [u8]) -> Result<Page<'a>> {
        let directory = Directory::first(data)?;
        let (width, height) = (side(&directory, tag::WIDTH, "width")?, side(&directory, tag::HEIGHT, "height")?);
        let compression = compression(directory.number(tag::COMPRESSION, 1)?)?;
        let colors = colors(directory.number(tag::PHOTOMETRIC, 0)?)?;
        let in_color = matches!(colors, Colors::Rgb | Colors::YCbCr);
        let default = if compression == Compression::Jpeg && in_color { 3 } else { 1 };
        let samples = directory.number(tag::SAMPLES, default)? as usize;
        let bits = directory.numbers(tag::BITS)?;
        let bits = common(&bits[..bits.len().min(samples)], 1, "numbers of bits")? as usize;
        let numbers = match common(&directory.numbers(tag::SAMPLE_FORMAT)?, 1, "formats")? {
            1 | 4 => Numbers::Unsigned,
            2 if bits == 8 => Numbers::Unsigned,
            2 => Numbers::Signed,
            3 => Numbers::Float,
            other => return Err(unsupported(format!("samples of format {other} are not decoded"))),
        };
        let page = Page {
            width,
            height,
            colors,
            alpha: alpha(&directory, colors, samples)?,
            samples,
            bits,
            numbers,
            planar: directory.number(tag::PLANAR, 1)? == 2 && samples > 1,
            compression,
            predictor: directory.number(tag::PREDICTOR, 1)?,
            reversed: directory.number(tag::FILL_ORDER, 1)? == 2,
            subsampling: subsampling(&directory, colors, compression)?,
            tiled: !directory.numbers(tag::TILE_WIDTH)?.is_empty(),
            chunk: (0, 0),
            directory,
        };
        page.checked()?.with_chunks()
    }

    fn checked(self) -> Result<Page<'a>> {
        if !(self.colors.count()..=64).contains(&self.samples) {
            return Err(malformed(format!("{} samples a pixel where the colours are {:?}", self.samples, self.colors)));
        }
        let known = match (self.numbers, self.colors) {
            (Numbers::Unsigned, colors) if colors.is_gray() => matches!(self.bits, 1 | 2 | 4 | 8 | 12 | 16 | 32),
            (Numbers::Unsigned, Colors::Rgb) => matches!(self.bits, 1 | 2 | 4 | 8 | 12 | 16),
            (Numbers::Unsigned, Colors::Palette) => matches!(self.bits, 1 | 2 | 4 | 8),
            (Numbers::Unsigned, Colors::Inks) => matches!(self.bits, 8 | 16),
            (Numbers::Unsigned, _) => self.bits == 8,
            (Numbers::Signed, colors) => colors.is_gray() && matches!(self.bits, 16 | 32),
            (Numbers::Float, colors) => colors.is_gray() && self.bits == 32,
        };
        let subsampled = self.subsampling != (1, 1);
        match () {
            _ if !known => Err(unsupported(format!("{:?} of {} bits, {:?}, is not decoded", self.colors, self.bits, self.numbers))),
            _ if self.compression.is_fax() && (self.bits, self.samples) != (1, 1) => Err(malformed("fax compression of more than one bit a pixel")),
            _ if subsampled && (self.planar || self.samples != 3) => Err(unsupported("subsampled chroma in planes of its own is not decoded")),
            _ if self.compression == Compression::Jpeg && (self.bits != 8 || self.samples == 4 && !self.planar) => {
                Err(unsupported(format!("JPEG compression of {} samples of {} bits is not decoded", self.samples, self.bits)))
            }
            _ => Ok(self),
        }
    }

    fn with_chunks(mut self) -> Result<Page<'a>> {
        self.chunk = match self.tiled {
            true => (side(&self.directory, tag::TILE_WIDTH, "width of tiles")?, side(&self.directory, tag::TILE_HEIGHT, "height of tiles")?),
            false => {
                let rows = self.directory.number(tag::ROWS_PER_STRIP, u64::MAX)?;
                (self.width, rows.min(self.height as u64) as usize)
            }
        };
        if self.chunk.0 == 0 || self.chunk.1 == 0 {
            return Err(malformed("strips or tiles without rows"));
        }
        // Tiles reach over the right and lower edge, by less than one of them.
        let padded = self.chunks_wide() as u128 * self.chunk.0 as u128 * self.chunks_high() as u128 * self.chunk.1 as u128;
        if padded > 4 * self.width as u128 * self.height as u128 + (1 << 22) {
            return Err(Error::new(
                Format::Tiff,
                ErrorKind::Limit,
                format!("tiles of {}x{} for {}x{} pixels", self.chunk.0, self.chunk.1, self.width, self.height),
            ));
        }
        Ok(self)
    }

    pub fn chunks_wide(&self) -> usize {
        self.width.div_ceil(self.chunk.0)
    }

    pub fn chunks_high(&self) -> usize {
        self.height.div_ceil(self.chunk.1)
    }

    /// The channels of the result.
    pub fn mode(&self) -> Mode {
        match (self.colors.is_gray(), self.alpha != Alpha::None) {
            (true, false) => Mode::L,
            (true, true) => Mode::La,
            (false, false) => Mode::Rgb,
            (false, true) => Mode::Rgba,
        }
    }

    /// Whether samples are kept with 16 bits until all are there.
    pub fn is_wide(&self) -> bool {
        self.numbers == Numbers::Unsigned && (9..=16).contains(&self.bits)
    }

    /// Bits of the result's samples.
    pub fn result_bits(&self) -> u8 {
        if self.is_wide() && self.colors != Colors::Inks { 16 } else { 8 }
    }

    /// Samples in a pixel of a strip or tile.
    pub fn chunk_samples(&self) -> usize {
        if self.planar { 1 } else { self.samples }
    }
}

impl Compression {
    pub fn is_fax(self) -> bool {
        matches!(self, Compression::HuffmanBytes | Compression::HuffmanWords | Compression::Group3 | Compression::Group4)
    }
}

/// What the first sample after the colours means; RGB with a fourth that is not explained has alpha.
fn alpha(directory: &Directory, colors: Colors, samples: usize) -> Result<Alpha> {
    let kinds = directory.numbers(tag::EXTRA_SAMPLES)?;
    if samples <= colors.count() || matches!(colors, Colors::Inks | Colors::YCbCr) {
        return Ok(Alpha::None);
    }
    Ok(match kinds.first() {
        None if colors == Colors::Rgb && samples == 4 => Alpha::Unassociated,
        Some(1) => Alpha::Associated,
        Some(2 | 999) => Alpha::Unassociated,
        _ => Alpha::None,
    })
}

fn subsampling(directory: &Directory, colors: Colors, compression: Compression) -> Result<(usize, usize)> {
    // In JPEG data the factors of the frame count.
    if colors != Colors::YCbCr || compression == Compression::Jpeg {
        return Ok((1, 1));
    }
    let numbers = directory.numbers(tag::SUBSAMPLING)?;
    let factors = match numbers[..] {
        [] => (2, 2),
        [h, v, ..] => (h as usize, v as usize),
        [_] => return Err(malformed("the subsampling has one factor")),
    };
    match factors {
        (1 | 2 | 4, 1 | 2 | 4) => Ok(factors),
        (h, v) => Err(malformed(format!("subsampling by {h}x{v}"))),
    }
}
