//! AVIF: AV1 still images, and the first frame of sequences, in an ISO base media file (AVIF 1.1, HEIF ISO/IEC 23008-12).
//!
//! [`boxes`] walks the file's boxes; [`meta`] finds the items of still images and [`movie`] the first sample of sequences; [`picture`] says
//! which coded images make the picture; [`av1`] decodes them with `re_rav1d`, [`grid`] joins tiles, [`color`] turns them into RGB and
//! [`transform`] crops and turns.

mod av1;
mod boxes;
mod color;
mod grid;
mod meta;
mod movie;
mod picture;
mod primaries;
mod transform;

use crate::image::Codec;
use crate::{Error, ErrorKind, Format, Image, Info, Limits, Mode, Result};
use av1::Planes;
use picture::{Coded, Picture};

pub(crate) const CODEC: Codec = Codec { info, decode };

fn fault(kind: ErrorKind, reason: impl Into<String>) -> Error {
    Error::new(Format::Avif, kind, reason)
}

fn malformed(reason: impl Into<String>) -> Error {
    fault(ErrorKind::Malformed, reason)
}

fn mode(picture: &Picture) -> Mode {
    match (picture.color.monochrome, picture.alpha.is_some()) {
        (true, false) => Mode::L,
        (true, true) => Mode::La,
        (false, false) => Mode::Rgb,
        (false, true) => Mode::Rgba,
    }
}

fn info(data: &[u8]) -> Result<Info> {
    let picture = Picture::find(data)?;
    let (width, height) = picture.transforms.size(picture.color.width, picture.color.height)?;
    Ok(Info { format: Format::Avif, width, height, mode: mode(&picture), bits: 8, orientation: 1 })
}

/// The ICC profile of the picture.
pub(crate) fn profile(data: &[u8]) -> Option<Vec<u8>> {
    Picture::find(data).ok()?.profile.map(<[u8]>::to_vec)
}

fn decode(data: &[u8], limits: &Limits) -> Result<Image> {
    let picture = Picture::find(data)?;
    let (width, height) = (picture.color.width, picture.color.height);
    // Two bytes for each sample of four planes, the decoder's own frames, and the pixels.
    limits.check(Format::Avif, width, height, width as u64 * height as u64 * 20)?;
    let mode = mode(&picture);
    let color = planes(&picture.color)?;
    let mut samples = color::pixels(&color, picture.nclx, mode)?;
    if let Some(alpha) = &picture.alpha {
        let alpha = planes(alpha)?;
        if (alpha.width, alpha.height) != (width, height) {
            return Err(malformed(format!("the alpha has {}x{} pixels, the colour {width}x{height}", alpha.width, alpha.height)));
        }
        color::set_alpha(&mut samples, mode, &alpha, picture.premultiplied);
    }
    picture.transforms.apply(Image::from_u8(Format::Avif, width, height, mode, samples)?)
}

/// The samples of a coded image, its tiles joined.
fn planes(coded: &Coded) -> Result<Planes> {
    let most = coded.tiles.len() as u64 * (1 << 28);
    if coded.width as u64 * coded.height as u64 > most {
        return Err(fault(ErrorKind::Limit, format!("{}x{} pixels are more than AV1 codes", coded.width, coded.height)));
    }
    match &coded.tiles[..] {
        [one] => av1::decode(one, coded.width, coded.height, Some((coded.width, coded.height))),
        tiles => grid::join(tiles, coded.columns, coded.width, coded.height),
    }
}
