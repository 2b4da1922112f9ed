//! The first frame of a GIF through the `gif` crate, on its canvas.

use crate::image::Codec;
use crate::{Error, ErrorKind, Format, Image, Info, Limits, Mode, Result};
use gif::{ColorOutput, DecodeOptions, Decoder, DecodingError, Frame, MemoryLimit};
use std::num::NonZeroU64;

pub(crate) const CODEC: Codec = Codec { info, decode };

fn fault(error: DecodingError) -> Error {
    let kind = match &error {
        DecodingError::Io(io) if io.kind() == std::io::ErrorKind::UnexpectedEof => ErrorKind::Truncated,
        DecodingError::MemoryLimit => ErrorKind::Limit,
        _ => ErrorKind::Malformed,
    };
    Error::new(Format::Gif, kind, error.to_string())
}

fn open(data: &[u8], bytes: u64) -> Result<Decoder<&[u8]>> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    options.set_memory_limit(NonZeroU64::new(bytes).map_or(MemoryLimit::Unlimited, MemoryLimit::Bytes));
    options.read_info(data).map_err(fault)
}

fn no_frame() -> Error {
    Error::new(Format::Gif, ErrorKind::Truncated, "there is no frame")
}

/// The canvas, grown where the frame reaches over it.
fn canvas(screen: (u16, u16), frame: &Frame) -> (usize, usize) {
    let (right, bottom) = (frame.left as usize + frame.width as usize, frame.top as usize + frame.height as usize);
    (right.max(screen.0 as usize), bottom.max(screen.1 as usize))
}

fn info(data: &[u8]) -> Result<Info> {
    let mut decoder = open(data, u64::MAX)?;
    let screen = (decoder.width(), decoder.height());
    let frame = decoder.next_frame_info().map_err(fault)?.ok_or_else(no_frame)?;
    let (width, height) = canvas(screen, frame);
    let mode = if frame.transparent.is_some() { Mode::Rgba } else { Mode::Rgb };
    Ok(Info { format: Format::Gif, width, height, mode, bits: 8, orientation: 1 })
}

fn decode(data: &[u8], limits: &Limits) -> Result<Image> {
    let mut decoder = open(data, limits.max_memory)?;
    let screen = (decoder.width(), decoder.height());
    let global = decoder.global_palette().map(<[u8]>::to_vec);
    let frame = decoder.read_next_frame().map_err(fault)?.ok_or_else(no_frame)?;
    let palette = frame.palette.as_ref().or(global.as_ref());
    let palette = palette.ok_or_else(|| Error::new(Format::Gif, ErrorKind::Malformed, "there is no palette"))?;
    let (width, height) = canvas(screen, frame);
    let mut indices = vec![frame.transparent.unwrap_or(0); width * height];
    let rows = indices.chunks_exact_mut(width).skip(frame.top as usize);
    for (row, pixels) in rows.zip(frame.buffer.chunks_exact((frame.width as usize).max(1))) {
        row[frame.left as usize..][..pixels.len()].copy_from_slice(pixels);
    }
    Image::from_u8(Format::Gif, width, height, if frame.transparent.is_some() { Mode::Rgba } else { Mode::Rgb }, paint(&indices, palette, frame.transparent))
}

/// Colours for indices, black where the palette has none; with alpha when one index is transparent.
fn paint(indices: &[u8], palette: &[u8], transparent: Option<u8>) -> Vec<u8> {
    let mut colors = [[0; 3]; 256];
    colors.iter_mut().zip(palette.as_chunks::<3>().0).for_each(|(color, &entry)| *color = entry);
    match transparent {
        None => indices.iter().flat_map(|&i| colors[i as usize]).collect(),
        Some(clear) => {
            let pixel = |&i: &u8| {
                let [r, g, b] = colors[i as usize];
                [r, g, b, if i == clear { 0 } else { 255 }]
            };
            indices.iter().flat_map(pixel).collect()
        }
    }
}
