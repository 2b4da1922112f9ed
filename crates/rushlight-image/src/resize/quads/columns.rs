//! Where the horizontal pass finds the four taps of each 32-bit lane, and their weights.

use super::super::weights::{Taps, Weights};
use super::digits::{Digits, split};

/// Lanes of a register.
pub const LANES: usize = 16;

/// How lanes are filled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Sixteen neighbouring samples of the result, whose taps one permutation picks from 64 bytes.
    #[default]
    Window,
    /// The same from 128 bytes.
    WideWindow,
    /// Four pixels of three or four channels; each has its own sixteen bytes.
    Pixels,
    /// Four samples of an image of one channel; each has its own sixteen bytes, sixteen taps.
    Runs,
}

/// Samples of the result that are computed together.
pub struct Group {
    /// Where their sources begin: all of them, or those of each of four pixels.
    pub from: [usize; 4],
    /// Where they go.
    pub to: usize,
    /// Their weights.
    pub first: usize,
    pub steps: usize,
}

/// The horizontal pass of one request.
#[derive(Default)]
pub struct Columns {
    pub form: Form,
    pub channels: usize,
    pub groups: Vec<Group>,
    /// For each group of a window: the bytes of its lanes' taps.
    pub orders: Vec<[u8; 4 * LANES]>,
    /// For each step: three digits of the weights of every lane's four taps.
    pub weights: Vec<[[u32; LANES]; 3]>,
    /// Bytes of a row that are read; those behind its end do not count.
    pub reach: usize,
}

impl Columns {
    /// Prepares a pass; `None` if it has no form.
    pub fn compute(&mut self, weights: &Weights, channels: usize) -> Option<()> {
        self.groups.clear();
        self.orders.clear();
        self.weights.clear();
        self.channels = channels;
        self.form = form(weights, channels)?;
        match self.form {
            Form::Window | Form::WideWindow => (0..weights.len() * channels).step_by(LANES).try_for_each(|to| self.window(weights, to))?,
            Form::Pixels => (0..weights.len()).step_by(4).try_for_each(|first| self.pixels(weights, first))?,
            Form::Runs => (0..weights.len()).step_by(4).try_for_each(|first| self.runs(weights, first))?,
        }
        self.reach = self.groups.iter().map(|group| self.end(group)).max()?;
        Some(())
    }

    /// Bytes from step to step.
    pub fn advance(&self) -> usize {
        if self.form == Form::Runs { LANES } else { 4 * self.channels }
    }

    /// Where the last load of a group ends.
    fn end(&self, group: &Group) -> usize {
        let bytes = match self.form {
            Form::Window => 64,
            Form::WideWindow => 128,
            Form::Pixels | Form::Runs => 16,
        };
        group.from.into_iter().fold(0, usize::max) + group.steps.saturating_sub(1) * self.advance() + bytes
    }

    fn begin(&mut self, from: [usize; 4], to: usize, steps: usize) -> usize {
        let first = self.weights.len();
        self.weights.resize(first + steps, [[0; LANES]; 3]);
        self.groups.push(Group { from, to, first, steps });
        first
    }

    fn set(&mut self, step: usize, lane: usize, digits: Digits) {
        for (row, digit) in self.weights[step].iter_mut().zip(digits) {
            row[lane] = digit;
        }
    }

    fn window(&mut self, weights: &Weights, to: usize) -> Option<()> {
        let channels = self.channels;
        let samples = to..(to + LANES).min(weights.len() * channels);
        let pixels = samples.start / channels..(samples.end - 1) / channels + 1;
        let start = pixels.clone().map(|i| weights.get(i).start).min()?;
        let steps = pixels.clone().map(|i| weights.get(i).weights.len().div_ceil(4)).max()?;
        let first = self.begin([start * channels, 0, 0, 0], to, steps);
        let mut order = [0; 4 * LANES];
        for pixel in pixels {
            let taps = weights.get(pixel);
            let lanes = |c: usize| (pixel * channels + c).checked_sub(to).filter(|&lane| lane < LANES);
            for (step, weights) in taps.weights.chunks(4).enumerate() {
                let digits = split(weights)?;
                (0..channels).filter_map(lanes).for_each(|lane| self.set(first + step, lane, digits));
            }
            for (c, lane) in (0..channels).filter_map(|c| Some((c, lanes(c)?))) {
                (0..4).for_each(|tap| order[4 * lane + tap] = ((taps.start - start + tap) * channels + c) as u8);
            }
        }
        self.orders.push(order);
        Some(())
    }

    /// Four pixels from `pixel` on; the last one again and again where there are fewer.
    fn four<'a>(weights: &'a Weights, pixel: usize) -> [Taps<'a>; 4] {
        std::array::from_fn(|i| weights.get((pixel + i).min(weights.len() - 1)))
    }

    fn pixels(&mut self, weights: &Weights, pixel: usize) -> Option<()> {
        let four = Columns::four(weights, pixel);
        let steps = four.iter().map(|taps| taps.weights.len().div_ceil(4)).max()?;
        let first = self.begin(four.map(|taps| taps.start * self.channels), pixel * self.channels, steps);
        for (i, taps) in four.iter().enumerate() {
            for (step, weights) in taps.weights.chunks(4).enumerate() {
                let digits = split(weights)?;
                (0..4).for_each(|c| self.set(first + step, 4 * i + c, digits));
            }
        }
        Some(())
    }

    fn runs(&mut self, weights: &Weights, pixel: usize) -> Option<()> {
        let four = Columns::four(weights, pixel);
        let steps = four.iter().map(|taps| taps.weights.len().div_ceil(LANES)).max()?;
        let first = self.begin(four.map(|taps| taps.start), pixel, steps);
        for (i, taps) in four.iter().enumerate() {
            for (quad, weights) in taps.weights.chunks(4).enumerate() {
                self.set(first + quad / 4, 4 * i + quad % 4, split(weights)?);
            }
        }
        Some(())
    }
}

/// The form that suits the distances between the sources of neighbouring pixels.
fn form(weights: &Weights, channels: usize) -> Option<Form> {
    let together = if LANES.is_multiple_of(channels) { LANES / channels } else { (LANES - 2) / channels + 2 };
    let spread = |i: usize| weights.get(i).start.abs_diff(weights.get((i + together - 1).min(weights.len() - 1)).start);
    let bytes = ((0..weights.len()).map(spread).max()? + 4) * channels;
    match channels {
        1..=4 if bytes <= 64 => Some(Form::Window),
        1..=4 if bytes <= 128 => Some(Form::WideWindow),
        1 => Some(Form::Runs),
        3 | 4 => Some(Form::Pixels),
        _ => None,
    }
}
