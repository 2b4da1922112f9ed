//! Maximum and average over windows in one to three dimensions, sliding or adaptive.
//!
//! A [`Pooling`] lists the windows of each dimension once; the same kernels then serve both kinds.
//!
//! ```
//! use rushlight_kernels::pooling::{Pooling, max_pool};
//! let p = Pooling::sliding(1, [1, 2, 4], [1, 1, 2], [1, 2, 2], [1, 2, 2], [0; 3], [1; 3]);
//! let (mut y, mut at) = ([0.0; 2], [0; 2]);
//! max_pool(&p, &[1.0, 5.0, 2.0, 0.0, 3.0, 4.0, 8.0, 1.0], &mut y, &mut at);
//! assert_eq!((y, at), ([5.0, 8.0], [1, 6]));
//! ```

mod average;
mod maximum;
#[cfg(test)]
mod tests;

pub use average::{Averaged, Divisor, avg_pool, avg_pool_backward};
pub use maximum::{Ordered, gather, max_pool, max_pool_backward};

/// The positions along one dimension that one output sees: `start`, `start + step`, ... below `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Window {
    start: usize,
    end: usize,
    step: usize,
    /// How many these are.
    count: usize,
    /// How many when padding counts.
    padded: usize,
}

impl Window {
    fn new(start: usize, end: usize, step: usize, padded: usize) -> Self {
        Window { start, end, step, count: end.saturating_sub(start).div_ceil(step), padded }
    }

    #[inline(always)]
    fn for_each(&self, mut visit: impl FnMut(usize)) {
        let mut at = self.start;
        while at < self.end {
            visit(at);
            at += self.step;
        }
    }
}

/// The windows of a pooling over `planes` planes; with fewer than three dimensions the first ones are 1.
#[derive(Clone, Debug)]
pub struct Pooling {
    planes: usize,
    input: [usize; 3],
    windows: [Vec<Window>; 3],
}

impl Pooling {
    /// Windows of `kernel` taps, `dilation` apart, that start every `stride` positions, `padding` before the plane.
    ///
    /// `planes` is batch times channels. The output size is the caller's, so both roundings are possible; windows are
    /// cut where they leave the padded plane.
    pub fn sliding(
        planes: usize,
        input: [usize; 3],
        output: [usize; 3],
        kernel: [usize; 3],
        stride: [usize; 3],
        padding: [usize; 3],
        dilation: [usize; 3],
    ) -> Pooling {
        let window = |d: usize, o: usize| sliding_window(input[d], o * stride[d], kernel[d], padding[d], dilation[d]);
        let windows = [0, 1, 2].map(|d| (0..output[d]).map(|o| window(d, o)).collect());
        Pooling { planes, input, windows }
    }

    /// Windows that cut the plane into `output` nearly equal parts: from `floor(o * n / m)` to `ceil((o + 1) * n / m)`.
    pub fn adaptive(planes: usize, input: [usize; 3], output: [usize; 3]) -> Pooling {
        let window = |d: usize, o: usize| {
            let (start, end) = (o * input[d] / output[d], ((o + 1) * input[d]).div_ceil(output[d]));
            Window::new(start, end, 1, end - start)
        };
        Pooling { planes, input, windows: [0, 1, 2].map(|d| (0..output[d]).map(|o| window(d, o)).collect()) }
    }

    fn input_area(&self) -> usize {
        self.input.iter().product()
    }

    fn output_area(&self) -> usize {
        self.windows.iter().map(Vec::len).product()
    }

    /// Visits the windows of a plane in the order of the output.
    #[inline(always)]
    fn for_each_window(&self, mut visit: impl FnMut(usize, [&Window; 3])) {
        let mut at = 0;
        for z in &self.windows[0] {
            for y in &self.windows[1] {
                for x in &self.windows[2] {
                    visit(at, [z, y, x]);
                    at += 1;
                }
            }
        }
    }

    /// The window of a pooling with one output a plane.
    fn only_window(&self) -> Option<[&Window; 3]> {
        let [[z], [y], [x]] = self.windows.each_ref().map(Vec::as_slice) else { return None };
        Some([z, y, x])
    }

    /// Whether a window is the whole plane.
    fn is_whole(&self, window: [&Window; 3]) -> bool {
        window.iter().zip(self.input).all(|(window, size)| window.count == size)
    }

    /// Visits the rows of a window: the place of position 0 in each.
    #[inline(always)]
    fn for_each_row(&self, window: [&Window; 3], mut visit: impl FnMut(usize)) {
        window[0].for_each(|z| {
            window[1].for_each(|y| visit((z * self.input[1] + y) * self.input[2]));
        });
    }

    fn check(&self, input: usize, output: usize) {
        assert_eq!(input, self.planes * self.input_area(), "pooling: length of the input");
        assert_eq!(output, self.planes * self.output_area(), "pooling: length of the output");
    }

    /// Planes that are worth a task.
    fn grain(&self) -> usize {
        (1usize << 14).div_ceil(self.input_area().max(self.output_area()).max(1))
    }
}

/// The window that starts at `start` of the padded dimension.
fn sliding_window(input: usize, start: usize, kernel: usize, padding: usize, dilation: usize) -> Window {
    let end = (start + (kernel - 1) * dilation + 1).min(input + 2 * padding);
    let skipped = padding.saturating_sub(start).div_ceil(dilation) * dilation;
    let first = (start + skipped).saturating_sub(padding);
    Window::new(first, end.saturating_sub(padding).min(input), dilation, end.saturating_sub(start))
}
