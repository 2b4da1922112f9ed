//! Joining tensors and cutting them into views.

use crate::layout::{Dims, wrap_dim};
use crate::ops::view::several;
use crate::ops::{self, Arg, Call, Inputs, Meta, Metas, Op, Outputs, Rule, call};
use crate::tensor::Tensor;
use crate::{Result, bail, err, iter, rows};
use rushlight_kernels::elementwise::join::join;
use rushlight_kernels::match_dtype;
use smallvec::smallvec;

rows! {
    CAT = Op::new("cat(Tensor[] tensors, int dim=0) -> Tensor", Rule::Kernel { infer: infer_cat, run: run_cat }).vjp(0, 0, split_gradient).autocast(ops::Autocast::Widest).doc("Tensors one after another along a dimension");
    STACK = Op::new("stack(Tensor[] tensors, int dim=0) -> Tensor", Rule::Composite(stack)).doc("Tensors of one shape along a new dimension");
    UNBIND = Op::new("unbind(Tensor self, int dim=0) -> Tensor[]", Rule::Composite(unbind)).doc("Views of the slices of a dimension");
    SPLIT_WITH_SIZES = Op::new("split_with_sizes(Tensor self, int[] split_sizes, int dim=0) -> Tensor[]", Rule::Composite(|c| split(c, "SplitWithSizesBackward0"))).doc("Views of consecutive ranges of a dimension");
    SPLIT = Op::new("_split(Tensor self, int[] split_sizes, int dim=0) -> Tensor[]", Rule::Composite(|c| split(c, "SplitBackward0"))).doc("As split_with_sizes, for parts of one size");
}

fn refuse_none(c: &Call) -> Result<()> {
    match c.inputs.iter().position(Option::is_none) {
        Some(i) => bail!(Type, "{}(): expected Tensor as element {i} in argument 0, but got NoneType", c.op.name()),
        None => Ok(()),
    }
}

fn stack(c: &Call) -> Result<Outputs> {
    refuse_none(c)?;
    let Some(first) = c.tensors().next() else { bail!(Runtime, "stack expects a non-empty TensorList") };
    let d = wrap_dim(c.int(0)?, first.ndim() + 1)? as i64;
    if let Some((i, x)) = c.tensors().enumerate().find(|(_, x)| x.shape() != first.shape()) {
        bail!(Runtime, "stack expects each tensor to be equal size, but got {:?} at entry 0 and {:?} at entry {i}", first.shape(), x.shape());
    }
    let grown = c.tensors().map(|x| x.unsqueeze(d)).collect::<Result<Vec<_>>>()?;
    Ok(smallvec![cat(&grown, d)?.labelled("StackBackward0")])
}

/// Bytes of a view, at least.
const VIEW: usize = 512;

/// Refuses more views than memory can hold: of an empty tensor there may be any number.
fn check_room(views: usize) -> Result<()> {
    match Vec::<[u8; VIEW]>::new().try_reserve_exact(views) {
        Ok(()) => Ok(()),
        Err(_) => bail!(Memory, "unbind: cannot make {views} views: the system has not enough memory"),
    }
}

fn unbind(c: &Call) -> Result<Outputs> {
    let x = c.input(0)?;
    if x.ndim() == 0 {
        bail!(Index, "Dimension specified as 0 but tensor has no dimensions");
    }
    let d = wrap_dim(c.int(0)?, x.ndim())?;
    check_room(x.shape()[d])?;
    let views = (0..x.shape()[d] as i64).map(|i| Ok(x.select(d as i64, i)?.labelled("UnbindBackward0"))).collect::<Result<Vec<_>>>()?;
    Ok(several(views).into())
}

fn split(c: &Call, node: &'static str) -> Result<Outputs> {
    let x = c.input(0)?;
    if x.ndim() == 0 {
        bail!(Runtime, "split expects at least a 1-dimensional tensor");
    }
    let (sizes, d) = (c.ints(0)?, wrap_dim(c.int(1)?, x.ndim())?);
    let size = x.shape()[d] as i64;
    if sizes.iter().any(|&n| n < 0) || sizes.iter().try_fold(0i64, |sum, &n| sum.checked_add(n)) != Some(size) {
        bail!(
            Runtime,
            "split_with_sizes expects split_sizes to sum exactly to {size} (input tensor's size at dimension {d}), but got split_sizes={:?}",
            sizes.as_slice()
        );
    }
    let mut at = 0;
    let mut views = Vec::with_capacity(sizes.len());
    for &n in &sizes {
        views.push(x.slice(d as i64, at, at + n)?.labelled(node));
        at += n;
    }
    Ok(several(views).into())
}

/// PyTorch ignores empty 1-d tensors in a list.
fn is_skipped(x: &Tensor) -> bool {
    x.ndim() == 1 && x.numel() == 0
}

fn infer_cat(c: &Call) -> Result<Metas> {
    refuse_none(c)?;
    let dtype = crate::promotion::result_type(c.tensors());
    let Some(model) = c.tensors().find(|x| !is_skipped(x)).or(c.tensors().next()) else {
        bail!(Value, "torch.cat(): expected a non-empty list of Tensors");
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
            bail!(
                Runtime,
                "Sizes of tensors must match except in dimension {d}. Expected size {} but got size {} for tensor number {i} in the list.",
                model.shape()[k],
                x.shape()[k]
            );
        }
        shape[d] += x.shape()[d];
    }
    let mut meta = Meta::new(&shape, dtype);
    if model.ndim() == 4 && !model.is_contiguous() && c.tensors().all(|x| x.layout().is_channels_last(4)) {
        meta.layout = crate::Layout::with_format(&shape, crate::MemoryFormat::ChannelsLast);
    }
    Ok(smallvec![meta])
}

/// Longer rows are worth copies of their own.
const ROW_BYTES: usize = 256;

/// Joins short rows in one pass over the result; false where operands are not of its type and in row order, or rows are long.
fn join_rows(parts: &[&Tensor], d: usize, out: &Tensor) -> Result<bool> {
    let width = |x: &Tensor| x.shape()[d..].iter().product::<usize>();
    let fits = |x: &&&Tensor| x.dtype() == out.dtype() && x.is_contiguous() && width(x) * x.dtype().size() <= ROW_BYTES;
    if out.numel() == width(out) || out.is_meta() || !out.is_contiguous() || parts.iter().filter(fits).count() < parts.len() {
        return Ok(false);
    }
    match_dtype!(out.dtype(), T => {
        let parts = parts.iter().map(|x| Ok((iter::slice::<T>(x)?, width(x)))).collect::<Result<Vec<_>>>()?;
        join(&parts, iter::slice_mut::<T>(out)?);
    });
    Ok(true)
}

fn run_cat(c: &Call, outs: &[Tensor]) -> Result<()> {
    let d = wrap_dim(c.int(0).unwrap_or(0), outs[0].ndim())?;
    let parts: Vec<&Tensor> = c.tensors().filter(|x| !is_skipped(x)).collect();
    if join_rows(&parts, d, &outs[0])? {
        return Ok(());
    }
    let mut at = 0;
    let out = outs[0].detach()?;
    for x in parts {
        let n = x.shape()[d] as i64;
        ops::copy::copy_into(&out.slice(d as i64, at, at + n)?, x)?;
        at += n;
    }
    Ok(())
}

fn split_gradient(b: &ops::backward::Back) -> Result<crate::autograd::node::Grads> {
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
