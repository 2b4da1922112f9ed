//! Sampling at given places of an image or a volume.
//!
//! Every mode reads a few pixels, its taps: a place, a weight, and the weight's slope along each coordinate. The taps of a
//! point serve all channels, forward and backward.

use crate::gemm::{Float, Shared};
use crate::pool;

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
    fn taps(&self, point: &[f64], visit: impl FnMut(Tap)) {
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
            visit(Tap { at, weight: 1.0, slope: [0.0; 3] });
        }
    }

    fn linear(&self, places: [Place; 3], mut visit: impl FnMut(Tap)) {
        let first = places.map(|p| p.at.floor());
        for corner in 0..1usize << self.coordinates {
            let far = |d: usize| corner >> d & 1 == 1;
            let whole = std::array::from_fn(|d| first[d] + if far(d) { 1.0 } else { 0.0 });
            let Some(at) = self.inside(whole) else { continue };
            let mut parts = [(1.0, 0.0); 3];
            for d in 0..self.coordinates {
                let part = places[d].at - first[d];
                parts[d] = if far(d) { (part, places[d].slope) } else { (1.0 - part, -places[d].slope) };
            }
            visit(Tap::product(at, parts));
        }
    }

    fn cubic(&self, point: &[f64], mut visit: impl FnMut(Tap)) {
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
            visit(Tap::product(at, [part[0], part[1], (1.0, 0.0)]));
        }
    }

    fn check<T>(&self, x: &[T], grid: &[T], y: &[T]) {
        let lengths = [x.len(), grid.len(), y.len()];
        let expected = [self.channels * self.area(), self.points * self.coordinates, self.channels * self.points].map(|n| n * self.batch);
        assert_eq!(lengths, expected, "grid: lengths of input, grid and result");
    }
}

impl Tap {
    /// A weight that is a product, from its factors and their slopes.
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
/// Channels of a task that adds to the input's gradient.
const CHANNELS: usize = 8;

/// Numbers read as f64.
pub trait Coordinate: Float + Into<f64> {}
impl Coordinate for f32 {}
impl Coordinate for f64 {}

fn point<T: Coordinate>(g: &Grid, grid: &[T], image: usize, at: usize) -> [f64; 3] {
    let from = &grid[(image * g.points + at) * g.coordinates..][..g.coordinates];
    let mut point = [0.0; 3];
    point.iter_mut().zip(from).for_each(|(p, &v)| *p = v.into());
    point
}

/// Writes the samples (batch, channels, points) of `x` (batch, channels, input) at `grid` (batch, points, coordinates).
///
/// # Panics
/// When lengths do not match.
pub fn grid_sample<T: Coordinate>(g: &Grid, x: &[T], grid: &[T], y: &mut [T]) {
    g.check(x, grid, y);
    let (area, out) = (g.area(), Shared(y.as_mut_ptr()));
    pool::parallel_for(g.batch * g.points, GRAIN.div_ceil(g.channels.max(1)), |range| {
        let mut taps: Vec<(usize, T)> = Vec::with_capacity(16);
        for task in range {
            let (image, at) = (task / g.points, task % g.points);
            taps.clear();
            g.taps(&point(g, grid, image, at)[..g.coordinates], |tap| taps.push((tap.at, T::of(tap.weight))));
            for c in 0..g.channels {
                let plane = &x[(image * g.channels + c) * area..][..area];
                let mut sum = T::ZERO;
                taps.iter().for_each(|&(at, weight)| sum += plane[at] * weight);
                // SAFETY: each point has its own places of the result.
                unsafe { *out.get().add((image * g.channels + c) * g.points + at) = sum };
            }
        }
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
    let (area, blocks) = (g.area(), g.channels.div_ceil(CHANNELS));
    grad_x.fill(T::ZERO);
    let out = Shared(grad_x.as_mut_ptr());
    pool::parallel_for(g.batch * blocks, GRAIN.div_ceil(g.points.max(1) * CHANNELS), |range| {
        for task in range {
            let (image, first) = (task / blocks, task % blocks * CHANNELS);
            for at in 0..g.points {
                g.taps(&point(g, grid, image, at)[..g.coordinates], |tap| {
                    for c in first..g.channels.min(first + CHANNELS) {
                        let plane = image * g.channels + c;
                        // SAFETY: each task has its own channels; taps lie inside the plane.
                        unsafe { *out.get().add(plane * area + tap.at) += grad_y[plane * g.points + at] * T::of(tap.weight) };
                    }
                });
            }
        }
    });
}

fn backward_grid<T: Coordinate>(g: &Grid, grad_y: &[T], x: &[T], grid: &[T], grad_grid: &mut [T]) {
    let (area, out) = (g.area(), Shared(grad_grid.as_mut_ptr()));
    pool::parallel_for(g.batch * g.points, GRAIN.div_ceil(g.channels.max(1)), |range| {
        for task in range {
            let (image, at) = (task / g.points, task % g.points);
            let mut slope = [0.0; 3];
            g.taps(&point(g, grid, image, at)[..g.coordinates], |tap| {
                let mut along = T::ZERO;
                for plane in image * g.channels..(image + 1) * g.channels {
                    along += grad_y[plane * g.points + at] * x[plane * area + tap.at];
                }
                (0..3).for_each(|d| slope[d] += tap.slope[d] * along.into());
            });
            for d in 0..g.coordinates {
                // SAFETY: each point has its own coordinates.
                unsafe { *out.get().add(task * g.coordinates + d) = T::of(slope[d]) };
            }
        }
    });
}
