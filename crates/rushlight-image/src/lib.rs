//! Image files to pixels: decoding, resizing, normalising, over plain slices. No tensors, no Python.

mod buffer;
mod error;
pub mod exif;
mod format;
pub mod jpeg;
mod limits;
mod pixels;

pub use error::{Error, ErrorKind, Result};
pub use format::Format;
pub use limits::Limits;
pub use pixels::Mode;
