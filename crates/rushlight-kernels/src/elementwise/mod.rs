//! Elementwise loops: one line of arithmetic per operation and type group, compiled for every instruction set.
//!
//! [`unary`], [`binary`] and [`ternary`] hold the tables; [`num`] says how each element type computes
//! (half precision computes in float32); [`driver`] turns one scalar formula into a strided loop.
// One formula serves every element type: `x != x` asks for NaN only where there is one, some casts are to the same type,
// `clamp` would drop NaN or panic; and constants stand as their sources print them.
#![allow(clippy::eq_op, clippy::unnecessary_cast, clippy::manual_clamp, clippy::excessive_precision, clippy::approx_constant)]

pub mod bessel;
pub mod binary;
pub mod cast;
mod double;
pub mod driver;
mod fill;
mod half_width;
pub mod join;
mod limited;
pub mod math;
pub mod num;
mod precise;
pub mod special;
pub mod ternary;
pub mod transpose;
pub mod unary;

pub use binary::Binary;
pub use driver::{Loop, Params};
pub use fill::fill;
pub use ternary::Ternary;
pub use unary::Unary;
