//! Layers: convolution, pooling, normalisation, attention, resampling, losses.
//!
//! Kernels here read contiguous float32 or float64. [`read`] brings other layouts and the half types to that form,
//! [`write`] takes results back.

pub mod attention;
pub mod convolution;
pub mod fold;
pub mod grid;
pub mod loss;
pub mod nll;
pub mod norm;
pub mod pooling;
pub mod recurrent;
pub mod softmax;
pub mod upsample;

use super::{Call, Meta, copy};
use crate::layout::{Layout, MemoryFormat};
use crate::tensor::Tensor;
use crate::{DType, Result, bail};
use smallvec::{SmallVec, smallvec};

/// Runs an expression with `T` bound to f32 or f64.
macro_rules! match_float {
    ($call:expr, $dtype:expr, $t:ident => $e:expr) => {
        rushlight_kernels::match_dtype!($dtype, $t in [F32, F64] => $e, else Err($call.unsupported($dtype)))
    };
}
pub(crate) use match_float;

/// The type a row computes in: float32 for the half types; other than floating types are refused.
pub(crate) fn working_type(call: &Call, dtype: DType) -> Result<DType> {
    match dtype {
        DType::F16 | DType::BF16 => Ok(DType::F32),
        DType::F32 | DType::F64 => Ok(dtype),
        other => Err(call.unsupported(other)),
    }
}

/// An operand as kernels read it: contiguous, of the given type, outside the graph.
pub(crate) fn read(x: &Tensor, dtype: DType) -> Result<Tensor> {
    let x = x.detach()?.contiguous()?;
    if x.dtype() == dtype { Ok(x) } else { copy::cast(&x, dtype) }
}

/// As [`read`], of an operand that may be absent.
pub(crate) fn read_optional(x: Option<&Tensor>, dtype: DType) -> Result<Option<Tensor>> {
    x.map(|x| read(x, dtype)).transpose()
}

/// Lets a kernel fill a contiguous tensor of the given type, which is the result or becomes it.
pub(crate) fn write(out: &Tensor, dtype: DType, fill: impl FnOnce(&Tensor) -> Result<()>) -> Result<()> {
    if out.dtype() == dtype && out.is_contiguous() {
        return fill(out);
    }
    let wide = Tensor::empty(out.shape(), dtype)?;
    fill(&wide)?;
    copy::copy_into(out, &wide)
}

/// A result in the memory order of `x`: channels last where `x` is.
pub(crate) fn like(x: &Tensor, shape: &[usize], dtype: DType) -> Meta {
    let format = match x.ndim() {
        4 if shape.len() == 4 => MemoryFormat::ChannelsLast,
        5 if shape.len() == 5 => MemoryFormat::ChannelsLast3d,
        _ => return Meta::new(shape, dtype),
    };
    if !x.is_contiguous() && x.layout().is_format(format) { Meta { layout: Layout::with_format(shape, format), dtype } } else { Meta::new(shape, dtype) }
}

/// The argument `i` as one number for each of `n` spatial dimensions; a single number counts for all.
pub(crate) fn per_dim(call: &Call, i: usize, name: &str, n: usize) -> Result<SmallVec<[i64; 4]>> {
    let values = call.ints(i)?;
    match values.len() {
        len if len == n => Ok(values),
        1 => Ok(smallvec![values[0]; n]),
        _ => {
            bail!(Runtime, "{}(): expected {name} to be a single integer value or a list of {n} values, but got {name}={:?}", call.op.name(), values.as_slice())
        }
    }
}

/// Up to three sizes as three, the missing first ones being `fill`.
pub(crate) fn three(values: &[usize], fill: usize) -> [usize; 3] {
    let mut out = [fill; 3];
    out[3 - values.len()..].copy_from_slice(values);
    out
}

/// Sizes as the integers arguments hold.
pub(crate) fn sizes(shape: &[usize]) -> SmallVec<[i64; 6]> {
    shape.iter().map(|&n| n as i64).collect()
}

/// Checked numbers as sizes.
pub(crate) fn unsigned(values: &[i64]) -> SmallVec<[usize; 4]> {
    values.iter().map(|&v| v.max(0) as usize).collect()
}
