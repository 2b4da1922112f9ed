//! Scans of the progressive process (T.81, annex G).

use super::bits::{Bits, Position, extend};
use super::block::DcTable;
use super::coefficients::Coefficients;
use super::frame::{Frame, Scan};
use super::huffman::{Codes, NATURAL};
use super::idct::Block;
use super::markers::Tables;
use super::segments::Segments;
use crate::Result;
use rushlight_kernels::vectorized;
use std::ops::Range;
use std::sync::Arc;

/// What a scan does to each block.
enum Pass {
    DcFirst(Vec<Arc<DcTable>>),
    DcRefine,
    AcFirst(Box<Codes>),
    AcRefine(Box<Codes>),
}

/// Decodes one progressive scan into the coefficients of the whole image.
pub fn decode_scan(scan: &Scan, frame: &Frame, tables: &mut Tables, segments: &mut Segments, coefficients: &mut [Coefficients]) -> Result<()> {
    let pass = match (scan.first, scan.high) {
        (0, 0) => Pass::DcFirst(scan.components.iter().map(|&(_, dc, _)| tables.dc(dc)).collect::<Result<_>>()?),
        (0, _) => Pass::DcRefine,
        (_, 0) => Pass::AcFirst(Box::new(tables.ac_codes(scan.components[0].2)?)),
        _ => Pass::AcRefine(Box::new(tables.ac_codes(scan.components[0].2)?)),
    };
    let mut state = State { scan, pass, last_dc: [0; 4], end_run: 0 };
    let first = &frame.components[scan.components[0].0];
    let alone = scan.components.len() == 1;
    let (wide, high) = if alone { (first.blocks_wide, first.blocks_high) } else { (frame.mcus_wide, frame.mcus_high) };
    for row in 0..high {
        let mut mcu = 0;
        while mcu < wide {
            let (run, restarted) = segments.begin_run(wide - mcu)?;
            if restarted {
                (state.last_dc, state.end_run) = ([0; 4], 0);
            }
            if !segments.exhausted() {
                state.decode_run(segments, frame, row, mcu..mcu + run, coefficients)?;
            }
            mcu += run;
        }
    }
    Ok(())
}

struct State<'a> {
    scan: &'a Scan,
    pass: Pass,
    last_dc: [i32; 4],
    /// Blocks left whose band ends at once.
    end_run: u32,
}

impl State<'_> {
    fn decode_run(&mut self, segments: &mut Segments, frame: &Frame, row: usize, mcus: Range<usize>, coefficients: &mut [Coefficients]) -> Result<()> {
        let parts: Vec<(usize, usize, usize)> = match self.scan.components[..] {
            [(component, ..)] => vec![(component, 1, 1)],
            ref several => several.iter().map(|&(i, ..)| (i, frame.components[i].h, frame.components[i].v)).collect(),
        };
        let State { scan, pass, last_dc, end_run } = self;
        let (bits, low) = (segments.bits(), scan.low);
        let (position, overrun) = match pass {
            Pass::DcFirst(tables) => for_blocks(bits, &parts, row, mcus, coefficients, |bits: &mut Bits, part: usize, block: &mut Block| {
                last_dc[part] = last_dc[part].wrapping_add(tables[part].difference(bits));
                block[0] = (last_dc[part] << low) as i16;
            }),
            Pass::DcRefine => for_blocks(bits, &parts, row, mcus, coefficients, |bits: &mut Bits, _: usize, block: &mut Block| {
                block[0] |= (bits.bit() as i16) << low;
            }),
            Pass::AcFirst(codes) => for_blocks(bits, &parts, row, mcus, coefficients, |bits: &mut Bits, _: usize, block: &mut Block| {
                ac_first(scan, codes, end_run, bits, block);
            }),
            Pass::AcRefine(codes) => for_blocks(bits, &parts, row, mcus, coefficients, |bits: &mut Bits, _: usize, block: &mut Block| {
                ac_refine(scan, codes, end_run, bits, block);
            }),
        };
        segments.save(position, overrun)
    }
}

vectorized! {
    /// Calls `decode` for every block of the MCUs until the bits run out; for the shifts of BMI2. Where it stands then, and whether they did.
    fn for_blocks[F: FnMut(&mut Bits, usize, &mut Block)](
        start: Bits, parts: &[(usize, usize, usize)], row: usize, mcus: Range<usize>, coefficients: &mut [Coefficients], decode: F
    ) -> (Position, bool) {
        let (mut bits, mut decode) = (start, decode);
        for mcu in mcus {
            for (part, &(component, h, v)) in parts.iter().enumerate() {
                let Coefficients { blocks, row_blocks, .. } = &mut coefficients[component];
                for y in row * v..(row + 1) * v {
                    let first = y * *row_blocks + mcu * h;
                    for block in &mut blocks[first..first + h] {
                        decode(&mut bits, part, block);
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

/// How many blocks an end-of-band symbol covers.
#[inline(always)]
fn end_of_band(bits: &mut Bits, run: u32) -> u32 {
    (1 << run) + bits.take(run) as u32
}

/// First bits of a band (G.1.2.2).
#[inline(always)]
fn ac_first(scan: &Scan, codes: &Codes, end_run: &mut u32, bits: &mut Bits, block: &mut Block) {
    if *end_run > 0 {
        *end_run -= 1;
        return;
    }
    let mut k = scan.first;
    while k <= scan.last {
        let symbol = codes.symbol(bits);
        let (run, size) = ((symbol >> 4) as usize, (symbol & 15) as u32);
        match (run, size) {
            (15, 0) => k += 16,
            (_, 0) => {
                *end_run = end_of_band(bits, run as u32) - 1;
                return;
            }
            _ => {
                k += run;
                block[NATURAL[k] as usize] = (extend(bits.take(size), size) << scan.low) as i16;
                k += 1;
            }
        }
    }
}

/// One more bit of a band (G.1.2.3).
#[inline(always)]
fn ac_refine(scan: &Scan, codes: &Codes, end_run: &mut u32, bits: &mut Bits, block: &mut Block) {
    let plus = 1i16 << scan.low;
    let mut k = scan.first;
    if *end_run == 0 {
        while k <= scan.last {
            let symbol = codes.symbol(bits);
            let (run, size) = ((symbol >> 4) as u32, symbol & 15);
            if size == 0 && run != 15 {
                *end_run = end_of_band(bits, run);
                break;
            }
            let fresh = (size != 0).then(|| if bits.bit() { plus } else { -plus });
            k = refine_until(scan.last, plus, k, Some(run), bits, block);
            if let Some(value) = fresh {
                block[NATURAL[k] as usize] = value;
            }
            k += 1;
        }
    }
    if *end_run > 0 {
        refine_until(scan.last, plus, k, None, bits, block);
        *end_run -= 1;
    }
}

/// Corrects the nonzero coefficients from `k` on, until `run` zero ones have been passed; the place of the next zero one.
#[inline(always)]
fn refine_until(last: usize, plus: i16, mut k: usize, mut run: Option<u32>, bits: &mut Bits, block: &mut Block) -> usize {
    while k <= last {
        let value = &mut block[NATURAL[k] as usize];
        if *value != 0 {
            if bits.bit() && *value & plus == 0 {
                *value = value.wrapping_add(if *value >= 0 { plus } else { -plus });
            }
        } else if let Some(left) = &mut run {
            if *left == 0 {
                break;
            }
            *left -= 1;
        }
        k += 1;
    }
    k
}
