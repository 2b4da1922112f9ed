//! PNG through the `png` crate: every colour type and depth, interlacing, the default image of an APNG.

mod metadata;
mod picture;

use crate::image::Codec;
use crate::{Error, ErrorKind, Format, Image, Info, Limits, Mode, Result};
use picture::Picture;
use png::{BitDepth, ColorType, DecodeOptions, Decoder, DecodingError, Reader, Transformations};
use std::io::Cursor;

pub(crate) const CODEC: Codec = Codec { info, decode };

type PngReader<'a> = Reader<Picture<'a>>;

fn open<'a>(picture: Picture<'a>, limits: &Limits) -> Result<PngReader<'a>> {
    let mut options = DecodeOptions::default();
    options.set_ignore_crc(true);
    options.set_ignore_adler32(false);
    let mut decoder = Decoder::new_with_options(picture, options);
    decoder.set_limits(png::Limits { bytes: usize::try_from(limits.max_memory).unwrap_or(usize::MAX) });
    decoder.set_transformations(Transformations::EXPAND);
    decoder.read_info().map_err(fault)
}

fn fault(error: DecodingError) -> Error {
    let kind = match &error {
        DecodingError::IoError(io) if io.kind() == std::io::ErrorKind::UnexpectedEof => ErrorKind::Truncated,
        DecodingError::LimitsExceeded => ErrorKind::Limit,
        _ => ErrorKind::Malformed,
    };
    Error::new(Format::Png, kind, error.to_string())
}

fn describe(reader: &PngReader, data: &[u8]) -> Info {
    let (color, depth) = reader.output_color_type();
    let mode = match color {
        ColorType::Grayscale => Mode::L,
        ColorType::GrayscaleAlpha => Mode::La,
        ColorType::Rgb | ColorType::Indexed => Mode::Rgb,
        ColorType::Rgba => Mode::Rgba,
    };
    let info = reader.info();
    let orientation = metadata::orientation(data);
    let bits = if depth == BitDepth::Sixteen { 16 } else { 8 };
    Info { format: Format::Png, width: info.width as usize, height: info.height as usize, mode, bits, orientation }
}

/// The ICC profile, unpacked.
pub(crate) fn profile(data: &[u8]) -> Option<Vec<u8>> {
    let mut decoder = Decoder::new(Cursor::new(data));
    decoder.set_limits(png::Limits { bytes: crate::icc::LONGEST });
    decoder.read_info().ok()?.info().icc_profile.as_deref().map(<[u8]>::to_vec)
}

fn info(data: &[u8]) -> Result<Info> {
    Ok(describe(&open(Picture::of(data)?, &Limits::default())?, data))
}

fn decode(data: &[u8], limits: &Limits) -> Result<Image> {
    let picture = Picture::of(data)?;
    let is_cut = picture.is_cut;
    let mut reader = open(picture, limits)?;
    let Info { width, height, mode, bits, .. } = describe(&reader, data);
    let size = reader.output_buffer_size().ok_or_else(|| Error::new(Format::Png, ErrorKind::Limit, "the image is larger than memory"))?;
    let mut bytes = vec![0; size];
    reader.next_frame(&mut bytes).map_err(|error| match fault(error) {
        Error { kind: ErrorKind::Malformed, .. } if is_cut => Error::new(Format::Png, ErrorKind::Truncated, "the data end within the pixels"),
        error => error,
    })?;
    if bits == 8 {
        return Image::from_u8(Format::Png, width, height, mode, bytes);
    }
    let samples = bytes.as_chunks::<2>().0.iter().map(|&b| u16::from_be_bytes(b)).collect();
    Image::from_u16(Format::Png, width, height, mode, samples)
}
