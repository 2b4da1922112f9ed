//! `A = U diag(S) V^H`.

use super::*;
use crate::ops::backward::Back;
use crate::ops::{Metas, Rule, call};
use crate::{grads, rows};
use rushlight_linalg::{self as dense, SvdVectors};
use smallvec::smallvec;

rows! {
    SVD = Op::new("_linalg_svd(Tensor A, bool full_matrices=False, bool compute_uv=True) -> (Tensor, Tensor, Tensor)", Rule::Kernel { infer, run }).vjp(0, 7, |b| grads![b; gradient(b)?]).doc("U, singular values S, descending, and V^H");
}

fn vectors(c: &Call) -> SvdVectors {
    match (c.flag(0), c.flag(1)) {
        (_, false) => SvdVectors::None,
        (true, true) => SvdVectors::Full,
        (false, true) => SvdVectors::Thin,
    }
}

fn infer(c: &Call) -> Result<Metas> {
    let a = c.input(0)?;
    let shape = matrices(c, a)?;
    let (m, n, k) = (shape.rows, shape.cols, shape.min_dim());
    let (u, vh) = match vectors(c) {
        SvdVectors::None => (Meta::new(&[0], a.dtype()), Meta::new(&[0], a.dtype())),
        SvdVectors::Thin => (batched(a, &[m, k], a.dtype()), batched(a, &[k, n], a.dtype())),
        SvdVectors::Full => (batched(a, &[m, m], a.dtype()), batched(a, &[n, n], a.dtype())),
    };
    Ok(smallvec![u, batched(a, &[k], a.dtype().to_real()), vh])
}

fn run(c: &Call, outs: &[Tensor]) -> Result<()> {
    let a = plain(c.input(0)?)?;
    match_number!(c, a.dtype(), T => {
        let f = dense::svd(iter::slice::<T>(&a)?, matrices(c, &a)?, vectors(c)).map_err(|e| failed(c, "singular values", e))?;
        write(&outs[0], &f.u)?;
        write(&outs[1], &f.s)?;
        write(&outs[2], &f.vh)
    })
}

/// U, S and V^H without the complements, differentiable.
pub(crate) fn decompose(a: &Tensor) -> Result<(Tensor, Tensor, Tensor)> {
    let out = call(&SVD, smallvec![Some(a.clone())], smallvec![Arg::from(false), Arg::from(true)])?;
    match out.as_slice() {
        [u, s, vh] => Ok((u.clone(), s.clone(), vh.clone())),
        _ => bail!(Runtime, "linalg.svd: no result"),
    }
}

/// `gA = U [(skew(U^H gU) / E) S + S (skew(V^H gV) / E) + diag(gS)] V^H + (I - U U^H) gU S^-1 V^H + U S^-1 gV^H (I - V V^H)` with `E_ij = s_j^2 - s_i^2` (Townsend, "Differentiating the singular value decomposition",
/// 2016). Of full matrices only the columns that belong to singular values take part.
fn gradient(b: &Back) -> Result<Tensor> {
    let (u, s, vh) = (b.y(0)?, b.y(1)?, b.y(2)?);
    if !b.call().flag(1) {
        bail!(Runtime, "linalg.svd: the derivative needs the singular vectors: compute them too");
    }
    let (m, n) = (b.shape(0)[b.shape(0).len() - 2], b.shape(0)[b.shape(0).len() - 1]);
    let k = m.min(n);
    let (u, vh) = (first(u, -1, k)?, first(vh, -2, k)?);
    let gu = b.grad(0).map(|g| first(g, -1, k)).transpose()?;
    let gvh = b.grad(2).map(|g| first(g, -2, k)).transpose()?;
    if gu.is_none() && gvh.is_none() {
        return times_columns(&u, &b.grad_or_zeros(1)?)?.matmul(&vh);
    }
    let inner = core(&u, s, &vh, b.grad(1), gu.as_ref(), gvh.as_ref())?;
    let mut ga = u.matmul(&inner)?.matmul(&vh)?;
    if let (true, Some(gu)) = (m > k, &gu) {
        let scaled = gu.div(s.unsqueeze(-2)?)?;
        ga = ga.add(scaled.sub(u.matmul(&u.mh()?.matmul(&scaled)?)?)?.matmul(&vh)?)?;
    }
    if let (true, Some(gvh)) = (n > k, &gvh) {
        let scaled = gvh.div(s.unsqueeze(-1)?)?;
        ga = ga.add(u.matmul(&scaled.sub(scaled.matmul(&vh.mh()?)?.matmul(&vh)?)?)?)?;
    }
    Ok(ga)
}

/// The k by k matrix between U and V^H.
fn core(u: &Tensor, s: &Tensor, vh: &Tensor, gs: Option<&Tensor>, gu: Option<&Tensor>, gvh: Option<&Tensor>) -> Result<Tensor> {
    let turned_u = gu.map(|g| skew(&u.mh()?.matmul(g)?)).transpose()?;
    let turned_v = gvh.map(|g| skew(&vh.matmul(&g.mh()?)?)).transpose()?;
    let gap = gaps(s)?.mul(sums(s)?)?;
    let left = turned_u.as_ref().map(|x| times_columns(&x.div(&gap)?, s)).transpose()?;
    let right = turned_v.as_ref().map(|x| x.div(&gap)?.mul(s.unsqueeze(-1)?)).transpose()?;
    let mut inner = match (left, right) {
        (Some(left), Some(right)) => left.add(right)?,
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => bail!(Runtime, "linalg.svd: no gradient arrived"),
    };
    if s.dtype() != u.dtype() {
        inner = inner.add(diag_embed(&phase(s, turned_u.as_ref(), turned_v.as_ref())?.sub(inner.diagonal(0, -2, -1)?)?)?)?;
    }
    if let Some(gs) = gs {
        inner = inner.add(diag_embed(gs)?)?;
    }
    Ok(inner)
}

/// Sums `s_j + s_i` of every two values, 1 on the diagonal.
fn sums(s: &Tensor) -> Result<Tensor> {
    let n = s.shape().last().copied().unwrap_or(0);
    s.unsqueeze(-2)?.add(s.unsqueeze(-1)?)?.masked_fill(&diagonal_mask(n, s)?, 1.0)
}

/// The diagonal of complex factors: a turn of a column of U that V does not follow. Only both together are defined.
fn phase(s: &Tensor, turned_u: Option<&Tensor>, turned_v: Option<&Tensor>) -> Result<Tensor> {
    let diagonal = |x: &Tensor| x.diagonal(0, -2, -1);
    let total = match (turned_u, turned_v) {
        (Some(u), Some(v)) => diagonal(u)?.add(diagonal(v)?)?,
        (Some(x), None) | (None, Some(x)) => diagonal(x)?,
        (None, None) => bail!(Runtime, "linalg.svd: no gradient arrived"),
    };
    require_no_phase("svd_backward", "singular vectors", &total)?;
    match turned_u {
        Some(u) => diagonal(u)?.div(s.mul(2.0)?),
        None => total.mul(0.0),
    }
}
