//! Micro-kernels: a tile of C held in registers while A is broadcast and B streams by.
//!
//! Two shapes per instruction set. The *direct* tile is wide and reads A in place through any strides (6 rows x 4
//! registers); the *packed* tile is tall and reads A from panels (12 rows x 2 registers), which halves the traffic of B.
//! AVX2 and the baseline have 16 registers and use 6 x 2 for both. The *scattered* tile is a direct one whose rows of B
//! lie anywhere: for convolutions of few channels these are shifted rows of the image.

use super::Float;
use super::vector::Vector;

/// A block of tiles: `rows x cols` of C from `depth` steps of A and B.
pub struct Block<T> {
    pub rows: usize,
    pub cols: usize,
    pub depth: usize,
    pub alpha: T,
    pub beta: T,
    pub a: *const T,
    /// Distance between rows of A, between its columns, and between tiles of `mr` rows.
    pub a_row: isize,
    pub a_col: isize,
    pub a_tile: isize,
    pub b: *const T,
    /// Distance between rows of B, and between panels of `nr` columns; columns inside a panel are adjacent.
    pub b_row: isize,
    /// Where each row of B lies, for scattered tiles.
    pub b_rows: *const isize,
    pub b_panel: isize,
    pub c: *mut T,
    pub c_row: isize,
    pub c_col: isize,
}

/// A is read through strides.
pub(super) const DIRECT: u8 = 0;
/// A is read from panels.
pub(super) const PACKED: u8 = 1;
/// As `DIRECT`, and every row of B has its own place.
pub(super) const SCATTERED: u8 = 2;

/// One tile: where it reads and writes, and how much of it exists.
pub(super) struct Tile<'a, T> {
    pub block: &'a Block<T>,
    pub a: *const T,
    pub b: *const T,
    pub c: *mut T,
    pub rows: usize,
    /// Columns in the last register.
    pub last: usize,
}

#[inline(always)]
unsafe fn load_row<V: Vector, const NV: usize>(b: *const V::Item, last: usize) -> [V; NV] {
    std::array::from_fn(|v| {
        // SAFETY: the row has `(NV - 1) * LANES + last` columns.
        unsafe {
            let from = b.add(v * V::LANES);
            if v + 1 < NV { V::load(from) } else { V::load_first(from, last) }
        }
    })
}

/// Computes an `MR x (NV * LANES)` tile and adds it to C.
#[inline(always)]
pub(super) unsafe fn tile<V: Vector, const MR: usize, const NV: usize, const MODE: u8, const PANEL: usize>(t: &Tile<V::Item>)
where
    V::Item: Float,
{
    let block = t.block;
    let (a_row, a_col) = if MODE == PACKED { (1, PANEL as isize) } else { (block.a_row, block.a_col) };
    let (mut a, mut b) = (t.a, t.b);
    // SAFETY: A has `MR` rows (padded when packed) and B `depth` rows at the given strides.
    unsafe {
        let mut acc = [[V::splat(V::Item::ZERO); NV]; MR];
        for p in 0..block.depth {
            if MODE == SCATTERED {
                b = t.b.offset(*block.b_rows.add(p));
            }
            let row: [V; NV] = load_row(b, t.last);
            for i in 0..MR {
                let x = V::splat(*a.offset(i as isize * a_row));
                for v in 0..NV {
                    acc[i][v] = acc[i][v].plus_product(x, row[v]);
                }
            }
            a = a.wrapping_offset(a_col);
            b = b.wrapping_offset(block.b_row);
        }
        for i in 0..MR {
            if i < t.rows {
                store_row(&acc[i], t, i);
            }
        }
    }
}

/// `C = alpha * acc + beta * C` on one row; `beta == 0` does not read C.
#[inline(always)]
unsafe fn store_row<V: Vector, const NV: usize>(acc: &[V; NV], t: &Tile<V::Item>, i: usize)
where
    V::Item: Float,
{
    let block = t.block;
    for v in 0..NV {
        let count = if v + 1 < NV { V::LANES } else { t.last };
        // SAFETY: row `i` of the tile exists and has `count` columns from here.
        unsafe {
            let to = t.c.offset(i as isize * block.c_row + (v * V::LANES) as isize * block.c_col);
            if block.c_col == 1 {
                store_adjacent(acc[v], to, count, block);
            } else {
                store_strided(acc[v], to, count, block);
            }
        }
    }
}

#[inline(always)]
unsafe fn store_adjacent<V: Vector>(acc: V, to: *mut V::Item, count: usize, block: &Block<V::Item>)
where
    V::Item: Float,
{
    // SAFETY: `count` adjacent numbers at `to` belong to the tile.
    unsafe {
        let mut value = acc;
        if block.alpha != V::Item::ONE {
            value = value.mul(V::splat(block.alpha));
        }
        if block.beta != V::Item::ZERO {
            value = value.plus_scaled(V::splat(block.beta), V::load_first(to, count));
        }
        if count == V::LANES { value.store(to) } else { value.store_first(to, count) }
    }
}

#[inline(never)]
unsafe fn store_strided<V: Vector>(acc: V, to: *mut V::Item, count: usize, block: &Block<V::Item>)
where
    V::Item: Float,
{
    let mut lanes = [V::Item::ZERO; 16];
    // SAFETY: no register has more than 16 lanes; `count` numbers at distance `c_col` belong to the tile.
    unsafe {
        acc.store(lanes.as_mut_ptr());
        if block.alpha == V::Item::ONE && block.beta == V::Item::ZERO {
            for (j, &x) in lanes[..count].iter().enumerate() {
                *to.offset(j as isize * block.c_col) = x;
            }
            return;
        }
        for (j, &x) in lanes[..count].iter().enumerate() {
            let c = to.offset(j as isize * block.c_col);
            let before = if block.beta == V::Item::ZERO { V::Item::ZERO } else { block.beta * *c };
            *c = block.alpha * x + before;
        }
    }
}

/// Walks a block panel by panel, tile by tile, calling the smallest instance that covers each edge.
macro_rules! walk {
    ($block:ident, $vector:ty, $mr:literal, $nv:literal, $mode:expr, [$($rows:literal)*], $nvs:tt) => {{
        let block: &Block<_> = $block;
        let lanes = <$vector as Vector>::LANES;
        for (panel, j) in (0..block.cols).step_by($nv * lanes).enumerate() {
            let cols = (block.cols - j).min($nv * lanes);
            let vectors = cols.div_ceil(lanes);
            for (row_tile, i) in (0..block.rows).step_by($mr).enumerate() {
                // SAFETY: the caller of the macro-kernel vouches for the block; tiles stay inside it.
                unsafe {
                    let t = Tile {
                        block,
                        a: block.a.offset(row_tile as isize * block.a_tile),
                        b: block.b.offset(panel as isize * block.b_panel),
                        c: block.c.offset(i as isize * block.c_row + j as isize * block.c_col),
                        rows: (block.rows - i).min($mr),
                        last: cols - (vectors - 1) * lanes,
                    };
                    $(if t.rows <= $rows {
                        walk!(@vectors t, vectors, $vector, $rows, $mode, $mr, $nvs);
                    } else)* { unreachable!() }
                }
            }
        }
    }};
    (@vectors $t:ident, $vectors:ident, $vector:ty, $rows:literal, $mode:expr, $mr:literal, [$($nv:literal)*]) => {
        match $vectors {
            $($nv => tile::<$vector, $rows, $nv, { $mode }, $mr>(&$t),)*
            _ => unreachable!(),
        }
    };
}

pub(crate) use walk;
