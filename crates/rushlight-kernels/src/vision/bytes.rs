//! Resizing of bytes with weights in whole numbers: exact, and the same on every machine.
//!
//! Weights are 16-bit multiples of a power of two that the largest of them still fits, and every pass rounds to bytes, as
//! in Pillow's resampling.

use super::resample::Axis;
use crate::gemm::Shared;
use crate::pool;

/// The rows of an [`Axis`] as `weight / 2^bits`.
struct Fixed {
    starts: Vec<usize>,
    entries: Vec<(usize, i32)>,
    bits: u32,
}

impl Fixed {
    fn of(axis: &Axis) -> Fixed {
        let (mut starts, mut merged) = (vec![0], Vec::<(usize, f64)>::new());
        for at in 0..axis.output() {
            let first = merged.len();
            // Taps beyond a border read the same pixel: one weight, rounded once.
            for &(from, weight) in axis.of(at) {
                match merged[first..].last_mut() {
                    Some(last) if last.0 == from => last.1 += weight,
                    _ => merged.push((from, weight)),
                }
            }
            starts.push(merged.len());
        }
        let largest = merged.iter().fold(0.0, |top: f64, entry| top.max(entry.1));
        let fits = |bits: u32| ((0.5 + largest * (1u32 << bits) as f64) as i64) < 1 << 15;
        let bits = (1..22).find(|&bits| !fits(bits + 1)).unwrap_or(22);
        let whole = |weight: f64| (weight * (1u32 << bits) as f64).round() as i32;
        Fixed { starts, entries: merged.into_iter().map(|(from, weight)| (from, whole(weight))).collect(), bits }
    }

    /// The entries of output `at`.
    fn row(&self, at: usize) -> &[(usize, i32)] {
        &self.entries[self.starts[at]..self.starts[at + 1]]
    }
}

/// Bytes that are worth a task.
const GRAIN: usize = 1 << 14;

/// Applies `axis` to the middle dimension of (outer, positions, inner).
///
/// # Panics
/// When lengths do not match.
pub fn resample_bytes(axis: &Axis, outer: usize, inner: usize, x: &[u8], y: &mut [u8]) {
    let (from, to) = (axis.input() * inner, axis.output() * inner);
    assert!(x.len() == outer * from && y.len() == outer * to, "resample: lengths");
    let fixed = Fixed::of(axis);
    let y = Shared(y.as_mut_ptr());
    pool::parallel_for(outer, GRAIN.div_ceil(from.max(to).max(1)), |range| {
        let mut sums = vec![0i32; inner];
        for o in range {
            // SAFETY: tasks have disjoint blocks.
            let y = unsafe { std::slice::from_raw_parts_mut(y.get().add(o * to), to) };
            let x = &x[o * from..][..from];
            for (at, y) in y.chunks_exact_mut(inner.max(1)).enumerate() {
                sums.fill(1 << (fixed.bits - 1));
                for &(from, weight) in fixed.row(at) {
                    sums.iter_mut().zip(&x[from * inner..][..inner]).for_each(|(sum, &x)| *sum += x as i32 * weight);
                }
                y.iter_mut().zip(&sums).for_each(|(y, sum)| *y = (sum >> fixed.bits).clamp(0, 255) as u8);
            }
        }
    });
}
