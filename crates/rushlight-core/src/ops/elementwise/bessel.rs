//! Bessel functions.

use super::Domain::Float;
use super::unary::unary;
use crate::ops::{Op, call1};
use crate::tensor::Tensor;
use crate::{Result, grads, rows};
use rushlight_kernels::elementwise::Unary;

const X: u32 = 1;
const Y: u32 = 1;

rows! {
    J0 = unary("special_bessel_j0(Tensor self) -> Tensor", Unary::BesselJ0, Float).vjp(X, 0, |b| grads![b; b.g()?.mul(at(&J1, b.x(0)?)?.neg()?)?]).doc("Bessel function of the first kind, order 0");
    J1 = unary("special_bessel_j1(Tensor self) -> Tensor", Unary::BesselJ1, Float).vjp(X, Y, |b| grads![b; b.g()?.mul(j1_slope(b.x(0)?, b.y(0)?)?)?]).doc("Bessel function of the first kind, order 1");
    Y0 = unary("special_bessel_y0(Tensor self) -> Tensor", Unary::BesselY0, Float).vjp(X, 0, |b| grads![b; b.g()?.mul(at(&Y1, b.x(0)?)?.neg()?)?]).doc("Bessel function of the second kind, order 0");
    Y1 = unary("special_bessel_y1(Tensor self) -> Tensor", Unary::BesselY1, Float).vjp(X, Y, |b| grads![b; b.g()?.mul(at(&Y0, b.x(0)?)?.sub(b.y(0)?.div(b.x(0)?)?)?)?]).doc("Bessel function of the second kind, order 1");
    K0 = unary("special_modified_bessel_k0(Tensor self) -> Tensor", Unary::BesselK0, Float).vjp(X, 0, |b| grads![b; b.g()?.mul(at(&K1, b.x(0)?)?.neg()?)?]).doc("Modified Bessel function of the second kind, order 0");
    K1 = unary("special_modified_bessel_k1(Tensor self) -> Tensor", Unary::BesselK1, Float).vjp(X, Y, |b| grads![b; b.g()?.mul(at(&K0, b.x(0)?)?.add(b.y(0)?.div(b.x(0)?)?)?.neg()?)?]).doc("Modified Bessel function of the second kind, order 1");
    K0E = unary("special_scaled_modified_bessel_k0(Tensor x) -> Tensor", Unary::BesselK0e, Float).vjp(X, Y, |b| grads![b; b.g()?.mul(b.y(0)?.sub(at(&K1E, b.x(0)?)?)?)?]).doc("e^x K0(x)");
    K1E = unary("special_scaled_modified_bessel_k1(Tensor x) -> Tensor", Unary::BesselK1e, Float).vjp(X, Y, |b| grads![b; b.g()?.mul(b.y(0)?.sub(at(&K0E, b.x(0)?)?)?.sub(b.y(0)?.div(b.x(0)?)?)?)?]).doc("e^x K1(x)");
    AIRY_AI = unary("special_airy_ai(Tensor x) -> Tensor", Unary::AiryAi, Float).doc("Airy function Ai");
}

fn at(row: &'static Op, x: &Tensor) -> Result<Tensor> {
    call1(row, &[x], &[])
}

/// J0(x) - J1(x) / x, 1/2 at zero.
fn j1_slope(x: &Tensor, y: &Tensor) -> Result<Tensor> {
    let zero = x.eq(0.0)?;
    // Dividing by a number that is not zero keeps the second derivative finite.
    zero.pick(0.5, at(&J0, x)?.sub(y.div(zero.pick(1.0, x)?)?)?)
}
