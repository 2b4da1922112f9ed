//! Two operands of one type: the table of formulas.

use super::driver::{Loop, groups, limited, loop2};
use super::math::Math;
use super::special::{self, constant as c};
use crate::DType;
use num_complex::Complex;

/// Declares the operations: each names its formulas by type group.
macro_rules! binary_table {
    ($($(#[$doc:meta])* $name:ident { $($arms:tt)* })*) => {
        /// Operations of two operands.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Binary { $($(#[$doc])* $name),* }

        impl Binary {
            /// The loop for operands of `dtype` and the type of its result; `None` where the operation has no meaning.
            pub fn resolve(self, dtype: DType) -> Option<(Loop, DType)> {
                match self { $(Binary::$name => { binary_table!(@arms dtype, $($arms)*); None })* }
            }
        }
    };
    (@arms $d:expr, limited |$a:ident, $b:ident, $p:tt| $body:expr, unless |$x:ident, $y:ident| $far:expr => $rare:expr; $($rest:tt)*) => {
        limited!(loop2, $d, |$a, $b, $p| $body, unless |$x, $y| $far => $rare);
        groups!(loop2, $d, $($rest)*)
    };
    (@arms $d:expr, test $($rest:tt)*) => { groups!(test2, $d, $($rest)*) };
    (@arms $d:expr, make_complex |$a:ident, $b:ident| $body:expr;) => {
        match $d {
            DType::F32 => return loop2!(f32 => Complex<f32>, |$a, $b, _| $body),
            DType::F64 => return loop2!(f64 => Complex<f64>, |$a, $b, _| $body),
            _ => {}
        }
    };
    (@arms $d:expr, $($rest:tt)*) => { groups!(loop2, $d, $($rest)*) };
}

binary_table! {
    /// a + b
    Add { bool |a, b, _| a | b; sint |a, b, _| a.wrapping_add(b); uint |a, b, _| a.wrapping_add(b); float |a, b, _| a + b; complex |a, b, _| a + b }
    /// a + alpha b
    AddScaled { bool |a, b, p| a | (b & (p.0[0] != 0.0)); sint |a, b, p| a.wrapping_add(b.wrapping_mul(p.0[0] as T)); uint |a, b, p| a.wrapping_add(b.wrapping_mul(p.0[0] as i64 as T)); float |a, b, p| a + b * c(a, p.0[0]); complex |a, b, p| a + b * T::new(p.0[0] as _, p.0[1] as _) }
    /// a - b
    Sub { sint |a, b, _| a.wrapping_sub(b); uint |a, b, _| a.wrapping_sub(b); float |a, b, _| a - b; complex |a, b, _| a - b }
    /// a b
    Mul { bool |a, b, _| a & b; sint |a, b, _| a.wrapping_mul(b); uint |a, b, _| a.wrapping_mul(b); float |a, b, _| a * b; complex |a, b, _| a * b }
    /// a / b
    Div { float |a, b, _| a / b; complex |a, b, _| special::complex_div(a, b) }
    /// Quotient rounded towards minus infinity
    DivFloor { limited |a, b, _| special::div_floor(a as f64, b as f64, (a as f64).vrem(b as f64)) as _, unless |a, b| (a as f64).divides_far(b as f64) => special::div_floor(a as f64, b as f64, a as f64 % b as f64) as _; bool |a, b, _| a & b; sint |a, b, _| { let q = a.wrapping_div(b); if (a.wrapping_rem(b) != 0) && ((a < 0) != (b < 0)) { q - 1 } else { q } }; uint |a, b, _| a / b }
    /// Quotient rounded towards zero
    DivTrunc { bool |a, b, _| a & b; sint |a, b, _| a.wrapping_div(b); uint |a, b, _| a / b; float |a, b, _| (a / b).trunc() }
    /// Remainder with the sign of the divisor
    Remainder { limited |a, b, _| a.vrem(b).beside(b), unless |a, b| a.divides_far(b) => (a % b).beside(b); sint |a, b, _| { let r = a.wrapping_rem(b); if r != 0 && ((r < 0) != (b < 0)) { r.wrapping_add(b) } else { r } }; uint |a, b, _| a % b }
    /// Remainder with the sign of the dividend
    Fmod { limited |a, b, _| a.vrem(b), unless |a, b| a.divides_far(b) => a % b; sint |a, b, _| a.wrapping_rem(b); uint |a, b, _| a % b }
    /// a to the power b
    Pow { sint |a, b, _| special::pow_signed(a as i64, b as i64) as T; uint |a, b, _| special::pow_unsigned(a as u64, b as u64) as T; float |a, b, _| a.vpow(b); complex |a, b, _| special::complex_pow(a, b) }
    /// a, whatever b
    PowOne { float |a, _b, _| a }
    /// a^2
    PowTwo { float |a, _b, _| a * a }
    /// a^3
    PowThree { float |a, _b, _| a * a * a }
    /// a^(1/2), as a square root
    PowHalf { float |a, _b, _| a.sqrt() }
    /// a^(-1/2)
    PowMinusHalf { float |a, _b, _| 1.0 / a.sqrt() }
    /// a^-1
    PowMinusOne { float |a, _b, _| 1.0 / a }
    /// a^-2
    PowMinusTwo { float |a, _b, _| 1.0 / (a * a) }
    /// The larger; NaN wins
    Maximum { bool |a, b, _| a | b; sint |a, b, _| a.max(b); uint |a, b, _| a.max(b); float |a, b, _| if a != a || a > b { a } else { b } }
    /// The smaller; NaN wins
    Minimum { bool |a, b, _| a & b; sint |a, b, _| a.min(b); uint |a, b, _| a.min(b); float |a, b, _| if a != a || a < b { a } else { b } }
    /// The larger; NaN loses
    Fmax { bool |a, b, _| a | b; sint |a, b, _| a.max(b); uint |a, b, _| a.max(b); float |a, b, _| a.max(b) }
    /// The smaller; NaN loses
    Fmin { bool |a, b, _| a & b; sint |a, b, _| a.min(b); uint |a, b, _| a.min(b); float |a, b, _| a.min(b) }
    /// Angle of the point (b, a)
    Atan2 { float |a, b, _| a.vatan2(b) }
    /// sqrt(a^2 + b^2)
    Hypot { float |a, b, _| a.vhypot(b) }
    /// |a| with the sign of b
    Copysign { float |a, b, _| a.copysign(b) }
    /// The next representable number after a in the direction of b
    Nextafter { float |a, b, _| special::NextAfter::next_after(a, b) }
    /// ln(e^a + e^b)
    Logaddexp { float |a, b, _| if a == b && a.is_infinite() { a } else { let (hi, lo) = if a > b { (a, b) } else { (b, a) }; if a != a { a } else { hi + (lo - hi).exp().ln_1p() } }; complex |a, b, _| special::complex_logaddexp(a, b) }
    /// log2(2^a + 2^b)
    Logaddexp2 { float |a, b, _| if a == b && a.is_infinite() { a } else { let (hi, lo) = if a > b { (a, b) } else { (b, a) }; if a != a { a } else { hi + (lo - hi).exp2().ln_1p() * c(a, std::f64::consts::LOG2_E) } } }
    /// a ln b, zero where a is zero
    Xlogy { float |a, b, _| if b != b { b } else if a == 0.0 { 0.0 } else { a * b.ln() } }
    /// a ln(1 + b), zero where a is zero
    Xlog1py { float |a, b, _| if b != b { b } else if a == 0.0 { 0.0 } else { a * b.ln_1p() } }
    /// 0, b or 1 as a is negative, zero or positive
    Heaviside { bool |a, b, _| if a { true } else { b }; sint |a, b, _| if a == 0 { b } else { (a > 0) as T }; uint |a, b, _| if a == 0 { b } else { 1 }; float |a, b, _| if a == 0.0 { b } else if a > 0.0 { 1.0 } else if a != a { a } else { 0.0 } }
    /// Greatest common divisor
    Gcd { sint |a, b, _| special::gcd(a.unsigned_abs() as u64, b.unsigned_abs() as u64) as T; uint |a, b, _| special::gcd(a as u64, b as u64) as T }
    /// Least common multiple
    Lcm { sint |a, b, _| special::lcm(a.unsigned_abs() as u64, b.unsigned_abs() as u64) as T; uint |a, b, _| special::lcm(a as u64, b as u64) as T }
    /// a & b
    BitAnd { bool |a, b, _| a & b; sint |a, b, _| a & b; uint |a, b, _| a & b }
    /// a | b
    BitOr { bool |a, b, _| a | b; sint |a, b, _| a | b; uint |a, b, _| a | b }
    /// a ^ b
    BitXor { bool |a, b, _| a ^ b; sint |a, b, _| a ^ b; uint |a, b, _| a ^ b }
    /// a 2^b; zero when b is negative or at least the width
    Shl { sint |a, b, _| if b < 0 || b as u64 >= T::BITS as u64 { 0 } else { a << b }; uint |a, b, _| if b as u64 >= T::BITS as u64 { 0 } else { a << b } }
    /// a / 2^b rounded down; the sign when b is negative or at least the width
    Shr { sint |a, b, _| if b < 0 || b as u64 >= T::BITS as u64 { a >> (T::BITS - 1) } else { a >> b }; uint |a, b, _| if b as u64 >= T::BITS as u64 { 0 } else { a >> b } }
    /// Regularised lower incomplete gamma function
    Igamma { float |a, b, _| special::igamma(a as f64, b as f64) as _ }
    /// Regularised upper incomplete gamma function
    Igammac { float |a, b, _| special::igammac(a as f64, b as f64) as _ }
    /// Hurwitz zeta function
    Zeta { float |a, b, _| special::zeta(a as f64, b as f64) as _ }
    /// a + ib
    MakeComplex { make_complex |a, b| Complex::new(a, b); }
    /// a e^(ib)
    Polar { make_complex |a, b| Complex::new(a * b.cos(), a * b.sin()); }
    /// a == b
    Eq { test bool |a, b, _| a == b; sint |a, b, _| a == b; uint |a, b, _| a == b; float |a, b, _| a == b; complex |a, b, _| a == b }
    /// a != b
    Ne { test bool |a, b, _| a != b; sint |a, b, _| a != b; uint |a, b, _| a != b; float |a, b, _| a != b; complex |a, b, _| a != b }
    /// a < b
    Lt { test bool |a, b, _| !a & b; sint |a, b, _| a < b; uint |a, b, _| a < b; float |a, b, _| a < b }
    /// a <= b
    Le { test bool |a, b, _| a <= b; sint |a, b, _| a <= b; uint |a, b, _| a <= b; float |a, b, _| a <= b }
    /// a > b
    Gt { test bool |a, b, _| a & !b; sint |a, b, _| a > b; uint |a, b, _| a > b; float |a, b, _| a > b }
    /// a >= b
    Ge { test bool |a, b, _| a >= b; sint |a, b, _| a >= b; uint |a, b, _| a >= b; float |a, b, _| a >= b }
    /// Both are nonzero
    LogicalAnd { test bool |a, b, _| a & b; sint |a, b, _| a != 0 && b != 0; uint |a, b, _| a != 0 && b != 0; float |a, b, _| a != 0.0 && b != 0.0; complex |a, b, _| a.norm_sqr() != 0.0 && b.norm_sqr() != 0.0 }
    /// One is nonzero
    LogicalOr { test bool |a, b, _| a | b; sint |a, b, _| a != 0 || b != 0; uint |a, b, _| a != 0 || b != 0; float |a, b, _| a != 0.0 || b != 0.0; complex |a, b, _| a.norm_sqr() != 0.0 || b.norm_sqr() != 0.0 }
    /// Exactly one is nonzero
    LogicalXor { test bool |a, b, _| a ^ b; sint |a, b, _| (a != 0) != (b != 0); uint |a, b, _| (a != 0) != (b != 0); float |a, b, _| (a != 0.0) != (b != 0.0); complex |a, b, _| (a.norm_sqr() != 0.0) != (b.norm_sqr() != 0.0) }
    /// a b (1 - b): the gradient a of sigmoid with result b
    SigmoidBackward { float |a, b, _| a * (1.0 - b) * b }
    /// a (1 - b^2): the gradient a of tanh with result b
    TanhBackward { float |a, b, _| a * (1.0 - b * b) }
    /// a where b > p0: the gradient a of a threshold with operand b
    ThresholdBackward { float |a, b, p| if b <= c(b, p.0[0]) { 0.0 } else { a } }
    /// a where b > 0, else p0 a
    LeakyReluBackward { float |a, b, p| if b > 0.0 { a } else { a * c(a, p.0[0]) } }
    /// The gradient a of gelu at b
    GeluBackward { float |a, b, _| a * (0.5 * (1.0 + (b * c(b, std::f64::consts::FRAC_1_SQRT_2)).verf()) + b * (-0.5 * b * b).vexp() * 0.398_942_280_401_432_7) }
    /// The gradient a of the tanh approximation of gelu at b
    GeluTanhBackward { float |a, b, _| { let (k, q) = (0.797_884_560_802_865_4, 0.044715 * b * b); let t = (k * b * (1.0 + q)).vtanh(); a * (0.5 * (1.0 + t) + 0.5 * b * (1.0 - t * t) * k * (1.0 + 3.0 * q)) } }
    /// The gradient a of softplus at b, with beta p0 and threshold p1
    SoftplusBackward { float |a, b, p| { let y = b * c(b, p.0[0]); if y > c(b, p.0[1]) { a } else { a * y.vsigmoid() } } }
    /// The gradient a of silu at b
    SiluBackward { float |a, b, _| { let s = b.vsigmoid(); a * s * (1.0 + b * (1.0 - s)) } }
}
