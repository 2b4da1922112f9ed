//! Keys: unsigned integers in the order of the elements.

use crate::Element;
use crate::half::{bf16, f16};

/// An unsigned integer that can be sorted by its digits.
pub trait Key: Copy + Ord + Default + Send + Sync {
    /// Bits.
    const BITS: u32;
    /// The digit of `width` bits from bit `shift`.
    fn digit(self, shift: u32, width: u32) -> usize;
    /// The key of the opposite order.
    fn reversed(self) -> Self;
}

macro_rules! keys {
    ($($t:ty),*) => { $(impl Key for $t {
        const BITS: u32 = <$t>::BITS;
        #[inline(always)]
        fn digit(self, shift: u32, width: u32) -> usize { (self >> shift) as usize & ((1 << width) - 1) }
        #[inline(always)]
        fn reversed(self) -> $t { !self }
    })* };
}
keys!(u8, u16, u32, u64);

/// An element with an order: numbers ascending, then NaN.
pub trait Sortable: Element + PartialOrd {
    /// Its key's type.
    type Key: Key;
    /// Its key. Elements of equal rank have equal keys.
    fn key(self) -> Self::Key;
    /// Whether a key is that of NaN, which equals nothing.
    #[inline(always)]
    fn is_nan_key(_key: Self::Key) -> bool {
        false
    }
}

impl Sortable for bool {
    type Key = u8;
    #[inline(always)]
    fn key(self) -> u8 {
        self as u8
    }
}

macro_rules! unsigned {
    ($($t:ty),*) => { $(impl Sortable for $t {
        type Key = $t;
        #[inline(always)]
        fn key(self) -> $t { self }
    })* };
}
unsigned!(u8, u16, u32, u64);

macro_rules! signed {
    ($($t:ty => $k:ty),*) => { $(impl Sortable for $t {
        type Key = $k;
        #[inline(always)]
        fn key(self) -> $k { self as $k ^ <$t>::MIN as $k }
    })* };
}
signed!(i8 => u8, i16 => u16, i32 => u32, i64 => u64);

/// Positive numbers are ordered like their bits, negative ones against them.
macro_rules! float {
    ($($t:ty => $k:ty, $s:ty),*) => { $(impl Sortable for $t {
        type Key = $k;
        #[inline(always)]
        fn key(self) -> $k {
            const SIGN: $k = 1 << (<$k>::BITS - 1);
            let bits = self.to_bits();
            let bits = if bits == SIGN { 0 } else { bits };
            let negative = (bits as $s >> (<$k>::BITS - 1)) as $k;
            let key = bits ^ (negative | SIGN);
            if self.is_nan() { <$k>::MAX } else { key }
        }
        #[inline(always)]
        fn is_nan_key(key: $k) -> bool { key == <$k>::MAX }
    })* };
}
float!(f32 => u32, i32, f64 => u64, i64, f16 => u16, i16, bf16 => u16, i16);
