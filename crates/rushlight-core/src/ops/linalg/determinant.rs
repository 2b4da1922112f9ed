//! Determinants, by the factors of `A = P L U`.

use super::singular::decompose;
use super::solve::{solve, solve_adjoint_diagonal};
use super::*;
use crate::autograd::grad_enabled;
use crate::ops::backward::Back;
use crate::ops::reduce::PROD;
use crate::ops::shape::join::cat;
use crate::ops::{Metas, Outputs, Rule, call};
use crate::{grads, rows};
use rushlight_linalg::{self as dense, Lu, Real, Scalar as Number};
use smallvec::smallvec;

rows! {
    DETERMINANT = Op::new("_linalg_det(Tensor A) -> (Tensor, Tensor, Tensor)", Rule::Kernel { infer: infer_det, run: run_det }).vjp(1, 7, |b| grads![b; det_gradient(b)?]).integral(6).doc("Determinant, and the factors and pivots of A");
    DET = Op::new("linalg_det(Tensor A) -> Tensor", Rule::Composite(|c| leading(c, &DETERMINANT, 1))).doc("Determinant");
    SIGN_AND_LOG = Op::new("_linalg_slogdet(Tensor A) -> (Tensor, Tensor, Tensor, Tensor)", Rule::Kernel { infer: infer_slogdet, run: run_slogdet }).vjp(1, 13, |b| grads![b; slogdet_gradient(b)?]).integral(12).doc("Sign and logarithm of the modulus of the determinant, and the factors and pivots of A");
    SLOGDET = Op::new("linalg_slogdet(Tensor A) -> (Tensor, Tensor)", Rule::Composite(|c| leading(c, &SIGN_AND_LOG, 2))).doc("Sign and logarithm of the modulus of the determinant");
}

/// The first results of another row.
fn leading(c: &Call, row: &'static Op, count: usize) -> Result<Outputs> {
    squares(c, c.input(0)?)?;
    Ok(call(row, smallvec![Some(c.input(0)?.clone())], smallvec![])?.into_iter().take(count).collect())
}

fn factor_metas(a: &Tensor) -> [Meta; 2] {
    [Meta::new(a.shape(), a.dtype()), batched(a, &a.shape()[a.ndim() - 1..], DType::I32)]
}

fn infer_det(c: &Call) -> Result<Metas> {
    let a = c.input(0)?;
    squares(c, a)?;
    let [lu, pivots] = factor_metas(a);
    Ok(smallvec![batched(a, &[], a.dtype()), lu, pivots])
}

fn infer_slogdet(c: &Call) -> Result<Metas> {
    let a = c.input(0)?;
    squares(c, a)?;
    let [lu, pivots] = factor_metas(a);
    Ok(smallvec![batched(a, &[], a.dtype()), batched(a, &[], a.dtype().to_real()), lu, pivots])
}

/// Of matrix `k`: the diagonal of U, and the sign of the permutation.
fn diagonal<T: Number>(lu: &Lu<T>, k: usize, n: usize) -> (impl Iterator<Item = T> + '_, T) {
    let pivots = &lu.pivots[k * n..(k + 1) * n];
    let swaps = pivots.iter().enumerate().filter(|&(i, &p)| p as usize != i + 1).count();
    let values = (0..n).map(move |i| lu.factors[(k * n + i) * n + i]);
    (values, if swaps % 2 == 0 { T::ONE } else { -T::ONE })
}

fn determinant<T: Number>(lu: &Lu<T>, k: usize, n: usize) -> T {
    let (values, sign) = diagonal(lu, k, n);
    values.fold(sign, |product, v| product * v)
}

fn sign_and_log<T: Number>(lu: &Lu<T>, k: usize, n: usize) -> (T, T::Real) {
    let (values, sign) = diagonal(lu, k, n);
    values.fold((sign, T::Real::ZERO), |(sign, log), v| {
        let size = v.modulus();
        let direction = if size == T::Real::ZERO { T::ZERO } else { v.over(T::from_real(size)) };
        (sign * direction, log + size.ln())
    })
}

fn run_det(c: &Call, outs: &[Tensor]) -> Result<()> {
    let a = plain(c.input(0)?)?;
    let shape = squares(c, &a)?;
    match_number!(c, a.dtype(), T => {
        let lu = dense::lu_factor(iter::slice::<T>(&a)?, shape, true).map_err(|e| failed(c, "", e))?;
        let values: Vec<T> = (0..shape.batch).map(|k| determinant(&lu, k, shape.rows)).collect();
        write(&outs[0], &values)?;
        write(&outs[1], &lu.factors)?;
        write(&outs[2], &lu.pivots)
    })
}

fn run_slogdet(c: &Call, outs: &[Tensor]) -> Result<()> {
    let a = plain(c.input(0)?)?;
    let shape = squares(c, &a)?;
    match_number!(c, a.dtype(), T => {
        let lu = dense::lu_factor(iter::slice::<T>(&a)?, shape, true).map_err(|e| failed(c, "", e))?;
        let (signs, logs): (Vec<T>, Vec<_>) = (0..shape.batch).map(|k| sign_and_log(&lu, k, shape.rows)).unzip();
        write(&outs[0], &signs)?;
        write(&outs[1], &logs)?;
        write(&outs[2], &lu.factors)?;
        write(&outs[3], &lu.pivots)
    })
}

/// The matrices `d I`, d one number per matrix.
fn scaled_identity(d: &Tensor, n: usize) -> Result<Tensor> {
    let mut shape = Dims::from_slice(d.shape());
    shape.push(n);
    diag_embed(&d.unsqueeze(-1)?.expand(&shape)?)
}

/// `gA = conj(det) gdet A^-H`: of a singular matrix the limit, which exists as the determinant is a polynomial. A plain
/// pass finds it with the zeros of U's diagonal replaced by the smallest relative step.
fn det_gradient(b: &Back) -> Result<Tensor> {
    let (a, det, lu, g) = (b.x(0)?, b.y(0)?, b.y(1)?, b.g()?);
    if grad_enabled() {
        return det_gradient_recorded(a, det, g);
    }
    let zero = lu.diagonal(0, -2, -1)?.eq(0.0)?;
    let step = zero.to_dtype(lu.dtype())?.mul(epsilon(lu.dtype()))?;
    let d = scaled_identity(&g.mul(det.conj()?)?, a.shape()[a.ndim() - 1])?;
    solve_adjoint_diagonal(a, &lu.add(diag_embed(&step)?)?, b.y(2)?, &d)
}

fn epsilon(dtype: DType) -> f64 {
    if dtype.to_real() == DType::F64 { f64::EPSILON } else { f32::EPSILON.into() }
}

/// The same in differentiable operations, singular and invertible matrices apart.
fn det_gradient_recorded(a: &Tensor, det: &Tensor, g: &Tensor) -> Result<Tensor> {
    let n = a.shape()[a.ndim() - 1];
    let (flat_a, flat_det, flat_g) = (a.reshape(&[-1, n as i64, n as i64]), det.reshape(&[-1])?, g.reshape(&[-1])?);
    if a.numel() == 0 || a.is_meta() {
        return invertible(a, det, g);
    }
    let flat_a = flat_a?;
    let sizes = flat_det.detach()?.abs()?.to_vec::<f64>()?;
    let limit = 100.0 * epsilon(a.dtype());
    let (singular, regular): (Vec<i64>, Vec<i64>) = (0..sizes.len() as i64).partition(|&k| sizes[k as usize] < limit);
    if singular.is_empty() {
        return invertible(a, det, g);
    }
    let chosen = |which: &[i64], f: fn(&Tensor, &Tensor, &Tensor) -> Result<Tensor>| {
        let at = Tensor::of(which, &[which.len()])?;
        f(&flat_a.index_select(0, &at)?, &flat_det.index_select(0, &at)?, &flat_g.index_select(0, &at)?)
    };
    let mut home = vec![0i64; sizes.len()];
    regular.iter().chain(&singular).enumerate().for_each(|(from, &to)| home[to as usize] = from as i64);
    let parts = if regular.is_empty() { chosen(&singular, adjugate)? } else { cat(&[chosen(&regular, invertible)?, chosen(&singular, adjugate)?], 0)? };
    let shape: Vec<i64> = a.shape().iter().map(|&n| n as i64).collect();
    parts.index_select(0, &Tensor::of(&home, &[home.len()])?)?.reshape(&shape)
}

fn invertible(a: &Tensor, det: &Tensor, g: &Tensor) -> Result<Tensor> {
    solve(&a.mh()?, &scaled_identity(&g.mul(det.conj()?)?, a.shape()[a.ndim() - 1])?)
}

/// With `A = U S V^H` the gradient is `conj(det U det V^H) gdet U adj(S) V^H`; entry i of the diagonal `adj(S)` is the
/// product of all other singular values.
fn adjugate(a: &Tensor, _: &Tensor, g: &Tensor) -> Result<Tensor> {
    let n = a.shape()[a.ndim() - 1];
    let (u, s, vh) = decompose(a)?;
    let others = diagonal_mask(n, a)?.pick(1.0, s.unsqueeze(-2)?)?.to_dtype(s.dtype())?;
    let products = call1(&PROD, &[&others], &[Arg::ints(&[-1])])?;
    let phase = call1(&DET, &[&u], &[])?.mul(call1(&DET, &[&vh], &[])?)?.conj()?;
    let gamma = products.mul(phase.mul(g)?.unsqueeze(-1)?)?;
    times_columns(&u, &gamma)?.matmul(&vh)
}

/// `gA = d A^-H` with `d = glog - i Im(conj(gsign) sign)`.
fn slogdet_gradient(b: &Back) -> Result<Tensor> {
    let (a, sign) = (b.x(0)?, b.y(0)?);
    let mut d = b.grad_or_zeros(1)?.to_dtype(a.dtype())?;
    if let (true, Some(g)) = (a.dtype().is_complex(), b.grad(0)) {
        let turn = g.conj()?.mul(sign)?.imag()?;
        d = d.sub(turn.mul(Scalar::Complex(0.0, 1.0))?)?;
    }
    solve_adjoint_diagonal(a, b.y(2)?, b.y(3)?, &scaled_identity(&d, a.shape()[a.ndim() - 1])?)
}
