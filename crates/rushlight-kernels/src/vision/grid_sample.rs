//! The kernels that sample at the points of a grid, and their gradients.

use super::grid::{Coordinate, Grid, OUTSIDE};
use super::grid_channels::{self, Blocks, WIDTH};
use super::grid_planar;
use crate::gemm::Shared;
use crate::{pool, vectorized};

/// Points that are worth a task, for one channel.
const GRAIN: usize = 1 << 12;
/// Points whose taps are in memory together.
pub(super) const CHUNK: usize = 128;
/// Channels of a task that adds to the input's gradient.
const CHANNELS: usize = 8;

/// The taps of some neighbouring points of one image, number by number: tap `k` of point `p` is at `k * CHUNK + p`.
pub(super) struct Chunk<T> {
    pub image: usize,
    pub first: usize,
    pub points: usize,
    /// Where each tap reads; [`OUTSIDE`] where there is nothing.
    pub places: Vec<u32>,
    pub weights: Vec<T>,
    slopes: Vec<[f64; 3]>,
}

impl<T: Coordinate> Chunk<T> {
    fn new(g: &Grid) -> Self {
        let size = g.count() * CHUNK;
        Chunk { image: 0, first: 0, points: 0, places: vec![OUTSIDE; size], weights: vec![T::ZERO; size], slopes: vec![[0.0; 3]; size] }
    }

    /// The places and weights of tap `k` of every point.
    #[inline(always)]
    pub fn tap(&self, k: usize) -> (&[u32], &[T]) {
        (&self.places[k * CHUNK..][..self.points], &self.weights[k * CHUNK..][..self.points])
    }
}

/// Finds the points of chunk `index` of all the images' chunks.
fn points_of<'a, T: Coordinate>(chunk: &mut Chunk<T>, g: &Grid, grid: &'a [T], index: usize) -> &'a [T] {
    let chunks = g.points.div_ceil(CHUNK);
    (chunk.image, chunk.first) = (index / chunks, index % chunks * CHUNK);
    chunk.points = CHUNK.min(g.points - chunk.first);
    &grid[(chunk.image * g.points + chunk.first) * g.coordinates..][..chunk.points * g.coordinates]
}

/// Reads places and weights of a chunk, slopes only where that is as fast.
fn read_taps<T: Coordinate>(chunk: &mut Chunk<T>, g: &Grid, grid: &[T], index: usize) {
    if grid_planar::applies(g) {
        let points = points_of(chunk, g, grid, index);
        grid_planar::read(chunk, g, points);
    } else {
        read_chunk(chunk, g, grid, index);
    }
}

vectorized! {
    /// Reads places, weights and slopes of a chunk.
    fn read_chunk[T: Coordinate](chunk: &mut Chunk<T>, g: &Grid, grid: &[T], index: usize) {
        let points = points_of(chunk, g, grid, index);
        chunk.places.fill(OUTSIDE);
        for (p, from) in points.chunks_exact(g.coordinates).take(chunk.points).enumerate() {
            let point = [from[0].into(), from[1].into(), if g.coordinates == 3 { from[2].into() } else { 0.0 }];
            g.taps(point, |k, tap| {
                let to = k * CHUNK + p;
                (chunk.places[to], chunk.weights[to], chunk.slopes[to]) = (tap.at as u32, T::of(tap.weight()), tap.slope());
            });
        }
    }
}

/// The pixel at a place, or the first where there is none: loads without branches become vector gathers.
#[inline(always)]
fn pixel<T: Copy>(x: &[T], place: u32) -> T {
    let at = if (place as usize) < x.len() { place as usize } else { 0 };
    // SAFETY: below the length; images have pixels, see `Grid::check`.
    unsafe { *x.get_unchecked(at) }
}

vectorized! {
    /// Samples a plane at the points of a chunk.
    fn sample_plane[T: Coordinate](chunk: &Chunk<T>, taps: usize, x: &[T], y: &mut [T]) {
        y.fill(T::ZERO);
        for k in 0..taps {
            let (places, weights) = chunk.tap(k);
            for ((y, &place), &weight) in y.iter_mut().zip(places).zip(weights) {
                *y += if place == OUTSIDE { T::ZERO } else { pixel(x, place) * weight };
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
    if grid_channels::pays(g) {
        let blocks = Blocks::new(g, x);
        return for_chunks(g, |chunk, index| {
            read_taps(chunk, g, grid, index);
            // SAFETY: each chunk has its own places of the result.
            unsafe { blocks.sample(chunk, g, out.get()) };
        });
    }
    for_chunks(g, |chunk, index| {
        read_taps(chunk, g, grid, index);
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
    if grid_channels::pays(g) {
        return backward_blocks(g, grad_y, grid, grad_x);
    }
    let (area, blocks, chunks) = (g.area(), g.channels.div_ceil(CHANNELS), g.points.div_ceil(CHUNK));
    grad_x.fill(T::ZERO);
    let out = Shared(grad_x.as_mut_ptr());
    pool::parallel_for(g.batch * blocks, GRAIN.div_ceil(g.points.max(1) * CHANNELS), |range| {
        let mut chunk = Chunk::new(g);
        for task in range {
            let (image, first) = (task / blocks, task % blocks * CHANNELS);
            for index in image * chunks..(image + 1) * chunks {
                read_taps(&mut chunk, g, grid, index);
                for plane in image * g.channels + first..image * g.channels + g.channels.min(first + CHANNELS) {
                    // SAFETY: each task has its own channels.
                    let grad_x = unsafe { std::slice::from_raw_parts_mut(out.get().add(plane * area), area) };
                    add_plane(&chunk, g.count(), &grad_y[plane * g.points + chunk.first..], grad_x);
                }
            }
        }
    });
}

/// The input's gradient, many channels at a time.
fn backward_blocks<T: Coordinate>(g: &Grid, grad_y: &[T], grid: &[T], grad_x: &mut [T]) {
    let (area, blocks, chunks) = (g.area(), g.channels.div_ceil(WIDTH), g.points.div_ceil(CHUNK));
    let out = Shared(grad_x.as_mut_ptr());
    pool::parallel_for(g.batch * blocks, GRAIN.div_ceil(g.points.max(1) * WIDTH), |range| {
        let mut chunk = Chunk::new(g);
        for task in range {
            let (image, first) = (task / blocks, task % blocks * WIDTH);
            let plane = image * g.channels + first;
            // SAFETY: each task has its own channels.
            let out = unsafe { std::slice::from_raw_parts_mut(out.get().add(plane * area), WIDTH.min(g.channels - first) * area) };
            let read = |chunk: &mut Chunk<T>, index: usize| read_taps(chunk, g, grid, image * chunks + index);
            grid_channels::spread(g, &grad_y[plane * g.points..], first, &mut chunk, read, out);
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
                *along += if place == OUTSIDE { T::ZERO } else { pixel(x, place) * grad };
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
