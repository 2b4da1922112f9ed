//! Hashes of images: perceptual ones (64 bits; similar pictures differ in few of them), content ones (equal files), and the search for
//! near ones among millions.
//!
//! The perceptual hashes have the bits of the `imagehash` package, so that hashes stored by either can be compared.

mod dct;
mod files;
mod groups;
mod index;
mod pairs;
mod perceptual;

pub use files::{Failure, Fingerprint, Request, fingerprint_files};
pub use groups::{Member, group};
pub use index::Index;
pub use pairs::{Pair, pairs};
pub use perceptual::{Algorithm, Hasher};
