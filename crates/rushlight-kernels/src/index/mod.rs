//! Reading and writing elements by position.
//!
//! Positions are `i64` as tensors store them, already known to lie inside their dimension; `gather` looks itself. Where several writes meet one
//! element they happen in the order of the positions, whatever the number of threads.
//!
//! Moving elements needs only their width, see [`Bits`]: six copies of each loop serve fifteen element types.

mod bits;
mod border;
mod combine;
mod gather;
mod mask;
mod pad;
mod put;
mod search;
mod select;
#[cfg(test)]
mod tests;
mod walk;

pub use bits::{Bits, bits, bits_mut, bounds};
pub use border::{Border, pad_border, pad_border_backward};
pub use combine::{Assign, Combine, Largest, Product, Smallest, Sum};
pub use gather::{Lines, gather, scatter};
pub use mask::{fill_where, positions};
pub use pad::pad;
pub use put::put;
pub use search::{Side, search};
pub use select::select;
pub use walk::{copy_strided, triangle};

/// Elements that are worth a task.
const GRAIN: usize = 1 << 14;
