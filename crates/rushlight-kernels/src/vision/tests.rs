use super::*;

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
    col2im(&u, &columns, &mut back);
    let mut ones = vec![0.0; columns.len()];
    let mut cover = vec![0.0; 40];
    im2col(&u, &[1.0; 40], &mut ones);
    col2im(&u, &ones, &mut cover);
    assert!(back.iter().zip(&x).zip(&cover).all(|((b, x), n)| *b == x * n));
}
