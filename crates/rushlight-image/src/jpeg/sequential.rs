//! Scans of the sequential processes (baseline and extended).

use super::bits::{Bits, Position};
use super::block::{AcTable, DcTable, decode_block};
use super::coefficients::Coefficients;
use super::frame::{Frame, Scan};
use super::markers::Tables;
use super::segments::Segments;
use crate::Result;
use rushlight_kernels::vectorized;
use std::ops::Range;
use std::sync::Arc;

/// A component's share in the MCUs of a scan.
struct Part {
    component: usize,
    /// Blocks of an MCU: one by one when the component is alone in the scan.
    h: usize,
    v: usize,
    dc: Arc<DcTable>,
    ac: Arc<AcTable>,
    last_dc: i32,
}

/// Decodes a scan row by row of its MCUs.
pub struct SequentialScan {
    parts: Vec<Part>,
    pub mcus_wide: usize,
    pub mcus_high: usize,
}

impl SequentialScan {
    pub fn new(scan: &Scan, frame: &Frame, tables: &mut Tables) -> Result<SequentialScan> {
        let mut parts = Vec::with_capacity(scan.components.len());
        let alone = scan.components.len() == 1;
        for &(index, dc, ac) in &scan.components {
            let component = &frame.components[index];
            let (h, v) = if alone { (1, 1) } else { (component.h, component.v) };
            parts.push(Part { component: index, h, v, dc: tables.dc(dc)?, ac: tables.ac(ac)?, last_dc: 0 });
        }
        let first = &frame.components[scan.components[0].0];
        let (mcus_wide, mcus_high) = if alone { (first.blocks_wide, first.blocks_high) } else { (frame.mcus_wide, frame.mcus_high) };
        Ok(SequentialScan { parts, mcus_wide, mcus_high })
    }

    /// Decodes one row of MCUs into zeroed coefficients whose row of MCUs is number `row`.
    pub fn decode_row(&mut self, segments: &mut Segments, row: usize, coefficients: &mut [Coefficients]) -> Result<()> {
        let mut mcu = 0;
        while mcu < self.mcus_wide {
            let (run, restarted) = segments.begin_run(self.mcus_wide - mcu)?;
            if restarted {
                self.parts.iter_mut().for_each(|part| part.last_dc = 0);
            }
            if !segments.exhausted() {
                self.decode_run(segments, row, mcu..mcu + run, coefficients)?;
            }
            mcu += run;
        }
        Ok(())
    }

    fn decode_run(&mut self, segments: &mut Segments, row: usize, mcus: Range<usize>, coefficients: &mut [Coefficients]) -> Result<()> {
        let (position, overrun) = decode_mcus(segments.bits(), &mut self.parts, row, mcus, coefficients);
        segments.save(position, overrun)
    }
}

vectorized! {
    /// Decodes MCUs until the bits run out; not for vectors, but for the shifts of BMI2. Where it stands then, and whether they did.
    fn decode_mcus[](start: Bits, parts: &mut [Part], row: usize, mcus: Range<usize>, coefficients: &mut [Coefficients]) -> (Position, bool) {
        let mut bits = start;
        for mcu in mcus {
            for part in parts.iter_mut() {
                let Coefficients { blocks, flat, row_blocks } = &mut coefficients[part.component];
                for y in row * part.v..(row + 1) * part.v {
                    let first = y * *row_blocks + mcu * part.h;
                    for at in first..first + part.h {
                        flat[at] = !decode_block(&mut bits, &part.dc, &part.ac, &mut part.last_dc, &mut blocks[at]);
                    }
                }
            }
            if bits.overrun() {
                break;
            }
        }
        (bits.position(), bits.overrun())
    }
}
