//! Padding with numbers of the tensor itself: each position of the result has a source.

use super::{Bits, GRAIN};
use crate::gemm::Shared;
use crate::pool;
use std::ops::Range;

/// Planes of up to three dimensions, and for each position along a dimension of the result where its source is.
pub struct Border {
    planes: usize,
    input: [usize; 3],
    sources: [Vec<usize>; 3],
    /// The positions along the last dimension whose sources are neighbours.
    middle: Range<usize>,
}

impl Border {
    /// `before` and `after` positions more (fewer, where negative) along each dimension; `source(position, size)` is the
    /// place in `0..size` of a position, which is negative or beyond the size outside of the input.
    pub fn new(planes: usize, input: [usize; 3], before: [i64; 3], after: [i64; 3], source: impl Fn(i64, i64) -> i64) -> Border {
        let sources = [0, 1, 2].map(|d| {
            let size = input[d] as i64;
            (-before[d]..size + after[d]).map(|at| source(at, size).clamp(0, size - 1) as usize).collect::<Vec<_>>()
        });
        let width = sources[2].len() as i64;
        let first = before[2].clamp(0, width);
        let last = (before[2] + input[2] as i64).clamp(first, width);
        Border { planes, input, sources, middle: first as usize..last as usize }
    }

    fn areas(&self) -> [usize; 2] {
        [self.input.iter().product(), self.sources.iter().map(Vec::len).product()]
    }

    fn check(&self, input: usize, output: usize) {
        assert_eq!([input, output], self.areas().map(|area| area * self.planes), "border: lengths");
    }

    /// Runs `f` for every plane, in parallel where there are enough numbers.
    fn for_planes(&self, f: impl Fn(usize) + Sync) {
        pool::parallel_for(self.planes, GRAIN.div_ceil(self.areas()[1].max(1)), |planes| planes.for_each(&f));
    }

    /// Visits the rows of a plane of the result: where its source begins.
    #[inline(always)]
    fn for_rows(&self, mut visit: impl FnMut(usize)) {
        for &z in &self.sources[0] {
            for &y in &self.sources[1] {
                visit((z * self.input[1] + y) * self.input[2]);
            }
        }
    }

    /// Positions of the last dimension before and behind the middle.
    fn edges(&self) -> impl Iterator<Item = usize> {
        (0..self.middle.start).chain(self.middle.end..self.sources[2].len())
    }
}

/// Copies every position of the result from its source.
///
/// # Panics
/// When lengths do not match.
pub fn pad_border<B: Bits>(border: &Border, x: &[B], out: &mut [B]) {
    border.check(x.len(), out.len());
    let ([input, output], columns) = (border.areas(), &border.sources[2]);
    let to = Shared(out.as_mut_ptr());
    border.for_planes(|plane| {
        let x = &x[plane * input..][..input];
        // SAFETY: each plane is one task's.
        let out = unsafe { std::slice::from_raw_parts_mut(to.get().add(plane * output), output) };
        let mut lines = out.chunks_exact_mut(columns.len().max(1));
        border.for_rows(|row| {
            let (x, Some(line)) = (&x[row..][..border.input[2]], lines.next()) else { return };
            if let Some(&first) = columns[border.middle.clone()].first() {
                line[border.middle.clone()].copy_from_slice(&x[first..first + border.middle.len()]);
            }
            border.edges().for_each(|at| line[at] = x[columns[at]]);
        });
    });
}

/// Adds every position of `grad_y` to its source, after setting `grad_x` to zero.
///
/// # Panics
/// When lengths do not match.
pub fn pad_border_backward<T>(border: &Border, grad_y: &[T], grad_x: &mut [T])
where
    T: Copy + Default + Send + Sync + std::ops::AddAssign,
{
    border.check(grad_x.len(), grad_y.len());
    let ([input, output], columns) = (border.areas(), &border.sources[2]);
    let to = Shared(grad_x.as_mut_ptr());
    border.for_planes(|plane| {
        // SAFETY: each plane is one task's.
        let grad_x = unsafe { std::slice::from_raw_parts_mut(to.get().add(plane * input), input) };
        grad_x.fill(T::default());
        let mut lines = grad_y[plane * output..][..output].chunks_exact(columns.len().max(1));
        border.for_rows(|row| {
            let (grad_x, Some(line)) = (&mut grad_x[row..][..border.input[2]], lines.next()) else { return };
            if let Some(&first) = columns[border.middle.clone()].first() {
                grad_x[first..].iter_mut().zip(&line[border.middle.clone()]).for_each(|(to, &g)| *to += g);
            }
            border.edges().for_each(|at| grad_x[columns[at]] += line[at]);
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reflected(at: i64, size: i64) -> i64 {
        if at < 0 { -at } else { (2 * (size - 1) - at).min(at) }
    }

    #[test]
    fn positions_come_from_their_sources_and_go_back_to_them() {
        for (before, after) in [([0, 1, 2], [0, 2, 1]), ([0, 0, 0], [0, 0, 0]), ([1, 0, -2], [0, -1, 3]), ([0, 0, -4], [0, 0, 0])] {
            let (planes, input) = (2, [2, 3, 5]);
            let border = Border::new(planes, input, before, after, reflected);
            let [area, out_area] = border.areas();
            let x: Vec<u32> = (0..planes * area).map(|i| i as u32).collect();
            let (mut y, mut back, mut expected) = (vec![0u32; planes * out_area], vec![0i64; planes * area], vec![0i64; planes * area]);
            pad_border(&border, &x, &mut y);
            let g: Vec<i64> = (0..y.len() as i64).collect();
            pad_border_backward(&border, &g, &mut back);
            let size = |d: usize| input[d] as i64 + before[d] + after[d];
            for at in 0..y.len() {
                let (plane, rest) = (at / out_area, (at % out_area) as i64);
                let place = [rest / (size(1) * size(2)), rest / size(2) % size(1), rest % size(2)];
                let from = (0..3).fold(0, |from, d| from * input[d] + reflected(place[d] - before[d], input[d] as i64) as usize);
                assert_eq!(y[at], x[plane * area + from]);
                expected[plane * area + from] += g[at];
            }
            assert_eq!(back, expected);
        }
    }
}
