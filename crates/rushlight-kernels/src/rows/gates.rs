//! The pointwise part of recurrent cells: LSTM (Hochreiter and Schmidhuber, 1997) and GRU (Cho et al., 2014).
//!
//! Gates are rows of 4 or 3 parts of `size` numbers, states rows of one part. What a cell reads comes in two addends: from
//! the input `x` and from the hidden state `h`.

use super::{RowFloat, Rows, for_rows};
use crate::elementwise::math::Math;
use crate::vectorized;
use std::ops::Range;

/// f32 or f64, with the functions of gates.
pub trait GateFloat: RowFloat + Math {}
impl GateFloat for f32 {}
impl GateFloat for f64 {}

/// The parts of a row of gates.
#[inline(always)]
fn parts<T, const N: usize>(gates: &[T], row: usize, size: usize) -> [&[T]; N] {
    std::array::from_fn(|part| &gates[(row * N + part) * size..][..size])
}

#[inline(always)]
fn parts_mut<T, const N: usize>(gates: &mut [T], row: usize, size: usize) -> [&mut [T]; N] {
    let mut rest = gates[row * N * size..][..N * size].chunks_exact_mut(size);
    std::array::from_fn(|_| rest.next().expect("a row of N parts"))
}

fn check(rows: usize, size: usize, gates: &[(usize, usize)], states: &[usize]) {
    assert!(gates.iter().all(|&(len, parts)| len == rows * parts * size), "gates: lengths of gates");
    assert!(states.iter().all(|&len| len == rows * size), "gates: lengths of states");
}

/// `c' = f c + i g`, `h' = o tanh(c')` with `i, f, o = sigmoid(x + h)` and `g = tanh(x + h)`, in the order i, f, g, o.
///
/// # Panics
/// When lengths do not match.
pub fn lstm<T: GateFloat>(x: &[T], h: &[T], cell: &[T], new_hidden: &mut [T], new_cell: &mut [T], size: usize) {
    if cell.is_empty() {
        return;
    }
    let rows = cell.len() / size;
    check(rows, size, &[(x.len(), 4), (h.len(), 4)], &[cell.len(), new_hidden.len(), new_cell.len()]);
    let (hiddens, cells) = (Rows::of(new_hidden, size), Rows::of(new_cell, size));
    for_rows(rows, 8 * size, |range| {
        // SAFETY: tasks have disjoint ranges.
        let (new_hidden, new_cell) = unsafe { (hiddens.take(&range), cells.take(&range)) };
        lstm_rows(x, h, cell, range, new_hidden, new_cell, size);
    });
}

vectorized! {
    fn lstm_rows[T: GateFloat](x: &[T], h: &[T], cell: &[T], rows: Range<usize>, new_hidden: &mut [T], new_cell: &mut [T], size: usize) {
        let outs = new_hidden.chunks_exact_mut(size).zip(new_cell.chunks_exact_mut(size));
        for (row, (new_hidden, new_cell)) in rows.zip(outs) {
            let (x, h, [cell]) = (parts::<T, 4>(x, row, size), parts::<T, 4>(h, row, size), parts(cell, row, size));
            for j in 0..size {
                let [i, f, g, o] = lstm_gates(x, h, j);
                let c = f * cell[j] + i * g;
                (new_hidden[j], new_cell[j]) = (o * c.vtanh(), c);
            }
        }
    }
}

#[inline(always)]
fn lstm_gates<T: GateFloat>(x: [&[T]; 4], h: [&[T]; 4], j: usize) -> [T; 4] {
    let sum = |part: usize| x[part][j] + h[part][j];
    [sum(0).vsigmoid(), sum(1).vsigmoid(), sum(2).vtanh(), sum(3).vsigmoid()]
}

/// What went into [`lstm`] and the gradients of its results.
#[derive(Clone, Copy, Debug)]
pub struct LstmSaved<'a, T> {
    /// Gates from the input.
    pub x: &'a [T],
    /// Gates from the hidden state.
    pub h: &'a [T],
    /// The old cell state.
    pub cell: &'a [T],
    /// The gradient of the new hidden state.
    pub grad_hidden: &'a [T],
    /// The gradient of the new cell state.
    pub grad_cell: &'a [T],
}

/// Writes the gradient of both addends of the gates, and of the old cell state.
///
/// # Panics
/// When lengths do not match.
pub fn lstm_backward<T: GateFloat>(saved: &LstmSaved<T>, grad_gates: &mut [T], grad_cell: &mut [T], size: usize) {
    if grad_cell.is_empty() {
        return;
    }
    let rows = grad_cell.len() / size;
    let states = [saved.cell.len(), saved.grad_hidden.len(), saved.grad_cell.len(), grad_cell.len()];
    check(rows, size, &[(saved.x.len(), 4), (saved.h.len(), 4), (grad_gates.len(), 4)], &states);
    let (gates, cells) = (Rows::of(grad_gates, 4 * size), Rows::of(grad_cell, size));
    for_rows(rows, 8 * size, |range| {
        // SAFETY: tasks have disjoint ranges.
        let (grad_gates, grad_cell) = unsafe { (gates.take(&range), cells.take(&range)) };
        lstm_backward_rows(saved, range, grad_gates, grad_cell, size);
    });
}

vectorized! {
    fn lstm_backward_rows[T: GateFloat](saved: &LstmSaved<T>, rows: Range<usize>, grad_gates: &mut [T], grad_cell: &mut [T], size: usize) {
        for (at, row) in rows.enumerate() {
            let (x, h) = (parts::<T, 4>(saved.x, row, size), parts::<T, 4>(saved.h, row, size));
            let [[cell], [gh], [gc]] = [saved.cell, saved.grad_hidden, saved.grad_cell].map(|state| parts(state, row, size));
            let ([di, df, dg, d_o], [out]) = (parts_mut(grad_gates, at, size), parts_mut(grad_cell, at, size));
            for j in 0..size {
                let [i, f, g, o] = lstm_gates(x, h, j);
                let t = (f * cell[j] + i * g).vtanh();
                let d = gc[j] + gh[j] * o * (T::ONE - t * t);
                di[j] = d * g * i * (T::ONE - i);
                df[j] = d * cell[j] * f * (T::ONE - f);
                dg[j] = d * i * (T::ONE - g * g);
                d_o[j] = gh[j] * t * o * (T::ONE - o);
                out[j] = d * f;
            }
        }
    }
}

/// `hidden' = n + z (hidden - n)` with `r, z = sigmoid(x + h)` and `n = tanh(x + r h)`, in the order r, z, n.
///
/// # Panics
/// When lengths do not match.
pub fn gru<T: GateFloat>(x: &[T], h: &[T], hidden: &[T], new_hidden: &mut [T], size: usize) {
    if hidden.is_empty() {
        return;
    }
    let rows = hidden.len() / size;
    check(rows, size, &[(x.len(), 3), (h.len(), 3)], &[hidden.len(), new_hidden.len()]);
    let hiddens = Rows::of(new_hidden, size);
    for_rows(rows, 6 * size, |range| {
        // SAFETY: tasks have disjoint ranges.
        gru_rows(x, h, hidden, range.clone(), unsafe { hiddens.take(&range) }, size);
    });
}

vectorized! {
    fn gru_rows[T: GateFloat](x: &[T], h: &[T], hidden: &[T], rows: Range<usize>, new_hidden: &mut [T], size: usize) {
        for (row, new_hidden) in rows.zip(new_hidden.chunks_exact_mut(size)) {
            let (x, h, [hidden]) = (parts::<T, 3>(x, row, size), parts::<T, 3>(h, row, size), parts(hidden, row, size));
            for j in 0..size {
                let [_, z, n] = gru_gates(x, h, j);
                new_hidden[j] = (hidden[j] - n) * z + n;
            }
        }
    }
}

#[inline(always)]
fn gru_gates<T: GateFloat>(x: [&[T]; 3], h: [&[T]; 3], j: usize) -> [T; 3] {
    let r = (x[0][j] + h[0][j]).vsigmoid();
    [r, (x[1][j] + h[1][j]).vsigmoid(), (x[2][j] + r * h[2][j]).vtanh()]
}

/// The gradients of [`gru`] from that of its result: of the gates from the input, those from the state, and the old state.
///
/// # Panics
/// When lengths do not match.
pub fn gru_backward<T: GateFloat>(grad: &[T], x: &[T], h: &[T], hidden: &[T], grad_x: &mut [T], grad_h: &mut [T], grad_hidden: &mut [T], size: usize) {
    if hidden.is_empty() {
        return;
    }
    let rows = hidden.len() / size;
    check(rows, size, &[x, h, grad_x, grad_h].map(|gates| (gates.len(), 3)), &[grad.len(), hidden.len(), grad_hidden.len()]);
    let (xs, hs, hiddens) = (Rows::of(grad_x, 3 * size), Rows::of(grad_h, 3 * size), Rows::of(grad_hidden, size));
    for_rows(rows, 6 * size, |range| {
        // SAFETY: tasks have disjoint ranges.
        let outs = unsafe { [xs.take(&range), hs.take(&range), hiddens.take(&range)] };
        gru_backward_rows(grad, [x, h, hidden], range, outs, size);
    });
}

vectorized! {
    fn gru_backward_rows[T: GateFloat](grad: &[T], saved: [&[T]; 3], rows: Range<usize>, outs: [&mut [T]; 3], size: usize) {
        let [grad_x, grad_h, grad_hidden] = outs;
        for (at, row) in rows.enumerate() {
            let (x, h) = (parts::<T, 3>(saved[0], row, size), parts::<T, 3>(saved[1], row, size));
            let [[hidden], [grad]] = [saved[2], grad].map(|state| parts(state, row, size));
            let ([xr, xz, xn], [hr, hz, hn]) = (parts_mut(grad_x, at, size), parts_mut(grad_h, at, size));
            let [out] = parts_mut(grad_hidden, at, size);
            for j in 0..size {
                let [r, z, n] = gru_gates(x, h, j);
                let dz = grad[j] * (hidden[j] - n) * z * (T::ONE - z);
                let dn = grad[j] * (T::ONE - z) * (T::ONE - n * n);
                let dr = dn * h[2][j] * r * (T::ONE - r);
                (xr[j], xz[j], xn[j]) = (dr, dz, dn);
                (hr[j], hz[j], hn[j]) = (dr, dz, dn * r);
                out[j] = grad[j] * z;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gemm::tests::noise;

    const ROWS: usize = 3;
    const SIZE: usize = 21;

    fn sigmoid(x: f64) -> f64 {
        1.0 / (1.0 + (-x).exp())
    }

    /// The slope of `f` along number `at` of `x`.
    fn slope(f: impl Fn(&[f64]) -> f64, x: &[f64], at: usize) -> f64 {
        let moved = |by: f64| {
            let mut x = x.to_vec();
            x[at] += by;
            f(&x)
        };
        (moved(1e-5) - moved(-1e-5)) / 2e-5
    }

    fn dot(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn lstm_follows_its_formula_and_its_slopes() {
        let (x, h, cell) = (noise::<f64>(ROWS * 4 * SIZE, 1), noise::<f64>(ROWS * 4 * SIZE, 2), noise::<f64>(ROWS * SIZE, 3));
        let (gh, gc) = (noise::<f64>(ROWS * SIZE, 4), noise::<f64>(ROWS * SIZE, 5));
        let run = |x: &[f64], h: &[f64], cell: &[f64]| {
            let (mut hidden, mut next) = (vec![0.0; cell.len()], vec![0.0; cell.len()]);
            lstm(x, h, cell, &mut hidden, &mut next, SIZE);
            (hidden, next)
        };
        let (hidden, next) = run(&x, &h, &cell);
        for (at, &c) in cell.iter().enumerate() {
            let gate = |part: usize| x[(at / SIZE * 4 + part) * SIZE + at % SIZE] + h[(at / SIZE * 4 + part) * SIZE + at % SIZE];
            let c = sigmoid(gate(1)) * c + sigmoid(gate(0)) * gate(2).tanh();
            assert!((next[at] - c).abs() < 1e-12 && (hidden[at] - sigmoid(gate(3)) * c.tanh()).abs() < 1e-12);
        }
        let loss = |(hidden, next): (Vec<f64>, Vec<f64>)| dot(&hidden, &gh) + dot(&next, &gc);
        let (mut gates, mut old) = (vec![0.0; x.len()], vec![0.0; cell.len()]);
        lstm_backward(&LstmSaved { x: &x, h: &h, cell: &cell, grad_hidden: &gh, grad_cell: &gc }, &mut gates, &mut old, SIZE);
        (0..x.len()).for_each(|at| assert!((gates[at] - slope(|x| loss(run(x, &h, &cell)), &x, at)).abs() < 1e-8));
        (0..cell.len()).for_each(|at| assert!((old[at] - slope(|cell| loss(run(&x, &h, cell)), &cell, at)).abs() < 1e-8));
    }

    #[test]
    fn gru_follows_its_formula_and_its_slopes() {
        let (x, h, hidden) = (noise::<f64>(ROWS * 3 * SIZE, 1), noise::<f64>(ROWS * 3 * SIZE, 2), noise::<f64>(ROWS * SIZE, 3));
        let grad = noise::<f64>(ROWS * SIZE, 4);
        let run = |x: &[f64], h: &[f64], hidden: &[f64]| {
            let mut next = vec![0.0; hidden.len()];
            gru(x, h, hidden, &mut next, SIZE);
            next
        };
        for (at, next) in run(&x, &h, &hidden).into_iter().enumerate() {
            let place = |part: usize| (at / SIZE * 3 + part) * SIZE + at % SIZE;
            let [r, z] = [0, 1].map(|part| sigmoid(x[place(part)] + h[place(part)]));
            let n = (x[place(2)] + r * h[place(2)]).tanh();
            assert!((next - ((1.0 - z) * n + z * hidden[at])).abs() < 1e-12);
        }
        let (mut gx, mut gh, mut old) = (vec![0.0; x.len()], vec![0.0; h.len()], vec![0.0; hidden.len()]);
        gru_backward(&grad, &x, &h, &hidden, &mut gx, &mut gh, &mut old, SIZE);
        let loss = |x: &[f64], h: &[f64], hidden: &[f64]| dot(&run(x, h, hidden), &grad);
        (0..x.len()).for_each(|at| assert!((gx[at] - slope(|x| loss(x, &h, &hidden), &x, at)).abs() < 1e-8));
        (0..h.len()).for_each(|at| assert!((gh[at] - slope(|h| loss(&x, h, &hidden), &h, at)).abs() < 1e-8));
        (0..hidden.len()).for_each(|at| assert!((old[at] - slope(|s| loss(&x, &h, s), &hidden, at)).abs() < 1e-8));
    }
}
