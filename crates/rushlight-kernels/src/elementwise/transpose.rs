//! Copies between memory in row order and memory in column order.

/// Rows and columns of a block that is gathered before it is written, so that each cache line is touched once.
const BLOCK: usize = 16;

/// `to[i * to_step + j] = from[j * from_step + i]` for `i < rows` and `j < cols`.
///
/// # Safety
/// These elements exist and can be written, and the two sides do not overlap.
pub unsafe fn transpose<T: Copy + Default>(rows: usize, cols: usize, from: *const T, from_step: isize, to: *mut T, to_step: isize) {
    for i in (0..rows).step_by(BLOCK) {
        for j in (0..cols).step_by(BLOCK) {
            let (height, width) = (BLOCK.min(rows - i), BLOCK.min(cols - j));
            // SAFETY: the block lies inside both sides.
            unsafe {
                let from = from.offset(j as isize * from_step + i as isize);
                let to = to.offset(i as isize * to_step + j as isize);
                if height == BLOCK && width == BLOCK {
                    transpose_block(BLOCK, BLOCK, from, from_step, to, to_step);
                } else {
                    transpose_block(height, width, from, from_step, to, to_step);
                }
            }
        }
    }
}

/// # Safety
/// As [`transpose`], with at most [`BLOCK`] rows and columns.
#[inline(always)]
unsafe fn transpose_block<T: Copy + Default>(rows: usize, cols: usize, from: *const T, from_step: isize, to: *mut T, to_step: isize) {
    let mut block = [[T::default(); BLOCK]; BLOCK];
    // SAFETY: as the caller vouches.
    unsafe {
        for (j, line) in block.iter_mut().enumerate().take(cols) {
            std::ptr::copy_nonoverlapping(from.offset(j as isize * from_step), line.as_mut_ptr(), rows);
        }
        for i in 0..rows {
            let mut line = [T::default(); BLOCK];
            line.iter_mut().zip(&block).for_each(|(to, from)| *to = from[i]);
            std::ptr::copy_nonoverlapping(line.as_ptr(), to.offset(i as isize * to_step), cols);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_columns() {
        for (rows, cols) in [(1, 1), (16, 16), (33, 20), (5, 70), (64, 48)] {
            let from: Vec<u32> = (0..cols * (rows + 3)).map(|i| i as u32).collect();
            let mut to = vec![0; rows * (cols + 2)];
            // SAFETY: both sides have room for the rows and columns at these steps.
            unsafe { transpose(rows, cols, from.as_ptr(), rows as isize + 3, to.as_mut_ptr(), cols as isize + 2) };
            for i in 0..rows {
                assert!((0..cols).all(|j| to[i * (cols + 2) + j] == from[j * (rows + 3) + i]), "{rows} {cols}");
            }
        }
    }
}
