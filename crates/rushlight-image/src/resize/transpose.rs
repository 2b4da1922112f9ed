//! Transposition of sixteen rows of bytes.

/// Rows in a block.
pub const LANES: usize = 16;

/// Column `i` of `rows` becomes `out[i]`, for as many columns as `out` has or the rows have.
pub fn transpose(rows: &[&[u8]; LANES], out: &mut [[u8; LANES]]) {
    let width = rows.iter().map(|row| row.len()).min().unwrap_or(0).min(out.len());
    let whole = width / LANES * LANES;
    for x in (0..whole).step_by(LANES) {
        let mut square: [[u8; LANES]; LANES] = [[0; LANES]; LANES];
        for (square, row) in square.iter_mut().zip(rows) {
            square.copy_from_slice(&row[x..x + LANES]);
        }
        out[x..x + LANES].copy_from_slice(&transpose_square(square));
    }
    for x in whole..width {
        out[x] = std::array::from_fn(|i| rows[i][x]);
    }
}

/// Four rounds of interleaving row `i` with row `i + 8`: each moves one bit of the position from the column to the row.
#[inline(always)]
fn transpose_square(mut square: [[u8; LANES]; LANES]) -> [[u8; LANES]; LANES] {
    for _ in 0..4 {
        let mut next = [[0; LANES]; LANES];
        for i in 0..LANES / 2 {
            let (a, b) = (square[i], square[i + LANES / 2]);
            next[2 * i] = std::array::from_fn(|k| if k % 2 == 0 { a[k / 2] } else { b[k / 2] });
            next[2 * i + 1] = std::array::from_fn(|k| if k % 2 == 0 { a[8 + k / 2] } else { b[8 + k / 2] });
        }
        square = next;
    }
    square
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_become_rows() {
        let rows: Vec<Vec<u8>> = (0..LANES).map(|r| (0..37).map(|x| (r * 37 + x) as u8).collect()).collect();
        let mut out = [[0; LANES]; 37];
        transpose(&std::array::from_fn(|i| &rows[i][..]), &mut out);
        for (x, column) in out.iter().enumerate() {
            assert!(column.iter().enumerate().all(|(r, &v)| v == rows[r][x]), "column {x}");
        }
    }
}
