//! Elementwise loops: one line of arithmetic per operation and type group, compiled for every instruction set.
//!
//! [`unary`], [`binary`] and [`ternary`] hold the tables; [`num`] says how each element type computes
//! (half precision computes in float32); [`driver`] turns one scalar formula into a strided loop.
pub mod binary;
pub mod cast;
pub mod driver;
pub mod math;
pub mod num;
pub mod special;
pub mod ternary;
pub mod unary;

pub use binary::Binary;
pub use driver::{Loop, Params};
pub use ternary::Ternary;
pub use unary::Unary;
