//! Both passes on processors with VNNI, which multiply and add four bytes at once.
//!
//! A weight has 23 bits, so that it is split into three signed digits of eight ([`digits`]); the three sums together are the exact sum.
//! The horizontal pass takes four rows at a time and leaves their samples side by side: a quad, the four taps of the vertical pass. Only as many
//! rows of quads are kept as an output row needs, so that they stay in the cache.

#![cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "the kernels are those of one architecture"))]

mod columns;
mod digits;
#[cfg(target_arch = "x86_64")]
mod kernel;

use super::View;
use super::weights::{Taps, Weights};
use columns::{Columns, LANES};
use digits::{Digits, split};

/// Rows of a quad.
const ROWS: usize = 4;
/// Samples of the vertical pass are computed in chunks.
const CHUNK: usize = 64;

/// Whether this processor has the instructions.
pub fn possible() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        rushlight_kernels::simd::level() >= rushlight_kernels::simd::Level::Avx512
            && is_x86_feature_detected!("avx512vbmi")
            && is_x86_feature_detected!("avx512vnni")
    }
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// Memory of both passes.
#[derive(Default)]
pub struct Quads {
    columns: Columns,
    /// Rows of quads, the newest in the place of the oldest.
    ring: Vec<u32>,
    /// Quads of a row, and how many rows there are.
    width: usize,
    capacity: usize,
    /// The first row of quads that was not computed yet.
    next: usize,
    digits: Vec<Digits>,
    /// Copies of rows that end before the last load does.
    spare: [Vec<u8>; ROWS],
}

/// Rows of quads that have taps.
fn rows_of(taps: &Taps) -> std::ops::Range<usize> {
    taps.start / ROWS..(taps.start + taps.weights.len() - 1) / ROWS + 1
}

impl Quads {
    /// Prepares both passes; `None` if this processor or the request does not suit.
    pub fn prepare(&mut self, horizontal: &Weights, vertical: &Weights, channels: usize) -> Option<()> {
        self.prepare_horizontal(horizontal, channels)?;
        self.capacity = (0..vertical.len()).map(|y| rows_of(&vertical.get(y)).len()).max()?;
        self.ring.resize(self.capacity * self.width, 0);
        (0..vertical.len()).all(|y| vertical.get(y).weights.iter().all(|&weight| split(&[weight]).is_some())).then_some(())
    }

    /// Begins another image of the same request.
    pub fn restart(&mut self) {
        self.next = 0;
    }

    fn prepare_horizontal(&mut self, weights: &Weights, channels: usize) -> Option<()> {
        if !possible() {
            return None;
        }
        self.columns.compute(weights, channels)?;
        self.width = (weights.len() * channels + LANES).next_multiple_of(CHUNK);
        self.next = 0;
        Some(())
    }

    /// Output row with these taps, rows in ascending order.
    pub fn row(&mut self, part: &View, taps: Taps, out: &mut [u8]) {
        let rows = rows_of(&taps);
        self.next = self.next.max(rows.start);
        while self.next < rows.end {
            let source = std::array::from_fn(|i| &part.samples[(ROWS * self.next + i).min(part.height - 1) * part.stride..]);
            self.quads(source, ROWS * part.stride, self.next % self.capacity);
            self.next += 1;
        }
        self.digits.clear();
        let (head, rest) = taps.weights.split_at(taps.weights.len().min((ROWS - taps.start % ROWS) % ROWS));
        if !head.is_empty() {
            let mut first = [0; ROWS];
            first[taps.start % ROWS..][..head.len()].copy_from_slice(head);
            self.digits.extend(split(&first));
        }
        self.digits.extend(rest.chunks(ROWS).filter_map(split));
        let quads = |step: usize| &self.ring[(rows.start + step) % self.capacity * self.width..][..self.width];
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `prepare` found the instructions on this processor.
        unsafe {
            kernel::vertical_quads(&self.digits, quads, out)
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = (quads, out);
    }

    /// Resamples `rows` to rows of `weights.len()` pixels, one after the other in `out`; `None` where that is not possible.
    pub fn horizontal(&mut self, rows: &[&[u8]], weights: &Weights, channels: usize, out: &mut [u8]) -> Option<()> {
        self.prepare_horizontal(weights, channels)?;
        self.ring.resize(self.width, 0);
        let width = weights.len() * channels;
        for (rows, out) in rows.chunks(ROWS).zip(out.chunks_mut(ROWS * width)) {
            self.quads(std::array::from_fn(|i| rows[i.min(rows.len() - 1)]), 0, 0);
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `prepare_horizontal` found the instructions on this processor.
            unsafe {
                kernel::separate(&self.ring, out, width)
            }
        }
        Some(())
    }

    /// Resamples four rows to row `place` of the ring; the next four are `ahead`.
    fn quads(&mut self, rows: [&[u8]; ROWS], ahead: usize, place: usize) {
        let Quads { columns, ring, width, spare, .. } = self;
        for (spare, row) in spare.iter_mut().zip(rows) {
            spare.clear();
            if row.len() < columns.reach {
                spare.extend(row);
                spare.resize(columns.reach, 0);
            }
        }
        let rows = std::array::from_fn(|i| if spare[i].is_empty() { rows[i] } else { &spare[i] });
        let out = &mut ring[place * *width..][..*width];
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the columns were prepared, for which the instructions were found on this processor.
        unsafe {
            kernel::horizontal(columns, rows, ahead, out)
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _: ([&[u8]; ROWS], usize, &mut [u32]) = (rows, ahead, out);
    }
}

/// One output row from source rows, the first at the beginning of `source`; `None` if a weight is too large.
#[cfg(target_arch = "x86_64")]
pub fn vertical_row(source: &[u8], stride: usize, taps: Taps, out: &mut [u8]) -> Option<()> {
    /// Digits that need no memory of their own.
    const FEW: usize = 16;
    let (mut few, mut many) = ([[0; 3]; FEW], Vec::new());
    let steps = taps.weights.len().div_ceil(ROWS);
    let digits = if steps <= FEW {
        &mut few[..steps]
    } else {
        many.resize(steps, [0; 3]);
        &mut many[..]
    };
    for (digits, weights) in digits.iter_mut().zip(taps.weights.chunks(ROWS)) {
        *digits = split(weights)?;
    }
    let last = taps.weights.len() - 1;
    // SAFETY: the caller asked [`possible`].
    unsafe { kernel::vertical_rows(digits, |tap| &source[tap.min(last) * stride..], out) };
    Some(())
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests;
