//! Means of pixels that full decoding clamps.
//!
//! A sample of a smaller decoding stands for the mean of several pixels. Full decoding clamps each of them, as samples and again as RGB, before anything
//! averages them; clamping their mean is not the same where some lie beyond 0 to 255, as beside bright edges and in saturated colours.
//! The MCUs where it shows are decoded fully here, and their pixels averaged.

use super::coefficients::Coefficients;
use super::color::{self, Space};
use super::frame::{Component, Frame};
use super::idct::Block;
use super::plane::Plane;
use rushlight_kernels::vectorized;
use std::ops::Range;

/// The standard deviation that is harmless even at a limit, in levels, where half of the pixels are clamped: of camera files resized to 64 pixels at most
/// 0.3 % of the samples were more than one level off, 2.3 % without this module, and 3 % of the MCUs are decoded fully.
const DEVIATION: f32 = 8.0;

/// Means of fewer pixels are left as they are: to 224 pixels at most 0.3 % of the samples were more than one level off, 0.1 % if these were mended too,
/// but loading camera files took a quarter longer.
const LEAST_DIVISOR: usize = 4;

/// The pixels of a strip that clamping moves.
#[derive(Default)]
pub struct Clipping {
    divisor: usize,
    /// Sides of an MCU in pixels of the smaller image.
    width: usize,
    height: usize,
    /// Components of the strip decoded fully, as an image of its own.
    planes: [Plane; 4],
    /// What is known of the blocks of the strip, by component.
    spreads: [Vec<Spread>; 3],
    /// The same of the chroma for every block of a row of luma, and whether clamping moves its samples.
    chroma: [Vec<Spread>; 2],
    clips: Vec<bool>,
    /// The MCUs decoded fully.
    runs: Vec<Range<usize>>,
    /// A row of full pixels, and sums of such rows.
    full: Vec<u8>,
    sums: Vec<u16>,
    /// Means: for every run its rows.
    means: Vec<[u8; 3]>,
}

impl Clipping {
    /// Prepares for an image whose sides are divided by `divisor`.
    pub fn begin(&mut self, frame: &Frame, divisor: usize, quantization: &[Option<[u16; 64]>]) {
        self.divisor = divisor;
        (self.width, self.height) = (8 * frame.h_max / divisor, 8 * frame.v_max / divisor);
        self.runs.clear();
        if divisor >= LEAST_DIVISOR {
            let strip = Frame { width: 8 * frame.h_max * frame.mcus_wide, height: 8 * frame.v_max, ..frame.clone() };
            for ((plane, component), table) in self.planes.iter_mut().zip(&frame.components).zip(quantization) {
                plane.begin(component, &strip, 8, &table.unwrap_or([0; 64]));
            }
        }
    }

    /// Decodes what clamping moves in columns of the strip whose coefficients begin at row `mcu_row` of MCUs.
    pub fn load(&mut self, space: Space, frame: &Frame, columns: Range<usize>, coefficients: &[Coefficients], mcu_row: usize) {
        if self.divisor < LEAST_DIVISOR {
            return;
        }
        let wanted = columns.start / self.width..columns.end.div_ceil(self.width).min(frame.mcus_wide);
        self.runs.clear();
        self.means.clear();
        let luma = &frame.components[0];
        match space {
            Space::Gray | Space::YCbCr if (luma.h, luma.v) == (frame.h_max, frame.v_max) => self.find(&frame.components, coefficients, mcu_row, wanted),
            _ => self.runs.push(wanted),
        }
        for run in 0..self.runs.len() {
            let run = self.runs[run].clone();
            for ((plane, component), coefficients) in self.planes.iter_mut().zip(&frame.components).zip(coefficients) {
                plane.want(run.start * self.width * self.divisor..run.end * self.width * self.divisor);
                plane.load(coefficients, mcu_row * component.v, 0);
            }
            self.average(space, frame.components.len(), run);
        }
    }

    /// Finds the MCUs that clamping moves.
    fn find(&mut self, components: &[Component], coefficients: &[Coefficients], mcu_row: usize, wanted: Range<usize>) {
        for (((component, coefficients), plane), spreads) in components.iter().zip(coefficients).zip(&self.planes).zip(&mut self.spreads) {
            let count = component.v * coefficients.row_blocks;
            spreads.resize(count, Spread::default());
            measure(&coefficients.blocks[mcu_row * count..(mcu_row + 1) * count], plane.quantization(), spreads);
        }
        let (luma, chroma) = (&components[0], &components[1..]);
        let row_blocks = coefficients[0].row_blocks;
        self.clips.clear();
        self.clips.resize(row_blocks, false);
        self.chroma.iter_mut().for_each(|spreads| spreads.resize(row_blocks, Spread::default()));
        for (y, of_luma) in self.spreads[0].chunks_exact(row_blocks).enumerate() {
            for (i, component) in chroma.iter().enumerate() {
                let of_row = &self.spreads[i + 1][y * component.v / luma.v * coefficients[i + 1].row_blocks..];
                self.chroma[i].chunks_mut(luma.h / component.h).zip(of_row).for_each(|(same, &spread)| same.fill(spread));
            }
            find_clips(of_luma, &self.chroma[0], &self.chroma[1], &mut self.clips);
        }
        for mcu in wanted.filter(|mcu| self.clips[mcu * luma.h..(mcu + 1) * luma.h].contains(&true)) {
            match self.runs.last_mut() {
                Some(run) if run.end == mcu => run.end += 1,
                _ => self.runs.push(mcu..mcu + 1),
            }
        }
    }

    /// Appends the means of a run of MCUs.
    fn average(&mut self, space: Space, components: usize, run: Range<usize>) {
        let (start, width) = (run.start * self.width * self.divisor, run.len() * self.width * self.divisor);
        self.full.resize(3 * width, 0);
        self.sums.resize(3 * width, 0);
        for y in 0..self.height * self.divisor {
            let mut rows: [&[u8]; 4] = [&[]; 4];
            for (row, plane) in rows.iter_mut().zip(&mut self.planes[..components]) {
                *row = &plane.image_row(y)[start..];
            }
            color::rgb_row(space, &rows[..components], &mut self.full);
            if y.is_multiple_of(self.divisor) {
                self.sums.fill(0);
            }
            add(&self.full, &mut self.sums);
            if (y + 1).is_multiple_of(self.divisor) {
                means(&self.sums, self.divisor, &mut self.means);
            }
        }
    }

    /// Writes row `y` of the strip over its pixels of `channels` samples, of which the first is number `left` of the image's row.
    pub fn write(&self, y: usize, left: usize, out: &mut [u8], channels: usize) {
        let mut means = &self.means[..];
        for run in &self.runs {
            let width = run.len() * self.width;
            let (of_run, rest) = means.split_at(width * self.height);
            for (x, pixel) in (run.start * self.width..).zip(&of_run[y * width..(y + 1) * width]) {
                let place = x.checked_sub(left).and_then(|x| out.get_mut(x * channels..(x + 1) * channels));
                place.into_iter().for_each(|out| out.copy_from_slice(&pixel[..channels]));
            }
            means = rest;
        }
    }
}

vectorized! {
    fn add[](row: &[u8], sums: &mut [u16]) {
        sums.iter_mut().zip(row).for_each(|(sum, &sample)| *sum += sample as u16);
    }
}

vectorized! {
    /// Means of `divisor` pixels each, from sums of as many rows.
    fn means[](sums: &[u16], divisor: usize, means: &mut Vec<[u8; 3]>) {
        let (sums, _) = sums.as_chunks::<3>();
        let shift = 2 * divisor.trailing_zeros();
        means.extend(sums.chunks_exact(divisor).map(|pixels| {
            let sum = pixels.iter().fold([1 << shift >> 1; 3], |[a, b, c], &[d, e, f]| [a + d, b + e, c + f]);
            sum.map(|sum| (sum >> shift) as u8)
        }));
    }
}

/// Mean and variance of samples.
#[derive(Clone, Copy, Default)]
struct Spread {
    mean: f32,
    variance: f32,
}

impl Spread {
    /// Of sums with multiples of the chroma, as if they were independent.
    #[inline(always)]
    fn plus(self, factor: f32, chroma: Spread) -> Spread {
        Spread { mean: self.mean + factor * chroma.mean, variance: self.variance + factor * factor * chroma.variance }
    }

    /// Whether clamping moves the mean: not where the deviation is small beside the distance to the nearer limit, inside or outside.
    #[inline(always)]
    fn clips(self) -> bool {
        let distance = ((self.mean + 0.5).abs() - 127.5).abs();
        let harmless = DEVIATION + distance / 2.0;
        self.variance > harmless * harmless
    }
}

vectorized! {
    /// Notes the blocks of a row where clamping moves samples, or the RGB made from them.
    fn find_clips[](luma: &[Spread], cb: &[Spread], cr: &[Spread], clips: &mut [bool]) {
        for (((&y, &cb), &cr), clips) in luma.iter().zip(cb).zip(cr).zip(clips) {
            *clips |= y.clips() | y.plus(1.402, cr).clips() | y.plus(-0.344136, cb).plus(-0.714136, cr).clips() | y.plus(1.772, cb).clips();
        }
    }
}

vectorized! {
    /// Mean and variance of the blocks' samples, from their coefficients (Parseval). Squares of absurd coefficients wrap.
    fn measure[](blocks: &[Block], quantization: &Block, spreads: &mut [Spread]) {
        for (block, spread) in blocks.iter().zip(spreads) {
            let mut energy = 0i32;
            for (&c, &q) in block.iter().zip(quantization) {
                let value = c.wrapping_mul(q) as i32;
                energy = energy.wrapping_add(value * value);
            }
            let dc = block[0].wrapping_mul(quantization[0]) as i32;
            *spread = Spread { mean: dc as f32 / 8.0, variance: energy.wrapping_sub(dc * dc) as f32 / 64.0 };
        }
    }
}
