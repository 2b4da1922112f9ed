//! WebP through the `image-webp` crate: lossy, lossless, alpha, the first frame of animations.

mod frames;

use crate::image::Codec;
use crate::{Error, ErrorKind, Format, Image, Info, Limits, Mode, Result, exif};
use image_webp::{DecodingError, WebPDecoder};
use std::io::Cursor;

pub(crate) const CODEC: Codec = Codec { info, decode };

fn fault(error: DecodingError) -> Error {
    let kind = match &error {
        DecodingError::IoError(io) if io.kind() == std::io::ErrorKind::UnexpectedEof => ErrorKind::Truncated,
        DecodingError::ImageTooLarge | DecodingError::MemoryLimitExceeded => ErrorKind::Limit,
        DecodingError::UnsupportedFeature(_) => ErrorKind::Unsupported,
        _ => ErrorKind::Malformed,
    };
    Error::new(Format::WebP, kind, error.to_string())
}

fn open(data: &[u8]) -> Result<WebPDecoder<Cursor<&[u8]>>> {
    let mut decoder = WebPDecoder::new(Cursor::new(data)).map_err(fault)?;
    frames::check(data, decoder.dimensions())?;
    // A chunk of metadata is no longer than the file, whatever it declares.
    decoder.set_memory_limit(data.len());
    Ok(decoder)
}

fn mode(decoder: &WebPDecoder<Cursor<&[u8]>>) -> Mode {
    if decoder.has_alpha() { Mode::Rgba } else { Mode::Rgb }
}

/// The ICC profile.
pub(crate) fn profile(data: &[u8]) -> Option<Vec<u8>> {
    open(data).ok()?.icc_profile().ok()?
}

fn info(data: &[u8]) -> Result<Info> {
    let mut decoder = open(data)?;
    let (width, height) = decoder.dimensions();
    let exif = decoder.exif_metadata().ok().flatten();
    let orientation = exif.map_or(1, |exif| exif::orientation(exif.strip_prefix(b"Exif\0\0").unwrap_or(&exif)));
    Ok(Info { format: Format::WebP, width: width as usize, height: height as usize, mode: mode(&decoder), bits: 8, orientation })
}

fn decode(data: &[u8], limits: &Limits) -> Result<Image> {
    let mut decoder = open(data)?;
    decoder.set_memory_limit(usize::try_from(limits.max_memory).unwrap_or(usize::MAX));
    let (width, height) = decoder.dimensions();
    let size = decoder.output_buffer_size().ok_or_else(|| fault(DecodingError::ImageTooLarge))?;
    let mut samples = vec![0; size];
    decoder.read_image(&mut samples).map_err(fault)?;
    Image::from_u8(Format::WebP, width as usize, height as usize, mode(&decoder), samples)
}
