//! What an image's channels hold: histograms, smallest and largest samples, the mean luma.

use super::channels::each_rgb_row;
use super::color::luma;
use super::{Sample, Shape};
use rushlight_kernels::vectorized;

/// How often each value occurs.
pub type Histogram = [u32; 256];

/// The histogram of every channel.
pub fn histograms(shape: &Shape, image: &[u8]) -> Vec<Histogram> {
    if shape.planar || shape.channels == 1 {
        return image.chunks_exact(shape.pixels()).map(histogram).collect();
    }
    let mut counts = vec![[0; 256]; shape.channels];
    for pixel in image.chunks_exact(shape.channels) {
        counts.iter_mut().zip(pixel).for_each(|(counts, &v)| counts[v as usize] += 1);
    }
    counts
}

/// Four counters for each value, so that equal neighbours do not wait for each other.
fn histogram(samples: &[u8]) -> Histogram {
    let mut counts = [[0u32; 256]; 4];
    let (chunks, rest) = samples.as_chunks::<4>();
    for chunk in chunks {
        counts.iter_mut().zip(chunk).for_each(|(counts, &v)| counts[v as usize] += 1);
    }
    rest.iter().for_each(|&v| counts[0][v as usize] += 1);
    std::array::from_fn(|v| counts.iter().map(|counts| counts[v]).sum())
}

/// The smallest and the largest sample of every channel.
pub fn ranges<T: Sample>(shape: &Shape, image: &[T]) -> Vec<(T, T)> {
    let mut found = vec![(image[0], image[0]); shape.channels];
    for (c, range) in found.iter_mut().enumerate() {
        let first = image[shape.start(c)];
        *range = (first, first);
    }
    match (shape.planar || shape.channels == 1, shape.channels) {
        (true, _) => found.iter_mut().zip(image.chunks_exact(shape.pixels())).for_each(|(range, plane)| *range = extremes(plane, *range)),
        (false, 3) => each_rgb_row(shape, image, |rows| found.iter_mut().zip(rows).for_each(|(range, row)| *range = extremes(row, *range))),
        (false, channels) => {
            for pixel in image.chunks_exact(channels) {
                found.iter_mut().zip(pixel).for_each(|(range, v)| *range = extremes(std::slice::from_ref(v), *range));
            }
        }
    }
    found
}

vectorized! {
    fn extremes[T: Sample](samples: &[T], start: (T, T)) -> (T, T) {
        let (mut low, mut high) = ([start.0; 64], [start.1; 64]);
        let (chunks, rest) = samples.as_chunks::<64>();
        for chunk in chunks {
            for l in 0..64 {
                low[l] = if chunk[l] < low[l] { chunk[l] } else { low[l] };
                high[l] = if chunk[l] > high[l] { chunk[l] } else { high[l] };
            }
        }
        let low = low.into_iter().chain(rest.iter().copied()).fold(start.0, |a, b| if b < a { b } else { a });
        let high = high.into_iter().chain(rest.iter().copied()).fold(start.1, |a, b| if b > a { b } else { a });
        (low, high)
    }
}

/// The mean of the luma, or of the samples of one channel; of 8 bits the luma without its fraction.
pub fn mean_luma<T: Sample>(shape: &Shape, image: &[T]) -> f32 {
    let mut sum = 0.0;
    if shape.channels == 3 {
        each_rgb_row(shape, image, |[r, g, b]| {
            for ((r, g), b) in r.chunks(SPAN).zip(g.chunks(SPAN)).zip(b.chunks(SPAN)) {
                sum += sum_luma(r, g, b) as f64;
            }
        });
    } else {
        sum = image.chunks(SPAN).map(|samples| sum_samples(samples) as f64).sum();
    }
    (sum / shape.pixels() as f64) as f32
}

/// So many 8-bit samples have a sum that single precision holds.
const SPAN: usize = 1 << 15;

vectorized! {
    fn sum_luma[T: Sample](r: &[T], g: &[T], b: &[T]) -> f32 {
        let mut sums = [0.0; 16];
        let ((r, last_r), (g, last_g), (b, last_b)) = (r.as_chunks::<16>(), g.as_chunks::<16>(), b.as_chunks::<16>());
        for ((r, g), b) in r.iter().zip(g).zip(b) {
            for l in 0..16 {
                sums[l] += T::floor(luma(r[l], g[l], b[l]));
            }
        }
        let rest = last_r.iter().zip(last_g).zip(last_b).map(|((&r, &g), &b)| T::floor(luma(r, g, b)));
        rest.fold(sums.iter().sum(), |sum: f32, v| sum + v)
    }
}

vectorized! {
    fn sum_samples[T: Sample](samples: &[T]) -> f32 {
        let mut sums = [0.0; 16];
        let (chunks, rest) = samples.as_chunks::<16>();
        for chunk in chunks {
            for l in 0..16 {
                sums[l] += chunk[l].float();
            }
        }
        rest.iter().fold(sums.iter().sum(), |sum: f32, v| sum + v.float())
    }
}
