//! A JPEG encoder whose files are, byte for byte, those of libjpeg-turbo with its accurate integer transform.
//!
//! The data go this way: [`planes`] converts colours and averages the chroma; [`dct`] transforms and quantises blocks; [`zigzag`]
//! puts them in order; [`blocks`] holds the coefficients; [`baseline`] or [`progressive`] turn them into symbols for a [`sink`]: the bits of [`bits`], or a list of which
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
mod zigzag;

use super::Pixels;
use crate::{Error, Mode, Result};
use blocks::Blocks;
use dct::Divisors;

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
    let divisors = quantization.each_ref().map(Divisors::new);
    // What is written once for all needs all coefficients; else a row of MCUs stays in the cache until it is written.
    let rows = if options.progressive || options.optimize { pixels.height } else { 8 * factors.1 };
    let mut strips = pixels.strips(rows).map(|strip| Blocks::of(strip, factors, &divisors));
    let Some(first) = strips.next() else { return Err(Error::argument("a JPEG without rows".to_string())) };
    let first = Blocks { height: pixels.height, ..first };
    let mut file = file::begin(&first, &quantization, options.progressive);
    match options {
        JpegOptions { progressive: true, .. } => progressive::write(&first, &mut file),
        JpegOptions { optimize: true, .. } => baseline::write_optimized(&first, &mut file),
        _ => baseline::write(first, strips, &mut file),
    }
    file.extend([0xFF, 0xD9]);
    Ok(file)
}
