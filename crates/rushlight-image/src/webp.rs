//! WebP through the `image-webp` crate: lossy, lossless, alpha, the first frame of animations.

mod first;
mod frames;
mod opaque;
mod riff;

use crate::image::Codec;
use crate::{Error, ErrorKind, Format, Image, Info, Limits, Mode, Result, Samples, exif};
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

/// Whether the file says that it is longer.
fn is_cut(data: &[u8]) -> bool {
    data.get(4..).and_then(|size| size.first_chunk()).is_some_and(|&size| u32::from_le_bytes(size) as usize > data.len().saturating_sub(8))
}

fn open(data: &[u8]) -> Result<WebPDecoder<Cursor<&[u8]>>> {
    let mut decoder = WebPDecoder::new(Cursor::new(data)).map_err(|error| match error {
        DecodingError::ChunkMissing if is_cut(data) => Error::new(Format::WebP, ErrorKind::Truncated, "the data end before the image"),
        error => fault(error),
    })?;
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
    let (exif, xmp) = (decoder.exif_metadata().ok().flatten(), decoder.xmp_metadata().ok().flatten());
    let orientation = exif::orientation_with_xmp(exif.as_deref(), xmp.as_deref());
    Ok(Info { format: Format::WebP, width: width as usize, height: height as usize, mode: mode(&decoder), bits: 8, orientation })
}

fn decode(data: &[u8], limits: &Limits) -> Result<Image> {
    let mut decoder = open(data)?;
    decoder.set_memory_limit(usize::try_from(limits.max_memory).unwrap_or(usize::MAX));
    let (width, height) = decoder.dimensions();
    let mode = mode(&decoder);
    match first::find(data)? {
        Some(first) if decoder.is_animated() => on_canvas(&first, (width as usize, height as usize), mode),
        _ => match opaque::find(data) {
            Some(file) => {
                let image = still(&mut open(&file)?)?;
                if (image.width, image.height) != (width as usize, height as usize) {
                    let reason = format!("an image of {}x{} pixels on a canvas of {width}x{height}", image.width, image.height);
                    return Err(Error::new(Format::WebP, ErrorKind::Malformed, reason));
                }
                Ok(image.into_mode(mode))
            }
            None => still(&mut decoder),
        },
    }
}

fn still(decoder: &mut WebPDecoder<Cursor<&[u8]>>) -> Result<Image> {
    let (width, height) = decoder.dimensions();
    let samples = pixels(decoder)?;
    Image::from_u8(Format::WebP, width as usize, height as usize, mode(decoder), samples)
}

fn pixels(decoder: &mut WebPDecoder<Cursor<&[u8]>>) -> Result<Vec<u8>> {
    let size = decoder.output_buffer_size().ok_or_else(|| fault(DecodingError::ImageTooLarge))?;
    let mut samples = vec![0; size];
    decoder.read_image(&mut samples).map_err(fault)?;
    Ok(samples)
}

/// The first frame of an animation on a clear canvas.
fn on_canvas(first: &first::First, (width, height): (usize, usize), mode: Mode) -> Result<Image> {
    let file = first.file();
    let mut decoder = open(&file)?;
    let (columns, rows) = (decoder.dimensions().0 as usize, decoder.dimensions().1 as usize);
    // The size that is announced need not be that of the image, but has to fit.
    let (announced_columns, announced_rows) = first.size();
    if decoder.is_animated() || first.left + columns.max(announced_columns) > width || first.top + rows.max(announced_rows) > height {
        let reason = format!(
            "a frame of {columns}x{rows} pixels, announced with {announced_columns}x{announced_rows}, at {}, {} on a canvas of {width}x{height}",
            first.left, first.top
        );
        return Err(Error::new(Format::WebP, ErrorKind::Malformed, reason));
    }
    let samples = pixels(&mut decoder)?;
    let frame = Image::from_u8(Format::WebP, columns, rows, self::mode(&decoder), samples)?.into_mode(mode);
    let channels = mode.channels();
    let mut canvas = vec![0; width * height * channels];
    if let Samples::U8(samples) = &frame.samples {
        for (to, from) in canvas.chunks_exact_mut(width * channels).skip(first.top).zip(samples.chunks_exact(columns * channels)) {
            to[first.left * channels..][..from.len()].copy_from_slice(from);
        }
    }
    Image::from_u8(Format::WebP, width, height, mode, canvas)
}
