//! Image files to pixels: decoding, resizing, normalising, over plain slices. No tensors, no Python.
//!
//! [`encode`] writes files. [`info`] reads headers, [`decode`] and [`decode_into`] pixels; the format is taken from the content. [`jpeg`] is a decoder of our own and
//! has scaled and partial decoding; the others go through one crate each. Whatever the data, there is an [`Error`] or an image, never a panic.

pub mod augment;
mod avif;
mod bmp;
mod buffer;
pub mod encode;
mod error;
pub mod exif;
pub mod file;
mod format;
mod gif;
pub mod hash;
pub mod icc;
mod image;
pub mod jpeg;
mod limits;
mod load;
mod lzw;
mod orient;
mod pixels;
mod png;
mod pnm;
mod qoi;
mod region;
pub mod resize;
pub mod stream;
pub mod tar;
pub mod team;
mod tiff;
mod unknown;
mod webp;

pub use error::{Error, ErrorKind, Result};
pub use format::Format;
pub use image::{Image, Info, Samples, decode, decode_into, info};
pub use limits::Limits;
pub use load::{Crop, Cut, Layout, Loader, Out, Pixels, Recipe, Shape, Size, in_parallel};
pub use orient::{Turn, orient};
pub use pixels::Mode;
pub use region::Region;
