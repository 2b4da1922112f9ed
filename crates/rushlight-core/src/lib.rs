//! Tensors, operators and automatic differentiation: Rushlight without Python.
//!
//! ```
//! use rushlight_core::{Tensor, autograd};
//!
//! let x = Tensor::of(&[1f32, 2.0, 3.0], &[3])?;
//! x.set_requires_grad(true)?;
//! let y = x.mul(&x)?.sum_all()?;
//! autograd::backward(&y)?;
//! assert_eq!(x.grad().unwrap().to_vec::<f32>()?, [2.0, 4.0, 6.0]);
//! # Ok::<(), rushlight_core::Error>(())
//! ```
#![deny(unsafe_code)]

pub mod autocast;
pub mod autograd;
pub mod error;
pub mod fused;
pub mod iter;
pub mod layout;
pub mod ops;
pub mod profile;
pub mod promotion;
pub mod random;
pub mod scalar;
pub mod storage;
pub mod tensor;

pub use error::{Error, Kind, Result};
pub use layout::{Dims, Layout, MemoryFormat, Strides};
pub use rushlight_kernels::DType;
pub use scalar::Scalar;
pub use tensor::{Device, Tensor};
