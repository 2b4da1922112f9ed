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
/// Multiplications of a task at least, so that two threads end within some 5 microseconds of one another.
const TASK: usize = 1 << 19;

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
        // An A that is read in place fits the second-level cache whole, and a deep panel of B beside it.
        let limit = if pack_a { DEPTH } else { 4 * DEPTH };
        let depth = p.k.div_ceil(p.k.div_ceil(limit)).next_multiple_of(4).min(p.k);
        Plan { kernel, pack_a, pack_b, depth, parallel: p.m * p.n * p.k >= PARALLEL }
    }

    fn tasks(&self, tasks: usize, f: impl Fn(usize) + Sync) {
        if self.parallel { pool::parallel_tasks(tasks, f) } else { (0..tasks).for_each(f) }
    }

    /// Fills the panels of several operands at once.
    unsafe fn pack<const N: usize>(&self, operands: [Packing<T>; N]) {
        let ends: [usize; N] = std::array::from_fn(|n| operands[..=n].iter().map(Packing::tasks).sum());
        self.tasks(ends[N - 1], |task| {
            let n = ends.iter().take_while(|&&end| end <= task).count();
            let before = if n == 0 { 0 } else { ends[n - 1] };
            // SAFETY: the caller's; tasks have panels of their own.
            unsafe { operands[n].run(task - before) };
        });
    }
}

/// Lines of a matrix and the panels they are copied to.
struct Packing<T> {
    from: *const T,
    /// Distance between lines and between steps along them.
    across: isize,
    along: isize,
    extent: usize,
    depth: usize,
    width: usize,
    to: *mut T,
}

// SAFETY: tasks read the matrix and write disjoint panels.
unsafe impl<T: Sync> Sync for Packing<T> {}

impl<T: Float> Packing<T> {
    /// Lines of a task: whole panels of some 8 Ki numbers.
    fn lines(&self) -> usize {
        (8usize << 10).div_ceil(self.depth * self.width) * self.width
    }

    fn tasks(&self) -> usize {
        self.extent.div_ceil(self.lines())
    }

    unsafe fn run(&self, task: usize) {
        let i = task * self.lines();
        // SAFETY: the lines from `i` on are part of the matrix, and their panels of `to`.
        unsafe {
            let (from, to) = (self.from.offset(i as isize * self.across), self.to.add(i * self.depth));
            pack_panels(from, self.across, self.along, self.lines().min(self.extent - i), self.depth, self.width, to);
        }
    }
}

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
    // SAFETY: the caller's.
    unsafe { run(p, &Plan::of(p)) }
}

/// Runs a product with `k > 0` on a kernel that reads both operands from panels.
///
/// # Safety
/// As for [`multiply`]; the kernel must suit the processor.
pub(crate) unsafe fn multiply_packed<T: Float>(p: &Problem<T>, kernel: &Kernel<T>) {
    let depth = p.k.div_ceil(p.k.div_ceil(DEPTH));
    let plan = Plan { kernel, pack_a: true, pack_b: true, depth, parallel: p.m * p.n * p.k >= PARALLEL };
    // SAFETY: the caller's.
    unsafe { run(p, &plan) }
}

unsafe fn run<T: Float>(p: &Problem<T>, plan: &Plan<T>) {
    let Kernel { mr, nr, .. } = *plan.kernel;
    let most = (COLUMNS * DEPTH / plan.depth.max(DEPTH)).next_multiple_of(nr);
    let columns = if plan.pack_b { p.n.min(most) } else { p.n };
    let rows = if plan.pack_a { p.m.min(ROWS) } else { p.m };
    let mut panels_b = Scratch::new(if plan.pack_b { columns.next_multiple_of(nr) * plan.depth } else { 0 });
    let mut panels_a = Scratch::new(if plan.pack_a { rows.next_multiple_of(mr) * plan.depth } else { 0 });
    let (to_b, to_a) = (panels_b.ptr(), panels_a.ptr());
    for j in (0..p.n).step_by(columns) {
        for q in (0..p.k).step_by(plan.depth) {
            for i in (0..p.m).step_by(rows) {
                // SAFETY: the sub-matrices at (q, j), (i, q) and (i, j) lie inside the operands.
                unsafe {
                    let mut part = Block {
                        rows: rows.min(p.m - i),
                        cols: columns.min(p.n - j),
                        depth: plan.depth.min(p.k - q),
                        alpha: p.alpha,
                        beta: if q == 0 { p.beta } else { T::ONE },
                        a: p.a.ptr.offset(i as isize * p.a.row + q as isize * p.a.col),
                        a_row: p.a.row,
                        a_col: p.a.col,
                        a_tile: mr as isize * p.a.row,
                        b: p.b.ptr.offset(q as isize * p.b.row + j as isize * p.b.col),
                        b_row: p.b.row,
                        b_rows: std::ptr::null(),
                        b_panel: nr as isize,
                        c: p.c.offset(i as isize * p.c_row + j as isize * p.c_col),
                        c_row: p.c_row,
                        c_col: p.c_col,
                    };
                    let depth = part.depth;
                    let a = Packing { from: part.a, across: p.a.row, along: p.a.col, extent: part.rows, depth, width: mr, to: to_a };
                    let b = Packing { from: part.b, across: p.b.col, along: p.b.row, extent: part.cols, depth, width: nr, to: to_b };
                    if plan.pack_b {
                        (part.b, part.b_row, part.b_panel) = (to_b, nr as isize, (nr * depth) as isize);
                    }
                    if plan.pack_a {
                        (part.a, part.a_tile) = (to_a, (mr * depth) as isize);
                    }
                    // The panels of B serve all rows.
                    match (plan.pack_a, plan.pack_b && i == 0) {
                        (true, true) => plan.pack([b, a]),
                        (true, false) => plan.pack([a]),
                        (false, true) => plan.pack([b]),
                        (false, false) => {}
                    }
                    compute(plan, &part);
                }
            }
        }
    }
}

// SAFETY: tasks read A and B and write disjoint parts of C.
unsafe impl<T: Sync> Sync for Block<T> {}

/// Cuts a block into groups of rows and of columns; neighbouring tasks share their rows.
unsafe fn compute<T: Float>(plan: &Plan<T>, block: &Block<T>) {
    let Kernel { mr, nr, run } = *plan.kernel;
    let (row_tiles, panels) = (block.rows.div_ceil(mr), block.cols.div_ceil(nr));
    let mut row_groups = block.rows.div_ceil(GROUP);
    let mut col_groups = 1;
    if plan.parallel {
        // Some tasks a thread even out; one for every `TASK` took 12 to 17 % longer at 1024 and 2048 on two threads.
        let threads = pool::num_threads();
        let wanted = (block.rows * block.cols * block.depth / TASK).clamp(2 * threads, 4 * threads);
        col_groups = wanted.div_ceil(row_groups).min(panels);
        row_groups = row_groups.max((2 * threads).div_ceil(col_groups)).min(row_tiles);
    }
    let (tall, wide) = (row_tiles.div_ceil(row_groups), panels.div_ceil(col_groups));
    let (row_groups, col_groups) = (row_tiles.div_ceil(tall), panels.div_ceil(wide));
    plan.tasks(row_groups * col_groups, |task| {
        let (tile, panel) = (task / col_groups * tall, task % col_groups * wide);
        let (i, j) = (tile * mr, panel * nr);
        // SAFETY: the part at (i, j) lies inside the block.
        unsafe {
            run(&Block {
                rows: (tall * mr).min(block.rows - i),
                cols: (wide * nr).min(block.cols - j),
                a: block.a.offset(tile as isize * block.a_tile),
                b: block.b.offset(panel as isize * block.b_panel),
                c: block.c.offset(i as isize * block.c_row + j as isize * block.c_col),
                ..*block
            });
        }
    });
}
