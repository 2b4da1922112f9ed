//! The pixels of a file, or of the part of it that is needed.

use super::Recipe;
use crate::jpeg::{self, Scale};
use crate::resize::View;
use crate::{Error, Format, Image, Limits, Mode, Region, Result, Samples, Turn, decode, icc, pixels};

/// Pixels whose memory is kept for the next image; more, and it is given back.
const KEPT: usize = 64 << 20;

/// A decoder and the pixels it gave last.
#[derive(Default)]
pub struct Source {
    decoder: jpeg::Decoder,
    pixels: Vec<u8>,
}

impl Source {
    /// Decodes a whole JPEG into the caller's memory.
    pub fn jpeg_into(&mut self, data: &[u8], mode: Mode, limits: &Limits, out: &mut [u8], stride: usize) -> Result<()> {
        self.decoder.decode(data, mode, limits, out, stride)
    }

    /// A part of a JPEG decoded at a scale.
    pub fn jpeg(&mut self, data: &[u8], mode: Mode, scale: Scale, part: Region, limits: &Limits) -> Result<View<'_>> {
        let stride = part.width * mode.channels();
        self.pixels.resize(stride * part.height, 0);
        self.decoder.decode_scaled(data, mode, scale, Some(part), limits, &mut self.pixels, stride)?;
        Ok(View { samples: &self.pixels, width: part.width, height: part.height, channels: mode.channels(), stride })
    }

    /// All 8-bit pixels of a file of any format, turned.
    pub fn any(&mut self, data: &[u8], mode: Mode, turn: Turn, recipe: &Recipe) -> Result<View<'_>> {
        let image = decode(data, &recipe.limits)?.into_u8();
        let image = if recipe.to_srgb { in_srgb(image, data)? } else { image };
        let Image { width, height, samples, .. } = prepared(image, mode, recipe).turned(turn);
        if let Samples::U8(samples) = samples {
            self.pixels = samples;
        }
        Ok(View { samples: &self.pixels, width, height, channels: mode.channels(), stride: width * mode.channels() })
    }

    /// Gives back memory of unusual size.
    pub fn shrink(&mut self) {
        if self.pixels.capacity() > KEPT {
            self.pixels = Vec::new();
        }
    }
}

/// The image converted to sRGB by the profile in its file, if there is one.
fn in_srgb(mut image: Image, data: &[u8]) -> Result<Image> {
    if let (Some(profile), Samples::U8(samples)) = (icc::profile(data), &mut image.samples) {
        icc::to_srgb(samples, image.mode, &profile).map_err(|error| Error { format: Format::sniff(data), ..error })?;
    }
    Ok(image)
}

/// The image in the mode asked for, over the background if it loses its alpha.
pub fn prepared(image: Image, mode: Mode, recipe: &Recipe) -> Image {
    match recipe.background {
        Some(color) if image.mode.has_alpha() && !mode.has_alpha() => over(image, color).into_mode(mode),
        _ => image.into_mode(mode),
    }
}

/// An image with alpha laid over one colour, as Pillow's `alpha_composite` does it for an opaque background.
fn over(image: Image, color: [u8; 3]) -> Image {
    let image = image.into_mode(Mode::Rgba);
    let samples = match image.samples {
        Samples::U8(samples) => Samples::U8(pixels::over(&samples, color)),
        Samples::U16(samples) => Samples::U16(pixels::over_wide(&samples, color)),
    };
    Image { mode: Mode::Rgb, samples, ..image }
}
