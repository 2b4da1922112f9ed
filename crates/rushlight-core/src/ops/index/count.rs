//! Counting values and finding their place among sorted ones.

use super::*;
use crate::ops::Outputs;
use crate::rows;
use rushlight_kernels::index::{Side, search};

rows! {
    BINCOUNT = Op::new("bincount(Tensor self, Tensor? weights=None, int minlength=0) -> Tensor", Rule::Dynamic(bincount)).constant().doc("How often each non-negative integer occurs, or the sum of the weights at its occurrences");
    HISTC = Op::new("histc(Tensor self, int bins=100, Scalar min=0, Scalar max=0) -> Tensor", Rule::Kernel { infer: infer_histc, run: run_histc }).constant().exact_out().doc("How many elements lie in each of equal intervals");
    SEARCHSORTED = Op::new("searchsorted(Tensor sorted_sequence, Operand self, *, bool out_int32=False, bool right=False, str? side=None, Tensor? sorter=None) -> Tensor", Rule::Kernel { infer: infer_search, run: run_search }).constant().exact_out().doc("How many elements of a sorted sequence come before each value");
}

fn bincount(c: &Call) -> Result<Outputs> {
    let (x, weights, shortest) = (c.input(0)?, c.optional(1), c.int(0)?);
    if x.is_meta() {
        bail!(NotImplemented, "bincount: the shape of the result depends on values, which meta tensors do not have");
    }
    if shortest < 0 {
        bail!(Runtime, "minlength should be >= 0");
    }
    if x.dtype().is_differentiable() || x.dtype() == DType::Bool {
        return Err(c.unsupported(x.dtype()));
    }
    if weights.is_some_and(|w| w.ndim() != 1 || w.shape() != x.shape()) {
        bail!(Runtime, "weights should be 1-d and have the same length as input");
    }
    let at = integers(x)?;
    let values = iter::slice::<i64>(&at)?;
    if x.ndim() != 1 || values.iter().any(|&i| i < 0) {
        bail!(Runtime, "bincount only supports 1-d non-negative integral inputs.");
    }
    let bins = values.iter().max().map_or(0, |&m| m as usize + 1).max(shortest as usize);
    match weights {
        None => tally(values, bins, |_| 1i64),
        Some(w) if w.dtype() == DType::F32 => weighed::<f32>(values, bins, w),
        Some(w) => weighed::<f64>(values, bins, w),
    }
}

fn weighed<T: rushlight_kernels::elementwise::cast::Cast + std::ops::AddAssign>(values: &[i64], bins: usize, weights: &Tensor) -> Result<Outputs> {
    let weights = weights.to_vec::<T>()?;
    tally(values, bins, |k| weights[k])
}

fn tally<T: rushlight_kernels::elementwise::cast::Cast + std::ops::AddAssign>(values: &[i64], bins: usize, weight: impl Fn(usize) -> T) -> Result<Outputs> {
    let out = Tensor::zeros(&[bins], T::DTYPE, crate::Device::Cpu)?;
    let sums = iter::slice_mut::<T>(&out)?;
    for (k, &i) in values.iter().enumerate() {
        sums[i as usize] += weight(k);
    }
    Ok(smallvec![out])
}

fn infer_histc(c: &Call) -> Result<Metas> {
    let (x, bins) = (c.input(0)?, c.int(0)?);
    if !x.dtype().is_float() {
        return Err(c.unsupported(x.dtype()));
    }
    if bins <= 0 {
        bail!(Runtime, "torch.histogram(): bins must be > 0, but got {bins} for dimension 0");
    }
    Ok(smallvec![Meta::new(&[bins as usize], x.dtype())])
}

/// The range counted: as given, or that of the elements; an empty one is widened by one on both sides.
fn range(c: &Call, values: &[f64]) -> Result<(f64, f64)> {
    let (mut low, mut high) = (c.float(1), c.float(2));
    if low == high && !values.is_empty() {
        let pick = |f: fn(f64, f64) -> bool| values.iter().copied().reduce(|a, b| if a.is_nan() || f(a, b) { a } else { b }).unwrap_or(0.0);
        (low, high) = (pick(|a, b| a <= b), pick(|a, b| a >= b));
    }
    if low == high {
        (low, high) = (low - 1.0, high + 1.0);
    }
    if !low.is_finite() || !high.is_finite() {
        bail!(Runtime, "torch.histc: range of [{low}, {high}] is not finite");
    }
    if low > high {
        bail!(Runtime, "torch.histc: max must be larger than min");
    }
    Ok((low, high))
}

fn run_histc(c: &Call, outs: &[Tensor]) -> Result<()> {
    let values = c.input(0)?.to_vec::<f64>()?;
    let (low, high) = range(c, &values)?;
    let bins = outs[0].numel();
    let mut counts = vec![0i64; bins];
    // Bins are computed in the precision of the elements: their borders are where PyTorch has them.
    let single = outs[0].dtype() != DType::F64;
    for &v in values.iter().filter(|&&v| v >= low && v <= high) {
        let place = if single {
            ((v as f32 - low as f32) * bins as f32 / (high as f32 - low as f32)) as usize
        } else {
            ((v - low) * bins as f64 / (high - low)) as usize
        };
        counts[place.min(bins - 1)] += 1;
    }
    copy::copy_into(&outs[0], &Tensor::of(&counts, &[bins])?)
}

fn infer_search(c: &Call) -> Result<Metas> {
    let (sorted, values) = (c.input(0)?, c.input(1)?);
    let name = "torch.searchsorted()";
    if sorted.ndim() == 0 {
        bail!(Runtime, "{name}: boundaries tensor should have positive dimension, but got 0 dimension");
    }
    let lead = |t: &Tensor| t.shape()[..t.ndim().saturating_sub(1)].to_vec();
    if values.ndim() == 0 && sorted.ndim() != 1 {
        bail!(
            Runtime,
            "{name}: input value can be a scalar only when boundaries tensor dimension is 1, but we got boundaries tensor dim({}) and input value's dim(0) numel(1)",
            sorted.ndim()
        );
    }
    if sorted.ndim() != 1 && (sorted.ndim() != values.ndim() || lead(sorted) != lead(values)) {
        bail!(
            Runtime,
            "{name}: boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries tensor and input value tensor must match, but we got boundaries tensor {:?} and input value tensor {:?}",
            sorted.shape(),
            values.shape()
        );
    }
    if let Some(sorter) = c.optional(2) {
        if sorter.shape() != sorted.shape() {
            bail!(
                Runtime,
                "{name}: boundary and sorter must have the same size, but got boundary tensor {:?}and got sorter tensor {:?}",
                sorted.shape(),
                sorter.shape()
            );
        }
        if sorter.dtype() != DType::I64 {
            bail!(Runtime, "{name}: sorter must be a tensor of long dtype but got dtype {}", type_name(sorter.dtype()));
        }
    }
    side(c)?;
    Ok(smallvec![Meta::new(values.shape(), if c.flag(0) { DType::I32 } else { DType::I64 })])
}

fn side(c: &Call) -> Result<Side> {
    let right = c.flag(1);
    match c.text(2) {
        "left" if right => bail!(Runtime, "torch.searchsorted(): side and right can't be set to opposites, got side of left while right was True"),
        "right" => Ok(Side::Right),
        "" | "left" => Ok(if right { Side::Right } else { Side::Left }),
        other => bail!(Runtime, "torch.searchsorted(): side can only be 'left' or 'right' but got {other}"),
    }
}

fn run_search(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (sorted, values) = (c.input(0)?.detach()?, c.input(1)?.detach()?);
    let dtype = if c.input(1)?.is_wrapped() {
        crate::promotion::result_type([&sorted, c.input(1)?])
    } else {
        crate::promotion::promote(sorted.dtype(), values.dtype())
    };
    let (sorted, values) = (plain(&sorted.to_dtype(dtype)?)?, plain(&values.to_dtype(dtype)?)?);
    let len = sorted.shape()[sorted.ndim() - 1];
    let order = c.optional(2).map(|s| checked(s, len, |_| err!(Runtime, "torch.searchsorted(): sorter index out of range"))).transpose()?;
    let order = order.as_ref().map(iter::slice::<i64>).transpose()?;
    let out = if outs[0].dtype() == DType::I64 { outs[0].clone() } else { Tensor::empty(outs[0].shape(), DType::I64)? };
    let width = values.shape().last().copied().unwrap_or(1);
    let side = side(c)?;
    match_dtype!(dtype, T in [Bool, U8, I8, I16, I32, I64, U16, U32, U64, F16, BF16, F32, F64] => {
        search(iter::slice::<T>(&sorted)?, len, order, iter::slice::<T>(&values)?, width, side, iter::slice_mut::<i64>(&out)?)
    }, else return Err(c.unsupported(dtype)));
    if out.is(&outs[0]) { Ok(()) } else { copy::copy_into(&outs[0], &out) }
}
