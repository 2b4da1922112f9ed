//! Lossy images that announce alpha and have none: to libwebp they are opaque, to the `image-webp` crate broken.

const ALPHA: u8 = 0x10;
const ANIMATION: u8 = 0x02;

/// A file of the lossy image alone, if the flags announce alpha and no chunk before the image holds it.
pub fn find(data: &[u8]) -> Option<Vec<u8>> {
    let mut rest = data.get(12..)?;
    let (head, flags) = rest.split_first_chunk::<8>()?;
    if !head.starts_with(b"VP8X") || flags.first()? & (ALPHA | ANIMATION) != ALPHA {
        return None;
    }
    while let Some((head, content)) = rest.split_first_chunk::<8>() {
        let size = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        match &head[..4] {
            b"ALPH" | b"VP8L" => return None,
            b"VP8 " => return Some(file_of(head, content.get(..size)?)),
            _ => rest = content.get(size.checked_add(size % 2)?..)?,
        }
    }
    None
}

fn file_of(head: &[u8; 8], content: &[u8]) -> Vec<u8> {
    let size = 4 + head.len() + content.len();
    [&b"RIFF"[..], &(size as u32).to_le_bytes(), b"WEBP", head, content].concat()
}
