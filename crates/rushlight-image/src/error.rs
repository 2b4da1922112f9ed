//! One error for every format: which format, what kind of fault, which rule was broken.

use crate::Format;
use std::fmt;

/// What kind of fault it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The content is of no format known here.
    Unknown,
    /// The data end before the image does.
    Truncated,
    /// The data break a rule of their format.
    Malformed,
    /// The file is valid, but uses a feature that is not decoded here.
    Unsupported,
    /// The image is larger than the caller's [`crate::Limits`] allow.
    Limit,
    /// The caller asked for something that cannot be: a buffer of the wrong size, a region outside the image.
    Argument,
}

/// Why an image could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The format the content was taken for, when one was recognised.
    pub format: Option<Format>,
    /// The kind of fault.
    pub kind: ErrorKind,
    /// The rule that was broken, in words.
    pub reason: String,
}

/// The result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of a kind in a format.
    pub fn new(format: impl Into<Option<Format>>, kind: ErrorKind, reason: impl Into<String>) -> Error {
        Error { format: format.into(), kind, reason: reason.into() }
    }

    pub(crate) fn argument(reason: impl Into<String>) -> Error {
        Error::new(None, ErrorKind::Argument, reason)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            ErrorKind::Unknown => "unrecognised image data",
            ErrorKind::Truncated => "truncated image",
            ErrorKind::Malformed => "malformed image",
            ErrorKind::Unsupported => "unsupported image",
            ErrorKind::Limit => "image over the limit",
            ErrorKind::Argument => "invalid argument",
        };
        match self.format {
            Some(format) => write!(f, "{format}: {kind}: {}", self.reason),
            None => write!(f, "{kind}: {}", self.reason),
        }
    }
}

impl std::error::Error for Error {}
