//! Compute kernels over plain memory: no tensors, no Python.
//!
//! Every kernel takes slices or raw pointers with strides, chooses its instruction set at run time and
//! splits large work over [`pool`].
pub mod attention;
pub mod conv;
pub mod dtype;
pub mod elementwise;
pub mod gemm;
pub mod index;
pub mod loss;
pub mod optim;
pub mod pool;
pub mod pooling;
pub mod random;
pub mod reduce;
pub mod rows;
pub mod scan;
pub mod simd;
pub mod sort;
pub mod vision;

pub use dtype::{DType, Element};
pub use half;
pub use num_complex;
