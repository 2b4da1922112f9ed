use super::*;
use crate::index::Sum;

#[test]
fn an_axis_and_its_transpose_are_adjoint() {
    for method in [Method::Nearest, Method::NearestExact, Method::Linear, Method::Cubic, Method::LinearAntialiased, Method::CubicAntialiased] {
        for (input, output, aligned) in [(5, 8, false), (9, 4, false), (5, 8, true), (6, 1, true), (1, 3, false)] {
            let axis = Axis::new(method, input, output, aligned, None, false);
            let x: Vec<f64> = (0..input * 2).map(|i| (i as f64 * 1.7).sin()).collect();
            let g: Vec<f64> = (0..output * 2).map(|i| (i as f64 * 0.9).cos()).collect();
            let (mut y, mut back) = (vec![0.0; output * 2], vec![0.0; input * 2]);
            resample(&axis, 1, 2, &x, &mut y);
            resample(&axis.transposed(), 1, 2, &g, &mut back);
            let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            assert!((dot(&y, &g) - dot(&x, &back)).abs() < 1e-12, "{method:?} {input} {output}");
        }
    }
}

#[test]
fn weights_of_an_output_add_up_to_one() {
    for method in [Method::Linear, Method::Cubic, Method::LinearAntialiased, Method::CubicAntialiased] {
        let axis = Axis::new(method, 11, 4, false, None, true);
        let mut y = [0.0; 4];
        resample(&axis, 1, 1, &[1.0; 11], &mut y);
        assert!(y.iter().all(|y: &f64| (y - 1.0).abs() < 1e-6), "{method:?}: {y:?}");
    }
}

#[test]
fn columns_add_back_to_the_image_as_often_as_they_cover_it() {
    let u = Unfold { planes: 2, image: [4, 5], kernel: [2, 3], dilation: [1, 1], padding: [1, 0], stride: [2, 1], grid: [3, 3] };
    let x: Vec<f64> = (0..40).map(f64::from).collect();
    let mut columns = vec![0.0; 2 * 6 * 9];
    im2col(&u, &x, &mut columns);
    let mut back = vec![0.0; 40];
    col2im(Sum::default(), &u, &columns, &mut back);
    let mut ones = vec![0.0; columns.len()];
    let mut cover = vec![0.0; 40];
    im2col(&u, &[1.0; 40], &mut ones);
    col2im(Sum::default(), &u, &ones, &mut cover);
    assert!(back.iter().zip(&x).zip(&cover).all(|((b, x), n)| *b == x * n));
}

#[test]
fn bytes_keep_a_constant_and_round_each_pass() {
    let axis = Axis::new(Method::Cubic, 7, 10, false, None, false);
    let mut y = vec![0; 30];
    resample_bytes(&axis, 1, 3, &[201; 21], &mut y);
    assert_eq!(y, [201; 30]);
    let half = Axis::new(Method::Linear, 4, 2, false, None, false);
    let mut y = vec![0; 2];
    resample_bytes(&half, 1, 1, &[0, 1, 2, 5], &mut y);
    assert_eq!(y, [1, 4]);
}

#[test]
fn second_derivatives_of_a_grid_are_slopes_of_its_gradients() {
    for (interpolation, coordinates) in [(Interpolation::Linear, 3), (Interpolation::Cubic, 2), (Interpolation::Cubic, 3)] {
        let input = if coordinates == 3 { [3, 4, 5] } else { [1, 4, 5] };
        let g = Grid { batch: 1, channels: 2, input, points: 4, coordinates, interpolation, padding: Padding::Reflection, align_corners: false, single: false };
        let wave = |n: usize, k: f64| (0..n).map(|i| (i as f64 * k + 0.3).sin()).collect::<Vec<f64>>();
        let (x, grid, grad) = (wave(2 * input.iter().product::<usize>(), 1.7), wave(4 * coordinates, 0.9), wave(8, 2.3));
        let (ux, ug) = (wave(x.len(), 0.37), wave(grid.len(), 0.61));
        let loss = |grad: &[f64], x: &[f64], grid: &[f64]| {
            let (mut gx, mut gg) = (vec![0.0; x.len()], vec![0.0; grid.len()]);
            grid_sample_backward(&g, grad, x, grid, Some(&mut gx), Some(&mut gg));
            gx.iter().zip(&ux).chain(gg.iter().zip(&ug)).map(|(a, b)| a * b).sum::<f64>()
        };
        let (mut ty, mut tx, mut tg) = (vec![0.0; 8], vec![0.0; x.len()], vec![0.0; grid.len()]);
        grid_sample_backward_twice(&g, Upper { x: Some(&ux), grid: Some(&ug) }, &grad, &x, &grid, [&mut ty, &mut tx, &mut tg]);
        let slope = |values: &[f64], f: &dyn Fn(&[f64]) -> f64, i: usize| {
            let at = |step: f64| f(&values.iter().enumerate().map(|(k, &v)| if k == i { v + step } else { v }).collect::<Vec<_>>());
            (at(1e-6) - at(-1e-6)) / 2e-6
        };
        (0..8).for_each(|i| assert!((slope(&grad, &|v| loss(v, &x, &grid), i) - ty[i]).abs() < 1e-6));
        (0..x.len()).for_each(|i| assert!((slope(&x, &|v| loss(&grad, v, &grid), i) - tx[i]).abs() < 1e-6));
        (0..grid.len()).for_each(|i| assert!((slope(&grid, &|v| loss(&grad, &x, v), i) - tg[i]).abs() < 1e-5));
    }
}

/// Bilinear samples of a 4 x 5 image by the definition, zero outside.
fn sample(x: &[f64], [px, py]: [f64; 2]) -> f64 {
    let (px, py) = ((px + 1.0) * 2.5 - 0.5, (py + 1.0) * 2.0 - 0.5);
    let mut sum = 0.0;
    for row in 0..4 {
        for col in 0..5 {
            let near = |distance: f64| (1.0 - distance.abs()).max(0.0);
            sum += x[row * 5 + col] * near(px - col as f64) * near(py - row as f64);
        }
    }
    sum
}

#[test]
fn grids_sample_by_the_definition_and_their_gradients_are_adjoint() {
    // More points than are sampled together, some of them outside.
    let (batch, channels, points) = (2, 3, 300);
    let g = Grid {
        batch,
        channels,
        input: [1, 4, 5],
        points,
        coordinates: 2,
        interpolation: Interpolation::Linear,
        padding: Padding::Zeros,
        align_corners: false,
        single: false,
    };
    let wave = |n: usize, f: f64| (0..n).map(|i| (i as f64 * f + 0.3).sin() * 1.4).collect::<Vec<f64>>();
    let (x, grid, dy) = (wave(batch * channels * 20, 1.7), wave(batch * points * 2, 0.9), wave(batch * channels * points, 2.3));
    let mut y = vec![0.0; dy.len()];
    grid_sample(&g, &x, &grid, &mut y);
    for (at, y) in y.iter().enumerate() {
        let (plane, point) = (at / points, at % points);
        let place = (plane / channels * points + point) * 2;
        let expected = sample(&x[plane * 20..][..20], [grid[place], grid[place + 1]]);
        assert!((y - expected).abs() < 1e-12, "{at}: {y} {expected}");
    }
    let (mut dx, mut dgrid) = (vec![0.0; x.len()], vec![0.0; grid.len()]);
    grid_sample_backward(&g, &dy, &x, &grid, Some(&mut dx), Some(&mut dgrid));
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    assert!((dot(&dx, &x) - dot(&dy, &y)).abs() < 1e-9);
    for at in (0..grid.len()).step_by(37) {
        let moved = |by: f64| {
            let (mut grid, mut y) = (grid.clone(), vec![0.0; dy.len()]);
            grid[at] += by;
            grid_sample(&g, &x, &grid, &mut y);
            dot(&y, &dy)
        };
        assert!(((moved(1e-6) - moved(-1e-6)) / 2e-6 - dgrid[at]).abs() < 1e-6, "{at}");
    }
}

#[test]
fn many_channels_are_sampled_as_one_by_one() {
    for (channels, padding, points) in [(8, Padding::Zeros, 300), (21, Padding::Border, 131), (40, Padding::Reflection, 200)] {
        for interpolation in [Interpolation::Linear, Interpolation::Nearest, Interpolation::Cubic] {
            let all = Grid { batch: 2, channels, input: [1, 9, 13], points, coordinates: 2, interpolation, padding, align_corners: false, single: false };
            let one = Grid { channels: 1, ..all };
            let wave = |n: usize, k: f32| (0..n).map(|i| (i as f32 * k + 0.3).sin() * 1.3).collect::<Vec<f32>>();
            let (area, mut grid) = (9 * 13, wave(4 * points, 0.37));
            grid[5] = f32::NAN;
            let (x, grad) = (wave(2 * channels * area, 1.7), wave(2 * channels * points, 2.3));
            let (mut y, mut gx) = (vec![0.0; grad.len()], vec![0.0; x.len()]);
            grid_sample(&all, &x, &grid, &mut y);
            grid_sample_backward(&all, &grad, &x, &grid, Some(&mut gx), None);
            for c in 0..channels {
                let part = |v: &[f32], n: usize| [&v[c * n..][..n], &v[(channels + c) * n..][..n]].concat();
                let (mut want_y, mut want_gx) = (vec![0.0; 2 * points], vec![0.0; 2 * area]);
                grid_sample(&one, &part(&x, area), &grid, &mut want_y);
                grid_sample_backward(&one, &part(&grad, points), &part(&x, area), &grid, Some(&mut want_gx), None);
                assert_eq!((part(&y, points), part(&gx, area)), (want_y, want_gx), "{channels} channels, {interpolation:?}, {padding:?}");
            }
        }
    }
}
