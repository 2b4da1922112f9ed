//! Elements as patterns of bits, and the range of positions.

use crate::Element;

/// A pattern as wide as some element types.
pub trait Bits: Copy + Default + Send + Sync + 'static {}

impl Bits for u8 {}
impl Bits for u16 {}
impl Bits for u32 {}
impl Bits for u64 {}
impl Bits for [u32; 2] {}
impl Bits for [u64; 2] {}

/// The same memory as patterns of one width.
pub fn bits<T: Element, B: Bits>(x: &[T]) -> &[B] {
    assert!(size_of::<T>() == size_of::<B>() && align_of::<T>() >= align_of::<B>(), "bits: element width");
    // SAFETY: as wide and as aligned, and every pattern is a value of the integer types `Bits` is made for.
    unsafe { std::slice::from_raw_parts(x.as_ptr() as *const B, x.len()) }
}

/// The same memory as patterns of one width. Only patterns of elements of type `T`, or zero, may be written.
pub fn bits_mut<T: Element, B: Bits>(x: &mut [T]) -> &mut [B] {
    assert!(size_of::<T>() == size_of::<B>() && align_of::<T>() >= align_of::<B>(), "bits: element width");
    // SAFETY: as in `bits`; zero is a value of every element type.
    unsafe { std::slice::from_raw_parts_mut(x.as_mut_ptr() as *mut B, x.len()) }
}

crate::vectorized! {
    /// The smallest and largest position; (0, -1) for none.
    pub fn bounds[](at: &[i64]) -> (i64, i64) {
        if at.is_empty() {
            return (0, -1);
        }
        let (mut low, mut high) = ([at[0]; 8], [at[0]; 8]);
        let mut chunks = at.chunks_exact(8);
        for chunk in &mut chunks {
            for j in 0..8 {
                low[j] = if chunk[j] < low[j] { chunk[j] } else { low[j] };
                high[j] = if chunk[j] > high[j] { chunk[j] } else { high[j] };
            }
        }
        let rest = chunks.remainder();
        (low.iter().chain(rest).copied().fold(at[0], i64::min), high.iter().chain(rest).copied().fold(at[0], i64::max))
    }
}

/// Runs an expression with a type alias bound to the [`Bits`] as wide as a [`DType`](crate::DType).
#[macro_export]
macro_rules! match_bits {
    ($d:expr, $b:ident => $e:expr) => {
        match ($d, $d.size()) {
            ($crate::DType::C64, _) => { type $b = [u32; 2]; $e }
            ($crate::DType::C128, _) => { type $b = [u64; 2]; $e }
            (_, 1) => { type $b = u8; $e }
            (_, 2) => { type $b = u16; $e }
            (_, 4) => { type $b = u32; $e }
            _ => { type $b = u64; $e }
        }
    };
}
