//! Resizes raw RGB: `resize INPUT WIDTH HEIGHT OUTPUT NEW_WIDTH NEW_HEIGHT FILTER [LEFT TOP RIGHT BOTTOM]`; times it with `ROUNDS` set.

use rushlight_image::resize::{Filter, Geometry, Resizer, View};
use std::time::Instant;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |i: usize| arguments[i].parse::<usize>().expect("a number");
    let samples = std::fs::read(&arguments[0]).expect("a readable file");
    let source = View { samples: &samples, width: number(1), height: number(2), channels: 3, stride: 3 * number(1) };
    let (width, height) = (number(4), number(5));
    let filter = match arguments[6].as_str() {
        "nearest" => Filter::Nearest,
        "box" => Filter::Box,
        "bilinear" => Filter::Bilinear,
        "hamming" => Filter::Hamming,
        "bicubic" => Filter::Bicubic,
        "mitchell" => Filter::Mitchell,
        _ => Filter::Lanczos3,
    };
    let part = arguments.get(7..11).map(|v| std::array::from_fn(|i| v[i].parse().expect("a number")));
    let geometry = Geometry { source: part, ..Geometry::whole(width, height) };
    let mut out = vec![0; 3 * width * height];
    let mut resizer = Resizer::new();
    let rounds = std::env::var("ROUNDS").map_or(1, |n| n.parse().expect("a number of rounds"));
    let mut least = f64::INFINITY;
    for _ in 0..rounds {
        let start = Instant::now();
        resizer.resize(source, geometry, filter, &mut out, 3 * width).expect("a valid request");
        least = least.min(start.elapsed().as_secs_f64() * 1e6);
    }
    println!("{least:.1} microseconds");
    std::fs::write(&arguments[3], &out).expect("a writable file");
}
