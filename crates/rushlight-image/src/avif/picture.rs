//! Which coded images make the picture, and how it is to be shown.

use super::boxes::{self, Box, Reader};
use super::meta::{Item, Meta};
use super::movie;
use super::transform::Transforms;
use super::{fault, malformed};
use crate::{ErrorKind, Result};
use std::borrow::Cow;

/// Tiles of a grid.
const MOST_TILES: usize = 1024;

/// Colour or alpha: one coded image, or the tiles of a grid, row after row.
pub struct Coded<'a> {
    pub width: usize,
    pub height: usize,
    pub monochrome: bool,
    pub columns: usize,
    pub tiles: Vec<Cow<'a, [u8]>>,
}

/// What `nclx` colour information says about conversion to RGB (ITU-T H.273).
#[derive(Clone, Copy, Debug)]
pub struct Nclx {
    pub primaries: u16,
    pub matrix: u16,
    pub full_range: bool,
}

/// The picture of a file.
pub struct Picture<'a> {
    pub color: Coded<'a>,
    pub alpha: Option<Coded<'a>>,
    pub premultiplied: bool,
    pub nclx: Option<Nclx>,
    pub profile: Option<&'a [u8]>,
    pub transforms: Transforms,
}

impl<'a> Picture<'a> {
    /// The first frame of a sequence, or the primary item.
    pub fn find(file: &'a [u8]) -> Result<Picture<'a>> {
        let top = boxes::of_file(file)?;
        let sequence = boxes::require(&top, b"ftyp")?.starts_with(b"avis");
        match boxes::find(&top, b"moov") {
            Some(moov) if sequence => Picture::of_tracks(movie::tracks(file, moov)?),
            _ => Picture::of_items(&Meta::parse(file, boxes::require(&top, b"meta")?)?),
        }
    }

    fn of_tracks(tracks: Vec<movie::Track<'a>>) -> Result<Picture<'a>> {
        let coded = |track: &movie::Track<'a>| -> Result<Coded<'a>> {
            let monochrome = monochrome(&track.properties)?;
            Ok(Coded { width: track.width, height: track.height, monochrome, columns: 1, tiles: vec![Cow::Borrowed(track.data)] })
        };
        let color = tracks.iter().find(|t| !t.alpha).ok_or_else(|| malformed("the sequence has no track of AV1 pictures"))?;
        let alpha = tracks.iter().find(|t| t.alpha).map(coded).transpose()?;
        let (nclx, profile) = colors(&color.properties)?;
        Ok(Picture { color: coded(color)?, alpha, premultiplied: false, nclx, profile, transforms: Transforms::default() })
    }

    fn of_items(meta: &Meta<'a>) -> Result<Picture<'a>> {
        let primary = meta.item(meta.primary).ok_or_else(|| malformed("the primary item is not among the items"))?;
        let properties = meta.properties(primary);
        let alpha = meta.items.iter().find(|item| is_alpha(meta, item)).map(|item| item.id);
        let premultiplied = alpha.is_some_and(|alpha| meta.referred(b"prem", meta.primary).contains(&alpha));
        let (nclx, profile) = colors(&properties)?;
        Ok(Picture {
            color: coded(meta, primary)?,
            alpha: alpha.and_then(|id| meta.item(id)).map(|item| coded(meta, item)).transpose()?,
            premultiplied,
            nclx,
            profile,
            transforms: Transforms::parse(&properties)?,
        })
    }
}

fn is_alpha(meta: &Meta, item: &Item) -> bool {
    const ALPHA: [&[u8]; 2] = [b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0", b"urn:mpeg:hevc:2015:auxid:1\0"];
    let is_auxiliary = meta.referred(b"auxl", item.id).contains(&meta.primary);
    is_auxiliary
        && boxes::find(&meta.properties(item), b"auxC").is_some_and(|content| ALPHA.iter().any(|name| content.get(4..).is_some_and(|c| c.starts_with(name))))
}

fn coded<'a>(meta: &Meta<'a>, item: &Item) -> Result<Coded<'a>> {
    let properties = meta.properties(item);
    match &item.kind {
        b"av01" => {
            let (width, height) = extent(&properties)?;
            Ok(Coded { width, height, monochrome: monochrome(&properties)?, columns: 1, tiles: vec![meta.data(item)?] })
        }
        b"grid" => grid(meta, item),
        other => Err(fault(ErrorKind::Unsupported, format!("an image of kind '{}' is not decoded, only AV1 and grids of it", other.escape_ascii()))),
    }
}

/// A grid (HEIF, 6.6.2.3).
fn grid<'a>(meta: &Meta<'a>, item: &Item) -> Result<Coded<'a>> {
    let data = meta.data(item)?;
    let mut reader = Reader::new(&data);
    let (_, flags) = (reader.u8()?, reader.u8()?);
    let (rows, columns) = (reader.u8()? as usize + 1, reader.u8()? as usize + 1);
    let size = if flags & 1 == 0 { 2 } else { 4 };
    let (width, height) = (reader.number(size)? as usize, reader.number(size)? as usize);
    let ids = meta.referred(b"dimg", item.id);
    if width == 0 || height == 0 || ids.len() != rows * columns || ids.len() > MOST_TILES {
        return Err(malformed(format!("a grid of {width}x{height} pixels with {} tiles for {rows} rows and {columns} columns", ids.len())));
    }
    let tiles: Vec<&Item> = ids.iter().filter_map(|&id| meta.item(id)).filter(|tile| tile.kind == *b"av01").collect();
    if tiles.len() != ids.len() {
        return Err(malformed("a tile of the grid is not an AV1 image"));
    }
    let monochrome = monochrome(&meta.properties(tiles[0]))?;
    let tiles = tiles.into_iter().map(|tile| meta.data(tile)).collect::<Result<_>>()?;
    Ok(Coded { width, height, monochrome, columns, tiles })
}

/// The size in the `ispe` property.
fn extent(properties: &[Box]) -> Result<(usize, usize)> {
    let mut reader = Reader::new(boxes::require(properties, b"ispe")?);
    reader.version()?;
    let (width, height) = (reader.u32()? as usize, reader.u32()? as usize);
    if width == 0 || height == 0 {
        return Err(malformed(format!("the image is empty: {width}x{height} pixels")));
    }
    Ok((width, height))
}

/// Whether the codec configuration (AV1 in ISOBMFF, 2.3) declares luma only.
fn monochrome(properties: &[Box]) -> Result<bool> {
    let configuration = boxes::require(properties, b"av1C")?;
    configuration.get(2).map(|flags| flags & 0x10 != 0).ok_or_else(|| malformed("the AV1 configuration is too short"))
}

/// Conversion and ICC profile of the `colr` properties.
fn colors<'a>(properties: &[Box<'a>]) -> Result<(Option<Nclx>, Option<&'a [u8]>)> {
    let (mut nclx, mut profile) = (None, None);
    for property in properties.iter().filter(|b| b.kind == *b"colr") {
        let mut reader = Reader::new(property.content);
        match &reader.kind()? {
            b"nclx" => {
                let primaries = reader.u16()?;
                reader.u16()?;
                nclx = nclx.or(Some(Nclx { primaries, matrix: reader.u16()?, full_range: reader.u8()? & 0x80 != 0 }));
            }
            b"prof" | b"rICC" => profile = profile.or(Some(reader.rest())),
            _ => {}
        }
    }
    Ok((nclx, profile))
}
