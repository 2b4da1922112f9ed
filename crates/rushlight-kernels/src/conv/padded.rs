//! Images with their padding written out, for kernels that read shifted rows without looking at borders.
//!
//! With a stride `s` along the width, a row is stored as `s` lanes, every `s`-th number in each: then the numbers that one
//! tap reads for neighbouring outputs are neighbours too.

use super::patches::{Patches, copy, overlap};
use crate::vectorized;
use std::ops::Range;

/// The part of a source that some patches read.
pub(super) struct Padded {
    source: [usize; 3],
    low: [isize; 3],
    size: [usize; 3],
    step: [usize; 3],
    /// Numbers in a lane of a row.
    lane: usize,
    /// For each lane of a row the numbers that exist in the source, and where the first of them is.
    filled: Vec<(Range<usize>, usize)>,
}

impl Padded {
    pub fn of(patches: &Patches) -> Padded {
        let low = [0, 1, 2].map(|d| patches.offsets[d].iter().copied().min().unwrap_or(0));
        let high = |d: usize| patches.offsets[d].iter().copied().max().unwrap_or(0);
        let size = [0, 1, 2].map(|d| (patches.grid[d] - 1) * patches.step[d] + (high(d) - low[d]) as usize + 1);
        let (source, step) = (patches.source, patches.step);
        let lane = size[2].div_ceil(step[2]);
        let filled = (0..step[2] as isize)
            .map(|phase| {
                let offset = low[2] + phase;
                let valid = overlap(0..lane, step[2], offset, source[2]);
                let valid = if valid.is_empty() { 0..0 } else { valid };
                let first = (valid.start * step[2]).checked_add_signed(offset).unwrap_or(0);
                (valid, first)
            })
            .collect();
        Padded { source, low, size, step, lane, filled }
    }

    /// Whether the copy would be the source as it is.
    pub fn is_plain(&self) -> bool {
        self.low == [0; 3] && self.size == self.source && self.step[2] == 1
    }

    /// Numbers of one channel.
    pub fn plane(&self) -> usize {
        self.size[0] * self.size[1] * self.row()
    }

    fn row(&self) -> usize {
        self.lane * self.step[2]
    }

    /// Distance between the rows that neighbouring grid rows read.
    pub fn grid_row(&self) -> usize {
        self.step[1] * self.row()
    }

    /// Distance between the planes that neighbouring grid planes read.
    pub fn grid_plane(&self) -> usize {
        self.step[0] * self.size[1] * self.row()
    }

    /// For each of `channels` channels and each tap, where grid position 0 reads.
    pub fn shifts(&self, patches: &Patches, channels: usize) -> Vec<isize> {
        let mut shifts = Vec::with_capacity(channels * patches.taps());
        let above = |d: usize, offset: isize| (offset - self.low[d]) as usize;
        for channel in 0..channels {
            for &z in &patches.offsets[0] {
                for &y in &patches.offsets[1] {
                    for &x in &patches.offsets[2] {
                        let row = (channel * self.size[0] + above(0, z)) * self.size[1] + above(1, y);
                        let (x, step) = (above(2, x), self.step[2]);
                        shifts.push((row * self.row() + x % step * self.lane + x / step) as isize);
                    }
                }
            }
        }
        shifts
    }

    /// Copies one channel into zeros, or over another channel: the padding is left as it is.
    ///
    /// # Safety
    /// `to` must have room for [`Padded::plane`] numbers.
    pub unsafe fn copy<T: Copy>(&self, from: &[T], to: *mut T) {
        copy_plane(self, from, to);
    }
}

vectorized! {
    fn copy_plane[T: Copy](p: &Padded, from: &[T], to: *mut T) {
        let inside = |d: usize| {
            let valid = overlap(0..p.size[d], 1, p.low[d], p.source[d]);
            (valid.start..valid.end).zip(valid.start.saturating_add_signed(p.low[d])..)
        };
        assert!(from.len() >= p.source.iter().product());
        for (to_z, z) in inside(0) {
            for (to_y, y) in inside(1) {
                // SAFETY: a row of the source, and one of the room that the caller vouches for.
                unsafe {
                    let from = from.as_ptr().add((z * p.source[1] + y) * p.source[2]);
                    copy_row(p, from, to.add((to_z * p.size[1] + to_y) * p.row()));
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn copy_row<T: Copy>(p: &Padded, from: *const T, to: *mut T) {
    for (lane, (valid, first)) in p.filled.iter().enumerate().filter(|(_, (valid, _))| !valid.is_empty()) {
        // SAFETY: `filled` lists numbers inside the row of the source and inside the lane.
        unsafe {
            let (from, to) = (from.add(*first), to.add(lane * p.lane + valid.start));
            match p.step[2] {
                1 => copy(from, to, valid.len()),
                2 => (0..valid.len()).for_each(|i| *to.add(i) = *from.add(2 * i)),
                step => (0..valid.len()).for_each(|i| *to.add(i) = *from.add(step * i)),
            }
        }
    }
}
