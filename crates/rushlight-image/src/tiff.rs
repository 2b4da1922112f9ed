//! The first page of a TIFF through the `tiff` crate: grey, RGB, palettes and CMYK of 1 to 16 bits, chunky or planar.

mod directory;

use crate::image::Codec;
use crate::{Error, ErrorKind, Format, Image, Info, Limits, Mode, Result, exif};
use std::io::Cursor;
use tiff::decoder::{Decoder, DecodingResult};
use tiff::tags::Tag;
use tiff::{ColorType, TiffError};

pub(crate) const CODEC: Codec = Codec { info, decode };

type TiffDecoder<'a> = Decoder<Cursor<&'a [u8]>>;

fn fault(error: TiffError) -> Error {
    let kind = match &error {
        TiffError::IoError(io) if io.kind() == std::io::ErrorKind::UnexpectedEof => ErrorKind::Truncated,
        TiffError::LimitsExceeded | TiffError::IntSizeError => ErrorKind::Limit,
        TiffError::UnsupportedError(_) => ErrorKind::Unsupported,
        _ => ErrorKind::Malformed,
    };
    Error::new(Format::Tiff, kind, error.to_string())
}

fn unsupported(what: impl std::fmt::Debug) -> Error {
    Error::new(Format::Tiff, ErrorKind::Unsupported, format!("pixels of kind {what:?} are not decoded"))
}

fn open<'a>(data: &'a [u8], limits: &Limits) -> Result<TiffDecoder<'a>> {
    directory::check(data)?;
    let mut bounds = tiff::decoder::Limits::default();
    bounds.decoding_buffer_size = usize::try_from(limits.max_memory).unwrap_or(usize::MAX);
    bounds.intermediate_buffer_size = bounds.decoding_buffer_size / 2;
    Ok(Decoder::new(Cursor::new(data)).map_err(fault)?.with_limits(bounds))
}

/// The mode and depth the pixels will have.
fn kind(color: ColorType) -> Result<(Mode, u8)> {
    let depth = |bits: u8| if bits > 8 { 16 } else { 8 };
    Ok(match color {
        ColorType::Gray(bits @ (1 | 2 | 4 | 8 | 16)) => (Mode::L, depth(bits)),
        ColorType::GrayA(bits @ (8 | 16)) => (Mode::La, depth(bits)),
        ColorType::RGB(bits @ (8 | 16)) => (Mode::Rgb, depth(bits)),
        ColorType::RGBA(bits @ (8 | 16)) => (Mode::Rgba, depth(bits)),
        ColorType::Palette(1 | 2 | 4 | 8) | ColorType::CMYK(8) => (Mode::Rgb, 8),
        other => return Err(unsupported(other)),
    })
}

/// The ICC profile.
pub(crate) fn profile(data: &[u8]) -> Option<Vec<u8>> {
    open(data, &Limits::default()).ok()?.get_tag_u8_vec(Tag::IccProfile).ok()
}

fn info(data: &[u8]) -> Result<Info> {
    let mut decoder = open(data, &Limits::default())?;
    let (width, height) = decoder.dimensions().map_err(fault)?;
    let (mode, bits) = kind(decoder.colortype().map_err(fault)?)?;
    Ok(Info { format: Format::Tiff, width: width as usize, height: height as usize, mode, bits, orientation: exif::orientation(data) })
}

fn decode(data: &[u8], limits: &Limits) -> Result<Image> {
    let mut decoder = open(data, limits)?;
    let (width, height) = decoder.dimensions().map_err(fault)?;
    let (width, height) = (width as usize, height as usize);
    let color = decoder.colortype().map_err(fault)?;
    let (mode, _) = kind(color)?;
    let mut result = DecodingResult::U8(Vec::new());
    let layout = decoder.read_image_to_buffer(&mut result).map_err(fault)?;
    match result {
        DecodingResult::U8(samples) => {
            let samples = interleave(samples, layout.planes);
            let mut samples = match color {
                ColorType::Gray(bits @ (1 | 2 | 4)) => spread(&unpack(&samples, width, bits), bits),
                ColorType::Palette(bits) => paint(&mut decoder, &unpack(&samples, width, bits))?,
                ColorType::CMYK(_) => samples.as_chunks::<4>().0.iter().flat_map(|&[c, m, y, k]| cmyk(c, m, y, k)).collect(),
                _ => samples,
            };
            if mode == Mode::Rgba && is_premultiplied(&mut decoder)? {
                unmultiply(&mut samples);
            }
            Image::from_u8(Format::Tiff, width, height, mode, samples)
        }
        DecodingResult::U16(samples) => Image::from_u16(Format::Tiff, width, height, mode, interleave(samples, layout.planes)),
        _ => Err(unsupported(color)),
    }
}

/// Whether the colours are stored multiplied by alpha.
fn is_premultiplied(decoder: &mut TiffDecoder) -> Result<bool> {
    let kinds: Option<Vec<u16>> = decoder.find_tag_unsigned_vec(Tag::ExtraSamples).map_err(fault)?;
    Ok(kinds.is_some_and(|kinds| kinds.first() == Some(&1)))
}

/// Divides colours by alpha as Pillow does.
fn unmultiply(samples: &mut [u8]) {
    for [r, g, b, a] in samples.as_chunks_mut::<4>().0 {
        let alpha = *a as u32;
        if alpha != 0 && alpha != 255 {
            for color in [r, g, b] {
                *color = (255 * *color as u32 / alpha).min(255) as u8;
            }
        }
    }
}

/// Planes one after the other as pixels.
fn interleave<T: Copy>(samples: Vec<T>, planes: usize) -> Vec<T> {
    if planes < 2 {
        return samples;
    }
    let plane = samples.len() / planes;
    (0..plane).flat_map(|i| (0..planes).map(move |p| (i, p))).map(|(i, p)| samples[p * plane + i]).collect()
}

/// Samples of fewer than eight bits, whose rows begin at whole bytes.
fn unpack(packed: &[u8], width: usize, bits: u8) -> Vec<u8> {
    let (bits, mask) = (bits as usize, ((1u16 << bits) - 1) as u8);
    let row_bytes = (width * bits).div_ceil(8).max(1);
    let sample = |row: &[u8], x: usize| (row[x * bits / 8] >> (8 - bits - x * bits % 8)) & mask;
    packed.chunks_exact(row_bytes).flat_map(|row| (0..width).map(move |x| sample(row, x))).collect()
}

/// Values of few bits over the whole range of eight.
fn spread(values: &[u8], bits: u8) -> Vec<u8> {
    let factor = 255 / ((1u16 << bits) - 1) as u8;
    values.iter().map(|&v| v * factor).collect()
}

/// Colours of a palette, whose entries have 16 bits: all reds, all greens, all blues.
fn paint(decoder: &mut TiffDecoder, indices: &[u8]) -> Result<Vec<u8>> {
    let map = decoder.get_tag_u16_vec(Tag::ColorMap).map_err(fault)?;
    let count = map.len() / 3;
    let channel = |index: u8, c: usize| if (index as usize) < count { (map[c * count + index as usize] >> 8) as u8 } else { 0 };
    Ok(indices.iter().flat_map(|&i| [channel(i, 0), channel(i, 1), channel(i, 2)]).collect())
}

/// Pillow's RGB of inks.
fn cmyk(c: u8, m: u8, y: u8, k: u8) -> [u8; 3] {
    let light = 255 - k;
    [c, m, y].map(|ink| light - crate::pixels::product(ink, light))
}
