//! Matrix products.

use super::backward::Back;
use super::{Arg, Autocast, Call, Meta, Metas, Op, Outputs, Rule, c_name, call1, type_name};
use crate::layout::{Dims, broadcast};
use crate::tensor::Tensor;
use crate::{DType, Result, Scalar, bail, grads, iter, rows};
use smallvec::{SmallVec, smallvec};

rows! {
    MM = Op::new("mm(Tensor self, Tensor mat2) -> Tensor", Rule::Kernel { infer: infer_mm, run: run_mm }).vjp(3, 0, |b| grads![b; product_like(b, 0, b.g()?, &b.x(1)?.mh()?)?, product_like(b, 1, &b.x(0)?.mh()?, b.g()?)?]).only_for(&[(0, 2), (1, 1)]).autocast(Autocast::Lower).exact_out().doc("Product of two matrices");
    BMM = Op::new("bmm(Tensor self, Tensor mat2) -> Tensor", Rule::Kernel { infer: infer_bmm, run: run_bmm }).vjp(3, 0, |b| grads![b; b.g()?.bmm(&b.x(1)?.mh()?)?, b.x(0)?.mh()?.bmm(b.g()?)?]).only_for(&[(0, 2), (1, 1)]).autocast(Autocast::Lower).exact_out().doc("Products of two batches of matrices");
    ADDMM = Op::new("addmm(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor", Rule::Kernel { infer: infer_addmm, run: run_addmm }).vjp(6, 0, |b| {
        let (g, beta, alpha) = (b.g()?, b.call().scalar(0)?, b.call().scalar(1)?);
        grads![b; scaled(g, beta)?, scaled(&product_like(b, 1, g, &b.x(2)?.mh()?)?, alpha)?, scaled(&product_like(b, 2, &b.x(1)?.mh()?, g)?, alpha)?]
    }).only_for(&[(1, 4), (2, 2)]).autocast(Autocast::Lower).in_place().exact_out().doc("beta self + alpha mat1 mat2");
    BADDBMM = Op::new("baddbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> Tensor", Rule::Kernel { infer: infer_baddbmm, run: run_baddbmm }).vjp(6, 0, |b| {
        let (g, beta, alpha) = (b.g()?, b.call().scalar(0)?, b.call().scalar(1)?);
        grads![b; scaled(g, beta)?, scaled(&g.bmm(&b.x(2)?.mh()?)?, alpha)?, scaled(&b.x(1)?.mh()?.bmm(g)?, alpha)?]
    }).only_for(&[(1, 4), (2, 2)]).autocast(Autocast::Lower).in_place().exact_out().doc("beta self + alpha batch1 batch2");
    DOT = Op::new("dot(Tensor self, Tensor tensor) -> Tensor", Rule::Composite(dot)).autocast(Autocast::Off).exact_out().doc("Product of two vectors");
    MATMUL = Op::new("matmul(Tensor self, Tensor other) -> Tensor", Rule::Composite(matmul)).exact_out().doc("Product of vectors, matrices or broadcast batches of matrices");
    LINEAR = Op::new("linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor", Rule::Composite(linear)).internal().doc("input weight^T + bias");
}

/// The gradient `a b` of input `i`, laid out as that input: that of a transposed weight is the weight's own after
/// transposition, without a copy.
fn product_like(back: &Back, i: usize, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    if back.column_major(i) { b.transpose(0, 1)?.mm(&a.transpose(0, 1)?)?.transpose(0, 1) } else { a.mm(b) }
}

fn scaled(g: &Tensor, factor: Scalar) -> Result<Tensor> {
    match factor {
        Scalar::Complex(re, im) => g.mul(Scalar::Complex(re, -im)),
        f if f.to_f64() == 1.0 => Ok(g.clone()),
        f => g.mul(f.to_f64()),
    }
}

fn same_type(c: &Call) -> Result<DType> {
    let dtype = c.input(0)?.dtype();
    if c.tensors().any(|x| x.dtype() != dtype) {
        bail!(Runtime, "{}: {}: convert one of them with .to(dtype)", c.op.name(), types_differ(&c.tensors().map(Tensor::dtype).collect::<Vec<_>>()));
    }
    if dtype == DType::Bool {
        return Err(c.unsupported(dtype));
    }
    Ok(dtype)
}

/// What PyTorch says of two matrices, and of what is added to their product.
fn types_differ(types: &[DType]) -> String {
    match *types {
        [a, b] => format!("expected m1 and m2 to have the same dtype, but got: {} != {}", c_name(a), c_name(b)),
        [a, m1, m2] if a == m2 => format!("mat1 and mat2 must have the same dtype, but got {} and {}", type_name(m1), type_name(m2)),
        [a, _, m2] => format!("self and mat2 must have the same dtype, but got {} and {}", type_name(a), type_name(m2)),
        _ => "expected all operands to have the same dtype".to_owned(),
    }
}

/// As [`same_type`], of batches.
fn same_type_of_batches(c: &Call) -> Result<DType> {
    let dtype = c.input(0)?.dtype();
    let types: Vec<DType> = c.tensors().map(Tensor::dtype).collect();
    match types[..] {
        [a, b] if a != b => {
            bail!(Runtime, "{}: expected scalar type {} but found {}: convert one of them with .to(dtype)", c.op.name(), type_name(a), type_name(b))
        }
        [a, b, d] if a == b && a != d => {
            bail!(Runtime, "{}: expected scalar type {} but found {}: convert one of them with .to(dtype)", c.op.name(), type_name(a), type_name(d))
        }
        [a, b, d] if a != b => {
            bail!(Runtime, "{}: Input dtypes must be the same, got: input {}, batch1: {}, batch2: {}", c.op.name(), c_name(a), c_name(b), c_name(d))
        }
        _ if dtype == DType::Bool => Err(c.unsupported(dtype)),
        _ => Ok(dtype),
    }
}

fn mismatch(c: &Call, a: &Tensor, b: &Tensor) -> crate::Error {
    let (a, b) = (a.shape(), b.shape());
    let (k, n) = (a[a.len() - 1], b[b.len() - 1]);
    let l = b[b.len() - 2];
    let hint = if n == k { ". Did you mean b.T?" } else { "" };
    let name = if c.op.name() == "matmul" { ["mm", "bmm"][usize::from(b.len() > 2)] } else { c.op.name() };
    let rule = if b.len() == 2 {
        let m: usize = a[..a.len() - 1].iter().product();
        format!("mat1 and mat2 shapes cannot be multiplied ({m}x{k} and {l}x{n})")
    } else {
        let count: usize = b[..b.len() - 2].iter().product();
        format!("Expected size for first two dimensions of batch2 tensor to be: [{count}, {k}] but got: [{count}, {l}].")
    };
    crate::err!(
        Runtime,
        "{name}: {rule}: shapes {a:?} and {b:?} do not match: last dimension of the first ({k}) must equal the second-to-last of the second ({l}){hint}"
    )
}

fn unlike_batches(c: &Call, a: &Tensor, b: &Tensor) -> crate::Error {
    let (a, b) = (a.shape(), b.shape());
    let expected = [a[0], a[2]];
    let rule = format!("Expected size for first two dimensions of batch2 tensor to be: {expected:?} but got: {:?}.", &b[..2]);
    crate::err!(Runtime, "{}: {rule}: shapes {a:?} and {b:?} are of different numbers of matrices", c.op.name())
}

fn product_shape(c: &Call, a: &Tensor, b: &Tensor, ndim: usize) -> Result<Dims> {
    if a.ndim() != ndim || b.ndim() != ndim {
        bail!(Runtime, "{}: operands must be {ndim}-D tensors, got shapes {:?} and {:?}", c.op.name(), a.shape(), b.shape());
    }
    if ndim == 3 && a.shape()[0] != b.shape()[0] {
        return Err(unlike_batches(c, a, b));
    }
    if a.shape()[ndim - 1] != b.shape()[ndim - 2] {
        return Err(mismatch(c, a, b));
    }
    let mut shape = Dims::from_slice(&a.shape()[..ndim - 1]);
    shape.push(b.shape()[ndim - 1]);
    Ok(shape)
}

fn infer_mm(c: &Call) -> Result<Metas> {
    let shape = product_shape(c, c.input(0)?, c.input(1)?, 2)?;
    Ok(smallvec![Meta::new(&shape, same_type(c)?)])
}

fn infer_bmm(c: &Call) -> Result<Metas> {
    let shape = product_shape(c, c.input(0)?, c.input(1)?, 3)?;
    Ok(smallvec![Meta::new(&shape, same_type_of_batches(c)?)])
}

fn infer_added(c: &Call, ndim: usize) -> Result<Metas> {
    let shape = product_shape(c, c.input(1)?, c.input(2)?, ndim)?;
    let fits = broadcast(&shape, c.input(0)?.shape()).is_ok_and(|s| s == shape);
    if !fits {
        bail!(
            Runtime,
            "{}: The expanded size of the tensor must match: input of shape {:?} does not broadcast to the product's shape {:?}",
            c.op.name(),
            c.input(0)?.shape(),
            shape.as_slice()
        );
    }
    let dtype = if ndim == 2 { same_type(c)? } else { same_type_of_batches(c)? };
    Ok(smallvec![Meta::new(&shape, dtype)])
}

fn infer_addmm(c: &Call) -> Result<Metas> {
    infer_added(c, 2)
}

fn infer_baddbmm(c: &Call) -> Result<Metas> {
    infer_added(c, 3)
}

/// The node of a product's last step, a view that no other tensor shares.
const UNSAFE_VIEW: &str = "UnsafeViewBackward0";
const ONE: Scalar = Scalar::Int(1);
const ZERO: Scalar = Scalar::Int(0);

fn run_mm(c: &Call, outs: &[Tensor]) -> Result<()> {
    iter::gemm(c.input(0)?, c.input(1)?, &outs[0], ONE, ZERO)
}

fn run_bmm(c: &Call, outs: &[Tensor]) -> Result<()> {
    iter::gemm(c.input(0)?, c.input(1)?, &outs[0], ONE, ZERO)
}

fn run_addmm(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (beta, alpha) = (c.scalar(0)?, c.scalar(1)?);
    if beta.parts() != (0.0, 0.0) {
        super::copy::copy_into(&outs[0], c.input(0)?)?;
    }
    iter::gemm(c.input(1)?, c.input(2)?, &outs[0], alpha, beta)
}

fn run_baddbmm(c: &Call, outs: &[Tensor]) -> Result<()> {
    run_addmm(c, outs)
}

fn one(x: Tensor) -> Result<Outputs> {
    Ok(smallvec![x])
}

fn dot_types(a: &Tensor, b: &Tensor) -> crate::Error {
    crate::err!(Runtime, "dot : expected both vectors to have same dtype, but found {} and {}", type_name(a.dtype()), type_name(b.dtype()))
}

fn dot(c: &Call) -> Result<Outputs> {
    let (a, b) = (c.input(0)?, c.input(1)?);
    if a.ndim() != 1 || b.ndim() != 1 {
        bail!(Runtime, "1D tensors expected, but got {}D and {}D tensors", a.ndim(), b.ndim());
    }
    if a.dtype() != b.dtype() {
        return Err(dot_types(a, b));
    }
    if a.dtype() == DType::Bool {
        return Err(c.unsupported(a.dtype()));
    }
    matmul(c)
}

/// Vectors become matrices; batches become one large matrix when the second operand is shared, else broadcast batches.
fn matmul(c: &Call) -> Result<Outputs> {
    let (a, b) = (c.input(0)?, c.input(1)?);
    if a.ndim() == 0 || b.ndim() == 0 {
        bail!(Runtime, "matmul: both arguments to matmul need to be at least 1D, but they are {}D and {}D", a.ndim(), b.ndim());
    }
    match (a.ndim(), b.ndim()) {
        (2, 1) if a.dtype() != b.dtype() => {
            let [matrix, vector] = [a, b].map(|x| type_name(x.dtype()));
            bail!(Runtime, "addmv input tensors must have the same dtype, but got {vector}, {matrix}, and {vector}: convert one of them with .to(dtype)")
        }
        (2, 1) if a.shape()[1] != b.shape()[0] => {
            bail!(Runtime, "size mismatch, got input ({m}), mat ({m}x{}), vec ({})", a.shape()[1], b.shape()[0], m = a.shape()[0])
        }
        (1, 1) if a.dtype() != b.dtype() => Err(dot_types(a, b)),
        (1, 1) if a.shape() != b.shape() => {
            bail!(Runtime, "inconsistent tensor size, expected tensor {:?} and src {:?} to have the same number of elements", a.shape(), b.shape())
        }
        (2, 2) => one(a.mm(b)?),
        (1, 1) => one(a.unsqueeze(0)?.mm(&b.unsqueeze(1)?)?.reshape(&[])?.labelled("DotBackward0")),
        (1, _) => one(a.unsqueeze(0)?.matmul(b)?.squeeze(-2)?),
        (_, 1) => one(a.matmul(&b.unsqueeze(1)?)?.squeeze(-1)?.labelled(if a.ndim() == 2 { "MvBackward0" } else { UNSAFE_VIEW })),
        (_, 2) => {
            if a.shape()[a.ndim() - 1] != b.shape()[0] {
                return Err(mismatch(c, a, b));
            }
            let mut shape: SmallVec<[i64; 5]> = a.shape().iter().map(|&n| n as i64).collect();
            let rows: i64 = shape[..a.ndim() - 1].iter().product();
            let k = shape[a.ndim() - 1];
            shape[a.ndim() - 1] = b.shape()[1] as i64;
            one(a.reshape(&[rows, k])?.mm(b)?.reshape(&shape)?.labelled(UNSAFE_VIEW))
        }
        _ => batched(c, a, b),
    }
}

fn batched(c: &Call, a: &Tensor, b: &Tensor) -> Result<Outputs> {
    let (m, k) = (a.shape()[a.ndim() - 2], a.shape()[a.ndim() - 1]);
    let n = b.shape()[b.ndim() - 1];
    if b.shape()[b.ndim() - 2] != k {
        return Err(mismatch(c, a, b));
    }
    let batch = broadcast(&a.shape()[..a.ndim() - 2], &b.shape()[..b.ndim() - 2])?;
    let count: usize = batch.iter().product();
    let flat = |x: &Tensor, rows: usize, cols: usize| {
        let mut shape = batch.clone();
        shape.extend([rows, cols]);
        x.expand(&shape)?.reshape(&[count as i64, rows as i64, cols as i64])
    };
    let out = flat(a, m, k)?.bmm(&flat(b, k, n)?)?;
    let mut shape: SmallVec<[i64; 5]> = batch.iter().map(|&n| n as i64).collect();
    shape.extend([m as i64, n as i64]);
    one(out.reshape(&shape)?.labelled(UNSAFE_VIEW))
}

fn linear(c: &Call) -> Result<Outputs> {
    let (x, w, bias) = (c.input(0)?, c.input(1)?, c.optional(2));
    if w.ndim() > 2 || w.ndim() == 0 || x.ndim() == 0 {
        bail!(Runtime, "linear(): input {:?} and weight {:?} must have dimensions, and the weight at most 2", x.shape(), w.shape());
    }
    let (k, l) = (x.shape()[x.ndim() - 1], w.shape()[w.ndim() - 1]);
    if k != l {
        let rows: usize = x.shape()[..x.ndim() - 1].iter().product();
        let out = w.numel() / l.max(1);
        bail!(
            Runtime,
            "{}: mat1 and mat2 shapes cannot be multiplied ({rows}x{k} and {l}x{out}): input {:?} has {k} features, weight {:?} expects {l}",
            if bias.is_some() { "addmm" } else { "mm" },
            x.shape(),
            w.shape()
        );
    }
    let wt = if w.ndim() == 2 { w.transpose(0, 1)? } else { w.clone() };
    let Some(bias) = bias else { return one(x.matmul(&wt)?) };
    if w.ndim() == 1 {
        return one(x.matmul(&wt)?.add(bias)?);
    }
    let ones = [Arg::from(1i64), Arg::from(1i64)];
    if x.ndim() == 2 {
        return one(call1(&ADDMM, &[bias, x, &wt], &ones)?);
    }
    let mut shape: SmallVec<[i64; 5]> = x.shape().iter().map(|&n| n as i64).collect();
    let rows: i64 = shape[..x.ndim() - 1].iter().product();
    shape[x.ndim() - 1] = w.shape()[0] as i64;
    one(call1(&ADDMM, &[bias, &x.reshape(&[rows, k as i64])?, &wt], &ones)?.reshape(&shape)?.labelled(UNSAFE_VIEW))
}

impl Tensor {
    /// Product of two matrices.
    pub fn mm(&self, other: &Tensor) -> Result<Tensor> {
        call1(&MM, &[self, other], &[])
    }

    /// Products of two batches of matrices.
    pub fn bmm(&self, other: &Tensor) -> Result<Tensor> {
        call1(&BMM, &[self, other], &[])
    }

    /// Product with broadcasting.
    pub fn matmul(&self, other: &Tensor) -> Result<Tensor> {
        call1(&MATMUL, &[self, other], &[])
    }
}
