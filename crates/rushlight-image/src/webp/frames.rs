//! A check of the frames' own sizes before the `image-webp` crate makes room for them: it compares them with the canvas afterwards.

use super::riff::{self, Chunk};
use super::{Error, ErrorKind, Format, Result};

/// Chunks of a file, those in animation frames included; a frame of an animation takes two or three.
const MOST_CHUNKS: usize = 1 << 16;

/// An error if a frame has more columns or rows than the canvas.
pub fn check(data: &[u8], canvas: (u32, u32)) -> Result<()> {
    let mut rest = riff::body(data);
    for _ in 0..MOST_CHUNKS {
        let Some(chunk) = Chunk::first(rest) else { return Ok(()) };
        let size_of_frame = match &chunk.kind {
            b"VP8 " => lossy_size(chunk.tail),
            b"VP8L" => lossless_size(chunk.tail),
            _ => None,
        };
        if let Some((width, height)) = size_of_frame.filter(|size| size.0 > canvas.0 || size.1 > canvas.1) {
            let reason = format!("a frame of {width}x{height} pixels on a canvas of {}x{}", canvas.0, canvas.1);
            return Err(Error::new(Format::WebP, ErrorKind::Malformed, reason));
        }
        // The chunks of an animation's frame follow sixteen bytes of its own.
        rest = if &chunk.kind == b"ANMF" { chunk.tail.get(16..).unwrap_or(&[]) } else { chunk.behind() };
    }
    Err(Error::new(Format::WebP, ErrorKind::Limit, format!("more than {MOST_CHUNKS} chunks")))
}

/// The sides in a VP8 key frame's header (RFC 6386, 9.1), fourteen bits each.
fn lossy_size(frame: &[u8]) -> Option<(u32, u32)> {
    let sides = frame.get(6..10)?;
    let side = |at: usize| (u16::from_le_bytes([sides[at], sides[at + 1]]) & 0x3FFF) as u32;
    Some((side(0), side(2)))
}

/// The sides in a VP8L header (RFC 9649, 3.4), fourteen bits each, less one.
fn lossless_size(frame: &[u8]) -> Option<(u32, u32)> {
    let bits = u32::from_le_bytes(*frame.get(1..)?.first_chunk::<4>()?);
    Some(((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1))
}
