//! Scaled dot-product attention, `softmax(scale * Q K' + mask) V`, without the matrix of scores.
//!
//! Tiles of queries meet tiles of keys; a running maximum and sum make the softmax of a row exact at the end (Milakov and
//! Gimelshein, "Online normalizer calculation for softmax", 2018; Dao et al., "FlashAttention", 2022). The backward pass
//! computes the tiles again from the row's logarithm of the sum of exponentials.

mod backward;
mod forward;
#[cfg(test)]
mod tests;

pub use backward::{Gradients, attention_backward};
pub use forward::attention;

use crate::gemm::{Number, gemm_generic};
use crate::rows::RowFloat;
use std::ops::Range;

/// Queries of a tile.
const QUERIES: usize = 64;
/// Keys of a tile.
const KEYS: usize = 256;

/// f32 or f64.
pub trait AttentionFloat: RowFloat + Number<Factor = Self> {}
impl AttentionFloat for f32 {}
impl AttentionFloat for f64 {}

/// Numbers that are added to the scores.
#[derive(Clone, Debug)]
pub struct Mask<'a, T> {
    /// All numbers.
    pub values: &'a [T],
    /// Where the mask of each head begins.
    pub offsets: Vec<usize>,
    /// Distance between the numbers of neighbouring queries.
    pub query: usize,
    /// Distance between the numbers of neighbouring keys.
    pub key: usize,
}

/// Sizes and operands of an attention; q, k and v are contiguous (heads, length, depth).
#[derive(Clone, Debug)]
pub struct Attention<'a, T> {
    /// Independent attentions: batch times heads.
    pub heads: usize,
    /// Queries of a head.
    pub queries: usize,
    /// Keys and values of a head.
    pub keys: usize,
    /// Numbers of a query and of a key.
    pub depth: usize,
    /// Numbers of a value.
    pub value_depth: usize,
    /// Factor of the scores.
    pub scale: T,
    /// Query `i` sees keys up to `i` only.
    pub causal: bool,
    /// Added to the scores.
    pub mask: Option<Mask<'a, T>>,
    /// Queries.
    pub q: &'a [T],
    /// Keys.
    pub k: &'a [T],
    /// Values.
    pub v: &'a [T],
}

impl<T: AttentionFloat> Attention<'_, T> {
    fn check(&self, out: usize, sums: usize) {
        let lengths = [self.q.len(), self.k.len(), self.v.len(), out, sums];
        let expected = [
            self.heads * self.queries * self.depth,
            self.heads * self.keys * self.depth,
            self.heads * self.keys * self.value_depth,
            self.heads * self.queries * self.value_depth,
            self.heads * self.queries,
        ];
        assert_eq!(lengths, expected, "attention: lengths of q, k, v, the result and the sums");
        if let Some(mask) = &self.mask
            && self.queries > 0
            && self.keys > 0
        {
            let last = (self.queries - 1) * mask.query + (self.keys - 1) * mask.key;
            assert!(mask.offsets.len() == self.heads && mask.offsets.iter().all(|at| at + last < mask.values.len()), "attention: length of the mask");
        }
    }

    fn q(&self, head: usize, rows: &Range<usize>) -> &[T] {
        rows_of(self.q, head * self.queries, rows, self.depth)
    }

    fn k(&self, head: usize, rows: &Range<usize>) -> &[T] {
        rows_of(self.k, head * self.keys, rows, self.depth)
    }

    fn v(&self, head: usize, rows: &Range<usize>) -> &[T] {
        rows_of(self.v, head * self.keys, rows, self.value_depth)
    }

    /// How many keys the queries of a tile can see.
    fn visible(&self, queries: &Range<usize>) -> usize {
        if self.causal { self.keys.min(queries.end) } else { self.keys }
    }

    /// Writes the scores of a tile, rows of `keys.len()` numbers.
    fn scores(&self, head: usize, queries: &Range<usize>, keys: &Range<usize>, s: &mut [T]) {
        let (rows, cols) = (queries.len(), keys.len());
        let (q, k) = (self.q(head, queries), self.k(head, keys));
        product([rows, cols, self.depth], self.scale, (q, self.depth, 1), (k, 1, self.depth), T::default(), s);
        if let Some(mask) = &self.mask {
            for (i, row) in queries.clone().zip(s.chunks_exact_mut(cols)) {
                let first = mask.offsets[head] + i * mask.query + keys.start * mask.key;
                if mask.key == 1 {
                    row.iter_mut().zip(&mask.values[first..]).for_each(|(s, &m)| *s += m);
                } else {
                    row.iter_mut().enumerate().for_each(|(j, s)| *s += mask.values[first + j * mask.key]);
                }
            }
        }
        if self.causal && keys.end > queries.start + 1 {
            for (i, row) in queries.clone().zip(s.chunks_exact_mut(cols)) {
                let seen = (i + 1).clamp(keys.start, keys.end) - keys.start;
                row[seen..].fill(T::NEG_INFINITY);
            }
        }
    }
}

fn rows_of<'a, T>(from: &'a [T], first: usize, rows: &Range<usize>, cols: usize) -> &'a [T] {
    &from[(first + rows.start) * cols..(first + rows.end) * cols]
}

/// The tiles that cover `0..n`.
fn tiles(n: usize, size: usize) -> impl Iterator<Item = Range<usize>> {
    (0..n.div_ceil(size)).map(move |i| i * size..n.min((i + 1) * size))
}

/// `c = alpha a b + beta c` for `[m, n, k]`, with row and column strides of a and b; c is contiguous.
fn product<T: AttentionFloat>([m, n, k]: [usize; 3], alpha: T, a: (&[T], usize, usize), b: (&[T], usize, usize), beta: T, c: &mut [T]) {
    let holds = |(x, row, col): (&[T], usize, usize), rows: usize, cols: usize| rows == 0 || cols == 0 || (rows - 1) * row + (cols - 1) * col < x.len();
    assert!(holds(a, m, k) && holds(b, k, n) && m * n <= c.len(), "attention: operands of a product");
    let strides = |x: (&[T], usize, usize)| (x.1 as isize, x.2 as isize);
    let ((ra, ca), (rb, cb)) = (strides(a), strides(b));
    // SAFETY: the operands hold all elements at their strides, as just checked, and c is borrowed exclusively.
    unsafe { gemm_generic(m, n, k, alpha, a.0.as_ptr(), ra, ca, b.0.as_ptr(), rb, cb, beta, c.as_mut_ptr(), n as isize, 1) }
}
