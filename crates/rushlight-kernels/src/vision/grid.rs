//! Sampling at given places of an image or a volume.
//!
//! Every mode reads a few pixels, its taps: a place, and a weight that is a product over the coordinates, with its slopes
//! and bends (second derivatives). The taps of a point serve all channels, forward and backward.

use crate::gemm::Float;

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
    /// Whether coordinates are rounded as those of float32 are: a gradient at the centre of a pixel is that of one of its sides.
    pub single: bool,
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
pub(super) struct Place {
    pub(super) at: f64,
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

    #[inline(always)]
    pub(super) fn pixels(&self, d: usize, given: f64) -> Place {
        let size = self.size(d) as f64;
        let slope = if self.align_corners { (size - 1.0) / 2.0 } else { size / 2.0 };
        let at = self.rounded(self.rounded(given + 1.0) * slope - if self.align_corners { 0.0 } else { 0.5 });
        Place { at, slope }
    }

    /// A coordinate as precise as those given.
    #[inline(always)]
    fn rounded(&self, at: f64) -> f64 {
        if self.single { at as f32 as f64 } else { at }
    }

    /// A coordinate brought inside the image.
    #[inline(always)]
    pub(super) fn padded(&self, d: usize, place: Place) -> Place {
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
        let from = self.rounded(place.at - low);
        let (far, sign) = (from.abs(), if from < 0.0 { -1.0 } else { 1.0 });
        let (rest, flips) = (far % span, (far / span).floor());
        let (at, turn) = if flips % 2.0 == 0.0 { (rest + low, 1.0) } else { (span - rest + low, -1.0) };
        Place { at: self.rounded(at), slope: place.slope * sign * turn }
    }

    /// The flat place of whole coordinates, if inside.
    #[inline(always)]
    fn inside(&self, whole: [f64; 3]) -> Option<usize> {
        let fits = |d: usize| whole[d] >= 0.0 && whole[d] < self.size(d) as f64;
        (0..3).all(fits).then(|| (whole[2] as usize * self.input[1] + whole[1] as usize) * self.input[2] + whole[0] as usize)
    }

    /// Taps of a point.
    pub(super) fn count(&self) -> usize {
        match self.interpolation {
            Interpolation::Nearest => 1,
            Interpolation::Linear => 1 << self.coordinates,
            Interpolation::Cubic => 1 << (2 * self.coordinates),
        }
    }

    /// Calls `visit` with the taps of a point that are inside, and their numbers.
    #[inline(always)]
    pub(super) fn taps(&self, point: [f64; 3], visit: impl FnMut(usize, Tap)) {
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
            visit(0, Tap { at, factors: [ONE; 3] });
        }
    }

    #[inline(always)]
    fn linear(&self, places: [Place; 3], mut visit: impl FnMut(usize, Tap)) {
        let first = places.map(|p| p.at.floor());
        // The factors of the near and the far pixel along each coordinate.
        let factors: [[[f64; 3]; 2]; 3] = std::array::from_fn(|d| {
            let (part, slope) = (places[d].at - first[d], places[d].slope);
            if d < self.coordinates { [[1.0 - part, -slope, 0.0], [part, slope, 0.0]] } else { [ONE; 2] }
        });
        for corner in 0..1usize << self.coordinates {
            let far = |d: usize| corner >> d & 1;
            if let Some(at) = self.inside(std::array::from_fn(|d| first[d] + far(d) as f64)) {
                visit(corner, Tap { at, factors: std::array::from_fn(|d| factors[d][far(d)]) });
            }
        }
    }

    #[inline(always)]
    fn cubic(&self, point: [f64; 3], mut visit: impl FnMut(usize, Tap)) {
        for tap in 0..self.count() {
            let (mut whole, mut factors) = ([0.0; 3], [ONE; 3]);
            for d in 0..self.coordinates {
                let place = self.pixels(d, point[d]);
                let pixel = place.at.floor() + (tap >> (2 * d) & 3) as f64 - 1.0;
                whole[d] = self.padded(d, Place { at: pixel, slope: 0.0 }).at.trunc();
                let x = place.at - pixel;
                factors[d] = [super::resample::keys(x, -0.75), keys_slope(x) * place.slope, keys_bend(x) * place.slope * place.slope];
            }
            if let Some(at) = self.inside(whole) {
                visit(tap, Tap { at, factors });
            }
        }
    }

    pub(super) fn check<T>(&self, x: &[T], grid: &[T], y: &[T]) {
        let lengths = [x.len(), grid.len(), y.len()];
        let expected = [self.channels * self.area(), self.points * self.coordinates, self.channels * self.points].map(|n| n * self.batch);
        assert_eq!(lengths, expected, "grid: lengths of input, grid and result");
        assert!((1..OUTSIDE as usize).contains(&self.area()), "grid: pixels of an image");
    }
}

impl Tap {
    /// The product of factors that are differentiated as often as `order` says for each coordinate.
    #[inline(always)]
    fn derivative(&self, order: [usize; 3]) -> f64 {
        self.factors[0][order[0]] * self.factors[1][order[1]] * self.factors[2][order[2]]
    }

    #[inline(always)]
    pub(super) fn weight(&self) -> f64 {
        self.derivative([0; 3])
    }

    /// How the weight moves with each coordinate.
    #[inline(always)]
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

/// Numbers read as f64.
pub trait Coordinate: Float + Into<f64> {}
impl Coordinate for f32 {}
impl Coordinate for f64 {}

/// The place of a tap outside the image.
pub(super) const OUTSIDE: u32 = u32::MAX;
