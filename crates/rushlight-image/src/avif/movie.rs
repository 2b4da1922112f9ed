//! The first sample of each track of an image sequence (ISO/IEC 14496-12, 8.3 to 8.7).

use super::boxes::{self, Box, Reader};
use super::malformed;
use crate::Result;

/// A track of AV1 frames.
pub struct Track<'a> {
    pub width: usize,
    pub height: usize,
    pub alpha: bool,
    /// The boxes of its sample entry: configuration, colours.
    pub properties: Vec<Box<'a>>,
    /// Its first frame.
    pub data: &'a [u8],
}

/// The tracks with pictures of a `moov` box.
pub fn tracks<'a>(file: &'a [u8], moov: &'a [u8]) -> Result<Vec<Track<'a>>> {
    let tracks = boxes::list(moov)?.into_iter().filter(|b| b.kind == *b"trak");
    tracks.filter_map(|b| track(file, b.content).transpose()).collect()
}

/// A track, `None` when it has no pictures.
fn track<'a>(file: &'a [u8], content: &'a [u8]) -> Result<Option<Track<'a>>> {
    let media = boxes::list(boxes::require(&boxes::list(content)?, b"mdia")?)?;
    let handler = boxes::require(&media, b"hdlr")?.get(8..12).unwrap_or(&[]);
    if handler != b"pict" && handler != b"auxv" {
        return Ok(None);
    }
    let information = boxes::list(boxes::require(&media, b"minf")?)?;
    let table = boxes::list(boxes::require(&information, b"stbl")?)?;
    let mut reader = Reader::new(boxes::require(&table, b"stsd")?);
    reader.version()?;
    reader.u32()?;
    let entries = boxes::list(reader.rest())?;
    let Some(entry) = boxes::find(&entries, b"av01") else { return Ok(None) };
    // A visual sample entry: 24 bytes, width, height, 50 bytes, then boxes (12.1.3).
    let mut reader = Reader::new(entry);
    reader.take(24)?;
    let (width, height) = (reader.u16()? as usize, reader.u16()? as usize);
    reader.take(50)?;
    let properties = boxes::list(reader.rest())?;
    Ok(Some(Track { width, height, alpha: handler == b"auxv", properties, data: first_sample(file, &table)? }))
}

fn first_sample<'a>(file: &'a [u8], table: &[Box]) -> Result<&'a [u8]> {
    let (chunks, size) = match boxes::find(table, b"stco") {
        Some(chunks) => (chunks, 4),
        None => (boxes::require(table, b"co64")?, 8),
    };
    let mut reader = Reader::new(chunks);
    reader.version()?;
    reader.u32()?;
    let offset = reader.number(size)?;
    let mut reader = Reader::new(boxes::require(table, b"stsz")?);
    reader.version()?;
    let common = reader.u32()?;
    reader.u32()?;
    let length = if common == 0 { reader.u32()? } else { common };
    let range = usize::try_from(offset).ok().and_then(|start| file.get(start..start.checked_add(length as usize)?));
    range.filter(|data| !data.is_empty()).ok_or_else(|| malformed("the first sample of a track is not within the file"))
}
