//! Times matrix products on request, so that a script can alternate with a rival in one run.
//!
//! Reads lines `m n k layout threads rounds` from standard input; layout is `nn`, `nt`, `tn` or `tt` (whether A and B are
//! stored transposed). Answers each with the median and the best seconds of one f32 product.

use rushlight_kernels::{gemm, pool};
use std::io::BufRead;
use std::time::Instant;

fn main() {
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("standard input");
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |i: usize| words[i].parse::<usize>().expect("a number");
        let (median, best) = time(number(0), number(1), number(2), words[3], number(4), number(5));
        println!("{median:e} {best:e}");
    }
}

fn time(m: usize, n: usize, k: usize, layout: &str, threads: usize, rounds: usize) -> (f64, f64) {
    pool::set_num_threads(threads);
    let (a, b) = (vec![0.5f32; m * k], vec![0.25f32; k * n]);
    let mut c = vec![0f32; m * n];
    let (rsa, csa) = if layout.starts_with('t') { (1, m) } else { (k, 1) };
    let (rsb, csb) = if layout.ends_with('t') { (1, k) } else { (n, 1) };
    let mut product = || {
        // SAFETY: the vectors hold matrices of these shapes and strides.
        unsafe {
            gemm::gemm_f32(m, n, k, 1.0, a.as_ptr(), rsa as isize, csa as isize, b.as_ptr(), rsb as isize, csb as isize, 0.0, c.as_mut_ptr(), n as isize, 1);
        }
    };
    product();
    let repeats = (2_000_000 / (m * n * k + 1)).clamp(1, 1000);
    let mut seconds: Vec<f64> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            (0..repeats).for_each(|_| product());
            start.elapsed().as_secs_f64() / repeats as f64
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    (seconds[rounds / 2], seconds[0])
}
