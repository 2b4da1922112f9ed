//! Joining and rearranging with copies.

use super::{Arg, Call, Inputs, Meta, Metas, Op, Outputs, Rule, call};
use crate::layout::{Dims, wrap_dim};
use crate::tensor::Tensor;
use crate::{Result, bail, err, rows};
use smallvec::smallvec;

rows! {
    CAT = Op::new("cat(Tensor[] tensors, int dim=0) -> Tensor", Rule::Kernel { infer: infer_cat, run: run_cat }).vjp(0, 0, split_gradient).autocast(super::Autocast::Widest).doc("Tensors one after another along a dimension");
}

/// PyTorch ignores empty 1-d tensors in a list.
fn is_skipped(x: &Tensor) -> bool {
    x.ndim() == 1 && x.numel() == 0
}

fn infer_cat(c: &Call) -> Result<Metas> {
    let dtype = crate::promotion::result_type(c.tensors());
    let Some(model) = c.tensors().find(|x| !is_skipped(x)).or(c.tensors().next()) else {
        bail!(Runtime, "torch.cat(): expected a non-empty list of Tensors");
    };
    if let Some(i) = c.tensors().position(|x| x.ndim() == 0) {
        bail!(Runtime, "zero-dimensional tensor (at position {i}) cannot be concatenated");
    }
    let d = wrap_dim(c.int(0).unwrap_or(0), model.ndim())?;
    let mut shape = Dims::from_slice(model.shape());
    shape[d] = 0;
    for (i, x) in c.tensors().enumerate().filter(|(_, x)| !is_skipped(x)) {
        if x.ndim() != model.ndim() {
            bail!(Runtime, "Tensors must have same number of dimensions: got {} and {}", model.ndim(), x.ndim());
        }
        if let Some(k) = (0..x.ndim()).find(|&k| k != d && x.shape()[k] != shape[k]) {
            bail!(Runtime, "Sizes of tensors must match except in dimension {d}. Expected size {} but got size {} for tensor number {i} in the list.", model.shape()[k], x.shape()[k]);
        }
        shape[d] += x.shape()[d];
    }
    let mut meta = Meta::new(&shape, dtype);
    if model.ndim() == 4 && !model.is_contiguous() && c.tensors().all(|x| x.layout().is_channels_last(4)) {
        meta.layout = crate::Layout::with_format(&shape, crate::MemoryFormat::ChannelsLast);
    }
    Ok(smallvec![meta])
}

fn run_cat(c: &Call, outs: &[Tensor]) -> Result<()> {
    let d = wrap_dim(c.int(0).unwrap_or(0), outs[0].ndim())?;
    let mut at = 0;
    let out = outs[0].detach()?;
    for x in c.tensors().filter(|x| !is_skipped(x)) {
        let n = x.shape()[d] as i64;
        super::copy::copy_into(&out.slice(d as i64, at, at + n)?, x)?;
        at += n;
    }
    Ok(())
}

fn split_gradient(b: &super::backward::Back) -> Result<crate::autograd::node::Grads> {
    let g = b.g()?;
    let d = wrap_dim(b.call().int(0).unwrap_or(0), g.ndim())?;
    let mut at = 0;
    (0..b.count())
        .map(|i| {
            let shape = b.shape(i);
            if shape == [0] && g.ndim() != 1 {
                return Ok(None);
            }
            let n = shape[d] as i64;
            at += n;
            b.needs(i).then(|| g.slice(d as i64, at - n, at)).transpose()
        })
        .collect()
}

/// Tensors one after another along a dimension.
pub fn cat(tensors: &[Tensor], dim: i64) -> Result<Tensor> {
    let inputs: Inputs = tensors.iter().map(|x| Some(x.clone())).collect();
    let out: Outputs = call(&CAT, inputs, smallvec![Arg::from(dim)])?;
    out.into_iter().next().ok_or_else(|| err!(Runtime, "cat: no result"))
}
