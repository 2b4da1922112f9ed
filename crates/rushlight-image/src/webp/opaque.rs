//! Lossy images that announce alpha and have none: to libwebp they are opaque, to the `image-webp` crate broken.

use super::riff;

const ALPHA: u8 = 0x10;
const ANIMATION: u8 = 0x02;

/// A file of the lossy image alone, if the flags announce alpha and no chunk before the image holds it.
pub fn find(data: &[u8]) -> Option<Vec<u8>> {
    let mut chunks = riff::chunks(data);
    let header = chunks.next().filter(|chunk| &chunk.kind == b"VP8X")?;
    if header.tail.first()? & (ALPHA | ANIMATION) != ALPHA {
        return None;
    }
    let image = chunks.find(|chunk| matches!(&chunk.kind, b"ALPH" | b"VP8L" | b"VP8 ")).filter(|chunk| &chunk.kind == b"VP8 ")?;
    let content = image.content()?;
    Some(riff::file(&[b"VP8 ", &(content.len() as u32).to_le_bytes(), content]))
}
