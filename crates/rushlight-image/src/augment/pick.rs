//! Rows and columns of an image in any order: borders that repeat it, and the nearest samples of another size.

use super::batch::each_image;
use super::{Sample, Shape};
use crate::{Error, Result};

/// What lies beyond an image's edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Border {
    /// The last sample again.
    Edge,
    /// The image mirrored, its last sample once.
    Reflect,
    /// The image mirrored, its last sample twice.
    Symmetric,
}

impl Border {
    /// Which of `length` samples each of a line is that has `before` and `after` more.
    fn indices(self, length: usize, before: usize, after: usize) -> Vec<usize> {
        let period = match self {
            Border::Reflect => (2 * length).saturating_sub(2).max(1),
            _ => 2 * length,
        } as i64;
        let one = |position: i64| match self {
            Border::Edge => position.clamp(0, length as i64 - 1),
            Border::Reflect => (period - position.rem_euclid(period)).min(position.rem_euclid(period)),
            Border::Symmetric => (period - 1 - position.rem_euclid(period)).min(position.rem_euclid(period)),
        };
        (-(before as i64)..(length + after) as i64).map(|position| one(position) as usize).collect()
    }
}

/// Adds borders: left, top, right, bottom.
pub fn pad<T: Sample>(shape: &Shape, [left, top, right, bottom]: [usize; 4], border: Border, input: &[T], output: &mut [T]) -> Result<()> {
    let result = Shape { height: shape.height + top + bottom, width: shape.width + left + right, ..*shape };
    if shape.is_empty() && !output.is_empty() {
        return Err(Error::argument(format!("there is nothing to repeat in {shape:?}")));
    }
    pick(shape, &border.indices(shape.height, top, bottom), &border.indices(shape.width, left, right), &result, input, output)
}

/// The nearest samples of a part (top, left, height, width) by PyTorch's rule, places computed in single precision: the sample in which a new
/// one begins, or in which its centre lies.
pub fn nearest<T: Sample>(shape: &Shape, window: [usize; 4], centre: bool, result: &Shape, input: &[T], output: &mut [T]) -> Result<()> {
    let indices = |start: usize, length: usize, count: usize| -> Vec<usize> {
        let (scale, shift) = (length as f32 / count as f32, if centre { 0.5 } else { 0.0 });
        (0..count).map(|i| start + (((i as f32 + shift) * scale) as usize).min(length.saturating_sub(1))).collect()
    };
    let [top, left, height, width] = window;
    pick(shape, &indices(top, height, result.height), &indices(left, width, result.width), result, input, output)
}

/// Neighbours that stay neighbours.
struct Run {
    from: usize,
    to: usize,
    length: usize,
}

impl Run {
    /// Copies pixels of a row; calling `memcpy` for one sample takes longer than the sample.
    #[inline(always)]
    fn copy<T: Sample>(&self, from: &[T], to: &mut [T], step: usize) {
        if self.length == 1 {
            (0..step).for_each(|c| to[self.to * step + c] = from[self.from * step + c]);
        } else {
            to[self.to * step..][..self.length * step].copy_from_slice(&from[self.from * step..][..self.length * step]);
        }
    }
}

fn runs(indices: &[usize]) -> Vec<Run> {
    let mut found: Vec<Run> = Vec::new();
    for (to, &from) in indices.iter().enumerate() {
        match found.last_mut() {
            Some(run) if run.from + run.length == from => run.length += 1,
            _ => found.push(Run { from, to, length: 1 }),
        }
    }
    found
}

fn pick<T: Sample>(shape: &Shape, rows: &[usize], columns: &[usize], result: &Shape, input: &[T], output: &mut [T]) -> Result<()> {
    if rows.iter().any(|&y| y >= shape.height) || columns.iter().any(|&x| x >= shape.width) || (rows.len(), columns.len()) != (result.height, result.width) {
        return Err(Error::argument(format!("the samples asked for are not all in {shape:?}")));
    }
    let (step, row, new_row) = (shape.step(), shape.row(), result.row());
    let runs = runs(columns);
    let single = runs.len() > columns.len() / 4;
    each_image(shape, input, result, output, |from, to| {
        for (from, to) in from.chunks_exact(row * shape.height).zip(to.chunks_exact_mut(new_row * result.height)) {
            for (y, &source) in rows.iter().enumerate() {
                if y > 0 && rows[y - 1] == source {
                    to.copy_within((y - 1) * new_row..y * new_row, y * new_row);
                    continue;
                }
                let (from, to) = (&from[source * row..(source + 1) * row], &mut to[y * new_row..(y + 1) * new_row]);
                match (single, step) {
                    (true, 1) => to.iter_mut().zip(columns).for_each(|(to, &x)| *to = from[x]),
                    (true, 3) => {
                        let pixels = from.as_chunks::<3>().0;
                        to.as_chunks_mut::<3>().0.iter_mut().zip(columns).for_each(|(to, &x)| *to = pixels[x]);
                    }
                    _ => runs.iter().for_each(|run| run.copy(from, to, step)),
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_repeat_the_line() {
        assert_eq!(Border::Edge.indices(3, 2, 1), [0, 0, 0, 1, 2, 2]);
        assert_eq!(Border::Reflect.indices(3, 2, 3), [2, 1, 0, 1, 2, 1, 0, 1]);
        assert_eq!(Border::Symmetric.indices(3, 2, 4), [1, 0, 0, 1, 2, 2, 1, 0, 0]);
        assert_eq!(Border::Reflect.indices(1, 2, 1), [0; 4]);
    }
}
