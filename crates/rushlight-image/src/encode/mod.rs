//! Pixels to files: JPEG with the bytes of libjpeg-turbo, PNG and WebP.

mod jpeg;
mod png;
mod webp;

pub use jpeg::{JpegOptions, Subsampling, jpeg};
pub use png::{png, png16};
pub use webp::{WebPOptions, webp};

use crate::{Error, Mode, Result};

/// Pixels to encode: rows one after the other, channels together.
#[derive(Clone, Copy, Debug)]
pub struct Pixels<'a, T = u8> {
    /// `width * height * mode.channels()` samples.
    pub samples: &'a [T],
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Channels.
    pub mode: Mode,
}

impl<'a, T> Pixels<'a, T> {
    /// The same pixels in strips of so many rows; the last may have fewer.
    fn strips(self, rows: usize) -> impl Iterator<Item = Pixels<'a, T>> {
        let row = self.width * self.mode.channels();
        self.samples.chunks(rows * row).map(move |samples| Pixels { samples, height: samples.len() / row, ..self })
    }

    /// Checks the number of samples, and the sides against the longest that a format can express.
    fn check(&self, format: &str, longest: usize) -> Result<()> {
        let Pixels { samples, width, height, mode } = *self;
        if width == 0 || height == 0 || width > longest || height > longest {
            return Err(Error::argument(format!("{width}x{height} pixels: sides of a {format} are 1 to {longest} long")));
        }
        let count = width * height * mode.channels();
        if samples.len() != count {
            return Err(Error::argument(format!("{} samples are not {width}x{height} pixels of {mode:?}, {count}", samples.len())));
        }
        Ok(())
    }
}
