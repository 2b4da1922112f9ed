//! `A = Q R` and products of Householder reflectors.

use super::solve::{Triangular, solve_triangular};
use super::*;
use crate::autograd::node::Grads;
use crate::ops::backward::Back;
use crate::ops::shape::join::cat;
use crate::ops::{Metas, Rule};
use crate::{grads, rows};
use rushlight_linalg::{self as dense, QrMode};
use smallvec::smallvec;

rows! {
    QR = Op::new("linalg_qr(Tensor A, str mode='reduced') -> (Tensor, Tensor)", Rule::Kernel { infer: infer_qr, run: run_qr }).vjp(0, 3, |b| grads![b; qr_gradient(b)?]).doc("Orthonormal Q and upper triangular R with A = Q R");
    GEQRF = Op::new("geqrf(Tensor self) -> (Tensor, Tensor)", Rule::Kernel { infer: infer_geqrf, run: run_geqrf }).internal().doc("R with the reflectors below its diagonal, and their factors tau");
    HOUSEHOLDER_PRODUCT = Op::new("linalg_householder_product(Tensor input, Tensor tau) -> Tensor", Rule::Kernel { infer: infer_product, run: run_product }).vjp(3, 0, product_gradients).doc("First columns of the product of reflectors I - tau v v^H");
}

fn mode(c: &Call) -> Result<QrMode> {
    match c.text(0) {
        "reduced" => Ok(QrMode::Reduced),
        "complete" => Ok(QrMode::Complete),
        "r" => Ok(QrMode::R),
        other => bail!(Runtime, "qr received unrecognized mode '{other}' but expected one of 'reduced' (default), 'r', or 'complete'"),
    }
}

fn infer_qr(c: &Call) -> Result<Metas> {
    let (a, mode) = (c.input(0)?, mode(c)?);
    let shape = matrices(c, a)?;
    let width = if mode == QrMode::Complete { shape.rows } else { shape.min_dim() };
    let q = if mode == QrMode::R { Meta::new(&[0], a.dtype()) } else { batched(a, &[shape.rows, width], a.dtype()) };
    Ok(smallvec![q, batched(a, &[width, shape.cols], a.dtype())])
}

fn run_qr(c: &Call, outs: &[Tensor]) -> Result<()> {
    let a = plain(c.input(0)?)?;
    match_number!(c, a.dtype(), T => {
        let f = dense::qr(iter::slice::<T>(&a)?, matrices(c, &a)?, mode(c)?).map_err(|e| failed(c, "", e))?;
        write(&outs[0], &f.q)?;
        write(&outs[1], &f.r)
    })
}

/// Tall: `gA = [gQ + Q sym(triu(gR R^H - Q^H gQ))] R^-H`, `sym(X) = X + X^H` with the real diagonal counted once.
/// Wide, R1 the leading square of R: `gA = Q ([K R1^-H | 0] + gR)`, K the lower triangle with half its diagonal of the
/// skew part of `Q^H gQ - gR R^H` (Roberts and Roberts, "QR and LQ decomposition matrix backpropagation", 2020).
fn qr_gradient(b: &Back) -> Result<Tensor> {
    let (q, r) = (b.y(0)?, b.y(1)?);
    let mode = mode(&b.call())?;
    let (m, n) = (b.shape(0)[b.shape(0).len() - 2], b.shape(0)[b.shape(0).len() - 1]);
    if mode == QrMode::R {
        bail!(
            Runtime,
            "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use linalg.qr(A, mode='reduced') if you are going to differentiate through linalg.qr."
        );
    }
    if mode == QrMode::Complete && m > n {
        bail!(Runtime, "The QR decomposition is not differentiable when mode='complete' and nrows > ncols.");
    }
    let (gq, gr) = (b.grad_or_zeros(0)?, b.grad_or_zeros(1)?);
    let difference = gr.matmul(&r.mh()?)?.sub(q.mh()?.matmul(&gq)?)?;
    let form = Triangular { upper: false, left: false, unit: false };
    if m >= n {
        let half = triu(&difference, 0)?.add(triu(&difference, 1)?)?.mul(0.5)?;
        let inner = gq.add(q.matmul(&half.add(half.mh()?)?)?)?;
        return solve_triangular(&r.mh()?, &inner, form);
    }
    let turned = skew(&difference)?.neg()?;
    let half = tril(&turned, 0)?.add(tril(&turned, -1)?)?.mul(0.5)?;
    let square = solve_triangular(&first(r, -1, m)?.mh()?, &half, form)?;
    let head = first(&gr, -1, m)?.add(square)?;
    q.matmul(&cat(&[head, gr.slice(-1, m as i64, n as i64)?], -1)?)
}

fn infer_geqrf(c: &Call) -> Result<Metas> {
    let a = c.input(0)?;
    let shape = matrices(c, a)?;
    Ok(smallvec![Meta::new(a.shape(), a.dtype()), batched(a, &[shape.min_dim()], a.dtype())])
}

fn run_geqrf(c: &Call, outs: &[Tensor]) -> Result<()> {
    let a = plain(c.input(0)?)?;
    match_number!(c, a.dtype(), T => {
        let (packed, tau) = dense::geqrf(iter::slice::<T>(&a)?, matrices(c, &a)?).map_err(|e| failed(c, "", e))?;
        write(&outs[0], &packed)?;
        write(&outs[1], &tau)
    })
}

fn infer_product(c: &Call) -> Result<Metas> {
    let (v, tau) = (c.input(0)?, c.input(1)?);
    let shape = matrices(c, v)?;
    let fits = tau.ndim() + 1 == v.ndim() && batch(v) == &tau.shape()[..tau.ndim() - 1] && tau.dtype() == v.dtype();
    if !fits || tau.shape()[tau.ndim() - 1] > shape.cols || shape.cols > shape.rows {
        bail!(
            Runtime,
            "linalg.householder_product: input {:?} ({}) and tau {:?} ({}) do not fit: needs (*, m, n) and (*, k) of one dtype with k <= n <= m",
            v.shape(),
            v.dtype().name(),
            tau.shape(),
            tau.dtype().name()
        );
    }
    Ok(smallvec![Meta::new(v.shape(), v.dtype())])
}

fn run_product(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (v, tau) = (plain(c.input(0)?)?, plain(c.input(1)?)?);
    let count = tau.shape()[tau.ndim() - 1];
    match_number!(c, v.dtype(), T => {
        let q = dense::householder_product(iter::slice::<T>(&v)?, iter::slice::<T>(&tau)?, matrices(c, &v)?, count);
        write(&outs[0], &q.map_err(|e| failed(c, "", e))?)
    })
}

/// One reflector of a product.
struct Reflector {
    /// `[*, m, 1]`: zeros, 1, the entries of the column.
    v: Tensor,
    /// `[*, 1, 1]`.
    tau: Tensor,
}

impl Reflector {
    fn of(input: &Tensor, tau: &Tensor, k: usize) -> Result<Reflector> {
        let (k, m) = (k as i64, input.shape()[input.ndim() - 2] as i64);
        let column = tril(input, -1)?.slice(-1, k, k + 1)?;
        let unit = Tensor::zeros(&[m as usize, 1], input.dtype(), input.device())?;
        copy::fill(&unit.slice(0, k, k + 1)?, 1.0.into())?;
        Ok(Reflector { v: column.add(unit)?, tau: tau.slice(-1, k, k + 1)?.unsqueeze(-1)? })
    }

    /// `(I - tau v v^H) x`, or with `adjoint` its conjugate transpose times x.
    fn apply(&self, x: &Tensor, adjoint: bool) -> Result<Tensor> {
        let tau = if adjoint { self.tau.conj()? } else { self.tau.clone() };
        x.sub(self.v.mul(tau)?.matmul(&self.v.mh()?.matmul(x)?)?)
    }
}

/// With `Q = H1 ... Hk E`, `G` the gradient of `H_i Q'` and `Q' = H_(i+1) ... E`:
/// `gtau = -v^H G (Q'^H v)`, `gv = -conj(tau) G (Q'^H v) - tau Q' (G^H v)`.
fn product_gradients(b: &Back) -> Result<Grads> {
    let (input, tau) = (b.x(0)?, b.x(1)?);
    let (m, n) = (input.shape()[input.ndim() - 2], input.shape()[input.ndim() - 1]);
    let count = tau.shape()[tau.ndim() - 1];
    let reflectors = (0..count).map(|k| Reflector::of(input, tau, k)).collect::<Result<Vec<_>>>()?;
    let eye = diag_embed(&Tensor::full(&[m], 1.0.into(), input.dtype(), input.device())?)?;
    let mut behind = vec![first(&eye, -1, n)?.expand(input.shape())?];
    for reflector in reflectors.iter().rev() {
        let next = reflector.apply(&behind[behind.len() - 1], false)?;
        behind.push(next);
    }
    let (mut g, mut columns, mut factors) = (b.g()?.clone(), Vec::new(), Vec::new());
    for (k, h) in reflectors.iter().enumerate() {
        let rest = &behind[count - 1 - k];
        let forward = g.matmul(&rest.mh()?.matmul(&h.v)?)?;
        let backward = rest.matmul(&g.mh()?.matmul(&h.v)?)?;
        factors.push(h.v.mh()?.matmul(&forward)?.neg()?.squeeze(-1)?);
        columns.push(forward.mul(h.tau.conj()?)?.add(backward.mul(&h.tau)?)?.neg()?);
        g = h.apply(&g, true)?;
    }
    if count == 0 {
        return grads![b; input.zeros_like()?, tau.zeros_like()?];
    }
    if n > count {
        columns.push(input.slice(-1, count as i64, n as i64)?.zeros_like()?);
    }
    grads![b; tril(&cat(&columns, -1)?, -1)?, cat(&factors, -1)?]
}
