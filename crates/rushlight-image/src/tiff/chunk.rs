//! The data of a strip or tile, unpacked: packed samples, or the finished ones of a JPEG.

use super::directory::tag;
use super::page::{Colors, Compression, Page};
use super::{Error, ErrorKind, Format, Result, fax, malformed};
use crate::lzw::{self, Dialect, Fault};
use crate::{Limits, Mode, jpeg};
use flate2::{Decompress, FlushDecompress, Status};
use std::borrow::Cow;

/// Where the data of strips or tiles are.
pub struct Places {
    offsets: Vec<u64>,
    counts: Vec<u64>,
}

fn truncated() -> Error {
    Error::new(Format::Tiff, ErrorKind::Truncated, "the data of a strip or tile are incomplete")
}

impl Places {
    pub fn of(page: &Page) -> Result<Places> {
        let (offsets, counts) = if page.tiled { (tag::TILE_OFFSETS, tag::TILE_COUNTS) } else { (tag::STRIP_OFFSETS, tag::STRIP_COUNTS) };
        let places = Places { offsets: page.directory.numbers(offsets)?, counts: page.directory.numbers(counts)? };
        let needed = page.chunks_wide() * page.chunks_high() * if page.planar { page.samples } else { 1 };
        if places.offsets.len() < needed {
            return Err(malformed(format!("{} strips or tiles where {needed} are needed", places.offsets.len())));
        }
        Ok(places)
    }

    /// The data of a strip or tile; up to the end of the file where their length is not told.
    fn data<'a>(&self, page: &Page<'a>, index: usize) -> Result<&'a [u8]> {
        let at = self.offsets[index];
        match self.counts.get(index) {
            None | Some(0) => Ok(page.directory.rest(at)),
            // The last strip may declare more than there is.
            Some(&count) => page.directory.part(at, count).or_else(|| Some(page.directory.rest(at)).filter(|rest| !rest.is_empty())).ok_or_else(truncated),
        }
    }

    /// The packed samples of a strip or tile, `bytes` of them.
    pub fn packed<'a>(&self, page: &Page<'a>, index: usize, columns: usize, rows: usize, bytes: usize) -> Result<Cow<'a, [u8]>> {
        let data = match page.compression {
            // How long these are does not have to be told.
            Compression::None => page.directory.part(self.offsets[index], bytes as u64).ok_or_else(truncated)?,
            _ => self.data(page, index)?,
        };
        let data = if page.reversed { Cow::Owned(data.iter().map(|byte| byte.reverse_bits()).collect()) } else { Cow::Borrowed(data) };
        Ok(match page.compression {
            Compression::None => data,
            Compression::Lzw => Cow::Owned(lzw(&data, bytes)?),
            Compression::Deflate => Cow::Owned(inflate(&data, bytes)?),
            Compression::PackBits => Cow::Owned(pack_bits(&data, bytes)?),
            _ => Cow::Owned(fax::decode(&data, columns, rows, page)?),
        })
    }

    /// The samples of a strip or tile that is a JPEG without its tables (TIFF technical note 2): grey or RGB of `columns` by at least `rows`.
    pub fn jpeg(&self, page: &Page, index: usize, columns: usize, rows: usize, limits: &Limits) -> Result<Vec<u8>> {
        let tables = page.directory.bytes(tag::JPEG_TABLES)?.and_then(|tables| tables.strip_prefix(&[0xFF, 0xD8])).unwrap_or(&[]);
        let tables = tables.strip_suffix(&[0xFF, 0xD9]).unwrap_or(tables);
        let data = self.data(page, index)?;
        let data = data.strip_prefix(&[0xFF, 0xD8]).ok_or_else(|| malformed("the data of a strip or tile are no JPEG"))?;
        // Adobe's marker tells the decoder which colours they are.
        let transform = (page.colors == Colors::YCbCr) as u8;
        let file = [&[0xFF, 0xD8, 0xFF, 0xEE, 0, 14][..], b"Adobe\0d\0\0\0\0", &[transform], tables, data].concat();
        let within = |error: Error| Error::new(Format::Tiff, error.kind, format!("the JPEG data of a strip or tile: {}", error.reason));
        let header = jpeg::header(&file).map_err(within)?;
        let mode = if page.chunk_samples() == 1 { Mode::L } else { Mode::Rgb };
        if header.components != mode.channels() || header.width != columns || !(rows..=page.chunk.1).contains(&header.height) {
            let reason =
                format!("a JPEG of {}x{} pixels of {} samples for {columns}x{rows} of {}", header.width, header.height, header.components, mode.channels());
            return Err(malformed(reason));
        }
        let stride = columns * mode.channels();
        let mut samples = vec![0; stride * header.height];
        jpeg::Decoder::new().decode(&file, mode, limits, &mut samples, stride).map_err(within)?;
        Ok(samples)
    }
}

/// LZW, the lowest bits first where the data begin as libtiff knows it of early writers.
fn lzw(data: &[u8], bytes: usize) -> Result<Vec<u8>> {
    let dialect = if matches!(data, [0, second, ..] if second & 1 == 1) { Dialect::EarlyTiff } else { Dialect::Tiff };
    let mut out = vec![0; bytes];
    match lzw::decode(dialect, data, &mut out) {
        Ok(()) => Ok(out),
        Err(Fault::Truncated) => Err(truncated()),
        Err(Fault::Malformed) => Err(malformed("the LZW data of a strip or tile have a code that does not exist")),
    }
}

fn inflate(data: &[u8], bytes: usize) -> Result<Vec<u8>> {
    let mut out = vec![0; bytes];
    let mut decoder = Decompress::new(true);
    let status = decoder.decompress(data, &mut out, FlushDecompress::Finish);
    match (status, decoder.total_out() as usize == bytes) {
        (_, true) => Ok(out),
        (Err(error), _) => Err(malformed(format!("the deflated data of a strip or tile: {error}"))),
        (Ok(Status::StreamEnd | Status::Ok | Status::BufError), false) => Err(truncated()),
    }
}

/// Runs and literals (TIFF 6.0, section 9).
fn pack_bits(data: &[u8], bytes: usize) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.min(data.len().saturating_mul(64)));
    let mut rest = data;
    while out.len() < bytes {
        let (&head, tail) = rest.split_first().ok_or_else(truncated)?;
        rest = match head as i8 {
            -128 => tail,
            count @ 0.. => {
                let (literal, tail) = tail.split_at_checked(count as usize + 1).ok_or_else(truncated)?;
                out.extend_from_slice(literal);
                tail
            }
            count => {
                let (&value, tail) = tail.split_first().ok_or_else(truncated)?;
                out.extend(std::iter::repeat_n(value, (1 - count as isize) as usize));
                tail
            }
        };
    }
    out.truncate(bytes);
    Ok(out)
}
