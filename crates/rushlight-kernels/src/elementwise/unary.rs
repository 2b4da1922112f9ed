//! One operand: the table of formulas.

use super::bessel;
use super::driver::{Loop, groups, limited, loop1};
use super::math::Math;

use super::special::{self, constant as c};
use crate::DType;
use num_complex::Complex;

/// `|x|` and the argument of a complex number have the real type.
macro_rules! to_real {
    ($d:expr, |$x:ident| $body:expr) => {
        match $d {
            DType::C64 => return loop1!(Complex<f32> => f32, |$x, _| $body),
            DType::C128 => return loop1!(Complex<f64> => f64, |$x, _| $body),
            _ => {}
        }
    };
}

/// Declares the operations: each names its formulas by type group.
macro_rules! unary_table {
    ($($(#[$doc:meta])* $name:ident { $($arms:tt)* })*) => {
        /// Operations of one operand.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Unary { $($(#[$doc])* $name),* }

        impl Unary {
            /// The loop for elements of `dtype` and the type of its result; `None` where the operation has no meaning.
            pub fn resolve(self, dtype: DType) -> Option<(Loop, DType)> {
                match self { $(Unary::$name => { unary_table!(@arms dtype, $($arms)*); None })* }
            }
        }
    };
    (@arms $d:expr, limited |$x:ident, $p:tt| $b:expr, unless |$y:ident| $far:expr => $rare:expr; $($rest:tt)*) => {
        limited!(loop1, $d, |$x, $p| $b, unless |$y| $far => $rare);
        groups!(loop1, $d, $($rest)*)
    };
    (@arms $d:expr, test $($rest:tt)*) => { groups!(test1, $d, $($rest)*) };
    (@arms $d:expr, real |$x:ident| $b:expr; $($rest:tt)*) => { to_real!($d, |$x| $b); groups!(loop1, $d, $($rest)*) };
    (@arms $d:expr, $($rest:tt)*) => { groups!(loop1, $d, $($rest)*) };
}

unary_table! {
    /// |x|
    Abs { real |x| x.norm(); bool |x, _| x; uint |x, _| x; sint |x, _| x.wrapping_abs(); float |x, _| x.abs() }
    /// -x
    Neg { sint |x, _| x.wrapping_neg(); uint |x, _| x.wrapping_neg(); float |x, _| -x; complex |x, _| -x }
    /// x^2
    Square { sint |x, _| x.wrapping_mul(x); uint |x, _| x.wrapping_mul(x); float |x, _| x * x; complex |x, _| x * x }
    /// e^x
    Exp { float |x, _| x.vexp(); complex |x, _| special::complex_exp(x) }
    /// 2^x
    Exp2 { float |x, _| x.exp2(); complex |x, _| special::complex_exp(x * c(x.re, std::f64::consts::LN_2)) }
    /// e^x - 1
    Expm1 { float |x, _| x.vexp_m1(); complex |x, _| special::complex_expm1(x) }
    /// ln x
    Log { float |x, _| x.vln(); complex |x, _| special::complex_ln(x) }
    /// log2 x
    Log2 { float |x, _| x.log2(); complex |x, _| special::complex_ln(x) / c(x.re, std::f64::consts::LN_2) }
    /// log10 x
    Log10 { float |x, _| x.log10(); complex |x, _| special::complex_ln(x) / c(x.re, std::f64::consts::LN_10) }
    /// ln(1 + x)
    Log1p { float |x, _| x.vln_1p(); complex |x, _| special::complex_log1p(x) }
    /// Square root
    Sqrt { float |x, _| x.sqrt(); complex |x, _| x.sqrt() }
    /// 1 / sqrt x
    Rsqrt { float |x, _| 1.0 / x.sqrt(); complex |x, _| x.sqrt().inv() }
    /// 1 / x
    Reciprocal { float |x, _| 1.0 / x; complex |x, _| T::new(1.0, 0.0) / x }
    /// sin x
    Sin { limited |x, _| x.vsin(), unless |x| x.is_far() => x.sin(); complex |x, _| x.sin() }
    /// cos x
    Cos { limited |x, _| x.vcos(), unless |x| x.is_far() => x.cos(); complex |x, _| x.cos() }
    /// tan x
    Tan { limited |x, _| x.vtan(), unless |x| x.is_far() => x.tan(); complex |x, _| special::complex_tan(x) }
    /// arcsin x
    Asin { float |x, _| x.vasin(); complex |x, _| special::complex_asin(x) }
    /// arccos x
    Acos { float |x, _| x.vacos(); complex |x, _| special::complex_acos(x) }
    /// arctan x
    Atan { float |x, _| x.vatan(); complex |x, _| special::complex_atan(x) }
    /// sinh x
    Sinh { float |x, _| x.vsinh(); complex |x, _| x.sinh() }
    /// cosh x
    Cosh { float |x, _| x.vcosh(); complex |x, _| x.cosh() }
    /// tanh x
    Tanh { float |x, _| x.vtanh(); complex |x, _| special::complex_tanh(x) }
    /// arsinh x
    Asinh { float |x, _| special::asinh(x as f64) as _; complex |x, _| special::complex_asinh(x) }
    /// arcosh x
    Acosh { float |x, _| special::acosh(x as f64) as _; complex |x, _| special::complex_acosh(x) }
    /// artanh x
    Atanh { float |x, _| special::atanh(x as f64) as _; complex |x, _| special::complex_atanh(x) }
    /// Error function
    Erf { float |x, _| x.verf() }
    /// 1 - erf x
    Erfc { float |x, _| x.verfc() }
    /// Inverse of erf
    Erfinv { float |x, _| special::erfinv(x as f64) as _ }
    /// ln |Gamma(x)|
    Lgamma { float |x, _| special::lgamma(x as f64) as _ }
    /// d/dx ln Gamma(x)
    Digamma { float |x, _| special::digamma(x as f64) as _ }
    /// The n-th derivative of digamma; n is the first parameter
    Polygamma { float |x, p| if p.0[0] == 1.0 && x < 0.5 { special::Trigamma::trigamma_reflected(x) } else { special::polygamma(p.0[0] as u32, x as f64) as _ } }
    /// Modified Bessel function of the first kind, order 0
    I0 { float |x, _| special::i0(x as f64) as _ }
    /// e^-|x| I0(x)
    I0e { float |x, _| special::i0e(x as f64) as _ }
    /// Order 1
    I1 { float |x, _| special::i1(x as f64) as _ }
    /// e^-|x| I1(x)
    I1e { float |x, _| special::i1e(x as f64) as _ }
    /// Bessel function of the first kind, order 0
    BesselJ0 { float |x, _| libm::j0(x as f64) as _ }
    /// Order 1
    BesselJ1 { float |x, _| libm::j1(x as f64) as _ }
    /// Bessel function of the second kind, order 0
    BesselY0 { float |x, _| libm::y0(x as f64) as _ }
    /// Order 1
    BesselY1 { float |x, _| libm::y1(x as f64) as _ }
    /// Modified Bessel function of the second kind, order 0
    BesselK0 { float |x, _| bessel::k0(x as f64) as _ }
    /// Order 1
    BesselK1 { float |x, _| bessel::k1(x as f64) as _ }
    /// e^x K0(x)
    BesselK0e { float |x, _| bessel::k0e(x as f64) as _ }
    /// e^x K1(x)
    BesselK1e { float |x, _| bessel::k1e(x as f64) as _ }
    /// Airy function
    AiryAi { float |x, _| bessel::airy_ai(x as f64) as _ }
    /// Inverse of the standard normal distribution function
    Ndtri { float |x, _| special::ndtri(x as f64) as _ }
    /// ln of the standard normal distribution function
    LogNdtr { float |x, _| special::log_ndtr(x as f64) as _ }
    /// e^(x^2) erfc x
    Erfcx { float |x, _| special::erfcx(x as f64) as _ }
    /// sin(pi x) / (pi x)
    Sinc { float |x, _| { let t = x as f64 * std::f64::consts::PI; (if t == 0.0 { 1.0 } else { t.sin() / t }) as _ }; complex |x, _| { let t = x * c(x.re, std::f64::consts::PI); if t.norm_sqr() == 0.0 { T::new(1.0, 0.0) } else { t.sin() / t } } }
    /// Logistic function
    Sigmoid { float |x, _| x.vsigmoid(); complex |x, _| (special::complex_exp(-x) + T::new(1.0, 0.0)).inv() }
    /// max(x, 0)
    Relu { sint |x, _| x.max(0); uint |x, _| x; float |x, _| if x < 0.0 { 0.0 } else { x } }
    /// x Phi(x)
    Gelu { float |x, _| 0.5 * x * (1.0 + (x * c(x, std::f64::consts::FRAC_1_SQRT_2)).verf()) }
    /// The tanh approximation of gelu
    GeluTanh { float |x, _| 0.5 * x * (1.0 + (0.797_884_560_802_865_4 * (x + 0.044715 * x * x * x)).vtanh()) }
    /// x sigmoid(x)
    Silu { float |x, _| x * x.vsigmoid(); complex |x, _| x * (special::complex_exp(-x) + T::new(1.0, 0.0)).inv() }
    /// x tanh(softplus(x))
    Mish { float |x, _| x * (if x > 20.0 { x } else { x.vexp().vln_1p() }).vtanh() }
    /// x where positive, else p2 p0 (e^(x p1) - 1)... parameters: alpha, scale, input_scale
    Elu { float |x, p| if x > 0.0 { x * c(x, p.0[1]) } else { (x * c(x, p.0[2])).vexp_m1() * c(x, p.0[0] * p.0[1]) } }
    /// x or slope x
    LeakyRelu { float |x, p| if x > 0.0 { x } else { x * c(x, p.0[0]) } }
    /// Clamps to [p0, p1]
    Hardtanh { sint |x, p| x.clamp(p.0[0] as T, (p.0[1] as T).max(p.0[0] as T)); uint |x, p| x.max(p.0[0] as T).min(p.0[1] as T); float |x, p| { let (lo, hi) = (c(x, p.0[0]), c(x, p.0[1])); if x < lo { lo } else if x > hi { hi } else { x } } }
    /// clamp(x + 3, 0, 6) / 6
    Hardsigmoid { float |x, _| { let y = x + 3.0; (if y < 0.0 { 0.0 } else if y > 6.0 { 6.0 } else { y }) / 6.0 } }
    /// x hardsigmoid(x)
    Hardswish { float |x, _| { let y = x + 3.0; x * (if y < 0.0 { 0.0 } else if y > 6.0 { 6.0 } else { y }) / 6.0 } }
    /// x outside [-p0, p0], else 0
    Hardshrink { float |x, p| if x >= -(c(x, p.0[0])) && x <= c(x, p.0[0]) { 0.0 } else { x } }
    /// x moved towards zero by p0
    Softshrink { float |x, p| { let l = c(x, p.0[0]); if x > l { x - l } else if x < -l { x + l } else if x != x { x } else { 0.0 } } }
    /// x where above p0, else p1
    Threshold { sint |x, p| if x <= p.0[0] as T { p.0[1] as T } else { x }; uint |x, p| if x <= p.0[0] as T { p.0[1] as T } else { x }; float |x, p| if x <= c(x, p.0[0]) { c(x, p.0[1]) } else { x } }
    /// ln(1 + e^(beta x)) / beta, linear above the threshold
    Softplus { float |x, p| { let b = c(x, p.0[0]); let y = x * b; if y > c(x, p.0[1]) { x } else { y.vexp().vln_1p() / b } } }
    /// ln sigmoid(x)
    LogSigmoid { float |x, _| (if x < 0.0 { x } else { 0.0 * x }) - (-x.abs()).vexp().vln_1p() }
    /// ln(x / (1 - x)) with x clamped to [p0, 1 - p0] when p0 >= 0
    Logit { float |x, p| { let e = c(x, p.0[0]); let y = if e < 0.0 { x } else if x < e { e } else if x > 1.0 - e { 1.0 - e } else { x }; (y / (1.0 - y)).ln() } }
    /// Largest integer not above x
    Floor { sint |x, _| x; uint |x, _| x; float |x, _| x.floor() }
    /// Smallest integer not below x
    Ceil { sint |x, _| x; uint |x, _| x; float |x, _| x.ceil() }
    /// Nearest integer, ties to even
    Round { sint |x, _| x; uint |x, _| x; float |x, _| x.round_ties_even() }
    /// Round to p0 decimals
    RoundDecimals { float |x, p| special::round_decimals(x as f64, p.0[0] as i32) as _ }
    /// Integer part
    Trunc { sint |x, _| x; uint |x, _| x; float |x, _| x.trunc() }
    /// Fractional part
    Frac { float |x, _| x - x.trunc() }
    /// -1, 0 or 1
    Sign { bool |x, _| x; sint |x, _| x.signum(); uint |x, _| (x > 0) as T; float |x, _| if x > 0.0 { 1.0 } else if x < 0.0 { -1.0 } else { 0.0 } }
    /// sign, and x / |x| for complex numbers
    Sgn { bool |x, _| x; sint |x, _| x.signum(); uint |x, _| (x > 0) as T; float |x, _| if x > 0.0 { 1.0 } else if x < 0.0 { -1.0 } else { 0.0 }; complex |x, _| { let n = x.norm(); if n == 0.0 { T::new(0.0, 0.0) } else { x / n } } }
    /// Complex conjugate
    Conj { bool |x, _| x; sint |x, _| x; uint |x, _| x; float |x, _| x; complex |x, _| x.conj() }
    /// Argument of a complex number; 0 or pi for real ones
    Angle { real |x| x.arg(); float |x, _| if x != x { x } else if x < 0.0 { std::f64::consts::PI as _ } else { 0.0 } }
    /// ~x, and "not" for bool
    BitNot { bool |x, _| !x; sint |x, _| !x; uint |x, _| !x }
    /// NaN to p0, infinities to p1 and p2
    NanToNum { sint |x, _| x; uint |x, _| x; bool |x, _| x; float |x, p| if x != x { c(x, p.0[0]) } else if x == c(x, f64::INFINITY) { c(x, p.0[1]) } else if x == c(x, f64::NEG_INFINITY) { c(x, p.0[2]) } else { x }; complex |x, p| T::new(special::nan_to_num(x.re, p), special::nan_to_num(x.im, p)) }
    /// x is NaN
    IsNan { test bool |_x, _| false; sint |_x, _| false; uint |_x, _| false; float |x, _| x != x; complex |x, _| x.re != x.re || x.im != x.im }
    /// x is infinite
    IsInf { test bool |_x, _| false; sint |_x, _| false; uint |_x, _| false; float |x, _| x.is_infinite(); complex |x, _| x.re.is_infinite() || x.im.is_infinite() }
    /// x is neither infinite nor NaN
    IsFinite { test bool |_x, _| true; sint |_x, _| true; uint |_x, _| true; float |x, _| x.is_finite(); complex |x, _| x.re.is_finite() && x.im.is_finite() }
    /// x is +infinity
    IsPosInf { test bool |_x, _| false; sint |_x, _| false; uint |_x, _| false; float |x, _| x.is_infinite() && x > 0.0 }
    /// x is -infinity
    IsNegInf { test bool |_x, _| false; sint |_x, _| false; uint |_x, _| false; float |x, _| x.is_infinite() && x < 0.0 }
    /// The sign bit is set
    SignBit { test bool |_x, _| false; sint |x, _| x < 0; uint |_x, _| false; float |x, _| x.is_sign_negative() }
    /// x is zero
    LogicalNot { test bool |x, _| !x; sint |x, _| x == 0; uint |x, _| x == 0; float |x, _| x == 0.0; complex |x, _| x.re == 0.0 && x.im == 0.0 }
}
