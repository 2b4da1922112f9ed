//! Joining, cutting, padding and rearranging.

pub mod arrange;
pub mod join;
pub mod pad;

pub use join::cat;
