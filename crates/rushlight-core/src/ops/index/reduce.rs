//! Reductions of scattered values.

use super::gather::{from_source, infer_scatter, scatter_into, source_part};
use super::*;
use crate::ops::{Arg, call1};
use crate::{Kind, Scalar, rows};

rows! {
    SCATTER_REDUCE = Op::new("scatter_reduce(Tensor self, int dim, Tensor index, Tensor src, str reduce, *, bool include_self=True) -> Tensor", Rule::Kernel { infer, run }).vjp(7, 1, gradients).in_place_by(update_in_place).exact_out().doc("Reduces values at given positions of a dimension: sum, prod, mean, amax or amin");
}

fn how(c: &Call) -> Result<How> {
    Ok(match c.text(1) {
        "sum" | "mean" => How::Sum,
        "prod" => How::Product,
        "amax" => How::Largest,
        "amin" => How::Smallest,
        other => bail!(Runtime, "reduce argument must be either sum, prod, mean, amax or amin, got {other}"),
    })
}

fn infer(c: &Call) -> Result<Metas> {
    how(c)?;
    infer_scatter(c)
}

/// What a reduction begins with where the operand does not count.
fn neutral(how: How, dtype: DType) -> Scalar {
    let extreme = |negative: bool| match dtype {
        d if d.is_differentiable() => Scalar::Float(if negative { f64::NEG_INFINITY } else { f64::INFINITY }),
        DType::Bool => Scalar::Bool(!negative),
        DType::U64 if !negative => Scalar::UInt(u64::MAX),
        d if !d.is_signed() => Scalar::Int(if negative { 0 } else { (1i64 << (8 * d.size()).min(62)) - 1 }),
        d => {
            let top = i64::MAX >> (64 - 8 * d.size());
            Scalar::Int(if negative { -top - 1 } else { top })
        }
    };
    match how {
        How::Product => Scalar::Int(1),
        How::Largest => extreme(true),
        How::Smallest => extreme(false),
        How::Sum | How::Assign => Scalar::Int(0),
    }
}

fn run(c: &Call, outs: &[Tensor]) -> Result<()> {
    let (x, index, out) = (c.input(0)?, c.input(1)?, &outs[0]);
    let (how, axis) = (how(c)?, Axis::of_call(c, x, 0)?);
    let at = checked(index, axis.size, |i| outside(Kind::Runtime, i, axis.dim, axis.size))?;
    let src = source_part(c.input(2)?, index, x.dtype())?;
    start(out, x)?;
    if !c.flag(2) {
        let first = Tensor::full(&[1], neutral(how, x.dtype()), x.dtype(), crate::Device::Cpu)?;
        scatter_into(c, How::Assign, out, axis.dim, &at, &first)?;
    }
    scatter_into(c, how, out, axis.dim, &at, &src)?;
    if c.text(1) == "mean" { divide_by_counts(c, out, axis.dim, &at) } else { Ok(()) }
}

fn divide_by_counts(c: &Call, out: &Tensor, dim: usize, at: &Tensor) -> Result<()> {
    let counts = Tensor::full(out.shape(), Scalar::Int(1), DType::I64, crate::Device::Cpu)?;
    let one = Tensor::full(&[1], Scalar::Int(1), DType::I64, crate::Device::Cpu)?;
    if !c.flag(2) {
        scatter_into(c, How::Assign, &counts, dim, at, &Tensor::full(&[1], Scalar::Int(0), DType::I64, crate::Device::Cpu)?)?;
    }
    scatter_into(c, How::Sum, &counts, dim, at, &one)?;
    let rounding = if out.dtype().is_differentiable() { Arg::None } else { Arg::from("floor") };
    let mean = call1(&crate::ops::elementwise::binary::DIV, &[out, &counts.maximum(1i64)?], &[rounding])?;
    copy::copy_into(out, &mean)
}

/// How many values met at each place, as numbers of the gradient's type, at least one.
fn counts(b: &Back) -> Result<Tensor> {
    let (g, index) = (b.g()?, b.x(1)?);
    let own = if b.call().flag(2) { 1.0 } else { 0.0 };
    let start = Tensor::full(b.shape(0), 1.0.into(), g.dtype(), g.device())?.scatter_value(dim(b)?, index, own)?;
    let ones = Tensor::full(index.shape(), 1.0.into(), g.dtype(), g.device())?;
    start.scatter_add(dim(b)?, index, &ones)?.maximum(1.0)
}

fn dim(b: &Back) -> Result<i64> {
    b.call().int(0)
}

/// The source as far as the index reaches.
fn used(b: &Back) -> Result<Tensor> {
    let mut part = b.x(2)?.clone();
    for (k, &n) in b.x(1)?.shape().iter().enumerate() {
        part = part.slice(k as i64, 0, n as i64)?;
    }
    Ok(part)
}

/// Gradients of operand and source before the operand is excluded where it did not count.
fn gradients(b: &Back) -> Result<Grads> {
    let (g, index) = (b.g()?, b.x(1)?);
    let (own, source) = match b.call().text(1) {
        "sum" => (g.clone(), g.gather(dim(b)?, index)?),
        "mean" => {
            let g = g.div(counts(b)?)?;
            (g.clone(), g.gather(dim(b)?, index)?)
        }
        "prod" => through_product(b)?,
        _ => to_extremes(b)?,
    };
    let own = if b.call().flag(2) { own } else { own.scatter_value(dim(b)?, index, 0.0)? };
    around_index(b, || Ok(own), || from_source(b, &source))
}

/// Values equal to the extreme share its gradient.
fn to_extremes(b: &Back) -> Result<(Tensor, Tensor)> {
    let (g, index, y, d) = (b.g()?, b.x(1)?, b.y(0)?, dim(b)?);
    let own = b.x(0)?.eq(y)?.to_dtype(g.dtype())?;
    let own = if b.call().flag(2) { own } else { own.scatter_value(d, index, 0.0)? };
    let source = used(b)?.eq(y.gather(d, index)?)?.to_dtype(g.dtype())?;
    let share = g.div(own.scatter_add(d, index, &source)?)?;
    Ok((share.mul(&own)?, source.mul(share.gather(d, index)?)?))
}

/// The product of all other factors: that of the factors other than zero, divided by the own one, times the other zero if
/// there is one; of more zeros a second derivative knows nothing.
fn through_product(b: &Back) -> Result<(Tensor, Tensor)> {
    let (g, index, d, include) = (b.g()?, b.x(1)?, dim(b)?, b.call().flag(2));
    let (x, src) = (b.x(0)?, used(b)?);
    let (own, others) = (Factors::of(x)?, Factors::of(&src)?);
    let start = |own: &Tensor| if include { Ok(own.clone()) } else { own.scatter_value(d, index, 0.0) };
    let all = Factors {
        kept: call1(&SCATTER_REDUCE, &[&own.kept, index, &others.kept], &[Arg::from(d), Arg::from("prod"), Arg::from(include)])?,
        zero: start(&own.zero)?.scatter_add(d, index, &others.zero)?,
        zeros: start(&own.zeros)?.scatter_add(d, index, &others.zeros)?,
    };
    let there = Factors { kept: all.kept.gather(d, index)?, zero: all.zero.gather(d, index)?, zeros: all.zeros.gather(d, index)? };
    Ok((g.mul(all.without(&own)?)?, g.gather(d, index)?.mul(there.without(&others)?)?))
}

/// Factors of products, or the products, their zeros apart.
struct Factors {
    /// One for a zero.
    kept: Tensor,
    /// The zeros, or their sum: zero, but it moves with them.
    zero: Tensor,
    /// How many zeros.
    zeros: Tensor,
}

impl Factors {
    fn of(x: &Tensor) -> Result<Factors> {
        let zero = x.eq(0.0)?;
        let kept = zero.pick(&Tensor::wrapped(1.0.into())?, x)?.to_dtype(x.dtype())?;
        Ok(Factors { kept, zero: zero.pick(x, 0.0)?, zeros: zero.to_dtype(x.dtype())? })
    }

    /// The conjugate product of all factors but one.
    fn without(&self, one: &Factors) -> Result<Tensor> {
        let (rest, zeros) = (self.kept.div(&one.kept)?, self.zeros.sub(&one.zeros)?);
        let through_zero = rest.mul(self.zero.sub(&one.zero)?)?;
        zeros.eq(0.0)?.pick(&rest, zeros.eq(1.0)?.pick(&through_zero, 0.0)?)?.conj()
    }
}
