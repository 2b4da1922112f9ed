//! Against sums of whole weights, for every form and at the edges.

use super::super::{Filter, View};
use super::*;
use crate::resize::weights::PRECISION;

fn sum(terms: impl Iterator<Item = (u8, i32)>) -> u8 {
    let total = terms.fold(1i32 << (PRECISION - 1), |sum, (sample, weight)| sum.wrapping_add(sample as i32 * weight));
    (total >> PRECISION).clamp(0, 255) as u8
}

fn plain(part: &View, horizontal: &Weights, vertical: &Weights) -> Vec<u8> {
    let View { samples, height, channels, stride, .. } = *part;
    let width = horizontal.len() * channels;
    let sample = |y: usize, i: usize| {
        let taps = horizontal.get(i / channels);
        let place = |tap: usize| y * stride + (taps.start + tap) * channels + i % channels;
        sum(taps.weights.iter().enumerate().map(|(tap, &weight)| (samples[place(tap)], weight)))
    };
    let between: Vec<u8> = (0..height * width).map(|i| sample(i / width, i % width)).collect();
    let last = |y: usize, i: usize| {
        let taps = vertical.get(y);
        sum(taps.weights.iter().enumerate().map(|(tap, &weight)| (between[(taps.start + tap) * width + i], weight)))
    };
    (0..vertical.len() * width).map(|i| last(i / width, i % width)).collect()
}

fn axis(from: usize, to: usize, filter: Filter) -> Weights {
    let mut weights = Weights::default();
    weights.compute(from, [0.0, from as f32], to, 0..to, filter);
    weights
}

#[test]
fn all_forms_give_the_sums_of_whole_weights() {
    if !possible() {
        return;
    }
    let noise: Vec<u8> = (0..400 * 21 * 4u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for channels in 1..=4 {
        for (width, to) in [(1, 1), (1, 9), (3, 50), (50, 41), (77, 23), (200, 37), (400, 40), (400, 17), (400, 3), (399, 1)] {
            for (filter, mirrored) in [(Filter::Bilinear, false), (Filter::Bicubic, true), (Filter::Lanczos3, false), (Filter::Nearest, true)] {
                let part = View { samples: &noise[..21 * width * channels], width, height: 21, channels, stride: width * channels };
                let (mut horizontal, vertical) = (axis(width, to, filter), axis(21, 8, filter));
                if mirrored {
                    horizontal.mirror();
                }
                let mut quads = Quads::default();
                if quads.prepare(&horizontal, &vertical, channels).is_none() {
                    assert_eq!(channels, 2, "the others have a form for every distance");
                    continue;
                }
                let mut out = vec![0; to * channels * 8];
                out.chunks_exact_mut(to * channels).enumerate().for_each(|(y, out)| quads.row(&part, vertical.get(y), out));
                assert_eq!(out, plain(&part, &horizontal, &vertical), "{width} to {to} pixels of {channels}, {filter:?}");
            }
        }
    }
}
