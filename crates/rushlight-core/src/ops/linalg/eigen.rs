//! Eigenvalues and eigenvectors.

use super::solve::solve;
use super::*;
use crate::ops::backward::Back;
use crate::ops::{Metas, Rule};
use crate::{grads, rows};
use rushlight_linalg::{self as dense, LinalgError, Triangle};
use smallvec::smallvec;

rows! {
    EIGH = Op::new("_linalg_eigh(Tensor A, str UPLO='L', bool compute_v=True) -> (Tensor, Tensor)", Rule::Kernel { infer: infer_hermitian, run: run_hermitian }).vjp(0, 3, |b| grads![b; hermitian_gradient(b)?]).doc("Eigenvalues, ascending, and orthonormal eigenvectors of a Hermitian matrix");
    EIG = Op::new("linalg_eig(Tensor A) -> (Tensor, Tensor)", Rule::Kernel { infer: infer_general, run: |c, o| run_general(c, &o[0], Some(&o[1])) }).vjp(0, 3, |b| grads![b; general_gradient(b)?]).doc("Complex eigenvalues and eigenvectors");
    EIGVALS = Op::new("_linalg_eigvals(Tensor A) -> Tensor", Rule::Kernel { infer: |c| Ok(infer_general(c)?.into_iter().take(1).collect()), run: |c, o| run_general(c, &o[0], None) }).doc("Complex eigenvalues, outside the graph: linalg_eig has the derivative");
}

fn infer_hermitian(c: &Call) -> Result<Metas> {
    let a = c.input(0)?;
    let n = squares(c, a)?.rows;
    let vectors = if c.flag(1) { Meta::new(a.shape(), a.dtype()) } else { Meta::new(&[0], a.dtype()) };
    Ok(smallvec![batched(a, &[n], a.dtype().to_real()), vectors])
}

fn run_hermitian(c: &Call, outs: &[Tensor]) -> Result<()> {
    let a = plain(c.input(0)?)?;
    let half = match c.text(0) {
        "L" | "l" => Triangle::Lower,
        "U" | "u" => Triangle::Upper,
        other => bail!(Runtime, "Expected UPLO argument to be 'L' or 'U', but got {other}"),
    };
    match_number!(c, a.dtype(), T => {
        let f = dense::eigh(iter::slice::<T>(&a)?, squares(c, &a)?, half, c.flag(1)).map_err(|e| failed(c, "eigenvalues", e))?;
        write(&outs[0], &f.values)?;
        write(&outs[1], &f.vectors)
    })
}

fn infer_general(c: &Call) -> Result<Metas> {
    let a = c.input(0)?;
    let (n, dtype) = (squares(c, a)?.rows, a.dtype().to_complex());
    Ok(smallvec![batched(a, &[n], dtype), Meta::new(a.shape(), dtype)])
}

fn run_general(c: &Call, values: &Tensor, vectors: Option<&Tensor>) -> Result<()> {
    let a = plain(c.input(0)?)?;
    let explain = |error| match error {
        LinalgError::NotFinite { .. } => err!(Runtime, "torch.linalg.eig: input tensor should not contain infs or NaNs."),
        other => failed(c, "eigenvalues", other),
    };
    match_number!(c, a.dtype(), T => {
        let f = dense::eig(iter::slice::<T>(&a)?, squares(c, &a)?, vectors.is_some()).map_err(explain)?;
        write(values, &f.values)?;
        vectors.map_or(Ok(()), |out| write(out, &f.vectors))
    })
}

/// The diagonal of a matrix replaced.
fn with_diagonal(x: &Tensor, diagonal: Option<&Tensor>) -> Result<Tensor> {
    let off = x.masked_fill(&diagonal_mask(x.shape()[x.ndim() - 1], x)?, 0.0)?;
    match diagonal {
        Some(d) => off.add(diag_embed(d)?),
        None => Ok(off),
    }
}

/// `gA = V [diag(gL) + skew(V^H gV) / 2 E] V^H`, `E_ij = l_j - l_i` (Giles, "Collected matrix derivative results", 2008).
fn hermitian_gradient(b: &Back) -> Result<Tensor> {
    if !b.call().flag(1) {
        bail!(Runtime, "linalg.eigh: the derivative needs the eigenvectors: compute them too");
    }
    let (values, v) = (b.y(0)?, b.y(1)?);
    let Some(gv) = b.grad(1) else {
        return times_columns(v, &b.grad_or_zeros(0)?)?.matmul(&v.mh()?);
    };
    let product = v.mh()?.matmul(gv)?;
    require_no_phase("linalg_eigh_backward", "eigenvectors", &product.diagonal(0, -2, -1)?)?;
    let turned = skew(&product)?.mul(0.5)?.div(gaps(values)?)?;
    v.matmul(&with_diagonal(&turned, b.grad(0))?)?.matmul(&v.mh()?)
}

/// `gA = V^-H [diag(gL) + (V^H gV - V^H V diag(Re(V^H gV))) / conj(E)] V^H`, `E_ij = l_j - l_i` (Boeddeker et al.,
/// "On the computation of complex-valued gradients", 2019).
fn general_gradient(b: &Back) -> Result<Tensor> {
    let (values, v) = (b.y(0)?, b.y(1)?);
    let vh = v.mh()?;
    let Some(gv) = b.grad(1) else {
        return solve(&vh, &vh.mul(b.grad_or_zeros(0)?.unsqueeze(-1)?)?);
    };
    let product = vh.matmul(gv)?;
    let diagonal = product.diagonal(0, -2, -1)?;
    require_no_phase("linalg_eig_backward", "eigenvectors", &diagonal)?;
    let tangent = product.sub(times_columns(&vh.matmul(v)?, &diagonal.real()?)?)?.div(gaps(values)?.conj()?)?;
    solve(&vh, &with_diagonal(&tangent, b.grad(0))?.matmul(&vh)?)
}
