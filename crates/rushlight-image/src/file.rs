//! Reading files whole, and never one that has no end.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;

/// Opens a regular file of at most `limit` bytes: reading anything else might never end.
pub fn open(path: &Path, limit: u64) -> Result<File> {
    let metadata = std::fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(Error::new(ErrorKind::IsADirectory, "it is a directory"));
    }
    if !metadata.is_file() {
        return Err(Error::other("it is not a regular file"));
    }
    if metadata.len() > limit {
        return Err(Error::other(format!("its {} bytes are more than max_memory={limit}", metadata.len())));
    }
    File::open(path)
}

/// Reads a regular file of at most `limit` bytes in place of what `data` held.
pub fn read(path: &Path, limit: u64, data: &mut Vec<u8>) -> Result<()> {
    data.clear();
    let file = open(path, limit)?;
    data.reserve(file.metadata().map_or(0, |metadata| metadata.len().min(limit) as usize + 1));
    file.take(limit).read_to_end(data).map(|_| ())
}
