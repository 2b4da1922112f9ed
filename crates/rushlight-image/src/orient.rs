//! Turning and mirroring pixels, as EXIF orientations ask for it.

use crate::buffer::check_rows;
use crate::{Error, Image, Region, Result, Samples};

/// One of the eight ways to lay a picture: exchange its sides or not, and read it from the right, from below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    exchange: bool,
    right: bool,
    below: bool,
}

impl Turn {
    /// How an orientation (EXIF 2.32, tag 0x0112) reads the stored image.
    pub fn of_exif(orientation: u8) -> Turn {
        let (exchange, right, below) = match orientation {
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, false, true),
            7 => (true, true, true),
            8 => (true, true, false),
            _ => (false, false, false),
        };
        Turn { exchange, right, below }
    }

    /// The same, and its result mirrored left to right.
    pub fn mirrored(self) -> Turn {
        match self.exchange {
            true => Turn { below: !self.below, ..self },
            false => Turn { right: !self.right, ..self },
        }
    }

    /// The turn that undoes this one.
    pub fn inverse(self) -> Turn {
        match self.exchange {
            true => Turn { exchange: true, right: self.below, below: self.right },
            false => self,
        }
    }

    /// Whether nothing moves.
    pub fn is_identity(self) -> bool {
        self == Turn::default()
    }

    /// Whether width and height are exchanged.
    pub fn exchanges_sides(self) -> bool {
        self.exchange
    }

    /// The size after the turn of what has this size before it, and the other way round.
    pub fn size(self, width: usize, height: usize) -> (usize, usize) {
        if self.exchange { (height, width) } else { (width, height) }
    }

    /// Which part of `width` x `height` stored pixels a part of the turned image is.
    pub fn stored(self, part: Region, width: usize, height: usize) -> Region {
        let Region { x, y, width: w, height: h } = part;
        let (x, y, w, h) = if self.exchange { (y, x, h, w) } else { (x, y, w, h) };
        Region { x: if self.right { width - x - w } else { x }, y: if self.below { height - y - h } else { y }, width: w, height: h }
    }
}

/// Writes `width` x `height` stored pixels of `channels` samples upright into rows `stride` samples apart.
///
/// ```
/// use rushlight_image::{Turn, orient};
/// let mut out = [0; 6];
/// // Orientation 6: the stored image has to be turned clockwise.
/// orient(&[1, 2, 3, 4, 5, 6], 3, 2, 1, Turn::of_exif(6), &mut out, 2).unwrap();
/// assert_eq!(out, [4, 1, 5, 2, 6, 3]);
/// ```
pub fn orient<T: Copy>(samples: &[T], width: usize, height: usize, channels: usize, turn: Turn, out: &mut [T], stride: usize) -> Result<()> {
    let Turn { exchange, right, below } = turn;
    let (columns, rows) = turn.size(width, height);
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
    /// The image turned.
    pub fn turned(self, turn: Turn) -> Image {
        if turn.is_identity() {
            return self;
        }
        let Image { width, height, mode, samples } = self;
        let samples = match samples {
            Samples::U8(samples) => Samples::U8(turned(samples, width, height, mode.channels(), turn)),
            Samples::U16(samples) => Samples::U16(turned(samples, width, height, mode.channels(), turn)),
        };
        let (width, height) = turn.size(width, height);
        Image { width, height, mode, samples }
    }
}

fn turned<T: Copy>(samples: Vec<T>, width: usize, height: usize, channels: usize, turn: Turn) -> Vec<T> {
    let mut out = samples.clone();
    match orient(&samples, width, height, channels, turn, &mut out, turn.size(width, height).0 * channels) {
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
            orient(&samples, width, 6 / width, 1, Turn::of_exif(orientation), &mut out, 3).unwrap();
            assert_eq!(out, upright, "orientation {orientation}");
        }
    }
}
