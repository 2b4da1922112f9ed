//! The first frame of an animation as a file of its own: it is shown as it is, on a canvas that is clear (libwebp's `WebPAnimDecoder`).

use super::{Error, ErrorKind, Format, Result, riff};

/// Where the first frame lies on the canvas, and its chunks.
pub struct First<'a> {
    pub left: usize,
    pub top: usize,
    columns: u32,
    rows: u32,
    chunks: &'a [u8],
}

fn u24(bytes: &[u8]) -> u32 {
    bytes.iter().take(3).rev().fold(0, |value, &byte| value << 8 | byte as u32)
}

/// The first frame of an animation; `None` in a file without one.
pub fn find(data: &[u8]) -> Result<Option<First<'_>>> {
    let Some(frame) = riff::chunks(data).find(|chunk| &chunk.kind == b"ANMF") else { return Ok(None) };
    let truncated = || Error::new(Format::WebP, ErrorKind::Truncated, "the first frame is incomplete");
    let (place, chunks) = frame.content().ok_or_else(truncated)?.split_at_checked(16).ok_or_else(truncated)?;
    let (left, top) = (2 * u24(place) as usize, 2 * u24(&place[3..]) as usize);
    Ok(Some(First { left, top, columns: u24(&place[6..]), rows: u24(&place[9..]), chunks }))
}

impl First<'_> {
    /// Columns and rows as the frame announces them.
    pub fn size(&self) -> (usize, usize) {
        (self.columns as usize + 1, self.rows as usize + 1)
    }

    /// A file with this frame as its image; with a header for the alpha chunk that may come before the image.
    pub fn file(&self) -> Vec<u8> {
        let side = |side: u32| side.to_le_bytes();
        match self.chunks.starts_with(b"ALPH") {
            true => riff::file(&[b"VP8X\x0A\0\0\0\x10\0\0\0", &side(self.columns)[..3], &side(self.rows)[..3], self.chunks]),
            false => riff::file(&[self.chunks]),
        }
    }
}
