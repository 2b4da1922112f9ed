//! Patches of images as columns, and columns added back to images.

use crate::gemm::Shared;
use crate::index::Combine;
use crate::pool;

/// Sizes of the patches of an image.
#[derive(Clone, Copy, Debug)]
pub struct Unfold {
    /// Batch times channels.
    pub planes: usize,
    /// Height and width of the image.
    pub image: [usize; 2],
    /// Extent of a patch.
    pub kernel: [usize; 2],
    /// Distance between the pixels of a patch.
    pub dilation: [usize; 2],
    /// Zeros around the image.
    pub padding: [usize; 2],
    /// Distance between patches.
    pub stride: [usize; 2],
    /// Patches down and across.
    pub grid: [usize; 2],
}

impl Unfold {
    fn sizes(&self) -> (usize, usize) {
        (self.image.iter().product(), self.kernel.iter().product::<usize>() * self.grid.iter().product::<usize>())
    }

    fn check(&self, image: usize, columns: usize) {
        let (plane, column) = self.sizes();
        assert!(image == self.planes * plane && columns == self.planes * column, "im2col: lengths");
    }

    /// Pairs every place of a plane's columns with its pixel, where there is one.
    fn for_each(&self, mut pair: impl FnMut(usize, usize)) {
        let [height, width] = self.image;
        let inside = |at: usize, d: usize, tap: usize| (at * self.stride[d] + tap * self.dilation[d]).checked_sub(self.padding[d]);
        for tap in 0..self.kernel[0] * self.kernel[1] {
            let (ky, kx) = (tap / self.kernel[1], tap % self.kernel[1]);
            for gy in 0..self.grid[0] {
                let Some(y) = inside(gy, 0, ky).filter(|&y| y < height) else { continue };
                let row = (tap * self.grid[0] + gy) * self.grid[1];
                for gx in 0..self.grid[1] {
                    if let Some(x) = inside(gx, 1, kx).filter(|&x| x < width) {
                        pair(row + gx, y * width + x);
                    }
                }
            }
        }
    }

    fn grain(&self) -> usize {
        (1usize << 14).div_ceil(self.sizes().1.max(1))
    }
}

/// Writes the patches of every plane: (planes, kernel, grid); zero outside the image.
///
/// # Panics
/// When lengths do not match.
pub fn im2col<T: Copy + Default + Send + Sync>(u: &Unfold, image: &[T], columns: &mut [T]) {
    u.check(image.len(), columns.len());
    let (plane, column) = u.sizes();
    let columns = Shared(columns.as_mut_ptr());
    pool::parallel_for(u.planes, u.grain(), |planes| {
        for p in planes {
            // SAFETY: planes are disjoint.
            let columns = unsafe { std::slice::from_raw_parts_mut(columns.get().add(p * column), column) };
            let image = &image[p * plane..][..plane];
            columns.fill(T::default());
            u.for_each(|to, from| columns[to] = image[from]);
        }
    });
}

/// Adds every patch to the image: the transpose of [`im2col`].
///
/// # Panics
/// When lengths do not match.
pub fn col2im<C: Combine<T: Default>>(sum: C, u: &Unfold, columns: &[C::T], image: &mut [C::T]) {
    u.check(image.len(), columns.len());
    let (plane, column) = u.sizes();
    let image = Shared(image.as_mut_ptr());
    pool::parallel_for(u.planes, u.grain(), |planes| {
        for p in planes {
            // SAFETY: planes are disjoint.
            let image = unsafe { std::slice::from_raw_parts_mut(image.get().add(p * plane), plane) };
            let columns = &columns[p * column..][..column];
            image.fill(C::T::default());
            u.for_each(|from, to| image[to] = sum.join(image[to], columns[from]));
        }
    });
}
