//! The markers and tables between the scans (T.81, annex B).

use super::block::{AcTable, DcTable};
use super::fault;
use super::frame::{Frame, Scan};
use super::huffman::{Codes, Definition, NATURAL};
use super::standard;
use crate::{ErrorKind, Result};
use std::sync::Arc;

/// Tables a scan may refer to. Built look-ups are kept, so that images with equal tables share them.
#[derive(Default)]
pub struct Tables {
    pub quantization: [Option<[u16; 64]>; 4],
    huffman: [[Option<Definition>; 4]; 2],
    dc: Vec<Arc<DcTable>>,
    ac: Vec<Arc<AcTable>>,
}

/// How many built look-ups are kept for later scans and images.
const KEPT: usize = 8;

impl Tables {
    /// Forgets what the last image defined; the look-ups stay.
    pub fn begin_image(&mut self) {
        self.quantization = Default::default();
        self.huffman = Default::default();
    }

    fn definition(&self, class: usize, number: usize) -> Result<Definition> {
        let defined = self.huffman[class].get(number).cloned().flatten();
        defined.or_else(|| standard::table(class, number)).ok_or_else(|| fault(ErrorKind::Malformed, format!("Huffman table {number} is not defined")))
    }

    pub fn dc(&mut self, number: usize) -> Result<Arc<DcTable>> {
        let definition = self.definition(0, number)?;
        keep(&mut self.dc, |table| *table.codes.definition() == definition, || DcTable::new(&definition))
    }

    pub fn ac(&mut self, number: usize) -> Result<Arc<AcTable>> {
        let definition = self.definition(1, number)?;
        keep(&mut self.ac, |table| *table.codes.definition() == definition, || AcTable::new(&definition))
    }

    /// The codes alone of an AC table, for progressive scans.
    pub fn ac_codes(&self, number: usize) -> Result<Codes> {
        Codes::new(&self.definition(1, number)?).map_err(|reason| fault(ErrorKind::Malformed, reason))
    }

    fn read_quantization(&mut self, mut segment: &[u8]) -> Result<()> {
        while let [head, rest @ ..] = segment {
            let (wide, number) = (head >> 4 != 0, (head & 15) as usize);
            let bytes = if wide { 128 } else { 64 };
            if number >= 4 || rest.len() < bytes {
                return Err(fault(ErrorKind::Malformed, "a quantisation table is incomplete or its number is above 3"));
            }
            let mut table = [0; 64];
            for i in 0..64 {
                let value = if wide { u16::from_be_bytes([rest[2 * i], rest[2 * i + 1]]) } else { rest[i] as u16 };
                table[NATURAL[i] as usize] = value;
            }
            self.quantization[number] = Some(table);
            segment = &rest[bytes..];
        }
        Ok(())
    }

    fn read_huffman(&mut self, mut segment: &[u8]) -> Result<()> {
        while let [head, rest @ ..] = segment {
            let malformed = || fault(ErrorKind::Malformed, "a Huffman table is incomplete or its number is above 3");
            let (class, number) = ((head >> 4) as usize, (head & 15) as usize);
            let counts = *rest.first_chunk::<16>().ok_or_else(malformed)?;
            let total: usize = counts.iter().map(|&n| n as usize).sum();
            if class > 1 || number > 3 || total > 256 || rest.len() < 16 + total {
                return Err(malformed());
            }
            let mut symbols = [0; 256];
            symbols[..total].copy_from_slice(&rest[16..16 + total]);
            self.huffman[class][number] = Some(Definition { counts, symbols });
            segment = &rest[16 + total..];
        }
        Ok(())
    }
}

/// Finds a kept look-up or builds it, dropping the oldest when there are many.
fn keep<T>(kept: &mut Vec<Arc<T>>, same: impl Fn(&T) -> bool, build: impl Fn() -> std::result::Result<T, &'static str>) -> Result<Arc<T>> {
    if let Some(found) = kept.iter().find(|table| same(table)) {
        return Ok(found.clone());
    }
    let table = Arc::new(build().map_err(|reason| fault(ErrorKind::Malformed, reason))?);
    if kept.len() == KEPT {
        kept.remove(0);
    }
    kept.push(table.clone());
    Ok(table)
}

/// What the application markers say about the image.
#[derive(Clone, Copy, Debug, Default)]
pub struct Application<'a> {
    pub jfif: bool,
    /// The colour transform of Adobe's marker.
    pub adobe: Option<u8>,
    /// The TIFF structure of the EXIF marker.
    pub exif: Option<&'a [u8]>,
    /// The content of the last XMP marker.
    pub xmp: Option<&'a [u8]>,
}

/// What the content of an XMP marker begins with (XMP part 3, 1.1.3).
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

/// Walks the markers of a file; entropy-coded data are skipped by whoever decodes them.
pub struct Markers<'a> {
    pub data: &'a [u8],
    /// Where the next marker is looked for.
    pub position: usize,
    pub frame: Option<Frame>,
    pub application: Application<'a>,
    /// MCUs between restart markers; zero for none.
    pub restart_interval: usize,
}

fn truncated() -> crate::Error {
    fault(ErrorKind::Truncated, "the data end before the end-of-image marker")
}

impl<'a> Markers<'a> {
    pub fn new(data: &'a [u8]) -> Result<Markers<'a>> {
        if !data.starts_with(&[0xFF, 0xD8]) {
            return Err(fault(ErrorKind::Malformed, "the start-of-image marker is missing"));
        }
        Ok(Markers { data, position: 2, frame: None, application: Application::default(), restart_interval: 0 })
    }

    /// The next marker code, garbage before it skipped as libjpeg does.
    pub fn next_marker(&mut self) -> Result<u8> {
        loop {
            let rest = self.data.get(self.position..).unwrap_or(&[]);
            let skip = rest.iter().position(|&b| b == 0xFF).ok_or_else(truncated)?;
            let fill = rest[skip..].iter().take_while(|&&b| b == 0xFF).count();
            let code = *rest.get(skip + fill).ok_or_else(truncated)?;
            self.position += skip + fill + 1;
            if code != 0 {
                return Ok(code);
            }
        }
    }

    fn segment(&mut self) -> Result<&'a [u8]> {
        match self.optional_segment()? {
            Some(segment) => Ok(segment),
            None => Err(fault(ErrorKind::Malformed, "a marker segment is shorter than its own length")),
        }
    }

    /// A segment that may be ignored; `None` when its length is impossible, which libjpeg overlooks then.
    pub fn optional_segment(&mut self) -> Result<Option<&'a [u8]>> {
        let rest = self.data.get(self.position..).unwrap_or(&[]);
        let length = u16::from_be_bytes(*rest.first_chunk::<2>().ok_or_else(truncated)?) as usize;
        self.position += length.max(2);
        if length < 2 {
            return Ok(None);
        }
        rest.get(2..length).map(Some).ok_or_else(truncated)
    }

    /// Reads up to and including the next scan header; `None` at the end of the image.
    pub fn next_scan(&mut self, tables: &mut Tables) -> Result<Option<Scan>> {
        loop {
            let code = self.next_marker()?;
            match code {
                0xD8 => return Err(fault(ErrorKind::Malformed, "a second start-of-image marker")),
                0xD9 => return Ok(None),
                0xC0..=0xC2 => self.read_frame(code == 0xC2)?,
                0xC3 | 0xC5..=0xC7 | 0xCB | 0xCD..=0xCF => return Err(unsupported_process(code)),
                0xC9 | 0xCA => return Err(fault(ErrorKind::Unsupported, "arithmetic coding is not decoded")),
                0xC4 => tables.read_huffman(self.segment()?)?,
                0xDB => tables.read_quantization(self.segment()?)?,
                0xDD => self.read_restart_interval()?,
                0xDA => {
                    let segment = self.segment()?;
                    let frame = self.frame.as_ref().ok_or_else(|| fault(ErrorKind::Malformed, "a scan before the frame header"))?;
                    return Scan::parse(segment, frame).map(Some);
                }
                0xE0..=0xEF => self.read_application(code)?,
                0xCC | 0xDC | 0xFE => drop(self.optional_segment()?),
                0x01 | 0xD0..=0xD7 => {}
                _ => return Err(fault(ErrorKind::Malformed, format!("marker 0xFF{code:02X} is not one of JPEG's"))),
            }
        }
    }

    fn read_frame(&mut self, progressive: bool) -> Result<()> {
        if self.frame.is_some() {
            return Err(fault(ErrorKind::Malformed, "a second frame header"));
        }
        self.frame = Some(Frame::parse(self.segment()?, progressive)?);
        Ok(())
    }

    fn read_restart_interval(&mut self) -> Result<()> {
        let segment = self.segment()?;
        let interval: [u8; 2] = segment.try_into().map_err(|_| fault(ErrorKind::Malformed, "the restart interval is not two bytes long"))?;
        self.restart_interval = u16::from_be_bytes(interval) as usize;
        Ok(())
    }

    fn read_application(&mut self, code: u8) -> Result<()> {
        let segment = self.optional_segment()?.unwrap_or(&[]);
        match code {
            0xE0 if segment.len() >= 14 && segment.starts_with(b"JFIF\0") => self.application.jfif = true,
            0xE1 if segment.starts_with(XMP) => self.application.xmp = Some(&segment[XMP.len()..]),
            0xE1 if self.application.exif.is_none() => self.application.exif = segment.strip_prefix(b"Exif\0\0"),
            0xEE if segment.len() >= 12 && segment.starts_with(b"Adobe") => self.application.adobe = Some(segment[11]),
            _ => {}
        }
        Ok(())
    }
}

fn unsupported_process(code: u8) -> crate::Error {
    let name = match code {
        0xC3 => "lossless",
        0xC5..=0xC7 => "hierarchical",
        _ => "arithmetic or hierarchical",
    };
    fault(ErrorKind::Unsupported, format!("the {name} process (marker 0xFF{code:02X}) is not decoded"))
}
