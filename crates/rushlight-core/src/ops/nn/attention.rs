//! Scaled dot-product attention in tiles; its matrix of scores exists only where a gradient of the gradient, or of the
//! mask, is asked for.

use super::{match_float, read, read_optional, working_type, write};
use crate::autograd::grad_enabled;
use crate::autograd::node::Grads;
use crate::layout::broadcast;
use crate::ops::backward::Back;
use crate::ops::copy::copy_layout;
use crate::ops::{Arg, Autocast, Call, Inputs, Meta, Metas, Op, Outputs, Rule, call, type_name};
use crate::tensor::Tensor;
use crate::{DType, Dims, Layout, MemoryFormat, Result, bail, grads, iter, rows};
use rushlight_kernels::attention::{self as kernel, Attention, AttentionFloat, Gradients, Mask};
use smallvec::smallvec;

rows! {
    SCALED_DOT_PRODUCT = Op::new("scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, float dropout_p=0.0, bool is_causal=False, float? scale=None) -> Tensor", Rule::Composite(attend)).autocast(Autocast::Lower).internal().doc("softmax(Q K^T scale + mask) V");
    ATTENTION = Op::new("_attention(Tensor query, Tensor key, Tensor value, Tensor? mask, bool is_causal, float scale) -> (Tensor, Tensor)", Rule::Kernel { infer, run }).vjp(15, 3, gradients).integral(2).autocast(Autocast::Lower).doc("Attention, and the logarithms of the sums of exponentials of its rows");
    BACKWARD = Op::new("_attention_backward(Tensor grad, Tensor query, Tensor key, Tensor value, Tensor? mask, Tensor output, Tensor sums, bool is_causal, float scale) -> (Tensor, Tensor, Tensor)", Rule::Kernel { infer: infer_backward, run: run_backward }).doc("Gradients of attention for query, key and value");
}

fn check<'a>(c: &Call<'a>) -> Result<[&'a Tensor; 3]> {
    let [q, k, v] = [c.input(0)?, c.input(1)?, c.input(2)?];
    if [q, k, v].iter().any(|x| x.ndim() < 2) {
        bail!(
            Runtime,
            "scaled_dot_product_attention: Expected query, key, and value to all be at least 2 dimensional, but got query.dim: {}, key.dim: {} and value.dim: {} instead.",
            q.ndim(),
            k.ndim(),
            v.ndim()
        );
    }
    if q.dtype() != k.dtype() || q.dtype() != v.dtype() {
        bail!(
            Runtime,
            "Expected query, key, and value to have the same dtype, but got query.dtype: {} key.dtype: {} and value.dtype: {} instead.",
            type_name(q.dtype()),
            type_name(k.dtype()),
            type_name(v.dtype())
        );
    }
    let last = |x: &Tensor, i: usize| x.shape()[x.ndim() - i];
    if last(q, 1) != last(k, 1) || last(k, 2) != last(v, 2) {
        bail!(
            Runtime,
            "scaled_dot_product_attention: query {:?}, key {:?} and value {:?} do not fit: query and key must agree in the last dimension, key and value in the one before",
            q.shape(),
            k.shape(),
            v.shape()
        );
    }
    working_type(c, q.dtype())?;
    Ok([q, k, v])
}

/// The mask as numbers to add.
fn additive(c: &Call, dtype: DType) -> Result<Option<Tensor>> {
    let Some(mask) = c.optional(3) else { return Ok(None) };
    if mask.dtype() == DType::Bool {
        let zero = Tensor::full(&[], 0.0.into(), dtype, mask.device())?;
        let hidden = Tensor::full(&[], f64::NEG_INFINITY.into(), dtype, mask.device())?;
        return mask.pick(zero, hidden).map(Some);
    }
    if mask.dtype() != dtype && mask.dtype() != DType::F32 {
        bail!(
            Runtime,
            "Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: {} and query.dtype: {} instead.",
            type_name(mask.dtype()),
            type_name(dtype)
        );
    }
    Ok(Some(mask.clone()))
}

fn attend(c: &Call) -> Result<Outputs> {
    let [q, k, v] = check(c)?;
    if c.float(0) != 0.0 {
        bail!(
            NotImplemented,
            "_C.scaled_dot_product_attention: dropout_p={} needs the weights in memory; call torch.nn.functional.scaled_dot_product_attention",
            c.float(0)
        );
    }
    let (causal, mask) = (c.flag(1), additive(c, q.dtype())?);
    if causal && mask.is_some() {
        bail!(Runtime, "_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True");
    }
    let scale = c.optional_scalar(2).map_or(1.0 / (q.shape()[q.ndim() - 1] as f64).sqrt(), |s| s.to_f64());
    let batch = |x: &Tensor| Dims::from_slice(&x.shape()[..x.ndim() - 2]);
    let mut common = broadcast(&broadcast(&batch(q), &batch(k))?, &batch(v))?;
    if let Some(mask) = &mask {
        let (rows, cols) = (q.shape()[q.ndim() - 2], k.shape()[k.ndim() - 2]);
        let tail = &mask.shape()[mask.ndim().saturating_sub(2)..];
        if broadcast(tail, &[rows, cols]).ok().as_deref() != Some(&[rows, cols]) {
            bail!(
                Runtime,
                "scaled_dot_product_attention: The expanded size of the mask {:?} must match the scores, {rows} queries by {cols} keys",
                mask.shape()
            );
        }
        common = broadcast(&common, &mask.shape()[..mask.ndim().saturating_sub(2)])?;
    }
    let spread = |x: &Tensor| {
        let mut shape = common.clone();
        shape.extend_from_slice(&x.shape()[x.ndim() - 2..]);
        if x.shape() == shape.as_slice() { Ok(x.clone()) } else { x.expand(&shape) }
    };
    let inputs: Inputs = smallvec![Some(spread(q)?), Some(spread(k)?), Some(spread(v)?), mask];
    let mut out = call(&ATTENTION, inputs, smallvec![Arg::from(causal), Arg::from(scale)])?;
    out.truncate(1);
    Ok(out)
}

fn infer(c: &Call) -> Result<Metas> {
    let [q, _, v] = check(c)?;
    let rows = &q.shape()[..q.ndim() - 1];
    let mut shape = Dims::from_slice(rows);
    shape.push(v.shape()[v.ndim() - 1]);
    let mut output = Meta::new(&shape, q.dtype());
    // In the memory order of the queries, as in PyTorch: programs transpose heads and positions back and then take a view.
    if q.ndim() == 4 && shape.as_slice() == q.shape() {
        output.layout = Layout { offset: 0, ..copy_layout(q, MemoryFormat::Preserve)? };
    }
    Ok(smallvec![output, Meta::new(rows, working_type(c, q.dtype())?)])
}

/// Operands in the form of the kernel.
struct Operands {
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Option<Tensor>,
    causal: bool,
    scale: f64,
}

impl Operands {
    /// From tensor `first` on.
    fn of(c: &Call, first: usize, dtype: DType) -> Result<Operands> {
        let [q, k, v] = [0, 1, 2].map(|i| c.input(first + i).and_then(|x| read(x, dtype)));
        Ok(Operands { q: q?, k: k?, v: v?, mask: read_optional(c.optional(first + 3), dtype)?, causal: c.flag(0), scale: c.float(1) })
    }

    fn job<T: AttentionFloat + rushlight_kernels::Element>(&self) -> Result<Attention<'_, T>> {
        let size = |x: &Tensor, i: usize| x.shape()[x.ndim() - i];
        let (queries, keys) = (size(&self.q, 2), size(&self.k, 2));
        Ok(Attention {
            heads: self.q.shape()[..self.q.ndim() - 2].iter().product(),
            queries,
            keys,
            depth: size(&self.q, 1),
            value_depth: size(&self.v, 1),
            scale: T::of(self.scale),
            causal: self.causal,
            mask: self.mask.as_ref().map(|m| self.mask::<T>(m, queries, keys)).transpose()?,
            q: iter::slice::<T>(&self.q)?,
            k: iter::slice::<T>(&self.k)?,
            v: iter::slice::<T>(&self.v)?,
        })
    }

    fn mask<'a, T: AttentionFloat + rushlight_kernels::Element>(&self, mask: &'a Tensor, queries: usize, keys: usize) -> Result<Mask<'a, T>> {
        let mut shape = Dims::from_slice(&self.q.shape()[..self.q.ndim() - 2]);
        shape.extend([queries, keys]);
        let spread = mask.expand(&shape)?;
        let (batch, strides) = (&shape[..shape.len() - 2], spread.strides());
        let mut offsets = vec![0];
        for (&n, &stride) in batch.iter().zip(strides) {
            offsets = offsets.iter().flat_map(|&at| (0..n).map(move |i| at + i * stride as usize)).collect();
        }
        let [.., query, key] = strides else { bail!(Runtime, "_attention: the mask has no dimensions") };
        Ok(Mask { values: iter::slice::<T>(mask)?, offsets, query: *query as usize, key: *key as usize })
    }
}

fn run(c: &Call, outs: &[Tensor]) -> Result<()> {
    let dtype = working_type(c, outs[0].dtype())?;
    let operands = Operands::of(c, 0, dtype)?;
    match_float!(c, dtype, T => write(&outs[0], dtype, |out| {
        kernel::attention(&operands.job::<T>()?, iter::slice_mut::<T>(out)?, iter::slice_mut::<T>(&outs[1])?);
        Ok(())
    }))
}

fn infer_backward(c: &Call) -> Result<Metas> {
    (1..4).map(|i| c.input(i).map(|x| Meta::new(x.shape(), x.dtype()))).collect()
}

fn run_backward(c: &Call, outs: &[Tensor]) -> Result<()> {
    let dtype = working_type(c, outs[0].dtype())?;
    let operands = Operands::of(c, 1, dtype)?;
    let (grad, out, sums) = (read(c.input(0)?, dtype)?, read(c.input(5)?, dtype)?, read(c.input(6)?, dtype)?);
    let rounded = c.input(5)?.dtype() != dtype;
    match_float!(c, dtype, T => write(&outs[0], dtype, |q| write(&outs[1], dtype, |k| write(&outs[2], dtype, |v| {
        if rounded {
            // The slopes are differences with sums over the result, which its rounding to a half type would spoil.
            let sums = Tensor::empty(sums.shape(), dtype)?;
            kernel::attention(&operands.job::<T>()?, iter::slice_mut::<T>(&out)?, iter::slice_mut::<T>(&sums)?);
        }
        let to = Gradients { q: iter::slice_mut::<T>(q)?, k: iter::slice_mut::<T>(k)?, v: iter::slice_mut::<T>(v)? };
        kernel::attention_backward(&operands.job::<T>()?, iter::slice::<T>(&out)?, iter::slice::<T>(&sums)?, iter::slice::<T>(&grad)?, to);
        Ok(())
    }))))
}

fn gradients(b: &Back) -> Result<Grads> {
    if grad_enabled() || b.needs(3) {
        return recorded_gradients(b);
    }
    let inputs: Inputs = smallvec![
        Some(b.g()?.clone()),
        Some(b.x(0)?.clone()),
        Some(b.x(1)?.clone()),
        Some(b.x(2)?.clone()),
        b.optional(3).cloned(),
        Some(b.y(0)?.clone()),
        Some(b.y(1)?.clone())
    ];
    let mut all: Grads = call(&BACKWARD, inputs, b.args.into())?.into_iter().enumerate().map(|(i, g)| b.needs(i).then_some(g)).collect();
    all.push(None);
    Ok(all)
}

/// The formulas of the backward kernel in public operators, weights and all.
fn recorded_gradients(b: &Back) -> Result<Grads> {
    let wide = |x: &Tensor| if x.dtype().size() == 2 { x.to_dtype(DType::F32) } else { Ok(x.clone()) };
    let (g, q, k, v, scale) = (&wide(b.g()?)?, &wide(b.x(0)?)?, &wide(b.x(1)?)?, &wide(b.x(2)?)?, b.call().float(1));
    let p = weights(q, k, b.optional(3), b.call().flag(0), scale)?;
    let gp = g.matmul(&v.transpose(-2, -1)?)?;
    let gs = p.mul(gp.sub(gp.mul(&p)?.sum(&[-1], true)?)?)?;
    grads![b;
        gs.matmul(k)?.mul(scale)?,
        gs.transpose(-2, -1)?.matmul(q)?.mul(scale)?,
        p.transpose(-2, -1)?.matmul(g)?,
        gs,
    ]
}

/// The matrix of weights; rows that see no key are zero.
fn weights(q: &Tensor, k: &Tensor, mask: Option<&Tensor>, causal: bool, scale: f64) -> Result<Tensor> {
    let mut scores = q.mul(scale)?.matmul(&k.transpose(-2, -1)?)?;
    if causal {
        let hidden = later(scores.shape()[scores.ndim() - 2], scores.shape()[scores.ndim() - 1], q)?;
        scores = hidden.pick(f64::NEG_INFINITY, &scores)?;
    }
    let Some(mask) = mask else { return softmax(&scores) };
    let scores = scores.add(mask.to_dtype(scores.dtype())?)?;
    let blind = scores.detach()?.eq(f64::NEG_INFINITY)?.to_dtype(DType::F32)?.mean(&[-1], true)?.eq(1.0)?;
    blind.pick(0.0, &softmax(&blind.pick(0.0, &scores)?)?)
}

fn softmax(scores: &Tensor) -> Result<Tensor> {
    crate::ops::call1(&super::softmax::SOFTMAX, &[scores], &[Arg::from(-1i64)])
}

/// Which keys come after each query.
fn later(queries: usize, keys: usize, like: &Tensor) -> Result<Tensor> {
    if like.is_meta() {
        return Tensor::zeros(&[queries, keys], DType::Bool, like.device());
    }
    let index = |n: usize, shape: &[i64]| Tensor::of(&(0..n as i64).collect::<Vec<_>>(), &[n])?.reshape(shape);
    index(keys, &[1, keys as i64])?.gt(index(queries, &[queries as i64, 1])?)
}
