//! The last step: samples in the type, the scale and the order that were asked for.

use super::Recipe;
use crate::resize::{Normalization, Resizer, View};
use crate::{Error, Result};

/// The type of samples and their scale.
#[derive(Clone, Debug)]
pub enum Pixels {
    /// 0 to 255.
    U8,
    /// 0 to 65535, as stored; of 8-bit files, times 257.
    U16,
    /// Normalised.
    F32(Normalization),
}

/// The order of samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Rows of pixels, channels together.
    Hwc,
    /// A plane for each channel.
    Chw,
}

/// The caller's memory.
#[derive(Debug)]
pub enum Out<'a> {
    /// For [`Pixels::U8`].
    U8(&'a mut [u8]),
    /// For [`Pixels::U16`].
    U16(&'a mut [u16]),
    /// For [`Pixels::F32`].
    F32(&'a mut [f32]),
}

impl Out<'_> {
    /// How many samples there is room for.
    pub fn len(&self) -> usize {
        match self {
            Out::U8(out) => out.len(),
            Out::U16(out) => out.len(),
            Out::F32(out) => out.len(),
        }
    }

    /// The same memory for a shorter time.
    pub fn reborrow(&mut self) -> Out<'_> {
        match self {
            Out::U8(out) => Out::U8(out),
            Out::U16(out) => Out::U16(out),
            Out::F32(out) => Out::F32(out),
        }
    }

    /// Sets all samples to zero.
    pub fn clear(&mut self) {
        match self {
            Out::U8(out) => out.fill(0),
            Out::U16(out) => out.fill(0),
            Out::F32(out) => out.fill(0.0),
        }
    }

    /// Whether there is no room.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A recipe and memory that do not go together.
pub fn other_type() -> Error {
    Error::argument("the memory for the result has another type than the recipe")
}

/// Resamples straight into the result where its order allows that.
pub fn resized(resizer: &mut Resizer, part: View, recipe: &Recipe, window: (usize, usize), between: &mut Vec<u8>, out: Out) -> Result<()> {
    let row = window.0 * part.channels;
    match (out, &recipe.pixels, recipe.layout) {
        (Out::U8(out), Pixels::U8, Layout::Hwc) => resizer.resize_prepared(part, out, row),
        (Out::F32(out), Pixels::F32(normalization), Layout::Chw) => resizer.normalize_prepared(part, normalization, out),
        (out, ..) => {
            between.resize(row * window.1, 0);
            resizer.resize_prepared(part, between, row)?;
            pixels(between, part.channels, recipe, out)
        }
    }
}

/// Writes finished pixels.
pub fn pixels(samples: &[u8], channels: usize, recipe: &Recipe, out: Out) -> Result<()> {
    match (out, &recipe.pixels) {
        (Out::U8(out), Pixels::U8) => ordered(samples, channels, recipe.layout, out),
        (Out::F32(out), Pixels::F32(normalization)) => match recipe.layout {
            Layout::Hwc => normalization.interleaved(samples, channels, out),
            Layout::Chw => normalization.planes(samples, channels, out, samples.len() / channels),
        },
        _ => return Err(other_type()),
    }
    Ok(())
}

/// Copies samples, to planes if asked.
pub fn ordered<T: Copy>(samples: &[T], channels: usize, layout: Layout, out: &mut [T]) {
    if layout == Layout::Hwc || channels == 1 {
        return out.copy_from_slice(samples);
    }
    for (c, plane) in out.chunks_exact_mut(samples.len() / channels).enumerate() {
        for (value, &sample) in plane.iter_mut().zip(samples[c..].iter().step_by(channels)) {
            *value = sample;
        }
    }
}
