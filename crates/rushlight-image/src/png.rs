//! PNG through the `png` crate: every colour type and depth, interlacing, the default image of an APNG.

mod metadata;

use crate::image::Codec;
use crate::{Error, ErrorKind, Format, Image, Info, Limits, Mode, Result};
use png::{BitDepth, ColorType, DecodeOptions, Decoder, DecodingError, Reader, Transformations};
use std::borrow::Cow;
use std::io::Cursor;

pub(crate) const CODEC: Codec = Codec { info, decode };

type PngReader<'a> = Reader<Cursor<&'a [u8]>>;

fn open<'a>(data: &'a [u8], limits: &Limits) -> Result<PngReader<'a>> {
    check_palette(data)?;
    let mut options = DecodeOptions::default();
    options.set_ignore_text_chunk(true);
    options.set_ignore_iccp_chunk(true);
    let mut decoder = Decoder::new_with_options(Cursor::new(data), options);
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
    Ok(describe(&open(data, &Limits::default())?, data))
}

/// An error if the palette ends within a colour, on which the `png` crate panics.
fn check_palette(data: &[u8]) -> Result<()> {
    let mut before_pixels = metadata::chunks(data).take_while(|(kind, _)| kind != b"IDAT");
    match before_pixels.find(|(kind, content)| kind == b"PLTE" && content.len() % 3 != 0) {
        Some((_, content)) => Err(Error::new(Format::Png, ErrorKind::Malformed, format!("a palette of {} bytes is not one of whole colours", content.len()))),
        None => Ok(()),
    }
}

/// The data with the last chunk, which may be missing where the one before it is complete.
fn with_end(data: &[u8]) -> Cow<'_, [u8]> {
    const END: &[u8] = b"\0\0\0\0IEND\xAE\x42\x60\x82";
    let (mut length, mut last) = (8, &b""[..]);
    for (kind, content) in metadata::chunks(data) {
        (length, last) = (length + 12 + content.len(), kind);
    }
    if last == b"IEND" || length != data.len() { Cow::Borrowed(data) } else { Cow::Owned([data, END].concat()) }
}

fn decode(data: &[u8], limits: &Limits) -> Result<Image> {
    let data = &with_end(data);
    let mut reader = open(data, limits)?;
    let Info { width, height, mode, bits, .. } = describe(&reader, data);
    let size = reader.output_buffer_size().ok_or_else(|| Error::new(Format::Png, ErrorKind::Limit, "the image is larger than memory"))?;
    let mut bytes = vec![0; size];
    reader.next_frame(&mut bytes).map_err(fault)?;
    if bits == 8 {
        return Image::from_u8(Format::Png, width, height, mode, bytes);
    }
    let samples = bytes.as_chunks::<2>().0.iter().map(|&b| u16::from_be_bytes(b)).collect();
    Image::from_u16(Format::Png, width, height, mode, samples)
}
