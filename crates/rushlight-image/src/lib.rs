//! Image files to pixels: decoding, resizing, normalising, over plain slices. No tensors, no Python.
//!
//! [`encode`] writes files. [`info`] reads headers, [`decode`] and [`decode_into`] pixels; the format is taken from the content. [`jpeg`] is a decoder of our own and
//! has scaled and partial decoding; the others go through one crate each. Whatever the data, there is an [`Error`] or an image, never a panic.

mod avif;
mod bmp;
mod buffer;
pub mod encode;
mod error;
pub mod exif;
mod format;
mod gif;
pub mod icc;
mod image;
pub mod jpeg;
mod limits;
mod orient;
mod pixels;
mod png;
mod pnm;
mod qoi;
mod region;
pub mod resize;
mod tiff;
mod webp;

pub use error::{Error, ErrorKind, Result};
pub use format::Format;
pub use image::{Image, Info, Samples, decode, decode_into, info};
pub use limits::Limits;
pub use orient::{exchanges_sides, orient};
pub use pixels::Mode;
pub use region::Region;
