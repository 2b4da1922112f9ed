//! The frame: size, components and the geometry of their blocks and samples.

use super::fault;
use crate::{ErrorKind, Result};

/// Largest side libjpeg accepts.
const MAX_SIDE: usize = 65500;

/// One colour component as the frame header declares it.
#[derive(Clone, Debug)]
pub struct Component {
    pub id: u8,
    /// Sampling factors, 1 to 4.
    pub h: usize,
    pub v: usize,
    /// Which quantisation table it uses.
    pub table: usize,
    /// Blocks that hold samples of the image.
    pub blocks_wide: usize,
    pub blocks_high: usize,
    /// Blocks in a row, those included that only complete an MCU.
    pub row_blocks: usize,
}

/// A frame header with what follows from it.
#[derive(Clone, Debug)]
pub struct Frame {
    pub width: usize,
    pub height: usize,
    pub progressive: bool,
    pub components: Vec<Component>,
    pub h_max: usize,
    pub v_max: usize,
    pub mcus_wide: usize,
    pub mcus_high: usize,
}

impl Frame {
    /// Reads the content of a SOF segment (T.81, B.2.2).
    pub fn parse(segment: &[u8], progressive: bool) -> Result<Frame> {
        let &[precision, h1, h0, w1, w0, count, ref specs @ ..] = segment else {
            return Err(fault(ErrorKind::Malformed, "the frame header is too short"));
        };
        if precision != 8 {
            return Err(fault(ErrorKind::Unsupported, format!("samples of {precision} bits are not decoded, only 8")));
        }
        let (height, width) = (u16::from_be_bytes([h1, h0]) as usize, u16::from_be_bytes([w1, w0]) as usize);
        if width == 0 || height == 0 || count == 0 {
            return Err(fault(ErrorKind::Malformed, format!("the frame is empty: {width}x{height} pixels, {count} components")));
        }
        if width > MAX_SIDE || height > MAX_SIDE {
            return Err(fault(ErrorKind::Limit, format!("{width}x{height} pixels: a side is longer than {MAX_SIDE}")));
        }
        if specs.len() != 3 * count as usize {
            return Err(fault(ErrorKind::Malformed, "the length of the frame header does not fit its components"));
        }
        if !matches!(count, 1 | 3 | 4) {
            return Err(fault(ErrorKind::Unsupported, format!("{count} components; only 1, 3 and 4 have a meaning")));
        }
        Frame::with_components(width, height, progressive, specs)
    }

    fn with_components(width: usize, height: usize, progressive: bool, specs: &[u8]) -> Result<Frame> {
        let alone = specs.len() == 3;
        let declared = |spec: &[u8]| ((spec[1] >> 4) as usize, (spec[1] & 15) as usize);
        // The factors of a single component have no effect: its scan is never interleaved.
        let factors = |spec: &[u8]| if alone { (1, 1) } else { declared(spec) };
        let specs: Vec<&[u8]> = specs.chunks_exact(3).collect();
        if let Some((h, v)) = specs.iter().map(|s| declared(s)).find(|(h, v)| !(1..=4).contains(h) || !(1..=4).contains(v)) {
            return Err(fault(ErrorKind::Malformed, format!("sampling factors {h}x{v} are not within 1 to 4")));
        }
        let h_max = specs.iter().map(|s| factors(s).0).max().unwrap_or(1);
        let v_max = specs.iter().map(|s| factors(s).1).max().unwrap_or(1);
        let (mcus_wide, mcus_high) = (width.div_ceil(8 * h_max), height.div_ceil(8 * v_max));
        let component = |spec: &&[u8]| {
            let (h, v) = factors(spec);
            Component {
                id: spec[0],
                h,
                v,
                table: spec[2] as usize,
                blocks_wide: (width * h).div_ceil(8 * h_max),
                blocks_high: (height * v).div_ceil(8 * v_max),
                row_blocks: mcus_wide * h,
            }
        };
        let components = specs.iter().map(component).collect();
        Ok(Frame { width, height, progressive, components, h_max, v_max, mcus_wide, mcus_high })
    }
}

/// What a scan header declares (T.81, B.2.3).
#[derive(Clone, Debug)]
pub struct Scan {
    /// Which components of the frame, and their DC and AC table numbers.
    pub components: Vec<(usize, usize, usize)>,
    /// Spectral selection.
    pub first: usize,
    pub last: usize,
    /// Successive approximation: position before (0 in a first scan) and after.
    pub high: u32,
    pub low: u32,
}

impl Scan {
    pub fn parse(segment: &[u8], frame: &Frame) -> Result<Scan> {
        let malformed = |reason: &str| fault(ErrorKind::Malformed, reason);
        let count = *segment.first().ok_or_else(|| malformed("the scan header is empty"))? as usize;
        if !(1..=4).contains(&count) || segment.len() != 2 * count + 4 {
            return Err(malformed("the length of the scan header does not fit its components"));
        }
        let mut components: Vec<(usize, usize, usize)> = Vec::with_capacity(count);
        for pair in segment[1..1 + 2 * count].chunks_exact(2) {
            let known = frame.components.iter().enumerate().position(|(i, c)| c.id == pair[0] && components.iter().all(|s| s.0 != i));
            let index = known.ok_or_else(|| malformed("the scan names a component that the frame does not have"))?;
            components.push((index, (pair[1] >> 4) as usize, (pair[1] & 15) as usize));
        }
        let units: usize = components.iter().map(|s| frame.components[s.0].h * frame.components[s.0].v).sum();
        if count > 1 && units > 10 {
            return Err(malformed("an interleaved unit has more than ten blocks"));
        }
        let [first, last, approximation] = [segment[2 * count + 1], segment[2 * count + 2], segment[2 * count + 3]];
        let scan = Scan { components, first: first as usize, last: last as usize, high: (approximation >> 4) as u32, low: (approximation & 15) as u32 };
        if frame.progressive && !scan.progression_is_valid() {
            return Err(malformed("the scan's progression parameters contradict each other"));
        }
        Ok(scan)
    }

    fn progression_is_valid(&self) -> bool {
        let band = match self.first {
            0 => self.last == 0,
            first => first <= self.last && self.last < 64 && self.components.len() == 1,
        };
        band && (self.high == 0 || self.low + 1 == self.high) && self.low <= 13
    }
}
