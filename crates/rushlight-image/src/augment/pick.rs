//! Rows and columns of an image in any order: borders that repeat it, and the nearest samples of another size.

use super::batch::each_image;
use super::flip::Backwards;
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

/// Neighbours that stay neighbours, in order or backwards.
struct Run {
    from: usize,
    to: usize,
    length: usize,
    reversed: bool,
}

impl Run {
    /// Whether the next place in line is `from`.
    fn takes(&mut self, from: usize) -> bool {
        let reversed = self.from.checked_sub(1) == Some(from) && (self.reversed || self.length == 1);
        let forward = !self.reversed && self.from + self.length == from;
        if reversed {
            (self.from, self.reversed) = (from, true);
        }
        self.length += (reversed || forward) as usize;
        reversed || forward
    }

    /// Copies pixels of a row; calling `memcpy` for one sample takes longer than the sample.
    #[inline(always)]
    fn copy<T: Sample>(&self, from: &[T], to: &mut [T], step: usize, backwards: &Backwards) {
        let (from, to) = (&from[self.from * step..][..self.length * step], &mut to[self.to * step..][..self.length * step]);
        match self {
            Run { length: 1, .. } => to.iter_mut().zip(from).for_each(|(to, from)| *to = *from),
            Run { reversed: true, .. } => backwards.rows(from, to, self.length * step),
            _ => to.copy_from_slice(from),
        }
    }
}

fn runs(indices: &[usize]) -> Vec<Run> {
    let mut found: Vec<Run> = Vec::new();
    for (to, &from) in indices.iter().enumerate() {
        if !found.last_mut().is_some_and(|run| run.takes(from)) {
            found.push(Run { from, to, length: 1, reversed: false });
        }
    }
    found
}

fn pick<T: Sample>(shape: &Shape, rows: &[usize], columns: &[usize], result: &Shape, input: &[T], output: &mut [T]) -> Result<()> {
    if rows.iter().any(|&y| y >= shape.height) || columns.iter().any(|&x| x >= shape.width) || (rows.len(), columns.len()) != (result.height, result.width) {
        return Err(Error::argument(format!("the samples asked for are not all in {shape:?}")));
    }
    let (step, row, new_row) = (shape.step(), shape.row(), result.row());
    let (runs, backwards) = (runs(columns), Backwards::new::<T>(step));
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
                    _ => runs.iter().for_each(|run| run.copy(from, to, step, &backwards)),
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_go_both_ways() {
        let shape = |width| Shape { channels: 3, height: 1, width, planar: false };
        for width in 2..40 {
            let input: Vec<u8> = (0..3 * width).map(|i| i as u8).collect();
            for (border, widest) in [(Border::Reflect, 3 * width), (Border::Symmetric, 3 * width), (Border::Edge, 3)] {
                for before in 0..widest {
                    let mut output = vec![0; 3 * (width + before + 2)];
                    pad(&shape(width), [before, 0, 2, 0], border, &input, &mut output).unwrap();
                    let indices = border.indices(width, before, 2);
                    assert!(output.as_chunks::<3>().0.iter().zip(indices).all(|(pixel, x)| pixel == &input[3 * x..3 * x + 3]), "{border:?} of {width}");
                }
            }
        }
    }

    #[test]
    fn borders_repeat_the_line() {
        assert_eq!(Border::Edge.indices(3, 2, 1), [0, 0, 0, 1, 2, 2]);
        assert_eq!(Border::Reflect.indices(3, 2, 3), [2, 1, 0, 1, 2, 1, 0, 1]);
        assert_eq!(Border::Symmetric.indices(3, 2, 4), [1, 0, 0, 1, 2, 2, 1, 0, 0]);
        assert_eq!(Border::Reflect.indices(1, 2, 1), [0; 4]);
    }
}
