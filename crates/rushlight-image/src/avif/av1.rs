//! Frames of AV1 through `re_rav1d`, on the calling thread.

use super::{fault, malformed};
use crate::{ErrorKind, Result};
use re_rav1d::{Decoder, Error, Picture, PixelLayout, PlanarImageComponent, Settings};

/// Samples of a frame, 8 to 12 bits in 16.
pub struct Planes {
    pub width: usize,
    pub height: usize,
    pub depth: u32,
    /// Luma, and two of chroma unless monochrome.
    pub planes: Vec<Plane>,
    /// Whether the chroma has half the columns and half the rows.
    pub halved: (bool, bool),
    /// What the sequence header says, where the file does not.
    pub matrix: u16,
    pub full_range: bool,
}

pub struct Plane {
    pub samples: Vec<u16>,
    pub width: usize,
}

/// Decodes one temporal unit with at most as many pixels as `width` by `height`; of exactly that size, if one is given.
pub fn decode(data: &[u8], width: usize, height: usize, exact: Option<(usize, usize)>) -> Result<Planes> {
    let mut settings = Settings::new();
    settings.set_n_threads(1);
    settings.set_max_frame_delay(1);
    settings.set_all_layers(false);
    settings.set_frame_size_limit(u32::try_from(width as u64 * height as u64).unwrap_or(u32::MAX).max(1));
    let mut decoder = Decoder::with_settings(&settings).map_err(broken)?;
    let picture = match decoder.send_data(data.to_vec(), None, None, None) {
        Ok(()) => decoder.get_picture(),
        Err(Error::Again) => decoder.get_picture(),
        Err(error) => Err(error),
    };
    let picture = picture.map_err(broken)?;
    let size = (picture.width() as usize, picture.height() as usize);
    if exact.is_some_and(|exact| exact != size) {
        return Err(malformed(format!("the AV1 frame has {}x{} pixels, the file says {width}x{height}", size.0, size.1)));
    }
    copy(&picture)
}

fn broken(error: Error) -> crate::Error {
    match error {
        Error::Again => fault(ErrorKind::Truncated, "the AV1 data have no complete frame"),
        Error::NotEnoughMemory => fault(ErrorKind::Limit, "there is no memory for the AV1 frame"),
        Error::UnsupportedBitstream => fault(ErrorKind::Unsupported, "AV1 with a feature that is not decoded"),
        _ => malformed("the AV1 data are broken, or their frame is larger than the file says"),
    }
}

fn copy(picture: &Picture) -> Result<Planes> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let halved = match picture.pixel_layout() {
        PixelLayout::I420 => (true, true),
        PixelLayout::I422 => (true, false),
        PixelLayout::I444 | PixelLayout::I400 => (false, false),
    };
    let wide = picture.bit_depth() > 8;
    let plane = |component: PlanarImageComponent, (half_wide, half_high): (bool, bool)| {
        let (width, height) = (if half_wide { width.div_ceil(2) } else { width }, if half_high { height.div_ceil(2) } else { height });
        let (stride, bytes) = (picture.stride(component) as usize, picture.plane(component));
        let mut samples = Vec::with_capacity(width * height);
        for row in bytes.chunks(stride).take(height) {
            match wide {
                false => samples.extend(row.iter().take(width).map(|&v| v as u16)),
                true => samples.extend(row.as_chunks::<2>().0.iter().take(width).map(|&v| u16::from_ne_bytes(v))),
            }
        }
        (samples.len() == width * height).then_some(Plane { samples, width }).ok_or_else(|| malformed("an AV1 frame without all its samples"))
    };
    let mut planes = vec![plane(PlanarImageComponent::Y, (false, false))?];
    if picture.pixel_layout() != PixelLayout::I400 {
        planes.push(plane(PlanarImageComponent::U, halved)?);
        planes.push(plane(PlanarImageComponent::V, halved)?);
    }
    let full_range = picture.color_range() == re_rav1d::pixel::YUVRange::Full;
    let matrix = picture.matrix_coefficients() as u16;
    Ok(Planes { width, height, depth: picture.bit_depth() as u32, planes, halved, matrix, full_range })
}
