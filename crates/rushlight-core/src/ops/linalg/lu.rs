//! `A = P L U`, systems solved with the factors, and Cholesky's `A = L L^H`.

use super::solve::{Triangular, solve_triangular};
use super::*;
use crate::autograd::node::Grads;
use crate::ops::backward::Back;
use crate::ops::{Metas, Rule};
use crate::{grads, rows};
use rushlight_linalg as dense;
use smallvec::smallvec;

rows! {
    LU_FACTOR = Op::new("linalg_lu_factor(Tensor A) -> (Tensor, Tensor)", Rule::Kernel { infer: infer_factor, run: run_factor }).vjp(0, 3, |b| grads![b; factor_gradient(b)?]).integral(2).doc("Packed factors L and U of A, and the pivots");
    LU_SOLVE = Op::new("linalg_lu_solve(Tensor LU, Tensor pivots, Tensor B, *, bool adjoint=False) -> Tensor", Rule::Kernel { infer: infer_solve, run: run_solve }).vjp(3, 1, solve_gradients).doc("X with A X = B (or A^H X = B), A given by its factors");
    CHOLESKY_EX = Op::new("linalg_cholesky_ex(Tensor A, *, bool upper=False) -> (Tensor, Tensor)", Rule::Kernel { infer: infer_cholesky, run: run_cholesky }).vjp(0, 1, |b| grads![b; cholesky_gradient(b)?]).integral(2).doc("L with A = L L^H (or L^H), and the order of the first minor that is not positive definite or 0");
}

fn infer_factor(c: &Call) -> Result<Metas> {
    let x = c.input(0)?;
    let shape = matrices(c, x)?;
    Ok(smallvec![Meta::new(x.shape(), x.dtype()), batched(x, &[shape.min_dim()], DType::I32)])
}

fn run_factor(c: &Call, outs: &[Tensor]) -> Result<()> {
    let x = plain(c.input(0)?)?;
    match_number!(c, x.dtype(), T => {
        let lu = dense::lu_factor(iter::slice::<T>(&x)?, matrices(c, &x)?, true).map_err(|e| failed(c, "", e))?;
        write(&outs[0], &lu.factors)?;
        write(&outs[1], &lu.pivots)
    })
}

/// The order of rows that pivots describe, `[*, rows]`: row i of `P^T A` is row `order[i]` of A. Inverted, it is that of
/// `P`.
fn row_order(pivots: &Tensor, rows: usize, inverted: bool) -> Result<Tensor> {
    let mut shape = Dims::from_slice(pivots.shape());
    let steps = shape.pop().unwrap_or(0);
    shape.push(rows);
    if pivots.is_meta() {
        return Tensor::zeros(&shape, DType::I64, pivots.device());
    }
    let batch: usize = shape.iter().rev().skip(1).product();
    let pivots = pivots.to_vec::<i32>()?;
    let mut order = vec![0i64; batch * rows];
    for (k, order) in order.chunks_exact_mut(rows.max(1)).enumerate() {
        let swaps = pivots.get(k * steps..(k + 1) * steps).unwrap_or(&[]);
        let permutation = dense::pivots_to_permutation(swaps, rows).map_err(|e| err!(Runtime, "linalg.lu_solve: {e}"))?;
        for (i, &p) in permutation.iter().enumerate() {
            let (at, row) = if inverted { (p, i) } else { (i, p) };
            order[at] = row as i64;
        }
    }
    Tensor::of(&order, &shape)
}

/// `P x`, or with `transposed` `P^T x`.
fn permuted(x: &Tensor, pivots: &Tensor, transposed: bool) -> Result<Tensor> {
    let rows = x.shape()[x.ndim() - 2];
    let order = row_order(pivots, rows, !transposed)?.unsqueeze(-1)?.expand(x.shape())?;
    x.gather(-2, &order)
}

/// L, `[*, m, k]` with ones on its diagonal, and U, `[*, k, n]`.
fn unpacked(lu: &Tensor) -> Result<(Tensor, Tensor)> {
    let (m, n) = (lu.shape()[lu.ndim() - 2], lu.shape()[lu.ndim() - 1]);
    let k = m.min(n);
    let ones = Tensor::full(&[m.min(k)], 1.0.into(), lu.dtype(), lu.device())?;
    let mut identity = diag_embed(&ones)?;
    if m > k {
        identity = crate::ops::shape::join::cat(&[identity, Tensor::zeros(&[m - k, k], lu.dtype(), lu.device())?], 0)?;
    }
    Ok((tril(&first(lu, -1, k)?, -1)?.add(identity)?, triu(&first(lu, -2, k)?, 0)?))
}

/// With `Y = L^H gL`, `Z = gU U^H` and `A1` the leading square block of A:
/// wide `gA = P L^-H [gU1 + tril(Y - Z, -1) U1^-H | gU2]`, tall `gA = P [gL1 + L1^-H triu(Z - Y); gL2] U^-H`.
fn factor_gradient(b: &Back) -> Result<Tensor> {
    let (g, lu, pivots) = (b.g()?, b.y(0)?, b.y(1)?);
    let (m, n) = (lu.shape()[lu.ndim() - 2], lu.shape()[lu.ndim() - 1]);
    let k = m.min(n);
    let (l, u) = unpacked(lu)?;
    let (gl, gu) = (tril(&first(g, -1, k)?, -1)?, triu(&first(g, -2, k)?, 0)?);
    let difference = l.mh()?.matmul(&gl)?.sub(gu.matmul(&u.mh()?)?)?;
    let (from_left, from_right) = (Triangular { upper: true, left: true, unit: true }, Triangular { upper: false, left: false, unit: false });
    let (l1h, u1h) = (first(&l, -2, k)?.mh()?, first(&u, -1, k)?.mh()?);
    let inner = if m <= n {
        let square = solve_triangular(&u1h, &tril(&difference, -1)?, from_right)?;
        solve_triangular(&l1h, &added_to_first(&gu, -1, k, &square)?, from_left)?
    } else {
        let square = solve_triangular(&l1h, &triu(&difference.neg()?, 0)?, from_left)?;
        solve_triangular(&u1h, &added_to_first(&gl, -2, k, &square)?, from_right)?
    };
    permuted(&inner, pivots, false)
}

/// The tensor with something added to the first `k` positions of a dimension.
fn added_to_first(x: &Tensor, dim: i64, k: usize, part: &Tensor) -> Result<Tensor> {
    let n = x.shape()[(x.ndim() as i64 + dim) as usize];
    let head = first(x, dim, k)?.add(part)?;
    if n == k { Ok(head) } else { crate::ops::shape::join::cat(&[head, x.slice(dim, k as i64, n as i64)?], dim) }
}

fn infer_solve(c: &Call) -> Result<Metas> {
    let (lu, pivots, b) = (c.input(0)?, c.input(1)?, c.input(2)?);
    let shape = squares(c, lu)?;
    same_batch(c, lu, b)?;
    if pivots.dtype() != DType::I32 || pivots.shape() != &lu.shape()[..lu.ndim() - 1] {
        bail!(
            Runtime,
            "linalg.lu_solve: pivots must be int32 of shape {:?}, got {:?} of shape {:?}",
            &lu.shape()[..lu.ndim() - 1],
            pivots.dtype().name(),
            pivots.shape()
        );
    }
    if b.shape()[b.ndim() - 2] != shape.rows {
        bail!(Runtime, "linalg.lu_solve: Incompatible shapes of A and B for the equation AX = B ({:?} and {:?})", lu.shape(), b.shape());
    }
    Ok(smallvec![Meta::new(b.shape(), b.dtype())])
}

fn run_solve(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (lu, pivots, b) = (plain(c.input(0)?)?, plain(c.input(1)?)?, plain(c.input(2)?)?);
    let columns = b.shape()[b.ndim() - 1];
    let op = if c.flag(0) { dense::Op::Adjoint } else { dense::Op::None };
    match_number!(c, lu.dtype(), T => {
        let x = dense::lu_solve(iter::slice::<T>(&lu)?, iter::slice::<i32>(&pivots)?, iter::slice::<T>(&b)?, squares(c, &lu)?, columns, op);
        write(&outs[0], &x.map_err(|e| failed(c, "", e))?)
    })
}

/// X with `A X = B` or `A^H X = B`.
pub(crate) fn lu_solve(lu: &Tensor, pivots: &Tensor, b: &Tensor, adjoint: bool) -> Result<Tensor> {
    call1(&LU_SOLVE, &[lu, pivots, b], &[Arg::from(adjoint)])
}

/// `gB` solves the adjoint system; `gA = -gB X^H` (adjoint: `-X gB^H`), `gL = tril(P^T gA U^H, -1)`,
/// `gU = triu(L^H P^T gA)`.
fn solve_gradients(b: &Back) -> Result<Grads> {
    let (lu, pivots, x, adjoint) = (b.x(0)?, b.x(1)?, b.y(0)?, b.call().flag(0));
    let gb = lu_solve(lu, pivots, b.g()?, !adjoint)?;
    let mut glu = None;
    if b.needs(0) {
        let ga = if adjoint { x.matmul(&gb.mh()?)? } else { gb.matmul(&x.mh()?)? };
        let (pga, (l, u)) = (permuted(&ga.neg()?, pivots, true)?, unpacked(lu)?);
        glu = Some(tril(&pga.matmul(&u.mh()?)?, -1)?.add(triu(&l.mh()?.matmul(&pga)?, 0)?)?);
    }
    Ok(smallvec![glu, None, b.needs(2).then_some(gb)])
}

fn infer_cholesky(c: &Call) -> Result<Metas> {
    let x = c.input(0)?;
    squares(c, x)?;
    Ok(smallvec![Meta::new(x.shape(), x.dtype()), batched(x, &[], DType::I32)])
}

fn run_cholesky(c: &Call, outs: &[Tensor]) -> Result<()> {
    let upper = c.flag(0);
    // The kernel reads the lower half: of the adjoint, that is the upper one.
    let x = c.input(0)?.detach()?;
    let x = plain(&if upper { x.mh()? } else { x })?;
    match_number!(c, x.dtype(), T => {
        let result = dense::cholesky(iter::slice::<T>(&x)?, squares(c, &x)?).map_err(|e| failed(c, "", e))?;
        write(&outs[1], &result.info)?;
        write(&outs[0], &result.factors)
    })?;
    if upper { copy::copy_into(&outs[0], &outs[0].mh()?.copied()?) } else { Ok(()) }
}

/// `gA = L^-H S L^-1` with `S = (T + tril(T, -1)^H) / 2`, `T = tril(L^H gL)` (Murray, "Differentiation of the Cholesky
/// decomposition", 2016).
fn cholesky_gradient(b: &Back) -> Result<Tensor> {
    let upper = b.call().flag(0);
    let lower = |x: &Tensor| if upper { x.mh() } else { Ok(x.clone()) };
    let (l, gl) = (lower(b.y(0)?)?, lower(b.g()?)?);
    let lower = tril(&l.mh()?.matmul(&gl)?, 0)?;
    let symmetric = lower.add(tril(&lower, -1)?.mh()?)?.mul(0.5)?;
    let right = solve_triangular(&l, &symmetric, Triangular { upper: false, left: false, unit: false })?;
    solve_triangular(&l.mh()?, &right, Triangular { upper: true, left: true, unit: false })
}
