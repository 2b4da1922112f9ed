//! The first page of a TIFF or BigTIFF: grey, palettes, RGB, inks and YCbCr, in strips or tiles, chunky or planar.
//!
//! The data go this way: [`directory`] finds the values of tags, [`page`] what they mean together; [`chunk`] (with [`fax`]) unpacks the data of
//! strips and tiles, [`samples`] their samples, and [`color`] makes pixels. Samples of 9 to 16 bits keep them. Signed, floating-point
//! and 32-bit samples are cut off below 0 and above 255, as by Pillow's `convert`.

mod chunk;
mod color;
mod directory;
mod fax;
mod page;
mod samples;

use crate::image::Codec;
use crate::{Error, ErrorKind, Format, Image, Info, Limits, Result, exif};
use chunk::Places;
use directory::{Directory, tag};
use page::{Colors, Compression, Page};

pub(crate) const CODEC: Codec = Codec { info, decode };

fn malformed(reason: impl Into<String>) -> Error {
    Error::new(Format::Tiff, ErrorKind::Malformed, reason)
}

/// The ICC profile.
pub(crate) fn profile(data: &[u8]) -> Option<Vec<u8>> {
    Directory::first(data).ok()?.bytes(tag::ICC_PROFILE).ok()?.map(<[u8]>::to_vec)
}

fn orientation(directory: &Directory) -> Result<u8> {
    Ok(match directory.numbers(tag::ORIENTATION)?.first() {
        Some(&value) => exif::valid(value),
        None => directory.bytes(tag::XMP)?.and_then(exif::orientation_of_xmp).unwrap_or(1),
    })
}

fn info(data: &[u8]) -> Result<Info> {
    let page = Page::first(data)?;
    Ok(Info {
        format: Format::Tiff,
        width: page.width,
        height: page.height,
        mode: page.mode(),
        bits: page.result_bits(),
        orientation: orientation(&page.directory)?,
    })
}

fn decode(data: &[u8], limits: &Limits) -> Result<Image> {
    let mut page = Page::first(data)?;
    let row = page.width * page.samples * if page.is_wide() { 2 } else { 1 };
    // All samples, a strip or tile of at most as many, and the pixels.
    limits.check(Format::Tiff, page.width, page.height, 3 * row as u64 * page.height as u64)?;
    let places = Places::of(&page)?;
    let mut samples = vec![0; row * page.height];
    let planes = if page.planar { page.samples } else { 1 };
    let each = page.chunks_wide() * page.chunks_high();
    for index in 0..planes * each {
        let (left, top) = (index % each % page.chunks_wide() * page.chunk.0, index % each / page.chunks_wide() * page.chunk.1);
        let rows = if page.tiled { page.chunk.1 } else { page.chunk.1.min(page.height - top) };
        let chunk = chunk(&page, &places, index, rows, limits)?;
        place(&page, &chunk, (left, top), index / each, &mut samples);
    }
    if page.compression == Compression::Jpeg && page.colors == Colors::YCbCr && !page.planar {
        // The JPEG decoder has converted them.
        page.colors = Colors::Rgb;
    }
    color::image(&page, samples)
}

/// The samples of a strip or tile.
fn chunk(page: &Page, places: &Places, index: usize, rows: usize, limits: &Limits) -> Result<Vec<u8>> {
    let columns = page.chunk.0;
    if page.compression == Compression::Jpeg {
        return places.jpeg(page, index, columns, rows, limits);
    }
    let packed = places.packed(page, index, columns, rows, samples::packed_bytes(page, columns, rows))?;
    Ok(samples::unpack(page, packed, columns, rows))
}

/// Copies what of a strip or tile is inside the image.
fn place(page: &Page, chunk: &[u8], (left, top): (usize, usize), plane: usize, samples: &mut [u8]) {
    let size = if page.is_wide() { 2 } else { 1 };
    let pixel = page.samples * size;
    let columns = page.chunk.0.min(page.width - left);
    let rows = samples.chunks_exact_mut(page.width * pixel).skip(top).take(page.chunk.1);
    for (to, from) in rows.zip(chunk.chunks_exact(page.chunk.0 * page.chunk_samples() * size)) {
        let to = &mut to[left * pixel..(left + columns) * pixel];
        match page.planar {
            false => to.copy_from_slice(&from[..to.len()]),
            true => to.chunks_exact_mut(pixel).zip(from.chunks_exact(size)).for_each(|(to, from)| to[plane * size..][..size].copy_from_slice(from)),
        }
    }
}
