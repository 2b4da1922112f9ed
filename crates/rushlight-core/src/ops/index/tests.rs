//! Derivatives of indexing, sorting, scans and padding against finite differences.

use crate::autograd::engine;
use crate::ops::{Arg, Args, Inputs, Op, call};
use crate::tensor::Tensor;
use crate::{DType, Kind, Result};
use smallvec::smallvec;

fn numbers(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    (0..n)
        .map(|_| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 11) as f64 / (1u64 << 53) as f64 * 2.0 - 1.0
        })
        .collect()
}

fn random(shape: &[usize], seed: u64) -> Tensor {
    Tensor::of(&numbers(shape.iter().product(), seed), shape).expect("numbers fit")
}

fn index(values: &[i64], shape: &[usize]) -> Tensor {
    Tensor::of(values, shape).expect("numbers fit")
}

/// A weighted sum of the first result.
fn loss(op: &'static Op, inputs: &[Tensor], args: &Args) -> Result<Tensor> {
    let out = call(op, inputs.iter().map(|x| Some(x.clone())).collect::<Inputs>(), args.clone())?.remove(0);
    out.mul(random(out.shape(), 99))?.sum_all()
}

/// Compares gradients of all floating inputs with central differences.
fn check(op: &'static Op, inputs: &[Tensor], args: Args) -> Result<()> {
    let leaves: Vec<Tensor> = inputs.iter().map(|x| x.copied()).collect::<Result<_>>()?;
    let wanted: Vec<usize> = (0..leaves.len()).filter(|&i| leaves[i].dtype() == DType::F64).collect();
    wanted.iter().try_for_each(|&i| leaves[i].set_requires_grad(true))?;
    let of: Vec<Tensor> = wanted.iter().map(|&i| leaves[i].clone()).collect();
    let grads = engine::grad(&[loss(op, &leaves, &args)?], &of)?;
    for (&i, grad) in wanted.iter().zip(&grads) {
        let grad = grad.as_ref().expect("a gradient").to_vec::<f64>()?;
        let start = inputs[i].to_vec::<f64>()?;
        for (k, &g) in grad.iter().enumerate() {
            let at = |delta: f64| -> Result<f64> {
                let mut values = start.clone();
                values[k] += delta;
                let mut moved = inputs.to_vec();
                moved[i] = Tensor::of(&values, inputs[i].shape())?;
                Ok(loss(op, &moved, &args)?.item()?.to_f64())
            };
            let slope = (at(1e-6)? - at(-1e-6)?) / 2e-6;
            assert!((g - slope).abs() < 1e-6 * slope.abs().max(1.0), "{} input {i} element {k}: {g} and {slope}", op.name());
        }
    }
    Ok(())
}

#[test]
fn gradients_agree_with_differences() -> Result<()> {
    use super::{advanced::*, embedding::*, gather::*, reduce::*, slices::*};
    use crate::ops::{scan::*, shape::arrange::*, shape::pad::*, sort::*};
    let x = random(&[3, 4], 1);
    let one = || -> Args { smallvec![Arg::from(1i64)] };
    check(&GATHER, &[x.clone(), index(&[3, 0, 0, 1, 2, 2], &[3, 2])], one())?;
    check(&SCATTER, &[x.clone(), index(&[3, 0, 0, 1, 2, 1], &[3, 2]), random(&[3, 2], 2)], one())?;
    check(&SCATTER_ADD, &[x.clone(), index(&[3, 0, 0, 0, 2, 2], &[3, 2]), random(&[3, 3], 2)], one())?;
    for reduce in ["sum", "prod", "mean", "amax", "amin"] {
        for include in [false, true] {
            let args: Args = smallvec![Arg::from(1i64), Arg::from(reduce), Arg::from(include)];
            check(&SCATTER_REDUCE, &[x.clone(), index(&[3, 0, 0, 0, 2, 2], &[3, 2]), random(&[3, 2], 2)], args)?;
        }
    }
    check(&INDEX_SELECT, &[x.clone(), index(&[3, 3, 1], &[3])], one())?;
    check(&INDEX_ADD, &[x.clone(), index(&[3, 3], &[2]), random(&[3, 2], 2)], smallvec![Arg::from(1i64), Arg::from(2.5)])?;
    check(&INDEX_COPY, &[x.clone(), index(&[3, 0], &[2]), random(&[3, 2], 2)], one())?;
    check(&INDEX, &[x.clone(), index(&[2, 0, 2], &[3]), index(&[-1, 1, 3], &[3])], smallvec![])?;
    check(&INDEX_PUT_VALUES, &[x.clone(), random(&[2, 4], 2), index(&[2, 0], &[2])], smallvec![Arg::from(false)])?;
    check(&EMBEDDING, &[x.clone(), index(&[2, 0, 2], &[3])], smallvec![Arg::from(-1i64)])?;
    check(&SORT, std::slice::from_ref(&x), one())?;
    check(&TOPK, std::slice::from_ref(&x), smallvec![Arg::from(2i64), Arg::from(0i64), Arg::from(true), Arg::from(true)])?;
    check(&CUMSUM, std::slice::from_ref(&x), one())?;
    check(&CUMPROD, &[Tensor::of(&[0.5, 0.0, 2.0, 0.0, 1.5, -1.0], &[2, 3])?], one())?;
    check(&LOGCUMSUMEXP, std::slice::from_ref(&x), one())?;
    check(&CUMMAX, std::slice::from_ref(&x), one())?;
    check(&REFLECTION_PAD, std::slice::from_ref(&x), smallvec![Arg::ints(&[2, 1])])?;
    check(&CONSTANT_PAD, std::slice::from_ref(&x), smallvec![Arg::ints(&[2, -1, -1, 3]), Arg::from(1i64)])?;
    check(&ROLL, std::slice::from_ref(&x), smallvec![Arg::ints(&[1, -1]), Arg::ints(&[0, 1])])
}

#[test]
fn positions_outside_are_refused_and_nothing_is_written() -> Result<()> {
    let x = Tensor::of(&[1.0, 2.0, 3.0], &[3])?;
    let error = x.index(&[Some(index(&[0, 5], &[2]))]).expect_err("outside");
    assert_eq!((error.kind(), error.message()), (Kind::Index, "index 5 is out of bounds for dimension 0 with size 3"));
    assert!(x.index_put_in_place(&[Some(index(&[0, 3], &[2]))], &Tensor::wrapped(9.0.into())?).is_err());
    assert_eq!(x.to_vec::<f64>()?, [1.0, 2.0, 3.0]);
    x.index_put_in_place(&[Some(index(&[0, -1], &[2]))], &Tensor::wrapped(9.0.into())?)?;
    assert_eq!(x.to_vec::<f64>()?, [9.0, 2.0, 9.0]);
    Ok(())
}
