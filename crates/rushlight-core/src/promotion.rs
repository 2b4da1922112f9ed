//! Which dtype a mixture of operands computes in: PyTorch's rules.
//!
//! Three categories, strongest first: tensors with dimensions, 0-d tensors, Python numbers. A weaker category decides
//! only when its kind (bool < integer < float < complex) is higher.

use crate::tensor::{Tensor, default_dtype};
use rushlight_kernels::DType;

/// The smallest type both convert to.
pub fn promote(a: DType, b: DType) -> DType {
    use DType::*;
    if a == b {
        return a;
    }
    let rank = |d: DType| match d {
        Bool => 0,
        d if d.is_int() => 1,
        d if d.is_float() => 2,
        _ => 3,
    };
    let (lo, hi) = if rank(a) <= rank(b) { (a, b) } else { (b, a) };
    match (rank(lo), rank(hi)) {
        (3, 3) => C128,
        (2, 3) => {
            if lo == F64 {
                C128
            } else {
                hi
            }
        }
        (_, 3) => hi,
        (2, 2) => {
            if lo.size() == hi.size() {
                F32
            } else if lo.size() > hi.size() {
                lo
            } else {
                hi
            }
        }
        (_, 2) => hi,
        (0, _) => hi,
        _ => promote_ints(lo, hi),
    }
}

fn promote_ints(a: DType, b: DType) -> DType {
    if a.is_signed() == b.is_signed() {
        return if a.size() >= b.size() { a } else { b };
    }
    let (signed, unsigned) = if a.is_signed() { (a, b) } else { (b, a) };
    match unsigned.size().max(if signed.size() > unsigned.size() { 0 } else { unsigned.size() }) {
        size if signed.size() > size => signed,
        1 => DType::I16,
        2 => DType::I32,
        _ => DType::I64,
    }
}

fn kind(d: DType) -> u8 {
    match d {
        DType::Bool => 0,
        d if d.is_int() => 1,
        d if d.is_float() => 2,
        _ => 3,
    }
}

/// The dtype of the result of an operation over these operands.
pub fn result_type<'a>(operands: impl IntoIterator<Item = &'a Tensor>) -> DType {
    let mut by_category: [Option<DType>; 3] = [None; 3];
    for x in operands {
        let (category, dtype) = if x.is_wrapped() { (2, wrapped_dtype(x.dtype())) } else { ((x.ndim() == 0) as usize, x.dtype()) };
        let slot = &mut by_category[category];
        *slot = Some(slot.map_or(dtype, |d| promote(d, dtype)));
    }
    let combine = |strong: Option<DType>, weak: Option<DType>| match (strong, weak) {
        (Some(s), Some(w)) if s.is_float() && w.is_complex() => Some(s.to_complex()),
        (Some(s), Some(w)) if kind(w) > kind(s) => Some(promote(s, w)),
        (Some(s), _) => Some(s),
        (None, w) => w,
    };
    let [dims, zero, wrapped] = by_category;
    combine(dims, combine(zero, wrapped)).unwrap_or_else(default_dtype)
}

/// Python numbers come in the default types of their kind.
fn wrapped_dtype(dtype: DType) -> DType {
    match dtype {
        DType::F64 => default_dtype(),
        DType::C128 => default_dtype().to_complex(),
        other => other,
    }
}

/// Whether PyTorch would cast a result of type `from` into an existing tensor of type `to`.
pub fn can_cast(from: DType, to: DType) -> bool {
    kind(from) <= kind(to) && !(to == DType::Bool && from != DType::Bool)
}
