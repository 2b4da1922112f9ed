//! QOI through the `qoi` crate.

use crate::image::Codec;
use crate::{Error, ErrorKind, Format, Image, Info, Limits, Mode, Result};

pub(crate) const CODEC: Codec = Codec { info, decode };

fn fault(error: qoi::Error) -> Error {
    let kind = match error {
        qoi::Error::UnexpectedBufferEnd => ErrorKind::Truncated,
        qoi::Error::InvalidImageDimensions { .. } => ErrorKind::Limit,
        _ => ErrorKind::Malformed,
    };
    Error::new(Format::Qoi, kind, error.to_string())
}

fn mode(header: &qoi::Header) -> Mode {
    if header.channels.is_rgba() { Mode::Rgba } else { Mode::Rgb }
}

fn info(data: &[u8]) -> Result<Info> {
    let header = qoi::decode_header(data).map_err(fault)?;
    let (width, height) = (header.width as usize, header.height as usize);
    Ok(Info { format: Format::Qoi, width, height, mode: mode(&header), bits: 8, orientation: 1 })
}

fn decode(data: &[u8], _: &Limits) -> Result<Image> {
    let (header, samples) = qoi::decode_to_vec(data).map_err(fault)?;
    Image::from_u8(Format::Qoi, header.width as usize, header.height as usize, mode(&header), samples)
}
