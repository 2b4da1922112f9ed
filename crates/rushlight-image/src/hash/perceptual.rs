//! Perceptual hashes of pixels: a small grey copy, one bit for each of 64 comparisons.

use super::dct::dct32;
use crate::resize::{Filter, Geometry, Resizer, View};
use crate::{Info, Limits, Loader, Mode, Out, Recipe, Result, Size, info, pixels};

/// Which comparisons make the bits. The first one is the highest bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// Whether a pixel is lighter than its left neighbour, in 9x8 pixels.
    #[default]
    Difference,
    /// Whether a coefficient is above the median, for the 8x8 lowest of the cosine transform of 32x32 pixels.
    Cosine,
}

impl Algorithm {
    /// Columns and rows of the small copy.
    fn size(self) -> (usize, usize) {
        match self {
            Algorithm::Difference => (9, 8),
            Algorithm::Cosine => (32, 32),
        }
    }

    /// The bits of a small copy.
    fn bits(self, small: &[u8]) -> u64 {
        match self {
            Algorithm::Difference => bits(small.chunks_exact(9).flat_map(|row| row.windows(2).map(|pair| pair[1] > pair[0]))),
            Algorithm::Cosine => cosine_hash(small),
        }
    }
}

/// Makes hashes; keeps its memory from image to image.
///
/// ```
/// use rushlight_image::hash::{Algorithm, Hasher};
/// use rushlight_image::resize::View;
/// let rising: Vec<u8> = (0..18 * 16).map(|i| (i % 18) * 10).map(|v: i32| v as u8).collect();
/// let view = View { samples: &rising, width: 18, height: 16, channels: 1, stride: 18 };
/// assert_eq!(Hasher::new().hash(view, Algorithm::Difference).unwrap(), u64::MAX);
/// ```
#[derive(Default)]
pub struct Hasher {
    loader: Loader,
    resizer: Resizer,
    gray: Vec<u8>,
}

impl Hasher {
    /// A hasher without any memory yet.
    pub fn new() -> Hasher {
        Hasher::default()
    }

    /// The hash of pixels of one (grey), three (RGB) or four channels (the last one is not looked at).
    pub fn hash(&mut self, view: View, algorithm: Algorithm) -> Result<u64> {
        if view.channels == 1 {
            return self.hash_gray(view, algorithm);
        }
        crate::buffer::check_rows(view.samples.len(), view.stride, view.width * view.channels, view.height)?;
        if !matches!(view.channels, 3 | 4) {
            return Err(crate::Error::argument(format!("an image has 1, 3 or 4 channels, not {}", view.channels)));
        }
        self.gray.clear();
        for row in view.samples.chunks(view.stride.max(1)).take(view.height) {
            let pixels = row[..view.width * view.channels].chunks_exact(view.channels);
            self.gray.extend(pixels.map(|pixel| pixels::luma([pixel[0], pixel[1], pixel[2]])));
        }
        let samples = std::mem::take(&mut self.gray);
        let hash = self.hash_gray(View { samples: &samples, channels: 1, stride: view.width, ..view }, algorithm);
        self.gray = samples;
        hash
    }

    fn hash_gray(&mut self, gray: View, algorithm: Algorithm) -> Result<u64> {
        let (columns, rows) = algorithm.size();
        let mut small = [0; 32 * 32];
        let small = &mut small[..columns * rows];
        self.resizer.resize(gray, Geometry::whole(columns, rows), Filter::Lanczos3, small, columns)?;
        Ok(algorithm.bits(small))
    }

    /// The headers and the hash of an encoded image; `upright` turns it by its EXIF orientation first.
    pub fn hash_encoded(&mut self, data: &[u8], algorithm: Algorithm, upright: bool, limits: &Limits) -> Result<(Info, u64)> {
        let info = info(data)?;
        let (columns, rows) = algorithm.size();
        let mut small = [0; 32 * 32];
        let small = &mut small[..columns * rows];
        let recipe = Recipe { size: Some(Size::Exact(rows, columns)), mode: Some(Mode::L), exact: true, upright, limits: *limits, ..Recipe::new() };
        self.loader.load(data, &recipe, None, Out::U8(small))?;
        Ok((info, algorithm.bits(small)))
    }
}

fn cosine_hash(small: &[u8]) -> u64 {
    let mut columns = [[0.0; 32]; 8];
    for (y, row) in small.chunks_exact(32).enumerate() {
        let mut values: [f64; 32] = std::array::from_fn(|x| f64::from(row[x]));
        dct32(&mut values);
        (0..8).for_each(|x| columns[x][y] = values[x]);
    }
    columns.iter_mut().for_each(dct32);
    let low: [f64; 64] = std::array::from_fn(|i| columns[i % 8][i / 8]);
    let mut sorted = low;
    sorted.sort_unstable_by(f64::total_cmp);
    let median = (sorted[31] + sorted[32]) / 2.0;
    bits(low.iter().map(|&value| value > median))
}

fn bits(comparisons: impl Iterator<Item = bool>) -> u64 {
    comparisons.fold(0, |hash, bit| hash << 1 | u64::from(bit))
}
