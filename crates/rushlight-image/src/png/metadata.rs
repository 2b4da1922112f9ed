//! The orientation in the chunks of a PNG: EXIF data, those that ImageMagick writes as text, or XMP.

use crate::exif;
use flate2::read::ZlibDecoder;
use std::borrow::Cow;
use std::io::Read;

/// Chunks of a file; photographs have some hundreds.
const MOST_CHUNKS: usize = 1 << 20;
/// More bytes of compressed text are not read.
const LONGEST_TEXT: u64 = 1 << 20;

/// What the chunks say, the last of each kind; the pixels may come first.
#[derive(Default)]
struct Found<'a> {
    exif: Option<&'a [u8]>,
    text: Option<&'a [u8]>,
    compressed_text: Option<&'a [u8]>,
    xmp: Option<&'a [u8]>,
}

/// The orientation, 1 where none is told.
pub fn orientation(data: &[u8]) -> u8 {
    let mut found = Found::default();
    for (kind, content) in chunks(data).take(MOST_CHUNKS) {
        match kind {
            b"eXIf" => found.exif = Some(content),
            b"tEXt" => found.text = content.strip_prefix(b"Raw profile type exif\0").or(found.text),
            b"zTXt" => found.compressed_text = content.strip_prefix(b"Raw profile type exif\0\0").or(found.compressed_text),
            b"iTXt" => found.xmp = content.strip_prefix(b"XML:com.adobe.xmp\0").or(found.xmp),
            _ => {}
        }
    }
    let text = || found.text.map(from_hexadecimal).or_else(|| found.compressed_text.map(|text| from_hexadecimal(&inflated(text))));
    let exif = found.exif.map(Cow::Borrowed).or_else(|| text().map(Cow::Owned));
    exif::orientation_with_xmp(exif.as_deref(), found.xmp.and_then(international).as_deref())
}

/// Kinds and contents of the chunks that are complete.
pub fn chunks(data: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = data.get(8..).unwrap_or(&[]);
    std::iter::from_fn(move || {
        let length = u32::from_be_bytes(*rest.first_chunk()?) as usize;
        let (chunk, tail) = rest.split_at_checked(length.checked_add(12)?)?;
        rest = tail;
        Some((&chunk[4..8], &chunk[8..8 + length]))
    })
}

fn inflated(data: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    // What comes before an error counts.
    let _ = ZlibDecoder::new(data).take(LONGEST_TEXT).read_to_end(&mut text);
    text
}

/// The text behind flag and method of compression, language and translated keyword.
fn international(content: &[u8]) -> Option<Cow<'_, [u8]>> {
    let (&[compressed, _], rest) = content.split_first_chunk()?;
    let mut parts = rest.splitn(3, |&byte| byte == 0);
    let text = parts.nth(2)?;
    Some(if compressed == 0 { Cow::Borrowed(text) } else { Cow::Owned(inflated(text)) })
}

/// The bytes that digits stand for, after three lines: one empty, the name, the length.
fn from_hexadecimal(text: &[u8]) -> Vec<u8> {
    let digits = text.splitn(4, |&byte| byte == b'\n').nth(3).unwrap_or(&[]);
    let digits: Vec<u8> = digits.iter().take(LONGEST_TEXT as usize).filter_map(|&byte| (byte as char).to_digit(16)).map(|digit| digit as u8).collect();
    digits.as_chunks::<2>().0.iter().map(|[high, low]| high << 4 | low).collect()
}
