//! Turning pixels upright by their EXIF orientation.

use crate::buffer::check_rows;
use crate::{Error, Image, Result, Samples};

/// How an orientation (EXIF 2.32, tag 0x0112) reads the stored image: `(exchange sides, from the right, from below)`.
fn reading(orientation: u8) -> (bool, bool, bool) {
    match orientation {
        2 => (false, true, false),
        3 => (false, true, true),
        4 => (false, false, true),
        5 => (true, false, false),
        6 => (true, false, true),
        7 => (true, true, true),
        8 => (true, true, false),
        _ => (false, false, false),
    }
}

/// Whether width and height are exchanged.
pub fn exchanges_sides(orientation: u8) -> bool {
    reading(orientation).0
}

/// Writes `width` x `height` stored pixels of `channels` samples upright into rows `stride` samples apart.
///
/// ```
/// // Orientation 6: the stored image has to be turned clockwise.
/// let mut out = [0; 6];
/// rushlight_image::orient(&[1, 2, 3, 4, 5, 6], 3, 2, 1, 6, &mut out, 2).unwrap();
/// assert_eq!(out, [4, 1, 5, 2, 6, 3]);
/// ```
pub fn orient<T: Copy>(samples: &[T], width: usize, height: usize, channels: usize, orientation: u8, out: &mut [T], stride: usize) -> Result<()> {
    let (exchange, right, below) = reading(orientation);
    let (columns, rows) = if exchange { (height, width) } else { (width, height) };
    if samples.len() != width * height * channels || samples.is_empty() {
        return Err(Error::argument(format!("{} samples are not {width}x{height} pixels of {channels}", samples.len())));
    }
    check_rows(out.len(), stride, columns * channels, rows)?;
    for (y, row) in out.chunks_mut(stride).take(rows).enumerate() {
        for (x, pixel) in row[..columns * channels].chunks_exact_mut(channels).enumerate() {
            let (x, y) = if exchange { (y, x) } else { (x, y) };
            let x = if right { width - 1 - x } else { x };
            let y = if below { height - 1 - y } else { y };
            pixel.copy_from_slice(&samples[(y * width + x) * channels..][..channels]);
        }
    }
    Ok(())
}

impl Image {
    /// The image turned upright.
    pub fn into_upright(self, orientation: u8) -> Image {
        if !(2..=8).contains(&orientation) {
            return self;
        }
        let Image { width, height, mode, samples } = self;
        let (columns, rows) = if exchanges_sides(orientation) { (height, width) } else { (width, height) };
        let samples = match samples {
            Samples::U8(samples) => Samples::U8(turned(samples, width, height, mode.channels(), orientation, columns)),
            Samples::U16(samples) => Samples::U16(turned(samples, width, height, mode.channels(), orientation, columns)),
        };
        Image { width: columns, height: rows, mode, samples }
    }
}

fn turned<T: Copy>(samples: Vec<T>, width: usize, height: usize, channels: usize, orientation: u8, columns: usize) -> Vec<T> {
    let mut out = samples.clone();
    match orient(&samples, width, height, channels, orientation, &mut out, columns * channels) {
        Ok(()) => out,
        Err(_) => samples,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The eight orientations of an F, as in the EXIF specification's figure: stored pixels and what they show upright.
    #[test]
    fn all_orientations_show_the_same_picture() {
        let upright = [1, 2, 3, 4, 5, 6];
        let stored: [(u8, usize, [i32; 6]); 8] = [
            (1, 3, [1, 2, 3, 4, 5, 6]),
            (2, 3, [3, 2, 1, 6, 5, 4]),
            (3, 3, [6, 5, 4, 3, 2, 1]),
            (4, 3, [4, 5, 6, 1, 2, 3]),
            (5, 2, [1, 4, 2, 5, 3, 6]),
            (6, 2, [3, 6, 2, 5, 1, 4]),
            (7, 2, [6, 3, 5, 2, 4, 1]),
            (8, 2, [4, 1, 5, 2, 6, 3]),
        ];
        for (orientation, width, samples) in stored {
            let mut out = [0; 6];
            orient(&samples, width, 6 / width, 1, orientation, &mut out, 3).unwrap();
            assert_eq!(out, upright, "orientation {orientation}");
        }
    }
}
