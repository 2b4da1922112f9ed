//! The first frame of an animation as a file of its own: it is shown as it is, on a canvas that is clear (libwebp's `WebPAnimDecoder`).

use super::{Error, ErrorKind, Format, Result};

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
    let mut rest = data.get(12..).unwrap_or(&[]);
    while let Some((head, content)) = rest.split_at_checked(8) {
        let size = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        if head.starts_with(b"ANMF") {
            let truncated = || Error::new(Format::WebP, ErrorKind::Truncated, "the first frame is incomplete");
            let (place, chunks) = content.get(..size).ok_or_else(truncated)?.split_at_checked(16).ok_or_else(truncated)?;
            let (left, top) = (2 * u24(place) as usize, 2 * u24(&place[3..]) as usize);
            return Ok(Some(First { left, top, columns: u24(&place[6..]), rows: u24(&place[9..]), chunks }));
        }
        rest = content.get(size.saturating_add(size % 2)..).unwrap_or(&[]);
    }
    Ok(None)
}

impl First<'_> {
    /// Columns and rows as the frame announces them.
    pub fn size(&self) -> (usize, usize) {
        (self.columns as usize + 1, self.rows as usize + 1)
    }

    /// A file with this frame as its image; with a header for the alpha chunk that may come before the image.
    pub fn file(&self) -> Vec<u8> {
        let alpha = self.chunks.starts_with(b"ALPH");
        let side = |side: u32| side.to_le_bytes();
        let mut body = b"WEBP".to_vec();
        if alpha {
            body.extend_from_slice(b"VP8X\x0A\0\0\0\x10\0\0\0");
            body.extend_from_slice(&side(self.columns)[..3]);
            body.extend_from_slice(&side(self.rows)[..3]);
        }
        body.extend_from_slice(self.chunks);
        [&b"RIFF"[..], &(body.len() as u32).to_le_bytes(), &body].concat()
    }
}
