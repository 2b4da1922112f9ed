//! `A = L D L^T` of indefinite symmetric or Hermitian matrices, and systems solved with the factors.

use super::*;
use crate::ops::{Metas, Rule};
use crate::rows;
use rushlight_linalg as dense;
use smallvec::smallvec;

rows! {
    LDL_FACTOR_EX = Op::new("linalg_ldl_factor_ex(Tensor self, *, bool hermitian=False) -> (Tensor, Tensor, Tensor)", Rule::Kernel { infer: infer_factor, run: run_factor }).integral(6).doc("Packed factors L and D of A, read from its lower triangle, the pivots, and the position of the first zero block of D or 0");
    LDL_SOLVE = Op::new("linalg_ldl_solve(Tensor LD, Tensor pivots, Tensor B, *, bool hermitian=False) -> Tensor", Rule::Kernel { infer: infer_solve, run: run_solve }).doc("X with A X = B, A given by its factors");
}

fn symmetry(c: &Call) -> dense::Symmetry {
    if c.flag(0) { dense::Symmetry::Hermitian } else { dense::Symmetry::Symmetric }
}

fn infer_factor(c: &Call) -> Result<Metas> {
    let x = c.input(0)?;
    let shape = squares(c, x)?;
    Ok(smallvec![Meta::new(x.shape(), x.dtype()), batched(x, &[shape.rows], DType::I32), batched(x, &[], DType::I32)])
}

fn run_factor(c: &Call, outs: &[Tensor]) -> Result<()> {
    let x = plain(c.input(0)?)?;
    match_number!(c, x.dtype(), T => {
        let ldl = dense::ldl_factor(iter::slice::<T>(&x)?, matrices(c, &x)?, symmetry(c)).map_err(|e| failed(c, "", e))?;
        write(&outs[0], &ldl.factors)?;
        write(&outs[1], &ldl.pivots)?;
        write(&outs[2], &ldl.info)
    })
}

fn infer_solve(c: &Call) -> Result<Metas> {
    let (ldl, pivots, b) = (c.input(0)?, c.input(1)?, c.input(2)?);
    let shape = squares(c, ldl)?;
    same_batch(c, ldl, b)?;
    let expected = &ldl.shape()[..ldl.ndim() - 1];
    if pivots.dtype() != DType::I32 || pivots.shape() != expected {
        bail!(Runtime, "linalg.ldl_solve: pivots must be int32 of shape {expected:?}, got {} of shape {:?}", pivots.dtype().name(), pivots.shape());
    }
    if b.shape()[b.ndim() - 2] != shape.rows {
        bail!(Runtime, "linalg.ldl_solve: Incompatible shapes of A and B for the equation AX = B ({:?} and {:?})", ldl.shape(), b.shape());
    }
    Ok(smallvec![Meta::new(b.shape(), b.dtype())])
}

fn run_solve(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (ldl, pivots, b) = (plain(c.input(0)?)?, plain(c.input(1)?)?, plain(c.input(2)?)?);
    let columns = b.shape()[b.ndim() - 1];
    match_number!(c, ldl.dtype(), T => {
        let x = dense::ldl_solve(iter::slice::<T>(&ldl)?, iter::slice::<i32>(&pivots)?, iter::slice::<T>(&b)?, squares(c, &ldl)?, columns, symmetry(c));
        write(&outs[0], &x.map_err(|e| failed(c, "", e))?)
    })
}
