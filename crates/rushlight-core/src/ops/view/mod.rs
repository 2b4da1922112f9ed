//! Views: other layouts of the same memory.

mod dtype;
mod shape;
mod strided;
mod window;

use super::backward::Back;
use super::{Arg, Call, Op, Rule, call1};
use crate::layout::Layout;
use crate::tensor::{Origin, Tensor};
use crate::{DType, Result, grads, rows};
use dtype::{as_complex, as_real, part, view_dtype};
pub use shape::infer_size;
use shape::{expand, flatten, inverse, permute, reshape, squeeze, t, transpose, unsqueeze, view_rule};
use smallvec::SmallVec;
pub(crate) use strided::{as_strided, as_strided_scatter, like_layout, overlapping_backward, scatter_view};
use strided::{as_strided_backward, as_strided_rule};
use window::{diagonal, narrow, select, slice, unfold, unfold_backward};

type Ruled = Result<(Layout, DType)>;

const fn view(schema: &'static str, rule: fn(&Call) -> Ruled) -> Op {
    Op::new(schema, Rule::View(rule))
}

rows! {
    VIEW = view("view(Tensor self, int[...] size) -> Tensor", view_rule).vjp(0, 0, |b| grads![b; b.g()?.reshape(&signed(b.shape(0)))?]).only_method().doc("Another shape of the same elements");
    RESHAPE = Op::new("reshape(Tensor self, int[...] shape) -> Tensor", Rule::Composite(reshape)).doc("Another shape: a view where possible, else a copy");
    FLATTEN = Op::new("flatten(Tensor self, int start_dim=0, int end_dim=-1) -> Tensor", Rule::Composite(flatten)).doc("Dimensions start_dim to end_dim joined into one");
    T = view("t(Tensor self) -> Tensor", t).vjp(0, 0, |b| grads![b; call1(&T, &[b.g()?], &[])?]).doc("The two dimensions of a matrix swapped; fewer dimensions as they are");
    EXPAND = view("expand(Tensor self, int[...] size, *, bool implicit=False) -> Tensor", expand).vjp(0, 0, |b| grads![b; b.g()?.sum_to(b.shape(0))?]).only_method().doc("Repeats dimensions of size one without copying");
    PERMUTE = view("permute(Tensor self, int[...] dims) -> Tensor", permute).vjp(0, 0, |b| { let dims = b.call().ints(0)?; grads![b; b.g()?.permute(&inverse(&dims, b.shape(0).len())?)?] }).doc("Dimensions in another order");
    TRANSPOSE = view("transpose(Tensor self, int dim0, int dim1) -> Tensor", transpose).vjp(0, 0, |b| grads![b; b.g()?.transpose(b.call().int(0)?, b.call().int(1)?)?]).doc("Swaps two dimensions");
    SELECT = view("select(Tensor self, int dim, int index) -> Tensor", select).vjp(0, 0, |b| grads![b; embed(b, |whole| whole.select(b.call().int(0)?, b.call().int(1)?))?]).doc("One index of a dimension, which disappears");
    SLICE = view("slice(Tensor self, int dim=0, int? start=None, int? end=None, int step=1) -> Tensor", slice).vjp(0, 0, |b| grads![b; embed(b, |whole| call1(&SLICE, &[whole], b.args))?]).internal().doc("A range of a dimension");
    NARROW = Op::new("narrow(Tensor self, int dim, int start, int length) -> Tensor", Rule::Composite(narrow)).doc("length positions of a dimension from start");
    UNFOLD = view("unfold(Tensor self, int dimension, int size, int step) -> Tensor", unfold).vjp(0, 0, |b| grads![b; unfold_backward(b)?]).only_method().doc("Sliding windows along a dimension, as a new last dimension");
    AS_STRIDED = view("as_strided(Tensor self, int[] size, int[] stride, int? storage_offset=None) -> Tensor", as_strided_rule).vjp(0, 0, |b| grads![b; as_strided_backward(b)?]).doc("Any strided view of the storage");
    DIAGONAL = view("diagonal(Tensor self, int offset=0, int dim1=0, int dim2=1) -> Tensor", diagonal).vjp(0, 0, |b| grads![b; embed(b, |whole| call1(&DIAGONAL, &[whole], b.args))?]).doc("The diagonal of two dimensions, as a new last dimension");
    SQUEEZE = view("squeeze(Tensor self, int[]? dim=None) -> Tensor", squeeze).vjp(0, 0, |b| grads![b; b.g()?.reshape(&signed(b.shape(0)))?]).doc("Drops dimensions of size one");
    UNSQUEEZE = view("unsqueeze(Tensor self, int dim) -> Tensor", unsqueeze).vjp(0, 0, |b| grads![b; b.g()?.reshape(&signed(b.shape(0)))?]).doc("Adds a dimension of size one");
    VIEW_AS_REAL = view("view_as_real(Tensor self) -> Tensor", as_real).vjp(0, 0, |b| grads![b; b.g()?.contiguous()?.view_as_complex()?]).only_function().doc("A complex tensor as real and imaginary parts in a last dimension");
    VIEW_AS_COMPLEX = view("view_as_complex(Tensor self) -> Tensor", as_complex).vjp(0, 0, |b| grads![b; b.g()?.view_as_real()?]).only_function().doc("Pairs in the last dimension as complex numbers");
    REAL = view("real(Tensor self) -> Tensor", |c| part(c, 0)).vjp(0, 0, |b| grads![b; b.g()?.clone()]).doc("Real part");
    IMAG = view("imag(Tensor self) -> Tensor", |c| part(c, 1)).vjp(0, 0, |b| grads![b; super::elementwise::binary::complex(&b.g()?.zeros_like()?, b.g()?)?]).doc("Imaginary part");
    VIEW_DTYPE = view("view_dtype(Tensor self, dtype dtype) -> Tensor", view_dtype).internal().doc("The same bytes as another element type");
    ALIAS = view("alias(Tensor self) -> Tensor", |c| Ok((c.input(0)?.layout().clone(), c.input(0)?.dtype()))).vjp(0, 0, |b| grads![b; b.g()?.clone()]).internal().doc("The tensor itself as a view");
}

/// A view of `x`; views of views share one base.
pub(crate) fn make(x: &Tensor, layout: Layout, dtype: DType) -> Tensor {
    let base = x.base().unwrap_or(x).clone();
    let mut origin = super::view_origin(x, false);
    if dtype != x.dtype() {
        origin = Origin::OtherType;
    }
    x.alias_as(layout, dtype).modified(|inner| {
        inner.base = Some(base);
        inner.origin = origin;
    })
}

/// Marks views that were made together.
pub fn several(views: Vec<Tensor>) -> Vec<Tensor> {
    views.into_iter().map(|v| v.modified(|inner| inner.origin = Origin::Several)).collect()
}

fn signed(shape: &[usize]) -> SmallVec<[i64; 5]> {
    shape.iter().map(|&n| n as i64).collect()
}

/// Zeros of the input's shape with the gradient written where the view looks.
fn embed(b: &Back, place: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
    let g = b.g()?;
    let zeros = Tensor::zeros(b.shape(0), g.dtype(), g.device())?;
    scatter_view(&zeros, g, place)
}

impl Tensor {
    /// Another shape; one size may be -1.
    pub fn reshape(&self, shape: &[i64]) -> Result<Tensor> {
        call1(&RESHAPE, &[self], &[Arg::ints(shape)])
    }

    /// Repeats dimensions of size one.
    pub fn expand(&self, shape: &[usize]) -> Result<Tensor> {
        if self.shape() == shape { Ok(self.clone()) } else { call1(&EXPAND, &[self], &[Arg::ints(&signed(shape))]) }
    }

    /// Dimensions in another order.
    pub fn permute(&self, dims: &[i64]) -> Result<Tensor> {
        call1(&PERMUTE, &[self], &[Arg::ints(dims)])
    }

    /// Swaps two dimensions.
    pub fn transpose(&self, a: i64, b: i64) -> Result<Tensor> {
        call1(&TRANSPOSE, &[self], &[Arg::from(a), Arg::from(b)])
    }

    /// The matrix transpose and complex conjugate.
    pub fn mh(&self) -> Result<Tensor> {
        self.transpose(-2, -1)?.conj()
    }

    /// One index of a dimension.
    pub fn select(&self, dim: i64, index: i64) -> Result<Tensor> {
        call1(&SELECT, &[self], &[Arg::from(dim), Arg::from(index)])
    }

    /// A range of a dimension.
    pub fn slice(&self, dim: i64, start: i64, end: i64) -> Result<Tensor> {
        call1(&SLICE, &[self], &[Arg::from(dim), Arg::from(start), Arg::from(end)])
    }

    /// Adds a dimension of size one.
    pub fn unsqueeze(&self, dim: i64) -> Result<Tensor> {
        call1(&UNSQUEEZE, &[self], &[Arg::from(dim)])
    }

    /// Drops a dimension of size one.
    pub fn squeeze(&self, dim: i64) -> Result<Tensor> {
        call1(&SQUEEZE, &[self], &[Arg::ints(&[dim])])
    }

    /// The diagonal of two dimensions.
    pub fn diagonal(&self, offset: i64, a: i64, b: i64) -> Result<Tensor> {
        call1(&DIAGONAL, &[self], &[Arg::from(offset), Arg::from(a), Arg::from(b)])
    }

    /// Complex numbers as pairs.
    pub fn view_as_real(&self) -> Result<Tensor> {
        call1(&VIEW_AS_REAL, &[self], &[])
    }

    /// Pairs as complex numbers.
    pub fn view_as_complex(&self) -> Result<Tensor> {
        call1(&VIEW_AS_COMPLEX, &[self], &[])
    }

    /// Real part; itself for real tensors.
    pub fn real(&self) -> Result<Tensor> {
        if self.dtype().is_complex() { call1(&REAL, &[self], &[]) } else { Ok(self.clone()) }
    }

    /// Imaginary part.
    pub fn imag(&self) -> Result<Tensor> {
        call1(&IMAG, &[self], &[])
    }
}
