//! WebP: lossless through the `image-webp` crate, lossy (VP8) through `vaam-image-webp`, its fork with an encoder for it.

use super::Pixels;
use crate::pixels::convert;
use crate::{Error, ErrorKind, Format, Mode, Result};
use image_webp::{ColorType, WebPEncoder};

/// Longest side of a WebP.
const LONGEST: usize = 16383;
/// Pixels on a side of a macroblock.
const MACROBLOCK: usize = 16;

/// How to write a WebP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebPOptions {
    /// The same pixels.
    Lossless,
    /// Smaller: a quality of 0 (smallest) to 100. Alpha stays lossless.
    Lossy(u8),
}

/// Encodes 8-bit pixels.
///
/// ```
/// use rushlight_image::encode::{Pixels, WebPOptions, webp};
/// use rushlight_image::{Limits, Mode, Samples, decode};
/// let samples = [1, 2, 3, 4, 5, 6];
/// let file = webp(Pixels { samples: &samples, width: 2, height: 1, mode: Mode::Rgb }, WebPOptions::Lossless).unwrap();
/// assert_eq!(decode(&file, &Limits::default()).unwrap().samples, Samples::U8(samples.to_vec()));
/// ```
pub fn webp(pixels: Pixels, options: WebPOptions) -> Result<Vec<u8>> {
    pixels.check("WebP", LONGEST)?;
    match options {
        WebPOptions::Lossless => lossless(pixels),
        WebPOptions::Lossy(quality) => lossy(pixels, quality),
    }
}

fn fault(error: impl std::fmt::Display) -> Error {
    Error::new(Format::WebP, ErrorKind::Argument, error.to_string())
}

fn lossless(pixels: Pixels) -> Result<Vec<u8>> {
    let color = match pixels.mode {
        Mode::L => ColorType::L8,
        Mode::La => ColorType::La8,
        Mode::Rgb => ColorType::Rgb8,
        Mode::Rgba => ColorType::Rgba8,
    };
    let mut file = Vec::new();
    WebPEncoder::new(&mut file).encode(pixels.samples, pixels.width as u32, pixels.height as u32, color).map_err(fault)?;
    Ok(file)
}

fn lossy(pixels: Pixels, quality: u8) -> Result<Vec<u8>> {
    let frame = frame(pixels, quality)?;
    if !pixels.mode.has_alpha() {
        return Ok(container(&[(b"VP8 ", frame)]));
    }
    // The extended header: a flag for alpha, the sides less one in 24 bits (RFC 9649, 2.7.1).
    let mut header = vec![0x10, 0, 0, 0];
    header.extend(&(pixels.width as u32 - 1).to_le_bytes()[..3]);
    header.extend(&(pixels.height as u32 - 1).to_le_bytes()[..3]);
    Ok(container(&[(b"VP8X", header), (b"ALPH", alpha(pixels)?), (b"VP8 ", frame)]))
}

/// A VP8 key frame of the colours.
fn frame(pixels: Pixels, quality: u8) -> Result<Vec<u8>> {
    let (samples, [width, height]) = whole_macroblocks(pixels);
    let mut params = webp_lossy::EncoderParams::default();
    (params.use_lossy, params.lossy_quality) = (true, vp8_quality(quality));
    let mut file = Vec::new();
    let mut encoder = webp_lossy::WebPEncoder::new(&mut file);
    encoder.set_params(params);
    encoder.encode(&samples, width as u32, height as u32, webp_lossy::ColorType::Rgb8).map_err(fault)?;
    let mut frame = content(&file).to_vec();
    // The frame header's sides (RFC 6386, 9.1): those of the image, which has as many macroblocks.
    if let Some(sides) = frame.get_mut(6..10) {
        sides[..2].copy_from_slice(&(pixels.width as u16).to_le_bytes());
        sides[2..].copy_from_slice(&(pixels.height as u16).to_le_bytes());
    }
    Ok(frame)
}

/// RGB whose last column and row are repeated up to whole macroblocks; the encoder leaves those that are not whole unfinished.
fn whole_macroblocks(pixels: Pixels) -> (Vec<u8>, [usize; 2]) {
    let (width, height) = (pixels.width.next_multiple_of(MACROBLOCK), pixels.height.next_multiple_of(MACROBLOCK));
    let mut out = Vec::with_capacity(3 * width * height);
    for row in pixels.samples.chunks_exact(pixels.width * pixels.mode.channels()) {
        let colors = convert(row, pixels.mode, Mode::Rgb, u8::MAX);
        out.extend_from_slice(&colors);
        (pixels.width..width).for_each(|_| out.extend_from_slice(&colors[colors.len() - 3..]));
    }
    for _ in pixels.height..height {
        out.extend_from_within(out.len() - 3 * width..);
    }
    (out, [width, height])
}

/// Alpha as a lossless stream without its header of five bytes (RFC 9649, 2.7.1.2).
fn alpha(pixels: Pixels) -> Result<Vec<u8>> {
    let channels = pixels.mode.channels();
    let samples: Vec<u8> = pixels.samples.iter().skip(channels - 1).step_by(channels).copied().collect();
    let file = lossless(Pixels { samples: &samples, mode: Mode::L, ..pixels })?;
    let mut chunk = vec![1];
    chunk.extend(content(&file).get(5..).unwrap_or(&[]));
    Ok(chunk)
}

/// The content of the only chunk of a file.
fn content(file: &[u8]) -> &[u8] {
    let size = file.get(16..20).map_or(0, |size| u32::from_le_bytes([size[0], size[1], size[2], size[3]])) as usize;
    file.get(20..20 + size).unwrap_or(&[])
}

/// A RIFF file of chunks.
fn container(chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut file = b"RIFF\0\0\0\0WEBP".to_vec();
    for (name, content) in chunks {
        file.extend(*name);
        file.extend((content.len() as u32).to_le_bytes());
        file.extend(content);
        file.extend(&[0][..content.len() % 2]);
    }
    let size = file.len() as u32 - 8;
    file[4..8].copy_from_slice(&size.to_le_bytes());
    file
}

/// The fork's quality whose pixels are about as far from the original as libwebp's: 0 as 50, 50 as 83, 80 as 94 (Kodak images, by PSNR).
fn vp8_quality(quality: u8) -> u8 {
    match quality as u16 {
        quality @ 0..50 => (50 + quality * 33 / 50) as u8,
        quality @ 50..80 => (83 + (quality - 50) * 11 / 30) as u8,
        quality => (94 + (quality.min(100) - 80) * 6 / 20) as u8,
    }
}
