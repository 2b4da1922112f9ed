use super::*;
use crate::gemm::tests::noise;

/// Calls `visit(y, w, x)` with the flat indices of every product of the convolution.
fn for_each_product(s: &ConvShape, mut visit: impl FnMut(usize, usize, usize)) {
    let unravel = |i: usize, size: [usize; 3]| [i / (size[1] * size[2]), i / size[2] % size[1], i % size[2]];
    let (gi, go) = (s.c_in / s.groups, s.c_out / s.groups);
    for b in 0..s.batch {
        for o in 0..s.c_out {
            for q in 0..volume(s.output) {
                for c in 0..gi {
                    for t in 0..s.taps() {
                        let (at, tap) = (unravel(q, s.output), unravel(t, s.kernel));
                        let from: Option<Vec<usize>> = (0..3)
                            .map(|d| (at[d] * s.stride[d] + tap[d] * s.dilation[d]).checked_sub(s.padding[d]))
                            .zip(s.input)
                            .map(|(at, size)| at.filter(|&at| at < size))
                            .collect();
                        if let Some(p) = from {
                            let x = ((b * s.c_in + o / go * gi + c) * s.input[0] + p[0]) * s.input[1] + p[1];
                            let y = (b * s.c_out + o) * volume(s.output) + q;
                            visit(y, (o * gi + c) * s.taps() + t, x * s.input[2] + p[2]);
                        }
                    }
                }
            }
        }
    }
}

fn assert_close<T: Float + Into<f64>>(what: &str, shape: &ConvShape, got: &[T], want: &[f64], tolerance: f64) {
    for (i, (&got, &want)) in got.iter().zip(want).enumerate() {
        let got: f64 = got.into();
        assert!((got - want).abs() <= tolerance * (1.0 + want.abs()), "{what} {i}: {got} instead of {want} in {shape:?}");
    }
}

fn check<T: Float + Into<f64>>(s: &ConvShape, tolerance: f64) {
    let (nx, nw, ny) = s.lengths();
    let (x, w, bias, g) = (noise::<T>(nx, 1), noise::<T>(nw, 2), noise::<T>(s.c_out, 3), noise::<T>(ny, 4));
    let wide = |v: &[T]| v.iter().map(|&x| x.into()).collect::<Vec<f64>>();
    let (wide_x, wide_w, wide_g) = (wide(&x), wide(&w), wide(&g));
    let (mut y, mut gx, mut gw) = (vec![0.0; ny], vec![0.0; nx], vec![0.0; nw]);
    for_each_product(s, |iy, iw, ix| {
        y[iy] += wide_w[iw] * wide_x[ix];
        gx[ix] += wide_w[iw] * wide_g[iy];
        gw[iw] += wide_g[iy] * wide_x[ix];
    });
    let nan = T::of(f64::NAN);
    let (mut got_y, mut got_x, mut got_w) = (vec![nan; ny], vec![nan; nx], vec![nan; nw]);
    conv_forward(s, &x, &w, None, &mut got_y);
    conv_backward_input(s, &g, &w, &mut got_x);
    conv_backward_weight(s, &x, &g, &mut got_w);
    assert_close("output", s, &got_y, &y, tolerance);
    assert_close("input gradient", s, &got_x, &gx, tolerance);
    assert_close("weight gradient", s, &got_w, &gw, tolerance);
    conv_forward(s, &x, &w, Some(&bias), &mut got_y);
    let area = volume(s.output);
    y.iter_mut().enumerate().for_each(|(i, y)| *y += bias[i / area % s.c_out].into());
    assert_close("output with bias", s, &got_y, &y, tolerance);
}

fn shape(batch: usize, channels: [usize; 3], input: [usize; 3], kernel: [usize; 3]) -> ConvShape {
    let [c_in, c_out, groups] = channels;
    let (stride, padding, dilation) = ([1; 3], [0; 3], [1; 3]);
    natural(ConvShape { batch, c_in, c_out, groups, input, kernel, stride, padding, dilation, output: [0; 3] })
}

fn natural(s: ConvShape) -> ConvShape {
    ConvShape { output: s.natural_output().expect("the kernel fits"), ..s }
}

fn check_both(s: ConvShape) {
    check::<f32>(&s, 2e-5);
    check::<f64>(&s, 1e-12);
}

#[test]
fn plain_in_one_two_and_three_dimensions() {
    check_both(shape(2, [3, 5, 1], [1, 1, 40], [1, 1, 4]));
    check_both(shape(3, [4, 8, 1], [1, 9, 11], [1, 3, 3]));
    check_both(shape(2, [3, 13, 1], [5, 6, 7], [2, 3, 2]));
    check_both(shape(2, [40, 9, 1], [1, 7, 7], [1, 3, 3]));
    check_both(shape(1, [70, 150, 1], [1, 5, 5], [1, 1, 1]));
    check_both(shape(1, [1, 3, 1], [1, 30, 30], [1, 20, 20]));
    check_both(shape(2, [3, 3, 3], [1, 4, 150], [1, 3, 3]));
}

#[test]
fn stride_padding_dilation_groups() {
    for stride in [1, 2, 3] {
        for padding in [0, 1, 4] {
            for dilation in [1, 2] {
                for channels in [[4, 6, 2], [3, 7, 1], [6, 6, 6], [3, 6, 3], [18, 20, 2], [9, 30, 1]] {
                    let base = shape(2, channels, [1, 10, 13], [1, 3, 2]);
                    check_both(natural(ConvShape { stride: [1, stride, stride], padding: [0, padding, padding], dilation: [1, dilation, dilation], ..base }));
                }
            }
        }
    }
}

#[test]
fn three_dimensions_with_everything() {
    for channels in [[4, 6, 2], [2, 2, 2], [11, 13, 1]] {
        let base = shape(2, channels, [6, 7, 8], [3, 2, 3]);
        check_both(natural(ConvShape { stride: [2, 1, 3], padding: [2, 0, 1], dilation: [1, 2, 2], ..base }));
    }
}

#[test]
fn wide_images_are_read_in_place() {
    let padded = |s: ConvShape| natural(ConvShape { padding: [s.kernel[0] / 2, s.kernel[1] / 2, s.kernel[2] / 2], ..s });
    check_both(padded(shape(1, [20, 26, 2], [1, 6, 64], [1, 3, 3])));
    check_both(padded(shape(2, [18, 20, 1], [3, 4, 33], [3, 3, 3])));
    check_both(padded(shape(1, [10, 12, 1], [1, 1, 1100], [1, 1, 9])));
    check_both(shape(2, [17, 19, 1], [1, 24, 30], [1, 1, 1]));
    check_both(shape(2, [12, 10, 1], [1, 5, 80], [1, 3, 3]));
    let strided = ConvShape { stride: [1, 2, 2], ..shape(1, [12, 20, 1], [1, 9, 97], [1, 4, 4]) };
    check_both(padded(strided));
}

#[test]
fn inputs_longer_than_the_stride_needs() {
    for channels in [[3, 4, 1], [10, 12, 1]] {
        let base = shape(2, channels, [1, 9, 12], [1, 2, 1]);
        check_both(natural(ConvShape { stride: [1, 3, 5], ..base }));
    }
}

#[test]
fn nothing_to_do() {
    check_both(shape(0, [3, 4, 1], [1, 5, 5], [1, 3, 3]));
    check_both(shape(2, [0, 4, 1], [1, 5, 5], [1, 3, 3]));
    check_both(shape(2, [4, 0, 1], [1, 5, 5], [1, 3, 3]));
}

#[test]
fn threads_do_not_change_a_bit() {
    let _guard = crate::pool::tests::alone();
    let before = crate::pool::num_threads();
    for (batch, channels, width) in [(9, [8, 20, 1], 23), (9, [16, 20, 1], 23), (9, [24, 24, 24], 23), (1, [16, 20, 1], 64)] {
        let base = shape(batch, channels, [1, 21, width], [1, 3, 3]);
        let s = natural(ConvShape { stride: [1, 2, 1], padding: [0, 1, 1], ..base });
        let one = run_on(1, &s);
        assert!([2, 3, 5].iter().all(|&threads| run_on(threads, &s) == one));
    }
    crate::pool::set_num_threads(before);
}

/// Output and gradients, computed by so many threads.
fn run_on(threads: usize, s: &ConvShape) -> [Vec<f32>; 3] {
    crate::pool::set_num_threads(threads);
    let (nx, nw, ny) = s.lengths();
    let (x, w, g) = (noise::<f32>(nx, 1), noise::<f32>(nw, 2), noise::<f32>(ny, 4));
    let (mut y, mut gx, mut gw) = (vec![0.0; ny], vec![0.0; nx], vec![0.0; nw]);
    conv_forward(s, &x, &w, None, &mut y);
    conv_backward_input(s, &g, &w, &mut gx);
    conv_backward_weight(s, &x, &g, &mut gw);
    [y, gx, gw]
}

#[test]
fn whole_numbers_sum_exactly_and_wrap_around() {
    let shape = ConvShape {
        batch: 2,
        c_in: 4,
        c_out: 6,
        groups: 2,
        input: [3, 5, 6],
        kernel: [2, 3, 2],
        stride: [1, 2, 1],
        padding: [1, 1, 0],
        dilation: [1, 1, 2],
        output: [4, 3, 4],
    };
    let (nx, nw, ny) = shape.lengths();
    let numbers = |n: usize, seed: usize| (0..n).map(|i| ((i * 2654435761 + seed) >> 7) as i8).collect::<Vec<i8>>();
    let (x, w, g) = (numbers(nx, 1), numbers(nw, 2), numbers(ny, 3));
    let (mut y, mut gx) = (vec![7i8; ny], vec![0i8; nx]);
    for_each_product(&shape, |iy, iw, ix| {
        y[iy] = y[iy].plus_product(w[iw], x[ix]);
        gx[ix] = gx[ix].plus_product(w[iw], g[iy]);
    });
    let (mut got_y, mut got_x) = (vec![0; ny], vec![1; nx]);
    whole_forward(&shape, &x, &w, Some(&[7; 6]), &mut got_y);
    whole_transposed(&shape, &g, &w, &mut got_x);
    assert_eq!((got_y, got_x), (y, gx));
}
