//! Sampling at given places of an image or a volume.
//!
//! Every mode reads a few pixels, its taps: a place, and a weight that is a product over the coordinates, with its slopes
//! and bends (second derivatives). The taps of a point serve all channels, forward and backward.

use crate::gemm::{Float, Shared};
use crate::pool;

/// How values between pixels come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interpolation {
    /// From the 4 or 8 pixels around.
    Linear,
    /// The nearest pixel, of two equally near ones the even.
    Nearest,
    /// From 16 or 64 pixels (Keys, 1981, with a = -3/4).
    Cubic,
}

/// What is outside the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// Zero.
    Zeros,
    /// The nearest pixel of the border.
    Border,
    /// The image mirrored.
    Reflection,
}

/// Sizes and modes; an image is a volume of depth 1 whose points have two coordinates.
#[derive(Clone, Copy, Debug)]
pub struct Grid {
    /// Images.
    pub batch: usize,
    /// Channels.
    pub channels: usize,
    /// Depth, height and width.
    pub input: [usize; 3],
    /// Points for each image.
    pub points: usize,
    /// Coordinates of a point: x, y and, in a volume, z.
    pub coordinates: usize,
    /// Between pixels.
    pub interpolation: Interpolation,
    /// Outside.
    pub padding: Padding,
    /// Whether -1 and 1 are the centres of the corner pixels instead of their outer edges.
    pub align_corners: bool,
}

/// A pixel a point reads.
#[derive(Clone, Copy)]
pub(super) struct Tap {
    pub(super) at: usize,
    /// The factor of the weight for each coordinate, its slope and its bend.
    factors: [[f64; 3]; 3],
}

/// The factor of a coordinate that there is not, or that changes nothing.
const ONE: [f64; 3] = [1.0, 0.0, 0.0];

/// A coordinate in pixels, and how it moves with the one given.
#[derive(Clone, Copy)]
struct Place {
    at: f64,
    slope: f64,
}

impl Grid {
    pub(super) fn area(&self) -> usize {
        self.input.iter().product()
    }

    /// The size along coordinate `d`: x is the width.
    fn size(&self, d: usize) -> usize {
        self.input[2 - d]
    }

    fn pixels(&self, d: usize, given: f64) -> Place {
        let size = self.size(d) as f64;
        let slope = if self.align_corners { (size - 1.0) / 2.0 } else { size / 2.0 };
        Place { at: (given + 1.0) * slope - if self.align_corners { 0.0 } else { 0.5 }, slope }
    }

    /// A coordinate brought inside the image.
    fn padded(&self, d: usize, place: Place) -> Place {
        match self.padding {
            Padding::Zeros => place,
            Padding::Border => self.clipped(d, place),
            Padding::Reflection => self.clipped(d, self.reflected(d, place)),
        }
    }

    fn clipped(&self, d: usize, place: Place) -> Place {
        let last = (self.size(d) - 1) as f64;
        // NaN fails the comparison and becomes zero.
        if place.at > 0.0 && place.at < last { place } else { Place { at: if place.at >= last { last } else { 0.0 }, slope: 0.0 } }
    }

    fn reflected(&self, d: usize, place: Place) -> Place {
        let size = self.size(d) as f64;
        let (low, span) = if self.align_corners { (0.0, size - 1.0) } else { (-0.5, size) };
        if span == 0.0 {
            return Place { at: 0.0, slope: 0.0 };
        }
        let from = place.at - low;
        let (far, sign) = (from.abs(), if from < 0.0 { -1.0 } else { 1.0 });
        let (rest, flips) = (far % span, (far / span).floor());
        let (at, turn) = if flips % 2.0 == 0.0 { (rest + low, 1.0) } else { (span - rest + low, -1.0) };
        Place { at, slope: place.slope * sign * turn }
    }

    /// The flat place of whole coordinates, if inside.
    fn inside(&self, whole: [f64; 3]) -> Option<usize> {
        let fits = |d: usize| whole[d] >= 0.0 && whole[d] < self.size(d) as f64;
        (0..3).all(fits).then(|| (whole[2] as usize * self.input[1] + whole[1] as usize) * self.input[2] + whole[0] as usize)
    }

    /// Calls `visit` with the taps of a point.
    pub(super) fn taps(&self, point: &[f64], visit: impl FnMut(Tap)) {
        match self.interpolation {
            Interpolation::Cubic => self.cubic(point, visit),
            mode => {
                let mut places = [Place { at: 0.0, slope: 0.0 }; 3];
                for (d, &given) in point.iter().enumerate() {
                    places[d] = self.padded(d, self.pixels(d, given));
                }
                if mode == Interpolation::Nearest { self.nearest(places, visit) } else { self.linear(places, visit) }
            }
        }
    }

    fn nearest(&self, places: [Place; 3], mut visit: impl FnMut(Tap)) {
        if let Some(at) = self.inside(places.map(|p| p.at.round_ties_even())) {
            visit(Tap { at, factors: [ONE; 3] });
        }
    }

    fn linear(&self, places: [Place; 3], mut visit: impl FnMut(Tap)) {
        let first = places.map(|p| p.at.floor());
        for corner in 0..1usize << self.coordinates {
            let far = |d: usize| corner >> d & 1 == 1;
            let whole = std::array::from_fn(|d| first[d] + if far(d) { 1.0 } else { 0.0 });
            let Some(at) = self.inside(whole) else { continue };
            let mut factors = [ONE; 3];
            for d in 0..self.coordinates {
                let part = places[d].at - first[d];
                factors[d] = if far(d) { [part, places[d].slope, 0.0] } else { [1.0 - part, -places[d].slope, 0.0] };
            }
            visit(Tap { at, factors });
        }
    }

    fn cubic(&self, point: &[f64], mut visit: impl FnMut(Tap)) {
        for tap in 0..1usize << (2 * self.coordinates) {
            let (mut whole, mut factors) = ([0.0; 3], [ONE; 3]);
            for (d, &given) in point.iter().enumerate() {
                let place = self.pixels(d, given);
                let pixel = place.at.floor() + (tap >> (2 * d) & 3) as f64 - 1.0;
                whole[d] = self.padded(d, Place { at: pixel, slope: 0.0 }).at.trunc();
                let x = place.at - pixel;
                factors[d] = [super::resample::keys(x, -0.75), keys_slope(x) * place.slope, keys_bend(x) * place.slope * place.slope];
            }
            if let Some(at) = self.inside(whole) {
                visit(Tap { at, factors });
            }
        }
    }

    pub(super) fn check<T>(&self, x: &[T], grid: &[T], y: &[T]) {
        let lengths = [x.len(), grid.len(), y.len()];
        let expected = [self.channels * self.area(), self.points * self.coordinates, self.channels * self.points].map(|n| n * self.batch);
        assert_eq!(lengths, expected, "grid: lengths of input, grid and result");
    }
}

impl Tap {
    /// The product of factors that are differentiated as often as `order` says for each coordinate.
    fn derivative(&self, order: [usize; 3]) -> f64 {
        self.factors[0][order[0]] * self.factors[1][order[1]] * self.factors[2][order[2]]
    }

    pub(super) fn weight(&self) -> f64 {
        self.derivative([0; 3])
    }

    /// How the weight moves with each coordinate.
    pub(super) fn slope(&self) -> [f64; 3] {
        [self.derivative([1, 0, 0]), self.derivative([0, 1, 0]), self.derivative([0, 0, 1])]
    }

    /// How the slope along `u` moves with each coordinate.
    pub(super) fn bend(&self, u: [f64; 3]) -> [f64; 3] {
        let along = |d: usize| {
            let second = |e: usize| {
                let mut order = [0; 3];
                order[d] += 1;
                order[e] += 1;
                u[e] * self.derivative(order)
            };
            second(0) + second(1) + second(2)
        };
        [along(0), along(1), along(2)]
    }
}

/// The derivative of [`super::resample::keys`] with a = -3/4.
fn keys_slope(x: f64) -> f64 {
    let (a, sign, x) = (-0.75, x.signum(), x.abs());
    sign * if x <= 1.0 {
        (3.0 * (a + 2.0) * x - 2.0 * (a + 3.0)) * x
    } else if x < 2.0 {
        ((3.0 * x - 10.0) * x + 8.0) * a
    } else {
        0.0
    }
}

/// The derivative of [`keys_slope`].
fn keys_bend(x: f64) -> f64 {
    let (a, x) = (-0.75, x.abs());
    if x <= 1.0 {
        6.0 * (a + 2.0) * x - 2.0 * (a + 3.0)
    } else if x < 2.0 {
        (6.0 * x - 10.0) * a
    } else {
        0.0
    }
}

/// Points that are worth a task, for one channel.
const GRAIN: usize = 1 << 12;
/// Points whose taps are in memory together.
const CHUNK: usize = 128;
/// Channels of a task that adds to the input's gradient.
const CHANNELS: usize = 8;

/// Numbers read as f64.
pub trait Coordinate: Float + Into<f64> {}
impl Coordinate for f32 {}
impl Coordinate for f64 {}

/// The taps of some neighbouring points of one image.
struct Chunk<T> {
    image: usize,
    first: usize,
    /// Where the taps of each point begin, and the end.
    starts: Vec<usize>,
    taps: Vec<(usize, T, [f64; 3])>,
}

impl<T: Coordinate> Chunk<T> {
    fn new() -> Self {
        Chunk { image: 0, first: 0, starts: Vec::with_capacity(CHUNK + 1), taps: Vec::with_capacity(16 * CHUNK) }
    }

    /// Reads chunk `index` of all the images' chunks.
    fn read(&mut self, g: &Grid, grid: &[T], index: usize) {
        let chunks = g.points.div_ceil(CHUNK);
        (self.image, self.first) = (index / chunks, index % chunks * CHUNK);
        self.taps.clear();
        self.starts.clear();
        self.starts.push(0);
        for at in self.first..g.points.min(self.first + CHUNK) {
            let from = &grid[(self.image * g.points + at) * g.coordinates..][..g.coordinates];
            let mut point = [0.0; 3];
            point.iter_mut().zip(from).for_each(|(p, &v)| *p = v.into());
            g.taps(&point[..g.coordinates], |tap| self.taps.push((tap.at, T::of(tap.weight()), tap.slope())));
            self.starts.push(self.taps.len());
        }
    }

    /// The taps of each point.
    fn points(&self) -> impl Iterator<Item = &[(usize, T, [f64; 3])]> {
        self.starts.windows(2).map(|w| &self.taps[w[0]..w[1]])
    }
}

/// Writes the samples (batch, channels, points) of `x` (batch, channels, input) at `grid` (batch, points, coordinates).
///
/// # Panics
/// When lengths do not match.
pub fn grid_sample<T: Coordinate>(g: &Grid, x: &[T], grid: &[T], y: &mut [T]) {
    g.check(x, grid, y);
    let (area, out) = (g.area(), Shared(y.as_mut_ptr()));
    for_chunks(g, |chunk, index| {
        chunk.read(g, grid, index);
        for plane in chunk.image * g.channels..(chunk.image + 1) * g.channels {
            let x = &x[plane * area..][..area];
            // SAFETY: each chunk has its own places of the result.
            let y = unsafe { std::slice::from_raw_parts_mut(out.get().add(plane * g.points + chunk.first), chunk.starts.len() - 1) };
            for (y, taps) in y.iter_mut().zip(chunk.points()) {
                *y = taps.iter().fold(T::ZERO, |sum, &(at, weight, _)| sum + x[at] * weight);
            }
        }
    });
}

/// Runs `f` for every chunk of points, in parallel where there are enough numbers.
fn for_chunks<T: Coordinate>(g: &Grid, f: impl Fn(&mut Chunk<T>, usize) + Sync) {
    pool::parallel_for(g.batch * g.points.div_ceil(CHUNK), GRAIN.div_ceil(CHUNK * g.channels.max(1)), |range| {
        let mut chunk = Chunk::new();
        range.for_each(|index| f(&mut chunk, index));
    });
}

/// The gradients of [`grid_sample`] for input and grid, each written where a place is given.
///
/// # Panics
/// When lengths do not match.
pub fn grid_sample_backward<T: Coordinate>(g: &Grid, grad_y: &[T], x: &[T], grid: &[T], grad_x: Option<&mut [T]>, grad_grid: Option<&mut [T]>) {
    g.check(x, grid, grad_y);
    if let Some(grad_x) = grad_x {
        assert_eq!(grad_x.len(), x.len(), "grid: length of the input's gradient");
        backward_input(g, grad_y, grid, grad_x);
    }
    if let Some(grad_grid) = grad_grid {
        assert_eq!(grad_grid.len(), grid.len(), "grid: length of the grid's gradient");
        backward_grid(g, grad_y, x, grid, grad_grid);
    }
}

fn backward_input<T: Coordinate>(g: &Grid, grad_y: &[T], grid: &[T], grad_x: &mut [T]) {
    let (area, blocks, chunks) = (g.area(), g.channels.div_ceil(CHANNELS), g.points.div_ceil(CHUNK));
    grad_x.fill(T::ZERO);
    let out = Shared(grad_x.as_mut_ptr());
    pool::parallel_for(g.batch * blocks, GRAIN.div_ceil(g.points.max(1) * CHANNELS), |range| {
        let mut chunk = Chunk::new();
        for task in range {
            let (image, first) = (task / blocks, task % blocks * CHANNELS);
            for index in image * chunks..(image + 1) * chunks {
                chunk.read(g, grid, index);
                for plane in image * g.channels + first..image * g.channels + g.channels.min(first + CHANNELS) {
                    // SAFETY: each task has its own channels.
                    let grad_x = unsafe { std::slice::from_raw_parts_mut(out.get().add(plane * area), area) };
                    for (&grad, taps) in grad_y[plane * g.points + chunk.first..].iter().zip(chunk.points()) {
                        taps.iter().for_each(|&(at, weight, _)| grad_x[at] += grad * weight);
                    }
                }
            }
        }
    });
}

fn backward_grid<T: Coordinate>(g: &Grid, grad_y: &[T], x: &[T], grid: &[T], grad_grid: &mut [T]) {
    let (area, out) = (g.area(), Shared(grad_grid.as_mut_ptr()));
    for_chunks(g, |chunk, index| {
        chunk.read(g, grid, index);
        // How the loss moves with the weight of each tap.
        let mut along = vec![T::ZERO; chunk.taps.len()];
        for plane in chunk.image * g.channels..(chunk.image + 1) * g.channels {
            let x = &x[plane * area..][..area];
            let grads = &grad_y[plane * g.points + chunk.first..];
            for (&grad, ends) in grads.iter().zip(chunk.starts.windows(2)) {
                for tap in ends[0]..ends[1] {
                    along[tap] += grad * x[chunk.taps[tap].0];
                }
            }
        }
        for (point, ends) in chunk.starts.windows(2).enumerate() {
            for d in 0..g.coordinates {
                let slope: f64 = (ends[0]..ends[1]).map(|tap| chunk.taps[tap].2[d] * along[tap].into()).sum();
                // SAFETY: each point has its own coordinates.
                unsafe { *out.get().add((chunk.image * g.points + chunk.first + point) * g.coordinates + d) = T::of(slope) };
            }
        }
    });
}
