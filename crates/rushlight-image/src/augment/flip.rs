//! Mirror images.

use super::batch::each_image;
use super::{Sample, Shape};
use crate::Result;

#[cfg(target_arch = "x86_64")]
mod bytes;

/// Exchanges left and right.
pub fn horizontal<T: Sample>(shape: &Shape, input: &[T], output: &mut [T]) -> Result<()> {
    let backwards = Backwards::new::<T>(shape.step());
    each_image(shape, input, shape, output, |from, to| backwards.rows(from, to, shape.row()))
}

/// Copies pixels backwards.
pub(super) struct Backwards {
    step: usize,
    #[cfg(target_arch = "x86_64")]
    bytes: Option<bytes::Reversal>,
}

impl Backwards {
    /// For pixels of `step` samples.
    pub fn new<T: Sample>(step: usize) -> Backwards {
        Backwards {
            step,
            #[cfg(target_arch = "x86_64")]
            bytes: (size_of::<T>() == 1 && bytes::possible(step)).then(|| bytes::Reversal::new(step)),
        }
    }

    /// Copies rows of `row` samples; `T` is that of [`Backwards::new`].
    pub fn rows<T: Sample>(&self, from: &[T], to: &mut [T], row: usize) {
        #[cfg(target_arch = "x86_64")]
        if let (Some(bytes), 1) = (&self.bytes, size_of::<T>()) {
            let length = from.len().min(to.len()) / row * row;
            // SAFETY: samples of one byte have the layout of `u8`; the processor's features were asked for; whole rows are left of both.
            return unsafe { bytes.apply(super::channels::of(&from[..length]), super::channels::of_mut(&mut to[..length]), row) };
        }
        from.chunks_exact(row).zip(to.chunks_exact_mut(row)).for_each(|(from, to)| reverse(from, to, self.step));
    }
}

/// Exchanges top and bottom.
pub fn vertical<T: Sample>(shape: &Shape, input: &[T], output: &mut [T]) -> Result<()> {
    let row = shape.row();
    each_image(shape, input, shape, output, |from, to| {
        let plane = row * shape.height;
        for (from, to) in from.chunks_exact(plane).zip(to.chunks_exact_mut(plane)) {
            for (from, to) in from.chunks_exact(row).zip(to.chunks_exact_mut(row).rev()) {
                to.copy_from_slice(from);
            }
        }
    })
}

/// A row backwards, pixel by pixel.
fn reverse<T: Sample>(from: &[T], to: &mut [T], step: usize) {
    match step {
        1 => to.iter_mut().zip(from.iter().rev()).for_each(|(to, from)| *to = *from),
        3 => reverse_pixels::<T, 3>(from, to),
        4 => reverse_pixels::<T, 4>(from, to),
        _ => from.chunks_exact(step).zip(to.chunks_exact_mut(step).rev()).for_each(|(from, to)| to.copy_from_slice(from)),
    }
}

fn reverse_pixels<T: Sample, const N: usize>(from: &[T], to: &mut [T]) {
    for (to, from) in to.as_chunks_mut::<N>().0.iter_mut().zip(from.as_chunks::<N>().0.iter().rev()) {
        *to = *from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_any_width_are_reversed() {
        for width in 1..150 {
            for channels in 1..6 {
                let shape = Shape { channels, height: 2, width, planar: false };
                let input: Vec<u8> = (0..shape.len()).map(|i| i as u8).collect();
                let mut output = vec![0; input.len()];
                horizontal(&shape, &input, &mut output).unwrap();
                for (i, &v) in output.iter().enumerate() {
                    let (y, x, c) = (i / shape.row(), i / channels % width, i % channels);
                    assert_eq!(v, input[(y * width + width - 1 - x) * channels + c], "{width} pixels of {channels}");
                }
            }
        }
    }
}
