//! Systems of equations and inverses.

use super::lu::lu_solve;
use super::*;
use crate::autograd::grad_enabled;
use crate::autograd::node::Grads;
use crate::ops::backward::Back;
use crate::ops::{Metas, Outputs, Rule, call};
use crate::{grads, rows};
use rushlight_linalg as dense;
use smallvec::smallvec;

rows! {
    SOLVE_TRIANGULAR = Op::new("linalg_solve_triangular(Tensor A, Tensor B, *, bool upper, bool left=True, bool unitriangular=False) -> Tensor", Rule::Kernel { infer: infer_triangular, run: run_triangular }).vjp(1, 1, triangular_gradients).doc("X with A X = B (or X A = B), A triangular");
    SOLVE_SYSTEM = Op::new("_linalg_solve_ex(Tensor A, Tensor B) -> (Tensor, Tensor, Tensor, Tensor)", Rule::Kernel { infer: infer_solve, run: run_solve }).vjp(1, 7, solve_gradients).integral(14).doc("X with A X = B, the factors and pivots of A, and the position of a zero pivot or 0");
    SOLVE_EX = Op::new("linalg_solve_ex(Tensor A, Tensor B, *, bool left=True) -> (Tensor, Tensor)", Rule::Composite(solve_either)).doc("X with A X = B (or X A = B), and the position of a zero pivot or 0");
    INV_EX = Op::new("linalg_inv_ex(Tensor A) -> (Tensor, Tensor)", Rule::Kernel { infer: infer_inverse, run: run_inverse }).vjp(0, 1, |b| grads![b; inverse_gradient(b)?]).integral(2).doc("Inverse, and the position of a zero pivot or 0");
}

/// The form of a triangular system.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Triangular {
    pub upper: bool,
    pub left: bool,
    pub unit: bool,
}

impl Triangular {
    fn of(c: &Call) -> Triangular {
        Triangular { upper: c.flag(0), left: c.flag(1), unit: c.flag(2) }
    }
}

/// X with `A X = B` or `X A = B`.
pub(crate) fn solve_triangular(a: &Tensor, b: &Tensor, form: Triangular) -> Result<Tensor> {
    call1(&SOLVE_TRIANGULAR, &[a, b], &[Arg::from(form.upper), Arg::from(form.left), Arg::from(form.unit)])
}

/// X with `A X = B`, differentiable.
pub(crate) fn solve(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    call1(&SOLVE_SYSTEM, &[a, b], &[])
}

fn require_fit(c: &Call, a: &Tensor, b: &Tensor, left: bool) -> Result<()> {
    let n = squares(c, a)?.rows;
    same_batch(c, a, b)?;
    if b.shape()[b.ndim() - if left { 2 } else { 1 }] != n {
        let equation = if left { "AX = B" } else { "XA = B" };
        bail!(Runtime, "{}: Incompatible shapes of A and B for the equation {equation} ({:?} and {:?})", public_name(c.op), a.shape(), b.shape());
    }
    Ok(())
}

fn infer_triangular(c: &Call) -> Result<Metas> {
    let b = c.input(1)?;
    require_fit(c, c.input(0)?, b, c.flag(1))?;
    Ok(smallvec![Meta::new(b.shape(), b.dtype())])
}

fn run_triangular(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (a, b, form) = (plain(c.input(0)?)?, plain(c.input(1)?)?, Triangular::of(c));
    let system = dense::TriangularSystem {
        triangle: if form.upper { dense::Triangle::Upper } else { dense::Triangle::Lower },
        op: dense::Op::None,
        side: if form.left { dense::Side::Left } else { dense::Side::Right },
        unit_diagonal: form.unit,
    };
    match_number!(c, a.dtype(), T => {
        let x = dense::solve_triangular(iter::slice::<T>(&a)?, iter::slice::<T>(&b)?, matrices(c, &b)?, system);
        write(&outs[0], &x.map_err(|e| failed(c, "", e))?)
    })
}

/// `gB = A^-H gX`, `gA = -gB X^H` in the triangle that is read (from the right: `gX A^-H`, `-X^H gB`).
fn triangular_gradients(b: &Back) -> Result<Grads> {
    let (a, x, form) = (b.x(0)?, b.y(0)?, Triangular::of(&b.call()));
    let gb = solve_triangular(&a.mh()?, b.g()?, Triangular { upper: !form.upper, ..form })?;
    let unread = i64::from(form.unit);
    let ga = b.needs(0).then(|| {
        let full = if form.left { gb.matmul(&x.mh()?)? } else { x.mh()?.matmul(&gb)? };
        if form.upper { triu(&full, unread)?.neg() } else { tril(&full, -unread)?.neg() }
    });
    Ok(smallvec![ga.transpose()?, b.needs(1).then_some(gb)])
}

fn infer_solve(c: &Call) -> Result<Metas> {
    let (a, b) = (c.input(0)?, c.input(1)?);
    require_fit(c, a, b, true)?;
    let n = a.shape()[a.ndim() - 1];
    Ok(smallvec![Meta::new(b.shape(), b.dtype()), Meta::new(a.shape(), a.dtype()), batched(a, &[n], DType::I32), batched(a, &[], DType::I32)])
}

fn run_solve(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (a, b) = (plain(c.input(0)?)?, plain(c.input(1)?)?);
    let (shape, columns) = (squares(c, &a)?, b.shape()[b.ndim() - 1]);
    match_number!(c, a.dtype(), T => {
        let lu = dense::lu_factor(iter::slice::<T>(&a)?, shape, true).map_err(|e| failed(c, "", e))?;
        let x = dense::lu_solve(&lu.factors, &lu.pivots, iter::slice::<T>(&b)?, shape, columns, dense::Op::None);
        write(&outs[0], &x.map_err(|e| failed(c, "", e))?)?;
        write(&outs[1], &lu.factors)?;
        write(&outs[2], &lu.pivots)?;
        write(&outs[3], &lu.info)
    })
}

/// `gB = A^-H gX`, `gA = -gB X^H`. The factors at hand serve a plain backward pass; one that is recorded must see A.
fn solve_gradients(b: &Back) -> Result<Grads> {
    let (a, x) = (b.x(0)?, b.y(0)?);
    let gb = if grad_enabled() { solve(&a.mh()?, b.g()?)? } else { lu_solve(b.y(1)?, b.y(2)?, b.g()?, true)? };
    let ga = b.needs(0).then(|| gb.matmul(&x.mh()?)?.neg());
    Ok(smallvec![ga.transpose()?, b.needs(1).then_some(gb)])
}

/// `X A = B` is `A^T X^T = B^T`.
fn solve_either(c: &Call) -> Result<Outputs> {
    let (a, b, left) = (c.input(0)?, c.input(1)?, c.flag(0));
    require_fit(c, a, b, left)?;
    let (a, b) = if left { (a.clone(), b.clone()) } else { (mt(a)?, mt(b)?) };
    let out = call(&SOLVE_SYSTEM, smallvec![Some(a), Some(b)], smallvec![])?;
    match out.as_slice() {
        [x, _, _, info] => Ok(smallvec![if left { x.clone() } else { mt(x)? }, info.clone()]),
        _ => bail!(Runtime, "linalg.solve: no result"),
    }
}

fn infer_inverse(c: &Call) -> Result<Metas> {
    let a = c.input(0)?;
    squares(c, a)?;
    Ok(smallvec![Meta::new(a.shape(), a.dtype()), batched(a, &[], DType::I32)])
}

fn run_inverse(c: &Call, outs: &[Tensor]) -> Result<()> {
    let a = plain(c.input(0)?)?;
    let shape = squares(c, &a)?;
    match_number!(c, a.dtype(), T => {
        let mut identity = vec![<T as dense::Scalar>::ZERO; a.numel()];
        for matrix in identity.chunks_exact_mut(shape.entries().max(1)) {
            matrix.iter_mut().step_by(shape.cols + 1).for_each(|v| *v = <T as dense::Scalar>::ONE);
        }
        let lu = dense::lu_factor(iter::slice::<T>(&a)?, shape, true).map_err(|e| failed(c, "", e))?;
        let x = dense::lu_solve(&lu.factors, &lu.pivots, &identity, shape, shape.cols, dense::Op::None);
        write(&outs[0], &x.map_err(|e| failed(c, "", e))?)?;
        write(&outs[1], &lu.info)
    })
}

/// `gA = -Y^H gY Y^H` for `Y = A^-1`.
fn inverse_gradient(b: &Back) -> Result<Tensor> {
    let yh = b.y(0)?.mh()?;
    yh.matmul(b.g()?)?.matmul(&yh)?.neg()
}

/// X with `A^H X = D`, D diagonal: from the factors of A, or recorded from A itself.
pub(crate) fn solve_adjoint_diagonal(a: &Tensor, lu: &Tensor, pivots: &Tensor, d: &Tensor) -> Result<Tensor> {
    if grad_enabled() { solve(&a.mh()?, d) } else { lu_solve(lu, pivots, d, true) }
}
