//! Errors: one type, made where the rule is broken, with a text that names operation, operand, rule and cure.

use std::any::Any;
use std::fmt;

/// Which exception Python raises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Kind {
    Runtime,
    Index,
    Type,
    Value,
    NotImplemented,
    Memory,
    Overflow,
    LinAlg,
    /// An exception of the caller's own code (a hook, a custom function), carried through unchanged.
    Foreign,
}

/// A failed operation. Its tensors are as they were before the call.
pub struct Error(Box<Body>);

struct Body {
    kind: Kind,
    message: String,
    /// The text names the operation.
    named: bool,
    payload: Option<Box<dyn Any + Send + Sync>>,
}

/// The result of every operation.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error with a text.
    #[cold]
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error(Box::new(Body { kind, message: message.into(), named: false, payload: None }))
    }

    /// Carries a foreign exception.
    #[cold]
    pub fn foreign(message: String, payload: Box<dyn Any + Send + Sync>) -> Self {
        Error(Box::new(Body { kind: Kind::Foreign, message, named: true, payload: Some(payload) }))
    }

    /// Says which operation failed, unless an operation inside it or the text does already.
    pub fn in_operation(mut self, name: &str) -> Self {
        let name = name.trim_matches('_');
        // `linalg_svd` is `linalg.svd` in Python.
        let told = [name, &name.replacen('_', ".", 1)].iter().any(|name| self.0.message.contains(name));
        if !self.0.named && !told {
            self.0.message = format!("{name}: {}", self.0.message);
        }
        self.0.named = true;
        self
    }

    /// Which exception it becomes.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The text.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The foreign exception, if it is one.
    pub fn into_payload(self) -> Option<Box<dyn Any + Send + Sync>> {
        self.0.payload
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{:?}: {}", self.0.kind, self.0.message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {}

/// Makes an error: `err!(Index, "dim {dim} is out of range")`.
#[macro_export]
macro_rules! err {
    ($kind:ident, $($arg:tt)*) => { $crate::Error::new($crate::Kind::$kind, format!($($arg)*)) };
}

/// Returns an error.
#[macro_export]
macro_rules! bail {
    ($kind:ident, $($arg:tt)*) => { return Err($crate::err!($kind, $($arg)*)) };
}
