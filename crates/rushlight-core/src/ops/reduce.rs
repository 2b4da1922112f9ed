//! Reductions over any dimensions: sums, extremes, logic, variance.

use super::{Arg, Call, Meta, Metas, Op, Rule, call, call1};
use crate::layout::{Dims, wrap_dims};
use crate::tensor::Tensor;
use crate::{DType, Result, Scalar, bail, err, grads, iter, rows};
use rushlight_kernels::reduce::{self, Reducer, Reducible};
use rushlight_kernels::{Element, match_dtype};
use smallvec::{SmallVec, smallvec};

/// A reduction brought to its kernel's form: a contiguous `[outer, len, inner]` block.
pub struct Block {
    /// The elements, reduced dimensions last unless they were already adjacent in memory.
    pub x: Tensor,
    /// Results outside.
    pub outer: usize,
    /// Elements of one result.
    pub len: usize,
    /// Results inside.
    pub inner: usize,
}

/// PyTorch's limit, which keeps sets of dimensions in one word.
const MOST_DIMS: usize = 64;

/// The dimensions a call reduces: the list at argument `i`, all of them if it is absent or empty.
pub fn reduced_dims(call: &Call, i: usize) -> Result<Dims> {
    let ndim = call.input(0)?.ndim();
    if ndim > MOST_DIMS {
        bail!(Runtime, "{}(): only tensors with up to {MOST_DIMS} dims are supported, got {ndim}", call.op.name());
    }
    match call.optional_ints(i) {
        Some(dims) if !dims.is_empty() => {
            let mut dims = wrap_dims(&dims, ndim)?;
            dims.retain(|d| *d < ndim);
            dims.sort_unstable();
            Ok(dims)
        }
        _ => Ok((0..ndim).collect()),
    }
}

/// The shape without the reduced dimensions, or with size one in their place.
pub fn reduced_shape(shape: &[usize], dims: &[usize], keepdim: bool) -> Dims {
    let mut out = Dims::new();
    for (d, &n) in shape.iter().enumerate() {
        match (dims.contains(&d), keepdim) {
            (false, _) => out.push(n),
            (true, true) => out.push(1),
            (true, false) => {}
        }
    }
    out
}

/// Brings `x` into the kernel's form.
pub fn block(x: &Tensor, dims: &[usize]) -> Result<Block> {
    let shape = x.shape();
    let adjacent = dims.windows(2).all(|w| w[1] == w[0] + 1);
    if adjacent && x.is_contiguous() && !dims.is_empty() {
        let (first, last) = (dims[0], dims[dims.len() - 1]);
        let product = |r: &[usize]| r.iter().product();
        return Ok(Block { x: x.detach()?, outer: product(&shape[..first]), len: product(&shape[first..=last]), inner: product(&shape[last + 1..]) });
    }
    let kept: SmallVec<[usize; 5]> = (0..shape.len()).filter(|d| !dims.contains(d)).collect();
    let order: SmallVec<[i64; 5]> = kept.iter().chain(dims).map(|&d| d as i64).collect();
    let outer = kept.iter().map(|&d| shape[d]).product();
    let len = dims.iter().map(|&d| shape[d]).product();
    Ok(Block { x: x.detach()?.permute(&order)?.contiguous()?, outer, len, inner: 1 })
}

/// Runs a reducer over a block into a result.
fn run<R: Reducer>(r: &R, b: &Block, out: &Tensor) -> Result<()>
where
    R::In: Element,
    R::Out: Element,
{
    reduce::reduce(r, iter::slice::<R::In>(&b.x)?, b.outer, b.len, b.inner, iter::slice_mut::<R::Out>(out)?);
    Ok(())
}

/// Integers sum to int64.
fn sum_dtype(call: &Call, arg: usize) -> Result<DType> {
    let dtype = call.input(0)?.dtype();
    Ok(call.dtype(arg).unwrap_or(if dtype.is_differentiable() { dtype } else { DType::I64 }))
}

fn infer_sum(call: &Call) -> Result<Metas> {
    let dims = reduced_dims(call, 0)?;
    Ok(smallvec![Meta::new(&reduced_shape(call.input(0)?.shape(), &dims, call.flag(1)), sum_dtype(call, 2)?)])
}

fn run_sum(call: &Call, outs: &[Tensor]) -> Result<()> {
    let out = &outs[0];
    let x = super::copy::to_dtype(&call.input(0)?.detach()?, out.dtype())?;
    let b = block(&x, &reduced_dims(call, 0)?)?;
    match_dtype!(out.dtype(), T => run(&reduce::Sum::<T>::default(), &b, out))
}

fn infer_squares(call: &Call) -> Result<Metas> {
    let x = call.input(0)?;
    super::nn::working_type(call, x.dtype())?;
    Ok(smallvec![Meta::new(&reduced_shape(x.shape(), &reduced_dims(call, 0)?, call.flag(1)), x.dtype())])
}

fn run_squares(call: &Call, outs: &[Tensor]) -> Result<()> {
    let b = block(call.input(0)?, &reduced_dims(call, 0)?)?;
    match_dtype!(outs[0].dtype(), T in [F16, BF16, F32, F64] => run(&reduce::Squares::<T>::default(), &b, &outs[0]), else Err(call.unsupported(outs[0].dtype())))
}

fn infer_mean(call: &Call) -> Result<Metas> {
    let x = call.input(0)?;
    let dtype = call.dtype(2).unwrap_or(x.dtype());
    if !dtype.is_differentiable() {
        bail!(
            NotImplemented,
            "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: {}. Pass dtype=torch.float32 or convert the tensor with .float()",
            super::type_name(dtype)
        );
    }
    Ok(smallvec![Meta::new(&reduced_shape(x.shape(), &reduced_dims(call, 0)?, call.flag(1)), dtype)])
}

fn run_mean(call: &Call, outs: &[Tensor]) -> Result<()> {
    let out = &outs[0];
    let x = super::copy::to_dtype(&call.input(0)?.detach()?, out.dtype())?;
    let b = block(&x, &reduced_dims(call, 0)?)?;
    match_dtype!(out.dtype(), T => run(&reduce::Sum::<T>::mean(b.len), &b, out))
}

fn infer_prod(call: &Call) -> Result<Metas> {
    infer_sum(call)
}

fn run_prod(call: &Call, outs: &[Tensor]) -> Result<()> {
    let out = &outs[0];
    let x = super::copy::to_dtype(&call.input(0)?.detach()?, out.dtype())?;
    let b = block(&x, &reduced_dims(call, 0)?)?;
    match_dtype!(out.dtype(), T => run(&reduce::Product::<T>::default(), &b, out))
}

/// Logic gives bool (uint8 for uint8, as in PyTorch).
fn infer_logic(call: &Call) -> Result<Metas> {
    let x = call.input(0)?;
    let dtype = if x.dtype() == DType::U8 { DType::U8 } else { DType::Bool };
    Ok(smallvec![Meta::new(&reduced_shape(x.shape(), &reduced_dims(call, 0)?, call.flag(1)), dtype)])
}

fn run_logic(call: &Call, outs: &[Tensor], all: bool) -> Result<()> {
    let b = block(call.input(0)?, &reduced_dims(call, 0)?)?;
    let result = if outs[0].dtype() == DType::Bool { outs[0].clone() } else { Tensor::empty(outs[0].shape(), DType::Bool)? };
    match_dtype!(b.x.dtype(), T => if all { run(&reduce::All::<T>::default(), &b, &result) } else { run(&reduce::Any::<T>::default(), &b, &result) })?;
    if result.is(&outs[0]) { Ok(()) } else { super::copy::copy_into(&outs[0], &result) }
}

fn infer_count(call: &Call) -> Result<Metas> {
    let x = call.input(0)?;
    Ok(smallvec![Meta::new(&reduced_shape(x.shape(), &reduced_dims(call, 0)?, false), DType::I64)])
}

fn run_count(call: &Call, outs: &[Tensor]) -> Result<()> {
    let b = block(call.input(0)?, &reduced_dims(call, 0)?)?;
    match_dtype!(b.x.dtype(), T => run(&reduce::CountNonzero::<T>::default(), &b, &outs[0]))
}

fn check_nonempty(call: &Call, dims: &[usize]) -> Result<()> {
    let x = call.input(0)?;
    if let Some(&d) = dims.iter().find(|&&d| x.shape()[d] == 0)
        && (x.numel() == 0)
    {
        if call.optional_ints(0).is_none_or(|d| d.is_empty()) {
            bail!(
                Runtime,
                "{}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the 'dim' argument.",
                call.op.name()
            );
        }
        bail!(Index, "{}(): Expected reduction dim {d} to have non-zero size.", call.op.name());
    }
    Ok(())
}

fn infer_extreme(call: &Call) -> Result<Metas> {
    let x = call.input(0)?;
    let dims = reduced_dims(call, 0)?;
    check_nonempty(call, &dims)?;
    if x.dtype().is_complex() {
        return Err(call.unsupported(x.dtype()));
    }
    Ok(smallvec![Meta::new(&reduced_shape(x.shape(), &dims, call.flag(1)), x.dtype())])
}

macro_rules! match_ordered {
    ($call:expr, $d:expr, $t:ident => $e:expr) => {
        match_dtype!($d, $t in [Bool, U8, I8, I16, I32, I64, U16, U32, U64, F16, BF16, F32, F64] => $e, else Err($call.unsupported($d)))
    };
}

fn run_extreme(call: &Call, outs: &[Tensor], largest: bool) -> Result<()> {
    let b = block(call.input(0)?, &reduced_dims(call, 0)?)?;
    match_ordered!(call, b.x.dtype(), T => if largest { run(&reduce::Maximum::<T>::default(), &b, &outs[0]) } else { run(&reduce::Minimum::<T>::default(), &b, &outs[0]) })
}

fn infer_with_index(call: &Call) -> Result<Metas> {
    let mut metas = infer_extreme(call)?;
    let shape = metas[0].layout.shape.clone();
    metas.push(Meta::new(&shape, DType::I64));
    Ok(metas)
}

fn infer_position(call: &Call) -> Result<Metas> {
    let metas = infer_extreme(call)?;
    Ok(smallvec![Meta::new(&metas[0].layout.shape, DType::I64)])
}

/// Values and first positions of the extremes.
fn extremes(call: &Call, largest: bool, values: Option<&Tensor>, positions: &Tensor) -> Result<()> {
    let b = block(call.input(0)?, &reduced_dims(call, 0)?)?;
    match_ordered!(call, b.x.dtype(), T => {
        let mut pairs = vec![(T::default(), 0i64); b.outer * b.inner];
        let x = iter::slice::<T>(&b.x)?;
        if largest {
            reduce::reduce(&reduce::Largest::<T>::default(), x, b.outer, b.len, b.inner, &mut pairs);
        } else {
            reduce::reduce(&reduce::Smallest::<T>::default(), x, b.outer, b.len, b.inner, &mut pairs);
        }
        for (out, pair) in iter::slice_mut::<i64>(positions)?.iter_mut().zip(&pairs) {
            *out = pair.1;
        }
        if let Some(values) = values {
            for (out, pair) in iter::slice_mut::<T>(values)?.iter_mut().zip(&pairs) {
                *out = pair.0;
            }
        }
        Ok(())
    })
}

fn infer_var(call: &Call) -> Result<Metas> {
    let x = call.input(0)?;
    if !x.dtype().is_differentiable() {
        bail!(Runtime, "var(): only support floating point and complex dtypes, this tensor is {}: convert it with .float()", x.dtype().name());
    }
    let shape = reduced_shape(x.shape(), &reduced_dims(call, 0)?, call.flag(2));
    Ok(smallvec![Meta::new(&shape, x.dtype().to_real()), Meta::new(&shape, x.dtype())])
}

fn run_var(call: &Call, outs: &[Tensor]) -> Result<()> {
    let b = block(call.input(0)?, &reduced_dims(call, 0)?)?;
    let divisor = (b.len as f64 - call.optional_scalar(1).map_or(1.0, Scalar::to_f64)).max(0.0);
    match_dtype!(b.x.dtype(), T in [F16, BF16, F32, F64, C64, C128] => {
        run(&reduce::Sum::<T>::mean(b.len), &b, &outs[1])?;
        let centres: Vec<<T as Reducible>::Wide> = if b.x.dtype().size() == 2 {
            // Half types keep the centre unrounded.
            centres(&b)?
        } else {
            iter::slice::<T>(&outs[1])?.iter().map(|&v| Reducible::wide(v)).collect()
        };
        let mut spread = vec![Default::default(); b.outer * b.inner];
        reduce::reduce(&reduce::Spread::<T> { centres: &centres, divisor }, iter::slice::<T>(&b.x)?, b.outer, b.len, b.inner, &mut spread);
        let spread = Tensor::of(&spread, outs[0].shape())?;
        super::copy::copy_into(&outs[0], &spread)
    }, else Err(call.unsupported(b.x.dtype())))
}

/// Means in the wide type.
fn centres<W: rushlight_kernels::elementwise::cast::Cast>(b: &Block) -> Result<Vec<W>> {
    let wide = super::copy::cast(&b.x, DType::F32)?;
    let mean = Tensor::empty(&[b.outer * b.inner], DType::F32)?;
    run(&reduce::Sum::<f32>::mean(b.len), &Block { x: wide, ..*b }, &mean)?;
    mean.to_vec::<W>()
}

/// A gradient of the reduced shape, spread over the input again.
pub(crate) fn spread_back(g: &Tensor, shape: &[usize], dims: &[usize], keepdim: bool) -> Result<Tensor> {
    if keepdim || g.ndim() == shape.len() {
        return g.expand(shape);
    }
    let kept: SmallVec<[i64; 5]> = shape.iter().enumerate().map(|(d, &n)| if dims.contains(&d) { 1 } else { n as i64 }).collect();
    g.reshape(&kept)?.expand(shape)
}

/// The dimensions reduced by a recorded call.
fn dims_of(b: &super::backward::Back, arg: usize) -> Result<Dims> {
    let ndim = b.shape(0).len();
    match b.call().optional_ints(arg) {
        Some(dims) if !dims.is_empty() && ndim > 0 => wrap_dims(&dims, ndim),
        _ => Ok((0..ndim).collect()),
    }
}

fn back(b: &super::backward::Back, g: &Tensor, keepdim: usize) -> Result<Tensor> {
    spread_back(g, b.shape(0), &dims_of(b, 0)?, b.call().flag(keepdim))
}

fn count(b: &super::backward::Back) -> Result<usize> {
    Ok(dims_of(b, 0)?.iter().map(|&d| b.shape(0)[d]).product())
}

/// Gradients of extremes over several dimensions are shared equally by ties.
fn share_ties(b: &super::backward::Back) -> Result<Tensor> {
    let x = b.x(0)?;
    let y = back(b, b.y(0)?, 1)?;
    let ties = x.eq(&y)?.to_dtype(b.g()?.dtype())?;
    let dims: SmallVec<[i64; 5]> = dims_of(b, 0)?.iter().map(|&d| d as i64).collect();
    let number = ties.sum(&dims, true)?;
    back(b, b.g()?, 1)?.div(number)?.mul(ties)
}

/// The gradient goes to the chosen position.
fn to_position(b: &super::backward::Back, index: &Tensor) -> Result<Tensor> {
    let (c, g) = (b.call(), b.g()?);
    let shape = b.shape(0);
    if shape.is_empty() {
        return Ok(g.clone());
    }
    let dim = c.ints(0)?[0];
    let (g, index) = if c.flag(1) { (g.clone(), index.clone()) } else { (g.unsqueeze(dim)?, index.unsqueeze(dim)?) };
    let zeros = Tensor::zeros(shape, g.dtype(), g.device())?;
    let out = call(&super::index::SCATTER_ADD, smallvec![Some(zeros), Some(index), Some(g)], smallvec![Arg::from(dim)])?;
    out.into_iter().next().ok_or_else(|| err!(Runtime, "scatter_add: no result"))
}

/// Products of all other elements, by exclusive products from both sides (exact where elements are zero).
fn prod_gradient(b: &super::backward::Back) -> Result<Tensor> {
    let (x, dims) = (b.x(0)?, dims_of(b, 0)?);
    let g = back(b, b.g()?, 1)?;
    if x.ndim() == 0 {
        return Ok(g);
    }
    let kept: SmallVec<[i64; 5]> = (0..x.ndim()).filter(|d| !dims.contains(d)).chain(dims.iter().copied()).map(|d| d as i64).collect();
    let rolled = x.permute(&kept)?;
    let outer: i64 = kept[..x.ndim() - dims.len()].iter().map(|&d| x.shape()[d as usize] as i64).product();
    let len: i64 = dims.iter().map(|&d| x.shape()[d] as i64).product();
    let flat = rolled.reshape(&[outer, len])?;
    let others = products_of_others(&flat)?;
    let shape: SmallVec<[i64; 5]> = rolled.shape().iter().map(|&n| n as i64).collect();
    let mut inverse: SmallVec<[i64; 5]> = smallvec![0; x.ndim()];
    for (i, &d) in kept.iter().enumerate() {
        inverse[d as usize] = i as i64;
    }
    g.mul(others.reshape(&shape)?.permute(&inverse)?.conj()?)
}

fn products_of_others(x: &Tensor) -> Result<Tensor> {
    let n = x.shape()[1] as i64;
    let one = Tensor::full(&[x.shape()[0], 1], 1.0.into(), x.dtype(), x.device())?;
    let mut before = vec![one.clone()];
    let mut after = vec![one];
    for i in 0..(n - 1).max(0) {
        before.push(before[i as usize].mul(x.slice(1, i, i + 1)?)?);
        after.push(after[i as usize].mul(x.slice(1, n - 1 - i, n - i)?)?);
    }
    after.reverse();
    let columns = before.iter().zip(&after).map(|(a, b)| a.mul(b)).collect::<Result<Vec<_>>>()?;
    if n == 0 { Ok(x.clone()) } else { super::shape::cat(&columns, 1) }
}

fn var_gradient(b: &super::backward::Back) -> Result<Tensor> {
    let (x, dims, c) = (b.x(0)?, dims_of(b, 0)?, b.call());
    let n: usize = dims.iter().map(|&d| x.shape()[d]).product();
    let divisor = (n as f64 - c.optional_scalar(1).map_or(1.0, Scalar::to_f64)).max(0.0);
    let list: SmallVec<[i64; 5]> = dims.iter().map(|&d| d as i64).collect();
    let mut total: Option<Tensor> = None;
    if let Some(g) = b.grad(0) {
        let centred = x.sub(x.mean(&list, true)?)?;
        total = Some(spread_back(g, x.shape(), &dims, c.flag(2))?.mul(centred)?.mul(2.0 / divisor)?);
    }
    if let Some(g) = b.grad(1) {
        let part = spread_back(g, x.shape(), &dims, c.flag(2))?.div(n as f64)?;
        total = Some(match total {
            Some(t) => t.add(part)?,
            None => part,
        });
    }
    total.ok_or_else(|| err!(Runtime, "var: no gradient arrived"))
}

rows! {
    SUM = Op::new("sum(Tensor self, int[1]? dim=None, bool keepdim=False, *, dtype? dtype=None) -> Tensor", Rule::Kernel { infer: infer_sum, run: run_sum }).vjp(0, 0, |b| grads![b; back(b, b.g()?, 1)?]).doc("Sum over dimensions");
    MEAN = Op::new("mean(Tensor self, int[1]? dim=None, bool keepdim=False, *, dtype? dtype=None) -> Tensor", Rule::Kernel { infer: infer_mean, run: run_mean }).vjp(0, 0, |b| grads![b; back(b, b.g()?, 1)?.div(count(b)? as f64)?]).doc("Mean over dimensions");
    SQUARES = Op::new("_square_sum(Tensor self, int[1]? dim=None, bool keepdim=False) -> Tensor", Rule::Kernel { infer: infer_squares, run: run_squares }).vjp(1, 0, |b| grads![b; back(b, b.g()?, 1)?.mul(b.x(0)?)?.mul(2.0)?]).doc("Sum of the squares of real numbers over dimensions");
    PROD = Op::new("_prod(Tensor self, int[1]? dim=None, bool keepdim=False, *, dtype? dtype=None) -> Tensor", Rule::Kernel { infer: infer_prod, run: run_prod }).vjp(1, 0, |b| grads![b; prod_gradient(b)?]).autocast(super::Autocast::Raise).doc("Product over dimensions");
    AMAX = Op::new("amax(Tensor self, int[1] dim=(), bool keepdim=False) -> Tensor", Rule::Kernel { infer: infer_extreme, run: |c, o| run_extreme(c, o, true) }).vjp(1, 1, |b| grads![b; share_ties(b)?]).doc("Largest value over dimensions");
    AMIN = Op::new("amin(Tensor self, int[1] dim=(), bool keepdim=False) -> Tensor", Rule::Kernel { infer: infer_extreme, run: |c, o| run_extreme(c, o, false) }).vjp(1, 1, |b| grads![b; share_ties(b)?]).doc("Smallest value over dimensions");
    MAX_DIM = Op::new("max_dim(Tensor self, int dim, bool keepdim=False) -> (Tensor, Tensor)", Rule::Kernel { infer: infer_with_index, run: |c, o| extremes(c, true, Some(&o[0]), &o[1]) }).vjp(0, 2, |b| grads![b; to_position(b, b.y(1)?)?]).integral(2).internal().doc("Largest value of a dimension and its position");
    MIN_DIM = Op::new("min_dim(Tensor self, int dim, bool keepdim=False) -> (Tensor, Tensor)", Rule::Kernel { infer: infer_with_index, run: |c, o| extremes(c, false, Some(&o[0]), &o[1]) }).vjp(0, 2, |b| grads![b; to_position(b, b.y(1)?)?]).integral(2).internal().doc("Smallest value of a dimension and its position");
    ARGMAX = Op::new("argmax(Tensor self, int? dim=None, bool keepdim=False) -> Tensor", Rule::Kernel { infer: infer_position, run: |c, o| extremes(c, true, None, &o[0]) }).constant().doc("Position of the largest value");
    ARGMIN = Op::new("argmin(Tensor self, int? dim=None, bool keepdim=False) -> Tensor", Rule::Kernel { infer: infer_position, run: |c, o| extremes(c, false, None, &o[0]) }).constant().doc("Position of the smallest value");
    ALL = Op::new("all(Tensor self, int[1]? dim=None, bool keepdim=False) -> Tensor", Rule::Kernel { infer: infer_logic, run: |c, o| run_logic(c, o, true) }).constant().doc("Whether all are nonzero");
    ANY = Op::new("any(Tensor self, int[1]? dim=None, bool keepdim=False) -> Tensor", Rule::Kernel { infer: infer_logic, run: |c, o| run_logic(c, o, false) }).constant().doc("Whether any is nonzero");
    COUNT_NONZERO = Op::new("count_nonzero(Tensor self, int[1]? dim=None) -> Tensor", Rule::Kernel { infer: infer_count, run: run_count }).constant().doc("Number of nonzero elements");
    VAR_MEAN = Op::new("_var_mean(Tensor self, int[1]? dim=None, Scalar? correction=1, bool keepdim=False) -> (Tensor, Tensor)", Rule::Kernel { infer: infer_var, run: run_var }).vjp(1, 0, |b| grads![b; var_gradient(b)?]).doc("Variance and mean over dimensions");
}

impl Tensor {
    /// Sum over dimensions; an empty list means all.
    pub fn sum(&self, dims: &[i64], keepdim: bool) -> Result<Tensor> {
        call1(&SUM, &[self], &[Arg::ints(dims), Arg::from(keepdim)])
    }

    /// Sum of all elements.
    pub fn sum_all(&self) -> Result<Tensor> {
        self.sum(&[], false)
    }

    /// Mean over dimensions; an empty list means all.
    pub fn mean(&self, dims: &[i64], keepdim: bool) -> Result<Tensor> {
        call1(&MEAN, &[self], &[Arg::ints(dims), Arg::from(keepdim)])
    }

    /// Whether any element is nonzero.
    pub fn any_all(&self) -> Result<Tensor> {
        call1(&ANY, &[self], &[])
    }
}
