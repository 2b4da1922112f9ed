//! Files to fingerprints: each is read once, hashed by its content and by its picture.

use super::{Algorithm, Hasher};
use crate::{Error, Limits, Turn, file, info, team};
use std::io;
use std::path::Path;
use std::sync::OnceLock;

/// What to find out about files.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// Whether to compute the BLAKE3 hash of the bytes.
    pub content: bool,
    /// Which perceptual hash to compute.
    pub algorithm: Option<Algorithm>,
    /// Whether EXIF orientation is applied.
    pub upright: bool,
    /// How large an image may be.
    pub limits: Limits,
}

/// What was found out about a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// Columns of pixels, after EXIF orientation if that was wished.
    pub width: usize,
    /// Rows of pixels.
    pub height: usize,
    /// Length of the file.
    pub bytes: usize,
    /// BLAKE3 of the bytes.
    pub content: Option<[u8; 32]>,
    /// The perceptual hash.
    pub hash: Option<u64>,
}

/// Why there is no fingerprint.
#[derive(Debug)]
pub enum Failure {
    /// The file cannot be read.
    File(io::Error),
    /// Its content is no image, or one that cannot be decoded.
    Image(Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::File(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Image(error)
    }
}

/// The fingerprints of files, in their order, computed by up to `workers` threads.
pub fn fingerprint_files<P: AsRef<Path> + Sync>(paths: &[P], request: &Request, workers: usize) -> Vec<Result<Fingerprint, Failure>> {
    let found: Vec<OnceLock<_>> = paths.iter().map(|_| OnceLock::new()).collect();
    team::run(paths.len(), workers, Worker::default, |worker, i| {
        let _ = found[i].set(worker.fingerprint(paths[i].as_ref(), request));
    });
    let missing = || Err(Failure::File(io::Error::other("the file was not reached")));
    found.into_iter().map(|cell| cell.into_inner().unwrap_or_else(missing)).collect()
}

/// The memory of one thread.
#[derive(Default)]
struct Worker {
    hasher: Hasher,
    data: Vec<u8>,
}

impl Worker {
    fn fingerprint(&mut self, path: &Path, request: &Request) -> Result<Fingerprint, Failure> {
        file::read(path, request.limits.max_memory, &mut self.data)?;
        let content = request.content.then(|| *blake3::hash(&self.data).as_bytes());
        let (header, hash) = match request.algorithm {
            Some(algorithm) => self.hasher.hash_encoded(&self.data, algorithm, request.upright, &request.limits).map(|(header, hash)| (header, Some(hash)))?,
            None => (info(&self.data)?, None),
        };
        let turn = if request.upright { Turn::of_exif(header.orientation) } else { Turn::default() };
        let (width, height) = turn.size(header.width, header.height);
        Ok(Fingerprint { width, height, bytes: self.data.len(), content, hash })
    }
}
