//! Mixed precision: rows that are safe in low precision get their operands converted at the gate.

use crate::ops::{Autocast, Inputs, Op};
use crate::tensor::Tensor;
use crate::{DType, Result};
use std::cell::Cell;

thread_local! {
    static LOW: Cell<Option<DType>> = const { Cell::new(None) };
}

/// The low-precision type, if autocast is on for this thread.
#[inline]
pub fn dtype() -> Option<DType> {
    LOW.get()
}

/// Switches autocast and returns the old setting.
pub fn set(low: Option<DType>) -> Option<DType> {
    LOW.replace(low)
}

/// Runs with autocast off.
pub(crate) fn without<T>(run: impl FnOnce() -> T) -> T {
    let old = set(None);
    let result = run();
    set(old);
    result
}

/// Converts the floating operands of a row as its kind asks.
pub(crate) fn convert(op: &Op, inputs: Inputs, low: DType) -> Result<Inputs> {
    let target = match op.autocast {
        Autocast::Leave | Autocast::Off => return Ok(inputs),
        Autocast::Lower => low,
        Autocast::Raise => DType::F32,
        Autocast::Widest => widest(&inputs).unwrap_or(low),
    };
    without(|| inputs.into_iter().map(|x| x.map(|x| cast(x, target)).transpose()).collect())
}

/// float32 if an operand has it, else the low type they share.
fn widest(inputs: &Inputs) -> Option<DType> {
    inputs.iter().flatten().map(Tensor::dtype).filter(|d| d.is_float()).max_by_key(|d| d.size())
}

/// float64 and everything that is no floating type stay as they are.
fn cast(x: Tensor, target: DType) -> Result<Tensor> {
    if matches!(x.dtype(), DType::F16 | DType::BF16 | DType::F32) && x.dtype() != target { x.to_dtype(target) } else { Ok(x) }
}
