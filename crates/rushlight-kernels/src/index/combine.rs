//! What a write does with the element that is there.

use super::Bits;
use crate::reduce::Reducible;

/// Joins the present element and a new one.
pub trait Combine: Copy + Send + Sync {
    /// Element.
    type T: Copy + Send + Sync;
    /// The element that stays.
    fn join(self, old: Self::T, new: Self::T) -> Self::T;
}

macro_rules! combine {
    ($($(#[$doc:meta])* $name:ident [$($bound:tt)*] |$a:ident, $b:ident| $e:expr;)*) => { $(
        $(#[$doc])*
        pub struct $name<T>(std::marker::PhantomData<T>);
        impl<T> Default for $name<T> {
            fn default() -> Self { $name(std::marker::PhantomData) }
        }
        impl<T> Clone for $name<T> {
            fn clone(&self) -> Self { *self }
        }
        impl<T> Copy for $name<T> {}
        impl<T: $($bound)*> Combine for $name<T> {
            type T = T;
            #[inline(always)]
            fn join(self, $a: T, $b: T) -> T { $e }
        }
    )* };
}

combine! {
    /// The new one.
    Assign [Bits] |_old, new| new;
    /// The sum.
    Sum [Reducible] |old, new| T::narrow(T::plus(old.wide(), new.wide()));
    /// The product.
    Product [Reducible] |old, new| T::narrow(T::times(old.wide(), new.wide()));
    /// The larger; NaN is larger than any number.
    Largest [Reducible + PartialOrd] |old, new| if old >= new || !holds(old) { old } else { new };
    /// The smaller; NaN is smaller than any number.
    Smallest [Reducible + PartialOrd] |old, new| if old <= new || !holds(old) { old } else { new };
}

/// False for NaN only.
#[inline(always)]
#[allow(clippy::eq_op)]
fn holds<T: PartialEq>(x: T) -> bool {
    x == x
}
