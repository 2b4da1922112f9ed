//! Why an archive cannot be read.

use crate::ErrorKind;
use std::{fmt, io};

/// A fault of the archive, or of what it is read from.
#[derive(Debug)]
pub enum Error {
    /// The archive breaks a rule.
    Archive {
        /// The kind of fault.
        kind: ErrorKind,
        /// The byte of the archive at which it was found.
        offset: u64,
        /// The rule, in words.
        reason: String,
    },
    /// Reading failed.
    Io(io::Error),
}

/// The result of reading an archive.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(super) fn new(kind: ErrorKind, offset: u64, reason: impl Into<String>) -> Error {
        Error::Archive { kind, offset, reason: reason.into() }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Error {
        Error::Io(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, offset, reason) = match self {
            Error::Io(error) => return error.fmt(f),
            Error::Archive { kind, offset, reason } => (kind, offset, reason),
        };
        let kind = match kind {
            ErrorKind::Truncated => "truncated",
            ErrorKind::Unsupported => "unsupported",
            ErrorKind::Limit => "over the limit",
            _ => "malformed",
        };
        write!(f, "tar archive {kind} at byte {offset}: {reason}")
    }
}

impl std::error::Error for Error {}
