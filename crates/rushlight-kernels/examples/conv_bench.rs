//! Times two-dimensional convolutions on request, so that a script can alternate with a rival in one run.
//!
//! Reads lines `kind batch c_in c_out groups height width kernel stride padding threads rounds` from standard input; kind is
//! `forward`, `input` or `weight`. Answers each with the median and the best seconds of one f32 pass.

use rushlight_kernels::conv::{ConvShape, conv_backward_input, conv_backward_weight, conv_forward};
use rushlight_kernels::pool;
use std::io::BufRead;
use std::time::Instant;

fn main() {
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("standard input");
        let (kind, rest) = line.split_once(' ').expect("a kind and numbers");
        let n: Vec<usize> = rest.split_whitespace().map(|word| word.parse().expect("a number")).collect();
        let mut shape = ConvShape {
            batch: n[0],
            c_in: n[1],
            c_out: n[2],
            groups: n[3],
            input: [1, n[4], n[5]],
            kernel: [1, n[6], n[6]],
            stride: [1, n[7], n[7]],
            padding: [0, n[8], n[8]],
            dilation: [1; 3],
            output: [0; 3],
        };
        shape.output = shape.natural_output().expect("the kernel fits");
        pool::set_num_threads(n[9]);
        let (median, best) = time(kind, &shape, n[10]);
        println!("{median:e} {best:e}");
    }
}

fn time(kind: &str, shape: &ConvShape, rounds: usize) -> (f64, f64) {
    let (x, w, y) = shape.lengths();
    let (mut x, mut w, mut y) = (vec![0.5f32; x], vec![0.25f32; w], vec![0.125f32; y]);
    let mut pass = || match kind {
        "forward" => conv_forward(shape, &x, &w, None, &mut y),
        "input" => conv_backward_input(shape, &y, &w, &mut x),
        "weight" => conv_backward_weight(shape, &x, &y, &mut w),
        _ => panic!("unknown kind {kind}"),
    };
    pass();
    let mut seconds: Vec<f64> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            pass();
            start.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    (seconds[rounds / 2], seconds[0])
}
