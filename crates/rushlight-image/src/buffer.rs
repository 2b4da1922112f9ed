//! Checks of the memory that callers hand in.

use crate::{Error, Result};

/// Whether `height` rows of `row` samples, `stride` apart, fit into `length` samples and do not overlap.
pub(crate) fn check_rows(length: usize, stride: usize, row: usize, height: usize) -> Result<()> {
    let needed = height.saturating_sub(1).checked_mul(stride).and_then(|n| n.checked_add(row));
    if stride < row || needed.is_none_or(|n| n > length) {
        return Err(Error::argument(format!("{height} rows of {row} samples, {stride} apart, do not fit into {length}")));
    }
    Ok(())
}
