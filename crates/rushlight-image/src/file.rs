//! Reading files whole, and never one that has no end.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result, Seek, SeekFrom};
use std::path::Path;

/// Opens a regular file of at most `limit` bytes: reading anything else might never end.
pub fn open(path: &Path, limit: u64) -> Result<File> {
    let metadata = std::fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(Error::new(ErrorKind::IsADirectory, "it is a directory"));
    }
    if !metadata.is_file() {
        return Err(Error::other("it is not a regular file"));
    }
    if metadata.len() > limit {
        return Err(Error::other(format!("its {} bytes are more than max_memory={limit}", metadata.len())));
    }
    File::open(path)
}

/// Reads a regular file of at most `limit` bytes in place of what `data` held.
pub fn read(path: &Path, limit: u64, data: &mut Vec<u8>) -> Result<()> {
    data.clear();
    let file = open(path, limit)?;
    data.reserve(file.metadata().map_or(0, |metadata| metadata.len().min(limit) as usize + 1));
    file.take(limit).read_to_end(data).map(|_| ())
}

/// As much of a file as its headers usually take.
const HEAD: u64 = 64 << 10;
/// Chunks of a PNG that are passed, and bytes of those that are kept.
const MOST_CHUNKS: usize = 1 << 12;
const MOST_BYTES: u64 = 1 << 20;

/// The first bytes of a regular file, where headers are; of a PNG also the chunks behind its pixels, which may say how to turn it.
pub fn head(path: &Path) -> Result<Vec<u8>> {
    let mut data = Vec::with_capacity(HEAD as usize);
    let mut file = open(path, u64::MAX)?;
    (&mut file).take(HEAD).read_to_end(&mut data)?;
    match first_pixels(&data) {
        Some(at) if data.len() as u64 == HEAD => without_pixels(file, data, at),
        _ => Ok(data),
    }
}

/// Where in the beginning of a PNG its first chunk of pixels is.
fn first_pixels(data: &[u8]) -> Option<usize> {
    let mut at = if data.starts_with(b"\x89PNG\r\n\x1a\n") { 8 } else { return None };
    loop {
        let chunk = data.get(at..)?.first_chunk::<8>()?;
        if chunk.ends_with(b"IDAT") {
            return Some(at);
        }
        at = at.checked_add(length(chunk) as usize)?;
    }
}

/// Bytes of a chunk of a PNG: its head, its content, its checksum.
fn length(head: &[u8; 8]) -> u64 {
    u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as u64 + 12
}

/// What comes before pixels, a chunk of none, and what comes behind them.
fn without_pixels(mut file: File, mut data: Vec<u8>, pixels: usize) -> Result<Vec<u8>> {
    data.truncate(pixels);
    data.extend_from_slice(b"\0\0\0\0IDAT\x35\xAF\x06\x1E");
    let (mut at, mut kept) = (pixels as u64, 0);
    for _ in 0..MOST_CHUNKS {
        let mut head = [0; 8];
        file.seek(SeekFrom::Start(at))?;
        if file.read_exact(&mut head).is_err() {
            break;
        }
        if !matches!(&head[4..], b"IDAT" | b"fdAT") && kept + length(&head) <= MOST_BYTES {
            kept += length(&head);
            data.extend_from_slice(&head);
            (&mut file).take(length(&head) - 8).read_to_end(&mut data)?;
        }
        at += length(&head);
    }
    Ok(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_a_png_has_what_is_behind_its_pixels() {
        let chunk = |kind: &[u8], content: &[u8]| [&(content.len() as u32).to_be_bytes(), kind, content, b"CRC!"].concat();
        let signature = b"\x89PNG\r\n\x1a\n".to_vec();
        let parts =
            [signature, chunk(b"IHDR", &[0; 13]), chunk(b"IDAT", &[1; 100_000]), chunk(b"IDAT", &[1; 9]), chunk(b"eXIf", b"turned"), chunk(b"IEND", b"")];
        let path = std::env::temp_dir().join(format!("rushlight-head-{}.png", std::process::id()));
        std::fs::write(&path, parts.concat()).unwrap();
        let found = head(&path);
        std::fs::remove_file(&path).unwrap();
        let empty = b"\0\0\0\0IDAT\x35\xAF\x06\x1E".to_vec();
        assert_eq!(found.unwrap(), [&parts[0][..], &parts[1], &empty, &parts[4], &parts[5]].concat());
    }
}
