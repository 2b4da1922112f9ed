//! Sampling at given places of an image or a volume.
//!
//! Every mode reads a few pixels, its taps: a place, a weight, and the weight's slope along each coordinate. The taps of a
//! point serve all channels, forward and backward.

use crate::gemm::{Float, Shared};
use crate::{pool, vectorized};

/// How values between pixels come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interpolation {
    /// From the 4 or 8 pixels around.
    Linear,
    /// The nearest pixel, of two equally near ones the even.
    Nearest,
    /// From 16 pixels (Keys, 1981, with a = -3/4); images only.
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
struct Tap {
    at: usize,
    weight: f64,
    slope: [f64; 3],
}

/// A coordinate in pixels, and how it moves with the one given.
#[derive(Clone, Copy)]
struct Place {
    at: f64,
    slope: f64,
}

impl Grid {
    fn area(&self) -> usize {
        self.input.iter().product()
    }

    /// The size along coordinate `d`: x is the width.
    fn size(&self, d: usize) -> usize {
        self.input[2 - d]
    }

    #[inline(always)]
    fn pixels(&self, d: usize, given: f64) -> Place {
        let size = self.size(d) as f64;
        let slope = if self.align_corners { (size - 1.0) / 2.0 } else { size / 2.0 };
        Place { at: (given + 1.0) * slope - if self.align_corners { 0.0 } else { 0.5 }, slope }
    }

    /// A coordinate brought inside the image.
    #[inline(always)]
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
    #[inline(always)]
    fn inside(&self, whole: [f64; 3]) -> Option<usize> {
        let fits = |d: usize| whole[d] >= 0.0 && whole[d] < self.size(d) as f64;
        (0..3).all(fits).then(|| (whole[2] as usize * self.input[1] + whole[1] as usize) * self.input[2] + whole[0] as usize)
    }

    /// Taps of a point.
    fn count(&self) -> usize {
        match self.interpolation {
            Interpolation::Nearest => 1,
            Interpolation::Linear => 1 << self.coordinates,
            Interpolation::Cubic => 16,
        }
    }

    /// Calls `visit` with the taps of a point that are inside, and their numbers.
    #[inline(always)]
    fn taps(&self, point: [f64; 3], visit: impl FnMut(usize, Tap)) {
        match self.interpolation {
            Interpolation::Cubic => self.cubic(point, visit),
            Interpolation::Nearest => self.nearest(self.places(point), visit),
            Interpolation::Linear => self.linear(self.places(point), visit),
        }
    }

    #[inline(always)]
    fn places(&self, point: [f64; 3]) -> [Place; 3] {
        let place = |d: usize| if d < self.coordinates { self.padded(d, self.pixels(d, point[d])) } else { Place { at: 0.0, slope: 0.0 } };
        [place(0), place(1), place(2)]
    }

    #[inline(always)]
    fn nearest(&self, places: [Place; 3], mut visit: impl FnMut(usize, Tap)) {
        if let Some(at) = self.inside(places.map(|p| p.at.round_ties_even())) {
            visit(0, Tap { at, weight: 1.0, slope: [0.0; 3] });
        }
    }

    #[inline(always)]
    fn linear(&self, places: [Place; 3], mut visit: impl FnMut(usize, Tap)) {
        let first = places.map(|p| p.at.floor());
        // Weight and slope of the near and the far pixel along each coordinate.
        let parts: [[(f64, f64); 2]; 3] = std::array::from_fn(|d| {
            let part = places[d].at - first[d];
            if d < self.coordinates { [(1.0 - part, -places[d].slope), (part, places[d].slope)] } else { [(1.0, 0.0); 2] }
        });
        for corner in 0..1usize << self.coordinates {
            let far = |d: usize| corner >> d & 1;
            if let Some(at) = self.inside(std::array::from_fn(|d| first[d] + far(d) as f64)) {
                visit(corner, Tap::product(at, [parts[0][far(0)], parts[1][far(1)], parts[2][far(2)]]));
            }
        }
    }

    #[inline(always)]
    fn cubic(&self, point: [f64; 3], mut visit: impl FnMut(usize, Tap)) {
        let places = [0, 1].map(|d| self.pixels(d, point[d]));
        let first = places.map(|p| p.at.floor());
        for tap in 0..16 {
            let offset = [(tap % 4) as f64 - 1.0, (tap / 4) as f64 - 1.0];
            let whole = [0, 1].map(|d| self.padded(d, Place { at: first[d] + offset[d], slope: 0.0 }).at.trunc());
            let Some(at) = self.inside([whole[0], whole[1], 0.0]) else { continue };
            let part = [0, 1].map(|d| {
                let x = places[d].at - first[d] - offset[d];
                (super::resample::keys(x, -0.75), keys_slope(x) * places[d].slope)
            });
            visit(tap, Tap::product(at, [part[0], part[1], (1.0, 0.0)]));
        }
    }

    fn check<T>(&self, x: &[T], grid: &[T], y: &[T]) {
        let lengths = [x.len(), grid.len(), y.len()];
        let expected = [self.channels * self.area(), self.points * self.coordinates, self.channels * self.points].map(|n| n * self.batch);
        assert_eq!(lengths, expected, "grid: lengths of input, grid and result");
        assert!(self.area() < OUTSIDE as usize, "grid: pixels of an image");
    }
}

impl Tap {
    /// A weight that is a product, from its factors and their slopes.
    #[inline(always)]
    fn product(at: usize, parts: [(f64, f64); 3]) -> Tap {
        let [(x, dx), (y, dy), (z, dz)] = parts;
        Tap { at, weight: x * y * z, slope: [dx * y * z, x * dy * z, x * y * dz] }
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

/// The taps of some neighbouring points of one image, number by number: tap `k` of point `p` is at `k * CHUNK + p`.
struct Chunk<T> {
    image: usize,
    first: usize,
    points: usize,
    /// Where each tap reads; [`OUTSIDE`] where there is nothing.
    places: Vec<u32>,
    weights: Vec<T>,
    slopes: Vec<[f64; 3]>,
}

/// The place of a tap outside the image.
const OUTSIDE: u32 = u32::MAX;

impl<T: Coordinate> Chunk<T> {
    fn new(g: &Grid) -> Self {
        let size = g.count() * CHUNK;
        Chunk { image: 0, first: 0, points: 0, places: vec![OUTSIDE; size], weights: vec![T::ZERO; size], slopes: vec![[0.0; 3]; size] }
    }

    /// The places and weights of tap `k` of every point.
    #[inline(always)]
    fn tap(&self, k: usize) -> (&[u32], &[T]) {
        (&self.places[k * CHUNK..][..self.points], &self.weights[k * CHUNK..][..self.points])
    }
}

vectorized! {
    /// Reads chunk `index` of all the images' chunks.
    fn read_chunk[T: Coordinate](chunk: &mut Chunk<T>, g: &Grid, grid: &[T], index: usize) {
        let chunks = g.points.div_ceil(CHUNK);
        (chunk.image, chunk.first) = (index / chunks, index % chunks * CHUNK);
        chunk.points = CHUNK.min(g.points - chunk.first);
        chunk.places.fill(OUTSIDE);
        let points = &grid[(chunk.image * g.points + chunk.first) * g.coordinates..];
        for (p, from) in points.chunks_exact(g.coordinates).take(chunk.points).enumerate() {
            let point = [from[0].into(), from[1].into(), if g.coordinates == 3 { from[2].into() } else { 0.0 }];
            g.taps(point, |k, tap| {
                let to = k * CHUNK + p;
                (chunk.places[to], chunk.weights[to], chunk.slopes[to]) = (tap.at as u32, T::of(tap.weight), tap.slope);
            });
        }
    }
}

vectorized! {
    /// Samples a plane at the points of a chunk.
    fn sample_plane[T: Coordinate](chunk: &Chunk<T>, taps: usize, x: &[T], y: &mut [T]) {
        y.fill(T::ZERO);
        for k in 0..taps {
            let (places, weights) = chunk.tap(k);
            for ((y, &place), &weight) in y.iter_mut().zip(places).zip(weights) {
                *y += x.get(place as usize).map_or(T::ZERO, |&x| x * weight);
            }
        }
    }
}

/// Writes the samples (batch, channels, points) of `x` (batch, channels, input) at `grid` (batch, points, coordinates).
///
/// # Panics
/// When lengths do not match, or an image has 2^32 pixels.
pub fn grid_sample<T: Coordinate>(g: &Grid, x: &[T], grid: &[T], y: &mut [T]) {
    g.check(x, grid, y);
    let (area, out) = (g.area(), Shared(y.as_mut_ptr()));
    for_chunks(g, |chunk, index| {
        read_chunk(chunk, g, grid, index);
        for plane in chunk.image * g.channels..(chunk.image + 1) * g.channels {
            // SAFETY: each chunk has its own places of the result.
            let y = unsafe { std::slice::from_raw_parts_mut(out.get().add(plane * g.points + chunk.first), chunk.points) };
            sample_plane(chunk, g.count(), &x[plane * area..][..area], y);
        }
    });
}

/// Runs `f` for every chunk of points, in parallel where there are enough numbers.
fn for_chunks<T: Coordinate>(g: &Grid, f: impl Fn(&mut Chunk<T>, usize) + Sync) {
    pool::parallel_for(g.batch * g.points.div_ceil(CHUNK), GRAIN.div_ceil(CHUNK * g.channels.max(1)), |range| {
        let mut chunk = Chunk::new(g);
        range.for_each(|index| f(&mut chunk, index));
    });
}

/// The gradients of [`grid_sample`] for input and grid, each written where a place is given.
///
/// # Panics
/// When lengths do not match, or an image has 2^32 pixels.
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
        let mut chunk = Chunk::new(g);
        for task in range {
            let (image, first) = (task / blocks, task % blocks * CHANNELS);
            for index in image * chunks..(image + 1) * chunks {
                read_chunk(&mut chunk, g, grid, index);
                for plane in image * g.channels + first..image * g.channels + g.channels.min(first + CHANNELS) {
                    // SAFETY: each task has its own channels.
                    let grad_x = unsafe { std::slice::from_raw_parts_mut(out.get().add(plane * area), area) };
                    add_plane(&chunk, g.count(), &grad_y[plane * g.points + chunk.first..], grad_x);
                }
            }
        }
    });
}

/// Adds the gradients of the points of a chunk to a plane.
fn add_plane<T: Coordinate>(chunk: &Chunk<T>, taps: usize, grads: &[T], grad_x: &mut [T]) {
    for k in 0..taps {
        let (places, weights) = chunk.tap(k);
        for ((&grad, &place), &weight) in grads.iter().zip(places).zip(weights) {
            if let Some(to) = grad_x.get_mut(place as usize) {
                *to += grad * weight;
            }
        }
    }
}

vectorized! {
    /// Adds how the loss moves with the weight of each tap, for one plane.
    fn add_along[T: Coordinate](chunk: &Chunk<T>, taps: usize, grads: &[T], x: &[T], along: &mut [T]) {
        for k in 0..taps {
            let along = &mut along[k * CHUNK..][..chunk.points];
            for ((along, &grad), &place) in along.iter_mut().zip(grads).zip(chunk.tap(k).0) {
                *along += x.get(place as usize).map_or(T::ZERO, |&x| grad * x);
            }
        }
    }
}

fn backward_grid<T: Coordinate>(g: &Grid, grad_y: &[T], x: &[T], grid: &[T], grad_grid: &mut [T]) {
    let (area, taps, out) = (g.area(), g.count(), Shared(grad_grid.as_mut_ptr()));
    for_chunks(g, |chunk, index| {
        read_chunk(chunk, g, grid, index);
        let mut along = vec![T::ZERO; taps * CHUNK];
        for plane in chunk.image * g.channels..(chunk.image + 1) * g.channels {
            add_along(chunk, taps, &grad_y[plane * g.points + chunk.first..], &x[plane * area..][..area], &mut along);
        }
        // SAFETY: each chunk has its own points.
        let grads = unsafe {
            let first = (chunk.image * g.points + chunk.first) * g.coordinates;
            std::slice::from_raw_parts_mut(out.get().add(first), chunk.points * g.coordinates)
        };
        for (p, grads) in grads.chunks_exact_mut(g.coordinates).enumerate() {
            let inside = |&k: &usize| chunk.places[k * CHUNK + p] != OUTSIDE;
            for (d, grad) in grads.iter_mut().enumerate() {
                let slope = |k: usize| chunk.slopes[k * CHUNK + p][d] * along[k * CHUNK + p].into();
                *grad = T::of((0..taps).filter(inside).map(slope).sum());
            }
        }
    });
}
