//! `weights @ patches`, written to an image: the loops of a convolution around the micro-kernels.
//!
//! Weights are packed once; each task gathers the patches of some columns, a slice of channels at a time, and multiplies.

use super::direct;
use super::patches::{Patches, TapRuns, gather};
use crate::gemm::{Block, Float, Kernel, Scratch, Shared, pack_panels};
use crate::pool;
use std::ops::Range;

/// Steps of depth in a slice, unless one channel has more taps.
const DEPTH: usize = 256;
/// Columns of patches that stay in the second-level cache.
const COLUMNS: usize = 384;
/// Rows of weights that stay beside them.
const GROUP: usize = 144;
/// Fewer multiplications run in the calling thread.
const PARALLEL: usize = 1 << 19;

/// Where results go: channel `c`, grid position `q` to position `q * step + start` of plane `c`.
pub(super) struct Target<T> {
    pub ptr: Shared<T>,
    pub size: [usize; 3],
    pub start: [usize; 3],
    pub step: [usize; 3],
}

impl<T> Target<T> {
    /// The whole of a contiguous image.
    pub fn whole(memory: &mut [T], size: [usize; 3]) -> Self {
        Target { ptr: Shared(memory.as_mut_ptr()), size, start: [0; 3], step: [1; 3] }
    }

    /// Distance of grid position `q` from the start of its plane.
    pub fn offset(&self, q: usize, grid: [usize; 3]) -> usize {
        let place = [q / (grid[1] * grid[2]), q / grid[2] % grid[1], q % grid[2]];
        (0..3).fold(0, |at, d| at * self.size[d] + place[d] * self.step[d] + self.start[d])
    }
}

/// One product for each group.
pub(super) struct Job<'a, T> {
    pub patches: &'a Patches,
    pub groups: usize,
    /// Channels of the source in a group.
    pub channels: usize,
    pub source: &'a [T],
    /// Channels of the target in a group.
    pub rows: usize,
    /// (groups, rows, channels, taps)
    pub weights: &'a [T],
    pub target: Target<T>,
    /// Add to the target instead of overwriting it.
    pub add: bool,
}

/// Carries out the products.
pub(super) fn run<T: Float>(job: &Job<T>) {
    let flat = job.patches.flattened();
    match &flat {
        Some(patches) if job.target.step == [1; 3] => {
            let target = Target { ptr: job.target.ptr, size: patches.grid, start: [0; 3], step: [1; 3] };
            run_shaped(&Job { patches, target, ..*job })
        }
        _ => run_shaped(job),
    }
}

fn run_shaped<T: Float>(job: &Job<T>) {
    if direct::pays(job) {
        return direct::run(job);
    }
    let kernel = &T::kernels().packed;
    let mut panels = Scratch::<T>::new(job.groups * job.rows.next_multiple_of(kernel.mr) * job.depth());
    let panels = Shared(panels.ptr());
    let work = job.groups * job.rows * job.depth() * job.patches.columns();
    let tasks = |count: usize, f: &(dyn Fn(usize) + Sync)| {
        if work >= PARALLEL { pool::parallel_tasks(count, f) } else { (0..count).for_each(f) }
    };
    let slices = job.slices();
    tasks(job.groups * slices.len(), &|task| {
        // SAFETY: each task packs one slice of one group into its own part of the panels.
        unsafe { job.pack(kernel, task / slices.len(), &slices[task % slices.len()], panels.get()) }
    });
    let cut = Cut::of(job, kernel);
    tasks(cut.tasks(), &|task| {
        let part = cut.part(task);
        // SAFETY: the panels are packed, and parts write disjoint places of the target.
        unsafe { job.multiply(kernel, &part, &slices, panels.get()) }
    });
}

/// How the columns and rows of all groups are shared out.
struct Cut {
    groups: usize,
    columns: usize,
    chunk: usize,
    rows: usize,
    rows_chunk: usize,
}

/// The work of a task.
struct Part {
    group: usize,
    columns: Range<usize>,
    rows: Range<usize>,
}

impl Cut {
    fn of<T: Float>(job: &Job<T>, kernel: &Kernel<T>) -> Cut {
        let columns = job.patches.columns();
        let wanted = (3 * pool::num_threads()).div_ceil(job.groups);
        let most = COLUMNS.max(kernel.nr) / kernel.nr * kernel.nr;
        let chunk = columns.div_ceil(wanted).next_multiple_of(kernel.nr).clamp(kernel.nr, most);
        let row_parts = wanted.div_ceil(columns.div_ceil(chunk)).min(job.rows.div_ceil(4 * kernel.mr));
        let rows_chunk = job.rows.div_ceil(row_parts).next_multiple_of(kernel.mr);
        Cut { groups: job.groups, columns, chunk, rows: job.rows, rows_chunk }
    }

    fn tasks(&self) -> usize {
        self.groups * self.columns.div_ceil(self.chunk) * self.rows.div_ceil(self.rows_chunk)
    }

    fn part(&self, task: usize) -> Part {
        let (chunks, row_parts) = (self.columns.div_ceil(self.chunk), self.rows.div_ceil(self.rows_chunk));
        let (j, i) = (task / row_parts % chunks * self.chunk, task % row_parts * self.rows_chunk);
        Part { group: task / row_parts / chunks, columns: j..(j + self.chunk).min(self.columns), rows: i..(i + self.rows_chunk).min(self.rows) }
    }
}

impl<T: Float> Job<'_, T> {
    fn depth(&self) -> usize {
        self.channels * self.patches.taps()
    }

    /// Ranges of channels, about `DEPTH` rows of the patch matrix each.
    fn slices(&self) -> Vec<Range<usize>> {
        let most = (DEPTH / self.patches.taps()).max(1);
        let step = self.channels.div_ceil(self.channels.div_ceil(most));
        (0..self.channels).step_by(step).map(|c| c..(c + step).min(self.channels)).collect()
    }

    /// Packs the weights of one slice of channels: `panels[group][slice][tile of rows][step][row]`.
    unsafe fn pack(&self, kernel: &Kernel<T>, group: usize, slice: &Range<usize>, panels: *mut T) {
        let (taps, depth) = (self.patches.taps(), self.depth());
        let padded = self.rows.next_multiple_of(kernel.mr);
        let from = self.weights[group * self.rows * depth..][slice.start * taps..].as_ptr();
        // SAFETY: the weights of the slice, and its part of the panels.
        unsafe {
            let to = panels.add(padded * (group * depth + slice.start * taps));
            pack_panels(from, depth as isize, 1, self.rows, slice.len() * taps, kernel.mr, to);
        }
    }

    /// Multiplies one part, slice by slice.
    unsafe fn multiply(&self, kernel: &Kernel<T>, part: &Part, slices: &[Range<usize>], panels: *const T) {
        let (nr, taps, plane) = (kernel.nr, self.patches.taps(), self.patches.plane());
        let starts: Vec<usize> = part.columns.clone().step_by(nr).collect();
        let end = |j: usize| (j + nr).min(part.columns.end);
        let runs: Vec<TapRuns> = starts.iter().map(|&j| self.patches.runs(j..end(j))).collect();
        let deepest = slices.iter().map(Range::len).max().unwrap_or(0) * taps;
        let mut gathered = Scratch::<T>::new(starts.len() * nr * deepest);
        let gathered = gathered.ptr();
        for (number, slice) in slices.iter().enumerate() {
            let depth = slice.len() * taps;
            // SAFETY: the group's channels are in the source; the panels and the target are the caller's.
            unsafe {
                let source = self.source.as_ptr().add((part.group * self.channels + slice.start) * plane);
                gather(&runs, source, plane, 0..depth, gathered, nr * depth, nr);
                for i in part.rows.clone().step_by(GROUP.next_multiple_of(kernel.mr)) {
                    let rows = GROUP.next_multiple_of(kernel.mr).min(part.rows.end - i);
                    let a = panels.add(self.rows.next_multiple_of(kernel.mr) * (part.group * self.depth() + slice.start * taps) + i * depth);
                    for (panel, &j) in starts.iter().enumerate() {
                        let b = gathered.add(panel * nr * depth);
                        let tile = Panel { a, b, depth, rows, channel: part.group * self.rows + i, columns: j..end(j) };
                        self.multiply_panel(kernel, &tile, self.add || number > 0);
                    }
                }
            }
        }
    }

    /// Multiplies some rows with one panel, straight into the target where its columns are adjacent there.
    unsafe fn multiply_panel(&self, kernel: &Kernel<T>, panel: &Panel<T>, add: bool) {
        let target = &self.target;
        let (grid, area) = (self.patches.grid, super::volume(target.size));
        let positions = self.patches.positions();
        let place = |j: usize| {
            let image = j / positions * self.groups * self.rows * area;
            image + panel.channel * area + target.offset(j % positions, grid)
        };
        let (first, last) = (place(panel.columns.start), place(panel.columns.end - 1));
        let adjacent = target.step == [1; 3] && last - first == panel.columns.len() - 1;
        // SAFETY: the target has the places of these rows and columns.
        unsafe {
            if adjacent {
                let beta = if add { T::ONE } else { T::ZERO };
                (kernel.run)(&panel.block(kernel, target.ptr.get().add(first), area as isize, beta));
                return;
            }
            let mut results = Scratch::<T>::new(panel.rows * kernel.nr);
            let results = results.ptr();
            (kernel.run)(&panel.block(kernel, results, kernel.nr as isize, T::ZERO));
            for (at, j) in panel.columns.clone().enumerate() {
                let to = target.ptr.get().add(place(j));
                for i in 0..panel.rows {
                    let (to, value) = (to.add(i * area), *results.add(i * kernel.nr + at));
                    *to = if add { *to + value } else { value };
                }
            }
        }
    }
}

/// Rows of packed weights and a panel of gathered patches.
struct Panel<T> {
    a: *const T,
    b: *const T,
    depth: usize,
    rows: usize,
    /// Channel of the target that the first row belongs to.
    channel: usize,
    columns: Range<usize>,
}

impl<T: Float> Panel<T> {
    fn block(&self, kernel: &Kernel<T>, c: *mut T, c_row: isize, beta: T) -> Block<T> {
        Block {
            rows: self.rows,
            cols: self.columns.len(),
            depth: self.depth,
            alpha: T::ONE,
            beta,
            a: self.a,
            a_row: 1,
            a_col: kernel.mr as isize,
            a_tile: (kernel.mr * self.depth) as isize,
            b: self.b,
            b_row: kernel.nr as isize,
            b_rows: std::ptr::null(),
            b_panel: 0,
            c,
            c_row,
            c_col: 1,
        }
    }
}
