//! Any format: information from the headers, and decoding by the codec of the content's format.

use crate::{Error, ErrorKind, Format, Limits, Mode, Region, Result, avif, bmp, gif, jpeg, pixels, png, pnm, qoi, tiff, unknown, webp};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What the headers of a file say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Info {
    /// The format its content has.
    pub format: Format,
    /// Columns of pixels as stored, before any EXIF rotation.
    pub width: usize,
    /// Rows of pixels as stored.
    pub height: usize,
    /// The channels [`decode`] gives.
    pub mode: Mode,
    /// Bits of the samples that [`decode`] gives: 8 or 16.
    pub bits: u8,
    /// EXIF orientation, 1 to 8; 1 when there is none.
    pub orientation: u8,
}

/// Samples of 8 or 16 bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Samples {
    /// 0 to 255.
    U8(Vec<u8>),
    /// 0 to 65535.
    U16(Vec<u16>),
}

/// Decoded pixels, row after row, channels together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Channels.
    pub mode: Mode,
    /// `width * height * mode.channels()` samples.
    pub samples: Samples,
}

/// What a format has to offer; one for each, in its own file.
pub(crate) struct Codec {
    pub info: fn(&[u8]) -> Result<Info>,
    pub decode: fn(&[u8], &Limits) -> Result<Image>,
}

fn codec(format: Format) -> &'static Codec {
    match format {
        Format::Jpeg => &jpeg::CODEC,
        Format::Png => &png::CODEC,
        Format::WebP => &webp::CODEC,
        Format::Gif => &gif::CODEC,
        Format::Bmp => &bmp::CODEC,
        Format::Tiff => &tiff::CODEC,
        Format::Qoi => &qoi::CODEC,
        Format::Pnm => &pnm::CODEC,
        Format::Avif => &avif::CODEC,
    }
}

fn sniff(data: &[u8]) -> Result<Format> {
    Format::sniff(data).ok_or_else(|| {
        let reason = match unknown::name(data) {
            _ if data.is_empty() => "there are no data".to_string(),
            Some(name) => format!("the data are {name}, which is not decoded"),
            None => "the first bytes are of no known format".to_string(),
        };
        Error::new(None, ErrorKind::Unknown, reason)
    })
}

/// Turns a panic inside a decoder into an error, so that no file can end the process.
pub(crate) fn guarded<T>(format: impl Into<Option<Format>>, work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(Error::new(format, ErrorKind::Malformed, "the data contradict themselves")))
}

/// Reads the headers; no pixels are decoded.
pub fn info(data: &[u8]) -> Result<Info> {
    let format = sniff(data)?;
    guarded(format, || headers(format, data))
}

/// What the headers say, when they speak of an image at all.
fn headers(format: Format, data: &[u8]) -> Result<Info> {
    let info = (codec(format).info)(data)?;
    if info.width == 0 || info.height == 0 {
        return Err(Error::new(format, ErrorKind::Malformed, format!("the image is empty: {}x{} pixels", info.width, info.height)));
    }
    Ok(info)
}

/// Decodes the (first) image with the channels and the depth it is stored with.
///
/// ```
/// use rushlight_image::{Limits, Samples, decode};
/// let image = decode(b"P2 2 1 255\n0 200\n", &Limits::default()).unwrap();
/// assert_eq!((image.width, image.height), (2, 1));
/// assert_eq!(image.samples, Samples::U8(vec![0, 200]));
/// ```
pub fn decode(data: &[u8], limits: &Limits) -> Result<Image> {
    let format = sniff(data)?;
    guarded(format, || {
        let info = headers(format, data)?;
        let pixel = info.mode.channels() as u64 * (info.bits / 8) as u64;
        limits.check(format, info.width, info.height, (info.width as u64 * info.height as u64).saturating_mul(pixel))?;
        (codec(format).decode)(data, limits)
    })
}

/// Decodes to 8 bits in a given mode, straight into rows `stride` samples apart; a JPEG needs no other memory for its pixels.
///
/// `out` needs `(height - 1) * stride + width * mode.channels()` samples, by the size that [`info`] gives.
pub fn decode_into(decoder: &mut jpeg::Decoder, data: &[u8], mode: Mode, limits: &Limits, out: &mut [u8], stride: usize) -> Result<()> {
    if sniff(data)? == Format::Jpeg && !mode.has_alpha() {
        return decoder.decode(data, mode, limits, out, stride);
    }
    let image = decode(data, limits)?.into_u8().into_mode(mode);
    let row = image.width * mode.channels();
    crate::buffer::check_rows(out.len(), stride, row, image.height)?;
    if let Samples::U8(samples) = &image.samples {
        for (to, from) in out.chunks_mut(stride).zip(samples.chunks_exact(row)) {
            to[..row].copy_from_slice(from);
        }
    }
    Ok(())
}

impl Image {
    /// An image of 8-bit samples; an error of the format if their number is wrong.
    pub(crate) fn from_u8(format: Format, width: usize, height: usize, mode: Mode, samples: Vec<u8>) -> Result<Image> {
        Image::new(format, width, height, mode, samples.len(), Samples::U8(samples))
    }

    /// An image of 16-bit samples; an error of the format if their number is wrong.
    pub(crate) fn from_u16(format: Format, width: usize, height: usize, mode: Mode, samples: Vec<u16>) -> Result<Image> {
        Image::new(format, width, height, mode, samples.len(), Samples::U16(samples))
    }

    fn new(format: Format, width: usize, height: usize, mode: Mode, count: usize, samples: Samples) -> Result<Image> {
        if width == 0 || height == 0 || count != width * height * mode.channels() {
            let reason = format!("{count} samples do not make {width}x{height} pixels of {mode:?}");
            return Err(Error::new(format, ErrorKind::Malformed, reason));
        }
        Ok(Image { width, height, mode, samples })
    }

    /// The image with 8-bit samples: of 16 bits, the upper eight.
    pub fn into_u8(self) -> Image {
        let samples = match self.samples {
            Samples::U16(wide) => Samples::U8(wide.into_iter().map(|v| (v >> 8) as u8).collect()),
            narrow => narrow,
        };
        Image { samples, ..self }
    }

    /// The image with 16-bit samples: of 8 bits, times 257.
    pub fn into_u16(self) -> Image {
        let samples = match self.samples {
            Samples::U8(narrow) => Samples::U16(narrow.into_iter().map(|v| v as u16 * 257).collect()),
            wide => wide,
        };
        Image { samples, ..self }
    }

    /// A part of the image, which must be inside it.
    pub(crate) fn part(self, region: Region) -> Image {
        if region == Region::all(self.width, self.height) {
            return self;
        }
        let samples = match &self.samples {
            Samples::U8(samples) => Samples::U8(cut(samples, self.width, self.mode.channels(), region)),
            Samples::U16(samples) => Samples::U16(cut(samples, self.width, self.mode.channels(), region)),
        };
        Image { width: region.width, height: region.height, mode: self.mode, samples }
    }

    /// The image with other channels, as Pillow's `convert` has them: grey is the luma, alpha is dropped, or opaque when added.
    pub fn into_mode(self, mode: Mode) -> Image {
        if mode == self.mode {
            return self;
        }
        let samples = match self.samples {
            Samples::U8(samples) => Samples::U8(pixels::convert(&samples, self.mode, mode, u8::MAX)),
            Samples::U16(samples) => Samples::U16(pixels::convert(&samples, self.mode, mode, u16::MAX)),
        };
        Image { mode, samples, ..self }
    }
}

fn cut<T: Copy>(samples: &[T], width: usize, channels: usize, region: Region) -> Vec<T> {
    let rows = samples.chunks_exact(width * channels).skip(region.y).take(region.height);
    rows.flat_map(|row| &row[region.x * channels..][..region.width * channels]).copied().collect()
}
