//! From one scalar formula to a strided loop over raw memory.

use super::limited::{FEW, by_chunks, store, widened};
use super::num::{CHUNK, Num};

/// Constants a formula may use (a slope, bounds, alpha).
#[derive(Clone, Copy, Debug, Default)]
pub struct Params(pub [f64; 4]);

/// The inner loop of an elementwise operation: `n` elements, operand 0 is the output.
///
/// # Safety
/// Every pointer must be valid and aligned for `n` elements at its byte stride, and the output may coincide
/// with an input exactly but not overlap it partially.
pub type Loop = unsafe fn(n: usize, ptrs: &[*mut u8; 4], strides: &[isize; 4], params: &Params);

/// A formula of one operand.
pub trait Map1 {
    /// Element read.
    type In: Num;
    /// Element written.
    type Out: Num;
    /// Whether there are elements that [`Self::rare`] computes: to choose among formulas for every element would take them apart.
    const LIMITED: bool = false;
    /// The formula.
    fn call(x: <Self::In as Num>::Acc, p: &Params) -> <Self::Out as Num>::Acc;
    /// Whether the formula does not hold for an element.
    #[inline(always)]
    fn beyond(_x: <Self::In as Num>::Acc) -> bool {
        false
    }
    /// The formula for such elements.
    #[inline(always)]
    fn rare(x: <Self::In as Num>::Acc, p: &Params) -> <Self::Out as Num>::Acc {
        Self::call(x, p)
    }
}

/// A formula of two operands of one type.
pub trait Map2 {
    /// Element read.
    type In: Num;
    /// Element written.
    type Out: Num;
    /// As for [`Map1`].
    const LIMITED: bool = false;
    /// The formula.
    fn call(a: <Self::In as Num>::Acc, b: <Self::In as Num>::Acc, p: &Params) -> <Self::Out as Num>::Acc;
    /// Whether the formula does not hold for two elements.
    #[inline(always)]
    fn beyond(_a: <Self::In as Num>::Acc, _b: <Self::In as Num>::Acc) -> bool {
        false
    }
    /// The formula for such elements.
    #[inline(always)]
    fn rare(a: <Self::In as Num>::Acc, b: <Self::In as Num>::Acc, p: &Params) -> <Self::Out as Num>::Acc {
        Self::call(a, b, p)
    }
}

/// A formula of three operands, the first of which may have another type (the condition of `where`).
pub trait Map3 {
    /// First element read.
    type First: Num;
    /// Other elements read, and the element written.
    type In: Num;
    /// The formula.
    fn call(a: <Self::First as Num>::Acc, b: <Self::In as Num>::Acc, c: <Self::In as Num>::Acc, p: &Params) -> <Self::In as Num>::Acc;
}

/// Carries a formula's type to the dispatch, which infers it from an argument.
pub struct Formula<F>(std::marker::PhantomData<F>);

#[inline(always)]
pub(super) fn unit<T>(stride: isize) -> bool {
    stride == size_of::<T>() as isize
}

/// The next element of the first `N` operands; the strides are a copy, which what is written cannot change.
#[inline(always)]
pub(super) fn advance<const N: usize>(at: &mut [*mut u8; 4], strides: &[isize; 4]) {
    for k in 0..N {
        at[k] = at[k].wrapping_offset(strides[k]);
    }
}

crate::vectorized! {
    fn dispatch1[F: Map1](_f: Formula<F>, n: usize, ptrs: &[*mut u8; 4], strides: &[isize; 4], p: &Params) {
        let (out, x) = (ptrs[0] as *mut F::Out, ptrs[1] as *const F::In);
        if F::LIMITED || F::In::CHUNKED || F::Out::CHUNKED {
            // SAFETY: the contract of `Loop`.
            return unsafe { by_chunks::<F::In, F::Out>(n, ptrs, strides, 1, F::LIMITED, |[x, _]| F::call(x, p), |[x, _]| F::beyond(x), |[x, _]| F::rare(x, p)) };
        }
        if unit::<F::Out>(strides[0]) && unit::<F::In>(strides[1]) {
            // SAFETY: contiguous by the strides, valid for n elements by the contract of `Loop`; the slices are
            // disjoint unless they coincide, in which case only the mutable one is made.
            unsafe {
                if out as *const u8 == x as *const u8 && size_of::<F::In>() == size_of::<F::Out>() {
                    for i in 0..n {
                        let v = *(out as *const F::In).add(i);
                        *out.add(i) = F::Out::down(F::call(v.up(), p));
                    }
                } else {
                    let (o, x) = (std::slice::from_raw_parts_mut(out, n), std::slice::from_raw_parts(x, n));
                    for i in 0..n { o[i] = F::Out::down(F::call(x[i].up(), p)); }
                }
            }
        } else {
            let (mut at, steps) = (*ptrs, *strides);
            for _ in 0..n {
                // SAFETY: the contract of `Loop`.
                unsafe { *(at[0] as *mut F::Out) = F::Out::down(F::call((*(at[1] as *const F::In)).up(), p)) };
                advance::<2>(&mut at, &steps);
            }
        }
    }
}

crate::vectorized! {
    fn dispatch2[F: Map2](_f: Formula<F>, n: usize, ptrs: &[*mut u8; 4], strides: &[isize; 4], p: &Params) {
        if F::LIMITED || F::In::CHUNKED || F::Out::CHUNKED {
            // SAFETY: the contract of `Loop`.
            return unsafe { by_chunks::<F::In, F::Out>(n, ptrs, strides, 2, F::LIMITED, |[a, b]| F::call(a, b, p), |[a, b]| F::beyond(a, b), |[a, b]| F::rare(a, b, p)) };
        }
        let (out, a, b) = (ptrs[0] as *mut F::Out, ptrs[1] as *const F::In, ptrs[2] as *const F::In);
        let in_place = out as *const u8 == a as *const u8 && size_of::<F::In>() == size_of::<F::Out>();
        let (oc, ac, bc) = (unit::<F::Out>(strides[0]), unit::<F::In>(strides[1]), unit::<F::In>(strides[2]));
        let b_is_out = out as *const u8 == b as *const u8;
        // SAFETY: contiguous by the strides, valid for n elements by the contract of `Loop`; slices are made only of
        // operands that are disjoint from the output.
        unsafe {
            if n > 0 && oc && ac && (strides[2] == 0 || bc) && !b_is_out {
                let o = std::slice::from_raw_parts_mut(out, n);
                if strides[2] == 0 {
                    let b = (*b).up();
                    if in_place {
                        for i in 0..n { let v = *(out as *const F::In).add(i); *out.add(i) = F::Out::down(F::call(v.up(), b, p)); }
                    } else {
                        let a = std::slice::from_raw_parts(a, n);
                        for i in 0..n { o[i] = F::Out::down(F::call(a[i].up(), b, p)); }
                    }
                } else {
                    let b = std::slice::from_raw_parts(b, n);
                    if in_place {
                        for i in 0..n { let v = *(out as *const F::In).add(i); *out.add(i) = F::Out::down(F::call(v.up(), b[i].up(), p)); }
                    } else {
                        let a = std::slice::from_raw_parts(a, n);
                        for i in 0..n { o[i] = F::Out::down(F::call(a[i].up(), b[i].up(), p)); }
                    }
                }
                return;
            }
            if n > 0 && oc && bc && strides[1] == 0 && !in_place && !b_is_out {
                let (o, a, b) = (std::slice::from_raw_parts_mut(out, n), (*a).up(), std::slice::from_raw_parts(b, n));
                for i in 0..n { o[i] = F::Out::down(F::call(a, b[i].up(), p)); }
                return;
            }
            let (mut at, steps) = (*ptrs, *strides);
            for _ in 0..n {
                let (a, b) = (*(at[1] as *const F::In), *(at[2] as *const F::In));
                *(at[0] as *mut F::Out) = F::Out::down(F::call(a.up(), b.up(), p));
                advance::<3>(&mut at, &steps);
            }
        }
    }
}

crate::vectorized! {
    fn dispatch3[F: Map3](_f: Formula<F>, n: usize, ptrs: &[*mut u8; 4], strides: &[isize; 4], p: &Params) {
        let aliased = ptrs[1..].contains(&ptrs[0]);
        let contiguous = unit::<F::In>(strides[0]) && unit::<F::First>(strides[1]) && unit::<F::In>(strides[2]) && unit::<F::In>(strides[3]);
        if contiguous && !aliased && !F::In::CHUNKED {
            // SAFETY: as in `dispatch2`.
            unsafe {
                let o = std::slice::from_raw_parts_mut(ptrs[0] as *mut F::In, n);
                let a = std::slice::from_raw_parts(ptrs[1] as *const F::First, n);
                let b = std::slice::from_raw_parts(ptrs[2] as *const F::In, n);
                let c = std::slice::from_raw_parts(ptrs[3] as *const F::In, n);
                for i in 0..n { o[i] = F::In::down(F::call(a[i].up(), b[i].up(), c[i].up(), p)); }
            }
            return;
        }
        if n > 0 && unit::<F::In>(strides[0]) && unit::<F::First>(strides[1]) && strides[2..] == [0, 0] && !F::In::CHUNKED {
            // SAFETY: as in `dispatch2`.
            unsafe {
                let (b, c) = ((*(ptrs[2] as *const F::In)).up(), (*(ptrs[3] as *const F::In)).up());
                if ptrs[1] == ptrs[0] {
                    let o = ptrs[0] as *mut F::In;
                    for i in 0..n { let v = *(o as *const F::First).add(i); *o.add(i) = F::In::down(F::call(v.up(), b, c, p)); }
                } else {
                    let o = std::slice::from_raw_parts_mut(ptrs[0] as *mut F::In, n);
                    let a = std::slice::from_raw_parts(ptrs[1] as *const F::First, n);
                    for i in 0..n { o[i] = F::In::down(F::call(a[i].up(), b, c, p)); }
                }
            }
            return;
        }
        if n <= FEW {
            let (mut at, steps) = (*ptrs, *strides);
            for _ in 0..n {
                // SAFETY: the contract of `Loop`.
                unsafe {
                    let (a, b, c) = (*(at[1] as *const F::First), *(at[2] as *const F::In), *(at[3] as *const F::In));
                    *(at[0] as *mut F::In) = F::In::down(F::call(a.up(), b.up(), c.up(), p));
                }
                advance::<4>(&mut at, &steps);
            }
            return;
        }
        for first in (0..n).step_by(CHUNK) {
            let count = CHUNK.min(n - first);
            let at = |operand: usize| ptrs[operand].wrapping_offset(first as isize * strides[operand]);
            // SAFETY: the contract of `Loop`; all that a chunk reads is read before it is written.
            unsafe {
                let mut y = widened::<F::In>(at(2), strides[2], count);
                let a = widened::<F::First>(at(1), strides[1], count);
                if strides[3] == 0 {
                    let c = (*(ptrs[3] as *const F::In)).up();
                    for i in 0..CHUNK { y[i] = F::call(a[i], y[i], c, p); }
                } else {
                    let c = widened::<F::In>(at(3), strides[3], count);
                    for i in 0..CHUNK { y[i] = F::call(a[i], y[i], c[i], p); }
                }
                store::<F::In>(&y, at(0), strides[0], count);
            }
        }
    }
}

/// The loop of a formula of one operand.
///
/// # Safety
/// As [`Loop`].
pub unsafe fn run1<F: Map1>(n: usize, ptrs: &[*mut u8; 4], strides: &[isize; 4], p: &Params) {
    dispatch1::<F>(Formula(std::marker::PhantomData), n, ptrs, strides, p)
}

/// The loop of a formula of two operands.
///
/// # Safety
/// As [`Loop`].
pub unsafe fn run2<F: Map2>(n: usize, ptrs: &[*mut u8; 4], strides: &[isize; 4], p: &Params) {
    dispatch2::<F>(Formula(std::marker::PhantomData), n, ptrs, strides, p)
}

/// The loop of a formula of three operands.
///
/// # Safety
/// As [`Loop`].
pub unsafe fn run3<F: Map3>(n: usize, ptrs: &[*mut u8; 4], strides: &[isize; 4], p: &Params) {
    dispatch3::<F>(Formula(std::marker::PhantomData), n, ptrs, strides, p)
}

/// Makes a [`Map1`] of a formula and gives its loop.
macro_rules! loop1 {
    ($in:ty => $out:ty, |$x:ident, $p:tt| $body:expr $(, unless |$y:ident| $far:expr => $rare:expr)?) => {{
        struct F;
        impl $crate::elementwise::driver::Map1 for F {
            type In = $in;
            type Out = $out;
            #[inline(always)]
            #[allow(unused_imports)]
            fn call($x: <$in as $crate::elementwise::num::Num>::Acc, $p: &$crate::elementwise::driver::Params) -> <$out as $crate::elementwise::num::Num>::Acc {
                $body
            }
            $(
                const LIMITED: bool = true;
                #[inline(always)]
                fn beyond($y: <$in as $crate::elementwise::num::Num>::Acc) -> bool {
                    $far
                }
                #[inline(never)]
                fn rare($y: <$in as $crate::elementwise::num::Num>::Acc, _: &$crate::elementwise::driver::Params) -> <$out as $crate::elementwise::num::Num>::Acc {
                    $rare
                }
            )?
        }
        Some(($crate::elementwise::driver::run1::<F> as $crate::elementwise::Loop, <$out as $crate::Element>::DTYPE))
    }};
}
pub(super) use loop1;

/// Makes a [`Map2`] of a formula and gives its loop.
macro_rules! loop2 {
    ($in:ty => $out:ty, |$a:ident, $b:ident, $p:tt| $body:expr $(, unless |$x:ident, $y:ident| $far:expr => $rare:expr)?) => {{
        struct F;
        impl $crate::elementwise::driver::Map2 for F {
            type In = $in;
            type Out = $out;
            #[inline(always)]
            fn call(
                $a: <$in as $crate::elementwise::num::Num>::Acc,
                $b: <$in as $crate::elementwise::num::Num>::Acc,
                $p: &$crate::elementwise::driver::Params,
            ) -> <$out as $crate::elementwise::num::Num>::Acc {
                $body
            }
            $(
                const LIMITED: bool = true;
                #[inline(always)]
                fn beyond($x: <$in as $crate::elementwise::num::Num>::Acc, $y: <$in as $crate::elementwise::num::Num>::Acc) -> bool {
                    $far
                }
                #[inline(never)]
                fn rare(
                    $x: <$in as $crate::elementwise::num::Num>::Acc,
                    $y: <$in as $crate::elementwise::num::Num>::Acc,
                    _: &$crate::elementwise::driver::Params,
                ) -> <$out as $crate::elementwise::num::Num>::Acc {
                    $rare
                }
            )?
        }
        Some(($crate::elementwise::driver::run2::<F> as $crate::elementwise::Loop, <$out as $crate::Element>::DTYPE))
    }};
}
pub(super) use loop2;

/// Makes a [`Map3`] of a formula and gives its loop.
macro_rules! loop3 {
    ($first:ty, $in:ty, |$a:ident, $b:ident, $c:ident, $p:tt| $body:expr) => {{
        struct F;
        impl $crate::elementwise::driver::Map3 for F {
            type First = $first;
            type In = $in;
            #[inline(always)]
            fn call(
                $a: <$first as $crate::elementwise::num::Num>::Acc,
                $b: <$in as $crate::elementwise::num::Num>::Acc,
                $c: <$in as $crate::elementwise::num::Num>::Acc,
                $p: &$crate::elementwise::driver::Params,
            ) -> <$in as $crate::elementwise::num::Num>::Acc {
                $body
            }
        }
        Some(($crate::elementwise::driver::run3::<F> as $crate::elementwise::Loop, <$in as $crate::Element>::DTYPE))
    }};
}
pub(super) use loop3;

/// Picks the arm of a type group for a dtype: `groups!(loop1, dtype, int |x, p| ..., float |x, p| ...)`.
///
/// Groups: `bool`, `sint`, `uint`, `int` (both), `float` (half types through float32), `complex`; `-> bool` gives a
/// boolean result and `-> real` the real type under a complex one.
macro_rules! groups {
    (@one $m:ident, $d:expr, bool |$($v:tt),*| $b:expr) => { groups!(@types $m, $d, [Bool] |$($v),*| $b) };
    (@one $m:ident, $d:expr, sint |$($v:tt),*| $b:expr) => { groups!(@types $m, $d, [I8, I16, I32, I64] |$($v),*| $b) };
    (@one $m:ident, $d:expr, uint |$($v:tt),*| $b:expr) => { groups!(@types $m, $d, [U8, U16, U32, U64] |$($v),*| $b) };
    (@one $m:ident, $d:expr, float |$($v:tt),*| $b:expr) => { groups!(@types $m, $d, [F16, BF16, F32, F64] |$($v),*| $b) };
    (@one $m:ident, $d:expr, complex |$($v:tt),*| $b:expr) => { groups!(@types $m, $d, [C64, C128] |$($v),*| $b) };
    (@types loop1, $d:expr, [$($t:ident),*] |$x:ident, $p:tt| $b:expr) => {
        match $d { $($crate::DType::$t => { type T = $crate::element_type!($t); return loop1!(T => T, |$x, $p| $b); })* _ => {} }
    };
    (@types test1, $d:expr, [$($t:ident),*] |$x:ident, $p:tt| $b:expr) => {
        match $d { $($crate::DType::$t => { type T = $crate::element_type!($t); return loop1!(T => bool, |$x, $p| $b); })* _ => {} }
    };
    (@types loop2, $d:expr, [$($t:ident),*] |$x:ident, $y:ident, $p:tt| $b:expr) => {
        match $d { $($crate::DType::$t => { type T = $crate::element_type!($t); return loop2!(T => T, |$x, $y, $p| $b); })* _ => {} }
    };
    (@types test2, $d:expr, [$($t:ident),*] |$x:ident, $y:ident, $p:tt| $b:expr) => {
        match $d { $($crate::DType::$t => { type T = $crate::element_type!($t); return loop2!(T => bool, |$x, $y, $p| $b); })* _ => {} }
    };
    (@types loop3, $d:expr, [$($t:ident),*] |$x:ident, $y:ident, $z:ident, $p:tt| $b:expr) => {
        match $d { $($crate::DType::$t => { type T = $crate::element_type!($t); return loop3!(T, T, |$x, $y, $z, $p| $b); })* _ => {} }
    };
    (@types pick3, $d:expr, [$($t:ident),*] |$x:ident, $y:ident, $z:ident, $p:tt| $b:expr) => {
        match $d { $($crate::DType::$t => { type T = $crate::element_type!($t); return loop3!(bool, T, |$x, $y, $z, $p| $b); })* _ => {} }
    };
    ($m:ident, $d:expr, $($g:ident |$($v:tt),*| $b:expr);* $(;)?) => { $(groups!(@one $m, $d, $g |$($v),*| $b);)* };
}
pub(super) use groups;

/// Picks the arm of a formula of floats with limits, as [`groups`] does.
macro_rules! limited {
    ($m:ident, $d:expr, |$($v:tt),*| $b:expr, unless |$($w:ident),*| $far:expr => $rare:expr) => {
        limited!(@types $m, $d, [F16, BF16, F32, F64] (|$($v),*| $b, unless |$($w),*| $far => $rare))
    };
    (@types $m:ident, $d:expr, [$($t:ident),*] $formula:tt) => {
        match $d { $($crate::DType::$t => { type T = $crate::element_type!($t); limited!(@one $m, $formula) })* _ => {} }
    };
    (@one $m:ident, ($($formula:tt)*)) => { return $m!(T => T, $($formula)*) };
}
pub(super) use limited;
