//! First and second derivatives of every elementwise row against central differences, for real and complex operands.

use num_complex::Complex64;
use rushlight_core::autograd::engine::run_backward;
use rushlight_core::ops::elementwise::{activation, binary, ternary, unary};
use rushlight_core::ops::schema::{Signature, parse};
use rushlight_core::ops::{Arg, Args, Inputs, NOT_DIFFERENTIABLE, Op, call};
use rushlight_core::{DType, Result, Tensor};

const POINTS: usize = 7;

/// An interval inside the domain of a function, away from its kinks at whole and half numbers.
type Range = (f64, f64);

/// Where to test the operands of a row; the last range serves those that follow.
fn ranges(name: &str) -> &'static [Range] {
    match name {
        "log" | "log2" | "log10" | "sqrt" | "rsqrt" | "reciprocal" | "lgamma" | "digamma" | "polygamma" => &[(0.3, 2.6)],
        "log1p" => &[(-0.7, 2.0)],
        "acosh" => &[(1.2, 3.0)],
        "tan" => &[(-1.2, 1.1)],
        "asin" | "acos" | "atanh" | "erfinv" => &[(-0.9, 0.9)],
        "special_ndtri" | "logit" => &[(0.1, 0.9)],
        "pow" => &[(0.3, 2.0), (-1.9, 2.1)],
        "igamma" | "igammac" => &[(0.6, 2.0), (0.3, 3.0)],
        "special_zeta" => &[(1.5, 3.0), (0.4, 2.0)],
        "xlogy" => &[(-1.8, 1.9), (0.3, 2.0)],
        "special_xlog1py" => &[(-1.8, 1.9), (-0.6, 2.0)],
        "div" | "floor_divide" | "remainder" | "fmod" => &[(-3.8, 3.9), (0.6, 1.4)],
        "addcdiv" => &[(-1.8, 1.9), (-1.8, 1.9), (0.6, 1.4)],
        "_clamp_between" => &[(-1.8, 1.9), (-0.9, -0.4), (0.4, 0.9)],
        "hardswish" | "hardsigmoid" => &[(-4.1, 4.2)],
        _ => &[(-1.8, 1.9)],
    }
}

/// Arguments without a default.
fn required(name: &str, parameter: &str) -> Arg {
    match (name, parameter) {
        ("polygamma", "n") => Arg::from(2i64),
        ("threshold", "threshold") => Arg::from(0.13),
        ("threshold", "value") => Arg::from(-2.0),
        _ => panic!("{name}: no test value for '{parameter}'"),
    }
}

/// Operands that PyTorch gives no derivative by.
fn has_gradient(name: &str, operand: usize) -> bool {
    operand > 0 || !matches!(name, "igamma" | "igammac" | "special_zeta" | "where")
}

fn arguments(signature: &Signature) -> Args {
    let others = signature.params.iter().filter(|p| !p.ty.is_tensor());
    others.map(|p| p.default.clone().unwrap_or_else(|| required(signature.name, p.name))).collect()
}

/// Values spread over a range in an order that differs by operand, so that no two operands agree anywhere.
fn values(range: Range, operand: usize) -> Vec<f64> {
    let order = |i: usize| (i * (operand + 2) + operand) % POINTS;
    (0..POINTS).map(|i| range.0 + (range.1 - range.0) * (order(i) as f64 + 0.37 + 0.11 * operand as f64) / POINTS as f64).collect()
}

fn operand(name: &str, i: usize, dtype: DType) -> Result<Tensor> {
    if name == "where" && i == 0 {
        return Tensor::of(&[true, false, true, true, false, false, true], &[POINTS]);
    }
    let ranges = ranges(name);
    let real = values(ranges[i.min(ranges.len() - 1)], i);
    if dtype == DType::F64 {
        return Tensor::of(&real, &[POINTS]);
    }
    let complex: Vec<Complex64> = real.iter().zip(values((0.2, 0.7), i + 1)).map(|(&re, im)| Complex64::new(re, im)).collect();
    Tensor::of(&complex, &[POINTS])
}

/// A sum of all real and imaginary parts, each with its own weight.
fn weighted(x: &Tensor) -> Result<Tensor> {
    let x = if x.dtype().is_complex() { x.view_as_real()? } else { x.clone() };
    let weights: Vec<f64> = (0..x.numel()).map(|i| 1.0 + (1.7 * i as f64).sin()).collect();
    x.mul(Tensor::of(&weights, x.shape())?)?.sum_all()
}

fn loss(op: &'static Op, operands: &[Tensor], args: &Args) -> Result<Tensor> {
    let inputs: Inputs = operands.iter().map(|x| Some(x.clone())).collect();
    weighted(&call(op, inputs, args.clone())?[0])
}

fn gradient(of: &Tensor, by: &Tensor, again: bool) -> Result<Option<Tensor>> {
    let mut grads = run_backward(std::slice::from_ref(of), &[None], again, again, Some(std::slice::from_ref(by)), true)?;
    Ok(grads.remove(0))
}

/// The numbers of a tensor: real and imaginary parts in turn.
fn numbers(x: &Tensor) -> Result<Vec<f64>> {
    if !x.dtype().is_complex() {
        return x.to_vec::<f64>();
    }
    Ok(x.to_vec::<Complex64>()?.iter().flat_map(|z| [z.re, z.im]).collect())
}

fn moved(x: &Tensor, k: usize, by: f64) -> Result<Tensor> {
    let mut numbers = numbers(x)?;
    numbers[k] += by;
    if !x.dtype().is_complex() {
        return Tensor::of(&numbers, x.shape());
    }
    let pairs: Vec<Complex64> = numbers.chunks(2).map(|z| Complex64::new(z[0], z[1])).collect();
    Tensor::of(&pairs, x.shape())
}

/// Compares a gradient by operand `i` with central differences of `f`.
fn compare(what: &str, operands: &[Tensor], i: usize, grad: &[f64], f: &dyn Fn(&[Tensor]) -> Result<f64>) -> Result<()> {
    const STEP: f64 = 1e-5;
    for (k, &g) in grad.iter().enumerate() {
        let at = |by: f64| -> Result<f64> {
            let mut all = operands.to_vec();
            all[i] = moved(&all[i], k, by)?;
            f(&all)
        };
        let slope = (at(STEP)? - at(-STEP)?) / (2.0 * STEP);
        assert!((g - slope).abs() <= 2e-6 * slope.abs().max(1.0), "{what} by operand {i}, number {k}: {g}, by differences {slope}");
    }
    Ok(())
}

fn zeros_or(grad: Option<Tensor>, like: &Tensor) -> Result<Vec<f64>> {
    numbers(&match grad {
        Some(g) => g.detach()?,
        None => like.detach()?.zeros_like()?,
    })
}

/// The sum of the recorded gradient, as a function of the operands.
fn slope_sum(op: &'static Op, operands: &[Tensor], i: usize, args: &Args) -> Result<(Vec<Tensor>, Option<Tensor>)> {
    let leaves: Vec<Tensor> = operands.iter().map(|x| x.copied()).collect::<Result<_>>()?;
    leaves[i].set_requires_grad(true)?;
    let first = gradient(&loss(op, &leaves, args)?, &leaves[i], true)?;
    let sum = first.map(|g| weighted(&g)).transpose()?;
    Ok((leaves, sum))
}

fn check(op: &'static Op, operands: &[Tensor], i: usize, args: &Args) -> Result<()> {
    let leaves: Vec<Tensor> = operands.iter().map(|x| x.copied()).collect::<Result<_>>()?;
    leaves[i].set_requires_grad(true)?;
    let first = gradient(&loss(op, &leaves, args)?, &leaves[i], false)?;
    compare(op.name(), operands, i, &zeros_or(first, &leaves[i])?, &|all| Ok(loss(op, all, args)?.item()?.to_f64()))?;

    let (leaves, sum) = slope_sum(op, operands, i, args)?;
    let Some(sum) = sum.filter(Tensor::requires_grad) else { return Ok(()) };
    let second = gradient(&sum, &leaves[i], false)?;
    let differentiated = |all: &[Tensor]| slope_sum(op, all, i, args)?.1.map_or(Ok(0.0), |s| s.item().map(|v| v.to_f64()));
    compare(&format!("derivative of {}", op.name()), operands, i, &zeros_or(second, &leaves[i])?, &differentiated)
}

fn rows() -> impl Iterator<Item = &'static Op> {
    let all = [unary::ROWS, activation::ROWS, binary::ROWS, ternary::ROWS];
    all.into_iter().flatten().copied().filter(|op| op.vjp.is_some() && op.integral != NOT_DIFFERENTIABLE)
}

/// Checks every row that computes in a type; returns how many did.
fn check_all(dtype: DType) -> Result<usize> {
    let mut checked = 0;
    for op in rows() {
        let signature = parse(op);
        let count = signature.params.iter().filter(|p| p.ty.is_tensor()).count();
        let operands: Vec<Tensor> = (0..count).map(|i| operand(op.name(), i, dtype)).collect::<Result<_>>()?;
        let args = arguments(&signature);
        if dtype.is_complex() && loss(op, &operands, &args).is_err() {
            continue;
        }
        for i in (0..count).filter(|&i| has_gradient(op.name(), i)) {
            check(op, &operands, i, &args)?;
        }
        checked += 1;
    }
    Ok(checked)
}

#[test]
fn real_derivatives_agree_with_differences() -> Result<()> {
    assert!(check_all(DType::F64)? > 90);
    Ok(())
}

#[test]
fn complex_derivatives_agree_with_differences() -> Result<()> {
    assert!(check_all(DType::C128)? > 30);
    Ok(())
}
