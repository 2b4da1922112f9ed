//! The loops around the micro-kernels (Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008).
//!
//! k is cut into slices so that a panel of B stays in the first-level cache, m into groups so that their part of A stays
//! in the second. Every element of C is summed in the same order whatever the number of threads.

use super::Float;
use super::kernels::Kernel;
use super::pack::pack_panels;
use super::scratch::Scratch;
use super::tile::Block;
use crate::pool;

/// A matrix in memory.
#[derive(Clone, Copy)]
pub struct View<T> {
    pub ptr: *const T,
    pub row: isize,
    pub col: isize,
}

/// `C = alpha * A @ B + beta * C` for A (m, k), B (k, n), C (m, n).
///
/// `S` is the type of the factors: f32 for half-precision matrices, else the element type.
#[derive(Clone, Copy)]
pub struct Problem<T, S = T> {
    pub m: usize,
    pub n: usize,
    pub k: usize,
    pub alpha: S,
    pub a: View<T>,
    pub b: View<T>,
    pub beta: S,
    pub c: *mut T,
    pub c_row: isize,
    pub c_col: isize,
}

// SAFETY: threads read A and B and write disjoint tiles of C.
unsafe impl<T: Sync, S: Sync> Sync for Problem<T, S> {}

impl<T: Copy, S: Copy> Problem<T, S> {
    /// The same product written as `C' = B' @ A'`.
    pub fn transposed(&self) -> Self {
        Problem {
            m: self.n,
            n: self.m,
            k: self.k,
            alpha: self.alpha,
            a: View { ptr: self.b.ptr, row: self.b.col, col: self.b.row },
            b: View { ptr: self.a.ptr, row: self.a.col, col: self.a.row },
            beta: self.beta,
            c: self.c,
            c_row: self.c_col,
            c_col: self.c_row,
        }
    }
}

/// Steps of depth in a slice of k: 256 x 32 f32 of B are 32 KiB.
const DEPTH: usize = 256;
/// Columns of B packed at once.
const COLUMNS: usize = 4096;
/// Rows of A packed at once, shared by all threads.
const ROWS: usize = 1536;
/// Rows of A that one task keeps in the second-level cache.
const GROUP: usize = 144;
/// Products of fewer multiplications run in the calling thread: about 10 microseconds of work.
const PARALLEL: usize = 1 << 19;

/// How a product is carried out.
struct Plan<'a, T> {
    kernel: &'a Kernel<T>,
    pack_a: bool,
    pack_b: bool,
    depth: usize,
    parallel: bool,
}

impl<T: Float> Plan<'_, T> {
    fn of(p: &Problem<T>) -> Self {
        let kernels = T::kernels();
        let size = size_of::<T>();
        let pack_a = p.m * p.k * size > 256 << 10 && p.n > 2 * kernels.direct.nr;
        let kernel = if pack_a { &kernels.packed } else { &kernels.direct };
        let pack_b = p.b.col != 1 || (p.k * p.n * size > 512 << 10 && p.m > 4 * kernel.mr);
        let limit = if pack_a || pack_b { DEPTH } else { 4 * DEPTH };
        let depth = p.k.div_ceil(p.k.div_ceil(limit)).next_multiple_of(4).min(p.k);
        Plan { kernel, pack_a, pack_b, depth, parallel: p.m * p.n * p.k >= PARALLEL }
    }

    fn tasks(&self, tasks: usize, f: impl Fn(usize) + Sync) {
        if self.parallel { pool::parallel_tasks(tasks, f) } else { (0..tasks).for_each(f) }
    }

    /// Packs `extent` lines into panels of `width`, several panels a task.
    unsafe fn pack(&self, v: &Strided<T>, extent: usize, depth: usize, width: usize, to: *mut T) {
        let lines = (8usize << 10).div_ceil(depth * width) * width;
        let to = Shared(to);
        self.tasks(extent.div_ceil(lines), |task| {
            let i = task * lines;
            // SAFETY: tasks cover disjoint lines of the matrix and panels of `to`.
            unsafe {
                let from = v.ptr.offset(i as isize * v.across);
                let to = to.get().add(i * depth);
                pack_panels(from, v.across, v.along, lines.min(extent - i), depth, width, to);
            }
        });
    }
}

/// Lines to be packed: the distance between lines and between steps along them.
struct Strided<T> {
    ptr: *const T,
    across: isize,
    along: isize,
}

// SAFETY: only read.
unsafe impl<T: Sync> Sync for Strided<T> {}

/// A pointer that tasks write through at disjoint places.
#[derive(Clone, Copy)]
pub(crate) struct Shared<T>(pub *mut T);

// SAFETY: whoever shares it keeps the writes apart.
unsafe impl<T: Send> Sync for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Send for Shared<T> {}

impl<T> Shared<T> {
    pub fn get(&self) -> *mut T {
        self.0
    }
}

/// Runs a product with `k > 0`.
///
/// # Safety
/// The three matrices must be accessible at their strides, and C must not overlap A or B.
pub(crate) unsafe fn multiply<T: Float>(p: &Problem<T>) {
    let plan = Plan::of(p);
    let Kernel { mr, nr, .. } = *plan.kernel;
    let columns = if plan.pack_b { p.n.min(COLUMNS) } else { p.n };
    let rows = if plan.pack_a { p.m.min(ROWS) } else { p.m };
    let mut panels_b = Scratch::new(if plan.pack_b { columns.next_multiple_of(nr) * plan.depth } else { 0 });
    let mut panels_a = Scratch::new(if plan.pack_a { rows.next_multiple_of(mr) * plan.depth } else { 0 });
    for j in (0..p.n).step_by(columns) {
        for q in (0..p.k).step_by(plan.depth) {
            let cols = columns.min(p.n - j);
            let depth = plan.depth.min(p.k - q);
            // SAFETY: the sub-matrices at (q, j), (i, q) and (i, j) lie inside the operands.
            unsafe {
                let mut part = Block {
                    rows: 0,
                    cols,
                    depth,
                    alpha: p.alpha,
                    beta: if q == 0 { p.beta } else { T::ONE },
                    a: p.a.ptr,
                    a_row: p.a.row,
                    a_col: p.a.col,
                    a_tile: mr as isize * p.a.row,
                    b: p.b.ptr.offset(q as isize * p.b.row + j as isize * p.b.col),
                    b_row: p.b.row,
                    b_rows: std::ptr::null(),
                    b_panel: nr as isize,
                    c: p.c,
                    c_row: p.c_row,
                    c_col: p.c_col,
                };
                if plan.pack_b {
                    let lines = Strided { ptr: part.b, across: p.b.col, along: p.b.row };
                    plan.pack(&lines, cols, depth, nr, panels_b.ptr());
                    part.b = panels_b.ptr();
                    part.b_row = nr as isize;
                    part.b_panel = (nr * depth) as isize;
                }
                for i in (0..p.m).step_by(rows) {
                    part.rows = rows.min(p.m - i);
                    part.a = p.a.ptr.offset(i as isize * p.a.row + q as isize * p.a.col);
                    part.c = p.c.offset(i as isize * p.c_row + j as isize * p.c_col);
                    if plan.pack_a {
                        let lines = Strided { ptr: part.a, across: p.a.row, along: p.a.col };
                        plan.pack(&lines, part.rows, depth, mr, panels_a.ptr());
                        part.a = panels_a.ptr();
                        part.a_tile = (mr * depth) as isize;
                    }
                    compute(&plan, &part);
                }
            }
        }
    }
}

// SAFETY: tasks read A and B and write disjoint parts of C.
unsafe impl<T: Sync> Sync for Block<T> {}

/// Cuts a block into groups of rows, and of columns where rows alone leave threads idle.
unsafe fn compute<T: Float>(plan: &Plan<T>, block: &Block<T>) {
    let Kernel { mr, nr, run } = *plan.kernel;
    let wanted = if plan.parallel { 3 * pool::num_threads() } else { 1 };
    let row_tiles = block.rows.div_ceil(mr);
    let group = row_tiles.div_ceil(block.rows.div_ceil(GROUP)) * mr;
    let row_groups = block.rows.div_ceil(group);
    let panels = block.cols.div_ceil(nr);
    let col_groups = wanted.div_ceil(row_groups).min(panels);
    let wide = panels.div_ceil(col_groups);
    plan.tasks(row_groups * col_groups, |task| {
        let i = task % row_groups * group;
        let panel = task / row_groups * wide;
        if panel >= panels {
            return;
        }
        let j = panel * nr;
        // SAFETY: the part at (i, j) lies inside the block.
        unsafe {
            run(&Block {
                rows: group.min(block.rows - i),
                cols: (wide * nr).min(block.cols - j),
                a: block.a.offset((i / mr) as isize * block.a_tile),
                b: block.b.offset(panel as isize * block.b_panel),
                c: block.c.offset(i as isize * block.c_row + j as isize * block.c_col),
                ..*block
            });
        }
    });
}
