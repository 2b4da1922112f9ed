//! Embedded colour profiles, and pixels converted by them to sRGB.

use crate::image::guarded;
use crate::pixels::luma;
use crate::{Error, ErrorKind, Format, Mode, Result, avif, jpeg, png, tiff, webp};
use moxcms::{ColorProfile, DataColorSpace, Layout, Transform8BitExecutor, TransformOptions};
use std::sync::Arc;

/// Longest profile that is read; those of printing presses have some megabytes.
pub(crate) const LONGEST: usize = 16 << 20;

/// The ICC profile in a file, where its format carries one: JPEG, PNG, WebP, TIFF, AVIF.
pub fn profile(data: &[u8]) -> Option<Vec<u8>> {
    let format = Format::sniff(data)?;
    let find = match format {
        Format::Jpeg => jpeg::profile,
        Format::Png => png::profile,
        Format::WebP => webp::profile,
        Format::Tiff => tiff::profile,
        Format::Avif => avif::profile,
        _ => return None,
    };
    guarded(format, || Ok(find(data))).ok()?.filter(|profile| !profile.is_empty() && profile.len() <= LONGEST)
}

/// A conversion from a profile to sRGB, for pixels of one mode.
pub struct ToSrgb {
    mode: Mode,
    steps: Steps,
}

enum Steps {
    /// What becomes of each level of grey.
    Gray(Box<[u8; 256]>),
    Color(Arc<Transform8BitExecutor>),
}

fn unusable(reason: impl std::fmt::Display) -> Error {
    Error::new(None, ErrorKind::Unsupported, format!("the ICC profile cannot be used: {reason}"))
}

impl ToSrgb {
    /// Prepares the conversion; an error if the profile is broken, or not one of RGB or, for grey pixels, of grey.
    pub fn new(profile: &[u8], mode: Mode) -> Result<ToSrgb> {
        guarded(None, || {
            let profile = ColorProfile::new_from_slice(profile).map_err(unusable)?;
            let transform =
                |from: Layout, to: Layout| profile.create_transform_8bit(from, &ColorProfile::new_srgb(), to, TransformOptions::default()).map_err(unusable);
            let steps = match (profile.color_space, mode) {
                (DataColorSpace::Gray, Mode::L | Mode::La) => Steps::Gray(gray_table(&*transform(Layout::Gray, Layout::Rgb)?, 1)?),
                (DataColorSpace::Rgb, Mode::L | Mode::La) => Steps::Gray(gray_table(&*transform(Layout::Rgb, Layout::Rgb)?, 3)?),
                (DataColorSpace::Rgb, Mode::Rgb) => Steps::Color(transform(Layout::Rgb, Layout::Rgb)?),
                (DataColorSpace::Rgb, Mode::Rgba) => Steps::Color(transform(Layout::Rgba, Layout::Rgba)?),
                (space, _) => return Err(unusable(format!("it is one of {space:?}, the pixels are {}", mode.name()))),
            };
            Ok(ToSrgb { mode, steps })
        })
    }

    /// Converts pixels in place; alpha stays as it is.
    pub fn apply(&self, pixels: &mut [u8]) -> Result<()> {
        match &self.steps {
            Steps::Gray(table) => {
                pixels.iter_mut().step_by(self.mode.channels()).for_each(|gray| *gray = table[*gray as usize]);
                Ok(())
            }
            Steps::Color(transform) => guarded(None, || {
                // A part at a time, so that the copy stays in the cache.
                let mut part = Vec::new();
                for pixels in pixels.chunks_mut(4096 * self.mode.channels()) {
                    part.clear();
                    part.extend_from_slice(pixels);
                    transform.transform(&part, pixels).map_err(unusable)?;
                }
                Ok(())
            }),
        }
    }
}

/// What becomes of each level of grey, as one channel or as a colour of `channels` equal ones.
fn gray_table(transform: &Transform8BitExecutor, channels: usize) -> Result<Box<[u8; 256]>> {
    let levels: Vec<u8> = (0..=255u8).flat_map(|level| std::iter::repeat_n(level, channels)).collect();
    let mut colors = [0; 3 * 256];
    transform.transform(&levels, &mut colors).map_err(unusable)?;
    Ok(Box::new(std::array::from_fn(|level| luma([colors[3 * level], colors[3 * level + 1], colors[3 * level + 2]]))))
}

/// Converts pixels in place from the profile to sRGB.
///
/// ```
/// use rushlight_image::{Mode, icc};
/// assert_eq!(icc::profile(b"P2 1 1 255 0"), None);
/// assert!(icc::to_srgb(&mut [1, 2, 3], Mode::Rgb, b"no profile").is_err());
/// ```
pub fn to_srgb(pixels: &mut [u8], mode: Mode, profile: &[u8]) -> Result<()> {
    ToSrgb::new(profile, mode)?.apply(pixels)
}
