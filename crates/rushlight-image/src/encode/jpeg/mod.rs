//! A JPEG encoder whose files are, byte for byte, those of libjpeg-turbo with its accurate integer transform.
//!
//! The data go this way: [`planes`] converts colours and averages the chroma; [`dct`] transforms and quantises blocks; [`blocks`] holds
//! the coefficients; [`baseline`] or [`progressive`] turn them into symbols for a [`sink`]: the bits of [`bits`], or a list of which
//! [`tables`] makes the optimal Huffman tables first.

mod baseline;
mod bits;
mod blocks;
mod dct;
mod file;
mod planes;
mod progressive;
mod sink;
mod tables;

use super::Pixels;
use crate::{Error, Mode, Result};
use blocks::Blocks;

/// Longest side libjpeg writes.
const LONGEST: usize = 65500;

/// How many luma samples share a chroma sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Subsampling {
    /// None: chroma at full size.
    S444,
    /// Two, side by side.
    S422,
    /// Four, in a square.
    #[default]
    S420,
}

impl Subsampling {
    /// Horizontal and vertical sampling factors of the luma.
    fn factors(self) -> (usize, usize) {
        match self {
            Subsampling::S444 => (1, 1),
            Subsampling::S422 => (2, 1),
            Subsampling::S420 => (2, 2),
        }
    }
}

/// How to write a JPEG.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JpegOptions {
    /// 1 (smallest) to 100 (best): libjpeg's scale of the tables of T.81, annex K.
    pub quality: u8,
    /// Of the chroma; without effect on grey images.
    pub subsampling: Subsampling,
    /// Several scans of rising quality, libjpeg's ten.
    pub progressive: bool,
    /// Huffman tables made for this image; progressive files always have them.
    pub optimize: bool,
}

impl Default for JpegOptions {
    /// Quality 75, 4:2:0, one scan, the tables of annex K.
    fn default() -> JpegOptions {
        JpegOptions { quality: 75, subsampling: Subsampling::S420, progressive: false, optimize: false }
    }
}

/// Encodes grey or RGB pixels.
///
/// ```
/// use rushlight_image::encode::{JpegOptions, Pixels, jpeg};
/// use rushlight_image::{Mode, info};
/// let file = jpeg(Pixels { samples: &[99; 48], width: 4, height: 4, mode: Mode::Rgb }, JpegOptions::default()).unwrap();
/// assert_eq!(info(&file).unwrap().width, 4);
/// ```
pub fn jpeg(pixels: Pixels, options: JpegOptions) -> Result<Vec<u8>> {
    pixels.check("JPEG", LONGEST)?;
    if pixels.mode.has_alpha() {
        return Err(Error::argument(format!("a JPEG has no alpha: convert the {} pixels to RGB or L first", pixels.mode.name())));
    }
    let quantization = [tables::LUMINANCE, tables::CHROMINANCE].map(|base| tables::quantization(&base, options.quality.clamp(1, 100)));
    let factors = if pixels.mode == Mode::L { (1, 1) } else { options.subsampling.factors() };
    let blocks = Blocks::of(pixels, factors, &quantization);
    let mut file = file::begin(&blocks, &quantization, options.progressive);
    match options {
        JpegOptions { progressive: true, .. } => progressive::write(&blocks, &mut file),
        JpegOptions { optimize: true, .. } => baseline::write_optimized(&blocks, &mut file),
        _ => baseline::write(&blocks, &mut file),
    }
    file.extend([0xFF, 0xD9]);
    Ok(file)
}
