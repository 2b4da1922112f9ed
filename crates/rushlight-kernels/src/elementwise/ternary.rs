//! Three operands: the table of formulas.

use super::driver::{Loop, groups, loop3};
use super::special::constant as c;
use crate::DType;

/// Operations of three operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ternary {
    /// b where the boolean a is true, else c
    Where,
    /// a + c (b - a), computed from the nearer end
    Lerp,
    /// a + p b c
    Addcmul,
    /// a + p b / c
    Addcdiv,
    /// a clamped to [b, c]
    Clamp,
}

impl Ternary {
    /// The loop for operands of `dtype` (the first of `Where` is bool) and the type of its result.
    pub fn resolve(self, dtype: DType) -> Option<(Loop, DType)> {
        match self {
            Ternary::Where => {
                groups!(pick3, dtype, bool |a, b, c, _| if a { b } else { c }; sint |a, b, c, _| if a { b } else { c }; uint |a, b, c, _| if a { b } else { c }; float |a, b, c, _| if a { b } else { c }; complex |a, b, c, _| if a { b } else { c });
            }
            Ternary::Lerp => {
                groups!(loop3, dtype, float |a, b, w, _| { let near = w.abs() < 0.5; let (start, part) = (if near { a } else { b }, if near { w } else { w - 1.0 }); start + part * (b - a) }; complex |a, b, w, _| if w.norm() < 0.5 { a + w * (b - a) } else { b - (b - a) * (T::new(1.0, 0.0) - w) });
            }
            Ternary::Addcmul => {
                groups!(loop3, dtype, sint |x, a, b, p| x.wrapping_add((p.0[0] as T).wrapping_mul(a).wrapping_mul(b)); uint |x, a, b, p| x.wrapping_add((p.0[0] as i64 as T).wrapping_mul(a).wrapping_mul(b)); float |x, a, b, p| x + c(x, p.0[0]) * a * b; complex |x, a, b, p| x + a * b * T::new(p.0[0] as _, p.0[1] as _));
            }
            Ternary::Addcdiv => {
                groups!(loop3, dtype, float |x, a, b, p| x + c(x, p.0[0]) * (a / b); complex |x, a, b, p| x + a / b * T::new(p.0[0] as _, p.0[1] as _));
            }
            Ternary::Clamp => {
                groups!(loop3, dtype, sint |x, lo, hi, _| x.max(lo).min(hi); uint |x, lo, hi, _| x.max(lo).min(hi); float |x, lo, hi, _| if x != x { x } else if lo != lo { lo } else if hi != hi { hi } else { let y = if x < lo { lo } else { x }; if y > hi { hi } else { y } });
            }
        }
        None
    }
}
