//! PNG through the `png` crate: 8 and 16 bits, grey or colour, with or without alpha.

use super::Pixels;
use crate::{Error, ErrorKind, Format, Mode, Result};
use png::{BitDepth, ColorType, DeflateCompression, Encoder, EncodingError, Filter};

/// Longest side of a PNG.
const LONGEST: usize = i32::MAX as usize;

/// Encodes 8 bits a sample; `compress_level` is zlib's, 0 (stored) to 9 (smallest).
///
/// ```
/// use rushlight_image::encode::{Pixels, png};
/// use rushlight_image::{Limits, Mode, Samples, decode};
/// let file = png(Pixels { samples: &[1, 255], width: 2, height: 1, mode: Mode::L }, 6).unwrap();
/// assert_eq!(decode(&file, &Limits::default()).unwrap().samples, Samples::U8(vec![1, 255]));
/// ```
pub fn png(pixels: Pixels, compress_level: u8) -> Result<Vec<u8>> {
    pixels.check("PNG", LONGEST)?;
    write(pixels.samples, pixels.width, pixels.height, pixels.mode, BitDepth::Eight, compress_level)
}

/// Encodes 16 bits a sample.
pub fn png16(pixels: Pixels<u16>, compress_level: u8) -> Result<Vec<u8>> {
    pixels.check("PNG", LONGEST)?;
    let bytes: Vec<u8> = pixels.samples.iter().flat_map(|v| v.to_be_bytes()).collect();
    write(&bytes, pixels.width, pixels.height, pixels.mode, BitDepth::Sixteen, compress_level)
}

fn write(bytes: &[u8], width: usize, height: usize, mode: Mode, depth: BitDepth, level: u8) -> Result<Vec<u8>> {
    if level > 9 {
        return Err(Error::argument(format!("compress_level is 0 to 9, not {level}")));
    }
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width as u32, height as u32);
    encoder.set_depth(depth);
    encoder.set_color(match mode {
        Mode::L => ColorType::Grayscale,
        Mode::La => ColorType::GrayscaleAlpha,
        Mode::Rgb => ColorType::Rgb,
        Mode::Rgba => ColorType::Rgba,
    });
    encoder.set_filter(if level == 0 { Filter::NoFilter } else { Filter::Adaptive });
    encoder.set_deflate_compression(if level == 0 { DeflateCompression::NoCompression } else { DeflateCompression::Level(level) });
    let mut writer = encoder.write_header().map_err(fault)?;
    writer.write_image_data(bytes).map_err(fault)?;
    writer.finish().map_err(fault)?;
    Ok(file)
}

fn fault(error: EncodingError) -> Error {
    Error::new(Format::Png, ErrorKind::Argument, error.to_string())
}
