//! Resizing along one dimension after the other: nearest, linear and cubic, with or without antialiasing.
//!
//! Each of them is a sparse matrix along a dimension, an [`Axis`]; the gradient is its transpose.

use crate::gemm::{Float, Shared};
use crate::{pool, vectorized};

/// How an output position reads the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The position at or before the scaled one.
    Nearest,
    /// The position whose centre is nearest.
    NearestExact,
    /// Two neighbours.
    Linear,
    /// Four neighbours (Keys, 1981, with a = -3/4).
    Cubic,
    /// A triangle as wide as an output pixel.
    LinearAntialiased,
    /// A cubic (a = -1/2) as wide as four output pixels.
    CubicAntialiased,
}

/// A sparse matrix from positions of one dimension to others.
#[derive(Clone, Debug)]
pub struct Axis {
    input: usize,
    /// Where the entries of each output begin, and the end.
    starts: Vec<usize>,
    entries: Vec<(usize, f64)>,
}

/// How coordinates are computed: in the precision of the data, so that ties fall as they do there.
#[derive(Clone, Copy)]
struct Precision {
    single: bool,
}

impl Precision {
    fn round(self, x: f64) -> f64 {
        if self.single { x as f32 as f64 } else { x }
    }
}

impl Axis {
    /// From `input` positions to `output`; `scale` is the factor of the sizes where it was given instead of them.
    pub fn new(method: Method, input: usize, output: usize, aligned: bool, scale: Option<f64>, single: bool) -> Axis {
        let nearest = matches!(method, Method::Nearest | Method::NearestExact);
        let p = Precision { single: single || nearest };
        let step = match scale {
            _ if aligned && !nearest => {
                if output > 1 {
                    p.round((input - 1) as f64 / (output - 1) as f64)
                } else {
                    0.0
                }
            }
            Some(scale) if scale > 0.0 => p.round(1.0 / scale),
            _ => p.round(input as f64 / output as f64),
        };
        let mut axis = Axis { input, starts: vec![0], entries: Vec::new() };
        for at in 0..output {
            match method {
                Method::Nearest => axis.entries.push((nearest_before(at, input, output, step, p), 1.0)),
                Method::NearestExact => axis.entries.push(((p.round((at as f64 + 0.5) * step) as usize).min(input - 1), 1.0)),
                Method::Linear => axis.linear(source(at, step, aligned, p).max(0.0), p),
                Method::Cubic => axis.cubic(source(at, step, aligned, p), p),
                Method::LinearAntialiased => axis.filter(at, step, 1.0, triangle, p),
                Method::CubicAntialiased => axis.filter(at, step, 2.0, |x| keys(x, -0.5), p),
            }
            axis.starts.push(axis.entries.len());
        }
        axis
    }

    fn linear(&mut self, x: f64, p: Precision) {
        let first = (x as usize).min(self.input - 1);
        let part = p.round(x - first as f64).clamp(0.0, 1.0);
        self.entries.push((first, 1.0 - part));
        self.entries.push(((first + 1).min(self.input - 1), part));
    }

    fn cubic(&mut self, x: f64, p: Precision) {
        let first = x.floor();
        let part = p.round(x - first);
        for tap in -1..=2 {
            let at = (first as i64 + tap).clamp(0, self.input as i64 - 1);
            self.entries.push((at as usize, keys(part - tap as f64, -0.75)));
        }
    }

    /// All positions under a filter of half width `reach`, which is stretched when the output is smaller.
    fn filter(&mut self, at: usize, step: f64, reach: f64, f: fn(f64) -> f64, p: Precision) {
        let wide = step.max(1.0);
        let (centre, support) = (p.round(step * (at as f64 + 0.5)), p.round(reach * wide));
        let first = ((centre - support + 0.5) as i64).max(0);
        let end = ((centre + support + 0.5) as i64).min(self.input as i64).max(first);
        let weights: Vec<f64> = (first..end).map(|j| f((j as f64 - centre + 0.5) / wide)).collect();
        let total: f64 = weights.iter().sum();
        let total = if total == 0.0 { 1.0 } else { total };
        self.entries.extend((first as usize..).zip(weights).map(|(j, w)| (j, w / total)));
    }

    /// The matrix with rows and columns exchanged.
    pub fn transposed(&self) -> Axis {
        let outputs = self.starts.len() - 1;
        let mut rows = vec![Vec::new(); self.input];
        for at in 0..outputs {
            for &(from, weight) in self.of(at) {
                rows[from].push((at, weight));
            }
        }
        let mut starts = vec![0];
        starts.extend(rows.iter().scan(0, |end, row| {
            *end += row.len();
            Some(*end)
        }));
        Axis { input: outputs, starts, entries: rows.concat() }
    }

    /// Positions it reads.
    pub fn input(&self) -> usize {
        self.input
    }

    /// Positions it writes.
    pub fn output(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether it changes nothing.
    pub fn is_identity(&self) -> bool {
        self.input == self.output() && (0..self.input).all(|at| self.of(at).iter().all(|&(from, w)| w == 0.0 || from == at && w == 1.0))
    }

    /// The positions that output `at` reads, with their weights.
    pub(super) fn of(&self, at: usize) -> &[(usize, f64)] {
        &self.entries[self.starts[at]..self.starts[at + 1]]
    }
}

fn nearest_before(at: usize, input: usize, output: usize, step: f64, p: Precision) -> usize {
    match output {
        n if n == input => at,
        n if n == 2 * input => at / 2,
        _ => (p.round(at as f64 * step) as usize).min(input - 1),
    }
}

fn source(at: usize, step: f64, aligned: bool, p: Precision) -> f64 {
    if aligned { p.round(step * at as f64) } else { p.round(p.round(step * (at as f64 + 0.5)) - 0.5) }
}

fn triangle(x: f64) -> f64 {
    (1.0 - x.abs()).max(0.0)
}

/// The cubic convolution kernel (Keys, "Cubic convolution interpolation for digital image processing", 1981).
pub(super) fn keys(x: f64, a: f64) -> f64 {
    let x = x.abs();
    if x <= 1.0 {
        ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * a
    } else {
        0.0
    }
}

/// Numbers that are worth a task.
const GRAIN: usize = 1 << 14;

/// Applies `axis` to the middle dimension of (outer, positions, inner).
///
/// # Panics
/// When lengths do not match.
pub fn resample<T: Float>(axis: &Axis, outer: usize, inner: usize, x: &[T], y: &mut [T]) {
    let (from, to) = (axis.input() * inner, axis.output() * inner);
    assert!(x.len() == outer * from && y.len() == outer * to, "resample: lengths");
    let weights: Vec<(usize, T)> = axis.entries.iter().map(|&(at, w)| (at, T::of(w))).collect();
    let y = Shared(y.as_mut_ptr());
    pool::parallel_for(outer, GRAIN.div_ceil(from.max(to).max(1)), |range| {
        for o in range {
            // SAFETY: tasks have disjoint blocks.
            let y = unsafe { std::slice::from_raw_parts_mut(y.get().add(o * to), to) };
            let x = &x[o * from..][..from];
            if inner == 1 { gather(&axis.starts, &weights, x, y) } else { combine(&axis.starts, &weights, inner, x, y) }
        }
    });
}

vectorized! {
    fn gather[T: Float](starts: &[usize], weights: &[(usize, T)], x: &[T], y: &mut [T]) {
        for (y, w) in y.iter_mut().zip(starts.windows(2)) {
            let mut sum = T::ZERO;
            for &(at, weight) in &weights[w[0]..w[1]] {
                sum += x[at] * weight;
            }
            *y = sum;
        }
    }
}

vectorized! {
    fn combine[T: Float](starts: &[usize], weights: &[(usize, T)], inner: usize, x: &[T], y: &mut [T]) {
        for (y, w) in y.chunks_exact_mut(inner).zip(starts.windows(2)) {
            match &weights[w[0]..w[1]] {
                [(at, weight)] if *weight == T::ONE => y.copy_from_slice(&x[at * inner..][..inner]),
                [(a, wa), (b, wb)] => {
                    let (xa, xb) = (&x[a * inner..][..inner], &x[b * inner..][..inner]);
                    y.iter_mut().zip(xa).zip(xb).for_each(|((y, &a), &b)| *y = a * *wa + b * *wb);
                }
                entries => {
                    y.fill(T::ZERO);
                    for (at, weight) in entries {
                        y.iter_mut().zip(&x[at * inner..][..inner]).for_each(|(y, &x)| *y += x * *weight);
                    }
                }
            }
        }
    }
}
