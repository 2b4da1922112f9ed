//! Sampling with neighbouring channels in one register: a tap is then one load for 16 channels, not 16 gathered numbers.

use super::grid::{Coordinate, Grid, OUTSIDE};
use super::grid_sample::{CHUNK, Chunk};
use crate::gemm::{Scratch, Shared, pack_panel, pack_transposed};
use crate::{pool, vectorized};

/// Channels of a block.
pub(super) const WIDTH: usize = 16;

/// Whether enough channels share the points, and enough points the rearranged image.
pub(super) fn pays(g: &Grid) -> bool {
    g.channels >= WIDTH / 2 && g.points * g.count() >= g.area()
}

/// The images with the channels of a block next to one another: `[image][block][pixel][channel]`, padded with zeros.
pub(super) struct Blocks<T: Copy> {
    _memory: Scratch<T>,
    start: Shared<T>,
    /// Blocks of an image.
    count: usize,
    area: usize,
}

impl<T: Coordinate> Blocks<T> {
    pub fn new(g: &Grid, x: &[T]) -> Self {
        let (area, count) = (g.area(), g.channels.div_ceil(WIDTH));
        let mut memory = Scratch::<T>::new(g.batch * count * area * WIDTH);
        let start = Shared(memory.ptr());
        pool::parallel_for(g.batch * count, (1usize << 14).div_ceil(area * WIDTH), |range| {
            for block in range {
                let (image, first) = (block / count, block % count * WIDTH);
                let channels = WIDTH.min(g.channels - first);
                let from = &x[(image * g.channels + first) * area..][..channels * area];
                // SAFETY: the planes of the block's channels, and its room.
                unsafe { pack_panel(from.as_ptr(), area as isize, 1, channels, area, WIDTH, start.get().add(block * area * WIDTH)) };
            }
        });
        Blocks { _memory: memory, start, count, area }
    }

    /// Writes the samples of all channels at the points of a chunk.
    ///
    /// # Safety
    /// `y` is the whole result, and nobody else writes the chunk's places.
    pub unsafe fn sample(&self, chunk: &Chunk<T>, g: &Grid, y: *mut T) {
        let mut sums = [[T::ZERO; WIDTH]; CHUNK];
        for block in 0..self.count {
            let channels = WIDTH.min(g.channels - block * WIDTH);
            // SAFETY: the block was written by `new`; the result has a plane of points for every channel.
            unsafe {
                let pixels = self.start.get().add((chunk.image * self.count + block) * self.area * WIDTH);
                sample_block(chunk, g.count(), std::slice::from_raw_parts(pixels.cast(), self.area), &mut sums);
                let to = y.add((chunk.image * g.channels + block * WIDTH) * g.points + chunk.first);
                pack_transposed(sums.as_ptr().cast(), WIDTH as isize, 1, chunk.points, channels, g.points, to);
            }
        }
    }
}

vectorized! {
    /// Adds the taps of each point in their order.
    fn sample_block[T: Coordinate](chunk: &Chunk<T>, taps: usize, pixels: &[[T; WIDTH]], sums: &mut [[T; WIDTH]; CHUNK]) {
        for (p, sums) in sums.iter_mut().take(chunk.points).enumerate() {
            let mut sum = [T::ZERO; WIDTH];
            for k in 0..taps {
                let (place, weight) = (chunk.places[k * CHUNK + p], chunk.weights[k * CHUNK + p]);
                if place != OUTSIDE {
                    let pixel = &pixels[place as usize];
                    for c in 0..WIDTH {
                        sum[c] += pixel[c] * weight;
                    }
                }
            }
            *sums = sum;
        }
    }
}

/// Adds the gradients of all points of an image to some of its channels: those of a block, which begin at `first`.
///
/// `read` fills a chunk with the taps of chunk `index` of the image.
pub(super) fn spread<T: Coordinate>(g: &Grid, grads: &[T], first: usize, chunk: &mut Chunk<T>, read: impl Fn(&mut Chunk<T>, usize), out: &mut [T]) {
    let (area, channels) = (g.area(), WIDTH.min(g.channels - first));
    let mut memory = Scratch::<T>::new(area * WIDTH);
    // SAFETY: the room just made, written before it is read.
    let pixels: &mut [[T; WIDTH]] = unsafe {
        std::slice::from_raw_parts_mut(memory.ptr().cast::<std::mem::MaybeUninit<T>>(), area * WIDTH).fill(std::mem::MaybeUninit::new(T::ZERO));
        std::slice::from_raw_parts_mut(memory.ptr().cast(), area)
    };
    let mut values = [[T::ZERO; WIDTH]; CHUNK];
    for index in 0..g.points.div_ceil(CHUNK) {
        read(chunk, index);
        let from = &grads[chunk.first..][..(channels - 1) * g.points + chunk.points];
        // SAFETY: the chunk's points in the plane of each channel; there is room for a whole chunk.
        unsafe { pack_panel(from.as_ptr(), g.points as isize, 1, channels, chunk.points, WIDTH, values.as_mut_ptr().cast()) };
        add_block(chunk, g.count(), &values, pixels);
    }
    assert_eq!(out.len(), channels * area, "grid: channels of a block");
    // SAFETY: a plane for each channel.
    unsafe { pack_transposed(pixels.as_ptr().cast(), WIDTH as isize, 1, area, channels, area, out.as_mut_ptr()) };
}

vectorized! {
    /// Adds the points of a chunk tap by tap.
    fn add_block[T: Coordinate](chunk: &Chunk<T>, taps: usize, grads: &[[T; WIDTH]; CHUNK], pixels: &mut [[T; WIDTH]]) {
        for k in 0..taps {
            let (places, weights) = chunk.tap(k);
            for ((grads, &place), &weight) in grads.iter().zip(places).zip(weights) {
                if let Some(pixel) = pixels.get_mut(place as usize) {
                    for c in 0..WIDTH {
                        pixel[c] += grads[c] * weight;
                    }
                }
            }
        }
    }
}
