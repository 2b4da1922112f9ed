//! JPEG (ITU-T T.81): baseline, extended sequential and progressive Huffman coding, 8 bits, with pixels equal to those of libjpeg-turbo
//! at its defaults: accurate integer transform, triangle-filter upsampling.
//!
//! The data go this way: [`markers`] finds tables and scans; [`segments`] and [`bits`] give the bits of a scan, from which [`sequential`]
//! (block by [`block`]) or [`progressive`] make [`coefficients`]; [`idct`] turns them into the samples of a [`plane`], [`upsample`] and [`color`]
//! into rows of pixels.

mod bits;
mod block;
mod clipping;
mod coefficients;
mod color;
mod frame;
pub(crate) mod huffman;
mod idct;
mod markers;
mod plane;
mod profile;
mod progressive;
mod rows;
mod segments;
mod sequential;
mod smooth;
pub(crate) mod standard;
mod upsample;

use crate::image::Codec;
use crate::{Error, ErrorKind, Format, Image, Info, Limits, Mode, Region, Result};
use coefficients::Coefficients;
use color::Space;
use frame::{Frame, Scan};
use markers::{Application, Markers, Tables};
pub(crate) use profile::profile;
use rows::Strip;
use segments::Segments;
use sequential::SequentialScan;
use smooth::Precision;

pub(crate) const CODEC: Codec = Codec { info, decode };

fn info(data: &[u8]) -> Result<Info> {
    let Header { width, height, components, orientation, .. } = header(data)?;
    let mode = if components == 1 { Mode::L } else { Mode::Rgb };
    Ok(Info { format: Format::Jpeg, width, height, mode, bits: 8, orientation })
}

fn decode(data: &[u8], limits: &Limits) -> Result<Image> {
    let Info { width, height, mode, .. } = info(data)?;
    let stride = width * mode.channels();
    let mut samples = vec![0; stride * height];
    Decoder::new().decode(data, mode, limits, &mut samples, stride)?;
    Image::from_u8(Format::Jpeg, width, height, mode, samples)
}

/// Scans of one image; real encoders write about ten.
const MAX_SCANS: usize = 100;

/// Blocks of a component that are kept for the next image; more, and their memory is given back.
const KEPT_BLOCKS: usize = 1 << 17;

fn fault(kind: ErrorKind, reason: impl Into<String>) -> Error {
    Error::new(Format::Jpeg, kind, reason)
}

/// How much smaller than coded an image is decoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// As coded.
    #[default]
    Full,
    /// Half the width and height, rounded up.
    Half,
    /// A quarter.
    Quarter,
    /// An eighth.
    Eighth,
}

impl Scale {
    /// Samples on a side of a transformed block.
    fn block_size(self) -> usize {
        8 / self.divisor()
    }

    /// What sides are divided by, rounding up.
    pub fn divisor(self) -> usize {
        match self {
            Scale::Full => 1,
            Scale::Half => 2,
            Scale::Quarter => 4,
            Scale::Eighth => 8,
        }
    }
}

/// What the headers of a JPEG say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Columns of pixels as coded, before any EXIF rotation.
    pub width: usize,
    /// Rows of pixels as coded.
    pub height: usize,
    /// Components: 1 grey, 3 colour, 4 CMYK.
    pub components: usize,
    /// Whether it is coded in several scans of rising quality.
    pub progressive: bool,
    /// EXIF orientation, 1 to 8; 1 when there is none.
    pub orientation: u8,
}

/// Memory and tables kept from image to image. One thread decodes one image at a time with it.
///
/// ```no_run
/// use rushlight_image::{Limits, Mode, jpeg};
/// let data = std::fs::read("photo.jpg").unwrap();
/// let mut decoder = jpeg::Decoder::new();
/// let header = jpeg::header(&data).unwrap();
/// let mut pixels = vec![0; 3 * header.width * header.height];
/// decoder.decode(&data, Mode::Rgb, &Limits::default(), &mut pixels, 3 * header.width).unwrap();
/// ```
#[derive(Default)]
pub struct Decoder {
    tables: Tables,
    bytes: Vec<u8>,
    coefficients: [Coefficients; 4],
    strip: Strip,
}

/// Reads the headers up to the frame; nothing is decoded.
pub fn header(data: &[u8]) -> Result<Header> {
    let mut markers = Markers::new(data)?;
    markers.next_scan(&mut Tables::default())?;
    let frame = markers.frame.ok_or_else(|| fault(ErrorKind::Malformed, "there is no frame header"))?;
    Ok(Header {
        width: frame.width,
        height: frame.height,
        components: frame.components.len(),
        progressive: frame.progressive,
        orientation: crate::exif::orientation_with_xmp(markers.application.exif, markers.application.xmp),
    })
}

impl Decoder {
    /// A decoder without any memory yet.
    pub fn new() -> Decoder {
        Decoder::default()
    }

    /// Decodes the whole image into `out`, whose rows begin `stride` samples apart.
    ///
    /// `mode` is `L` or `Rgb`; `out` needs `(height - 1) * stride + width * channels` samples.
    pub fn decode(&mut self, data: &[u8], mode: Mode, limits: &Limits, out: &mut [u8], stride: usize) -> Result<()> {
        self.decode_scaled(data, mode, Scale::Full, None, limits, out, stride)
    }

    /// Decodes a region (all by default) of the image at a smaller size.
    pub fn decode_scaled(
        &mut self,
        data: &[u8],
        mode: Mode,
        scale: Scale,
        region: Option<Region>,
        limits: &Limits,
        out: &mut [u8],
        stride: usize,
    ) -> Result<()> {
        let mut markers = Markers::new(data)?;
        self.tables.begin_image();
        let scan = markers.next_scan(&mut self.tables)?.ok_or_else(|| fault(ErrorKind::Malformed, "the image has no scan"))?;
        let frame = markers.frame.clone().ok_or_else(|| fault(ErrorKind::Malformed, "there is no frame header"))?;
        let streamed = !frame.progressive && scan.components.len() == frame.components.len();
        let mcu_rows = if streamed { 1 } else { frame.mcus_high };
        limits.check(Format::Jpeg, frame.width, frame.height, Coefficients::bytes(&frame, mcu_rows))?;
        let mut sink = rows::Sink::new(&frame, mode, scale, region, out, stride)?;
        for (coefficients, component) in self.coefficients.iter_mut().zip(&frame.components) {
            coefficients.reset(component, mcu_rows);
        }
        let result = match streamed {
            true => self.stream(&mut markers, &frame, &scan, scale, &mut sink),
            false => self.buffer(&mut markers, &frame, scan, scale, &mut sink),
        };
        self.coefficients.iter_mut().filter(|c| c.blocks.capacity() > KEPT_BLOCKS).for_each(|c| *c = Coefficients::default());
        result
    }

    /// Prepares the planes; tables are latched per component at its first scan.
    fn begin_planes(&mut self, frame: &Frame, scale: Scale, sink: &rows::Sink, quantization: &[Option<[u16; 64]>]) -> Result<()> {
        for ((plane, component), table) in self.strip.planes.iter_mut().zip(&frame.components).zip(quantization) {
            if !plane.begin(component, frame, scale.block_size(), &table.unwrap_or([0; 64])) {
                return Err(fault(ErrorKind::Unsupported, "sampling factors whose ratio is not a whole number"));
            }
            plane.want(sink.columns());
        }
        self.strip.clipping.begin(frame, scale.divisor(), quantization);
        Ok(())
    }

    fn latch(&self, frame: &Frame, scan: &Scan, latched: &mut [Option<[u16; 64]>]) -> Result<()> {
        for &(index, ..) in &scan.components {
            let number = frame.components[index].table;
            let table = self.tables.quantization.get(number).copied().flatten();
            let table = table.ok_or_else(|| fault(ErrorKind::Malformed, format!("quantisation table {number} is not defined")))?;
            latched[index].get_or_insert(table);
        }
        Ok(())
    }

    /// One scan with all components: rows of MCUs go straight to pixels.
    fn stream(&mut self, markers: &mut Markers, frame: &Frame, scan: &Scan, scale: Scale, sink: &mut rows::Sink) -> Result<()> {
        let mut latched = [None; 4];
        self.latch(frame, scan, &mut latched)?;
        self.begin_planes(frame, scale, sink, &latched)?;
        let space = space(frame, &markers.application);
        let mut sequential = SequentialScan::new(scan, frame, &mut self.tables)?;
        let mut segments = Segments::new(markers, &mut self.bytes);
        for row in 0..frame.mcus_high {
            if row > 0 {
                self.coefficients[..frame.components.len()].iter_mut().for_each(Coefficients::clear);
            }
            sequential.decode_row(&mut segments, 0, &mut self.coefficients)?;
            sink.strip(space, &mut self.strip, &self.coefficients, 0, row);
            if sink.is_full() {
                // A region may end before the image does: nothing behind it is looked at.
                break;
            }
        }
        let complete = sink.is_complete();
        segments.finish()?;
        if complete && markers.next_scan(&mut self.tables)?.is_some() {
            return Err(fault(ErrorKind::Malformed, "a scan after the one that had all components"));
        }
        Ok(())
    }

    /// Several scans: all coefficients first, then the pixels.
    fn buffer(&mut self, markers: &mut Markers, frame: &Frame, first: Scan, scale: Scale, sink: &mut rows::Sink) -> Result<()> {
        let mut latched = [None; 4];
        let mut next = Some(first);
        let mut scans = 0;
        let mut precision = Precision::unknown();
        while let Some(scan) = next {
            scans += 1;
            if scans > MAX_SCANS {
                return Err(fault(ErrorKind::Limit, format!("more than {MAX_SCANS} scans")));
            }
            self.latch(frame, &scan, &mut latched)?;
            self.decode_scan(markers, frame, &scan)?;
            precision.note(&scan);
            next = markers.next_scan(&mut self.tables)?;
        }
        self.begin_planes(frame, scale, sink, &latched)?;
        let space = space(frame, &markers.application);
        if frame.progressive {
            precision.estimate(frame, &latched, &mut self.coefficients);
            self.coefficients[..frame.components.len()].iter_mut().for_each(Coefficients::find_flat);
        }
        for row in 0..frame.mcus_high {
            sink.strip(space, &mut self.strip, &self.coefficients, row, row);
        }
        Ok(())
    }

    fn decode_scan(&mut self, markers: &mut Markers, frame: &Frame, scan: &Scan) -> Result<()> {
        if frame.progressive {
            let mut segments = Segments::new(markers, &mut self.bytes);
            progressive::decode_scan(scan, frame, &mut self.tables, &mut segments, &mut self.coefficients)?;
            return segments.finish();
        }
        let mut sequential = SequentialScan::new(scan, frame, &mut self.tables)?;
        let mut segments = Segments::new(markers, &mut self.bytes);
        for row in 0..sequential.mcus_high {
            sequential.decode_row(&mut segments, row, &mut self.coefficients)?;
        }
        segments.finish()
    }
}

fn space(frame: &Frame, application: &Application) -> Space {
    let ids: Vec<u8> = frame.components.iter().map(|c| c.id).collect();
    Space::guess(&ids, application.jfif, application.adobe)
}
