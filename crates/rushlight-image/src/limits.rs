//! How large an image may be, checked before anything is allocated for it.

use crate::{Error, ErrorKind, Format, Result};

/// Bounds on what one decode may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most pixels (width times height) of an image.
    pub max_pixels: u64,
    /// Most bytes of output and working memory.
    pub max_memory: u64,
}

impl Default for Limits {
    /// 178,956,970 pixels (the number above which Pillow speaks of a decompression bomb as an error) and 2 GiB.
    fn default() -> Limits {
        Limits { max_pixels: 178_956_970, max_memory: 2 << 30 }
    }
}

impl Limits {
    /// Whether an image of this size may be decoded with `bytes` of memory.
    pub fn check(&self, format: Format, width: usize, height: usize, bytes: u64) -> Result<()> {
        let pixels = width as u64 * height as u64;
        if pixels > self.max_pixels {
            let reason = format!("{width}x{height} pixels are more than max_pixels={}", self.max_pixels);
            return Err(Error::new(format, ErrorKind::Limit, reason));
        }
        if bytes > self.max_memory {
            let reason = format!("{width}x{height} pixels need {bytes} bytes, more than max_memory={}", self.max_memory);
            return Err(Error::new(format, ErrorKind::Limit, reason));
        }
        Ok(())
    }
}
