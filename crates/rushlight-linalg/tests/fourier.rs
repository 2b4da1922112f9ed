//! Transforms agree with the defining sums.

mod matrices;

use matrices::{assert_close, random};
use num_complex::Complex;
use rushlight_linalg::LinalgError;
use rushlight_linalg::fft::{Direction, Transform, complex_rows, complex_to_real, real_to_complex};

fn defining_sum(row: &[Complex<f64>], sign: f64) -> Vec<Complex<f64>> {
    let n = row.len();
    let turn = |jk: usize| Complex::from_polar(1.0, sign * std::f64::consts::TAU * (jk % n) as f64 / n as f64);
    (0..n).map(|k| (0..n).map(|j| row[j] * turn(j * k)).sum()).collect()
}

#[test]
fn complex_rows_of_any_length() {
    for n in [1, 2, 3, 5, 8, 12, 17, 31, 64, 97, 100, 121] {
        let x: Vec<Complex<f64>> = random(3 * n, n as u64);
        for (direction, sign) in [(Direction::Forward, -1.0), (Direction::Backward, 1.0)] {
            let mut y = x.clone();
            complex_rows(&mut y, n, direction, 0.5).unwrap();
            let expected: Vec<_> = x.chunks(n).flat_map(|row| defining_sum(row, sign)).map(|z| z * 0.5).collect();
            assert_close(&y, &expected, 200.0, "sum");
        }
    }
}

fn check_real<R: Transform + matrices::Sample>(n: usize)
where
    Complex<R>: rushlight_linalg::Scalar<Real = R> + Default,
{
    let x: Vec<R> = random(2 * n, 7);
    let half = real_to_complex(&x, n, R::sample(1.0, 0.0)).unwrap();
    let mut full: Vec<Complex<R>> = x.iter().map(|&re| Complex::new(re, R::sample(0.0, 0.0))).collect();
    complex_rows(&mut full, n, Direction::Forward, R::sample(1.0, 0.0)).unwrap();
    let expected: Vec<_> = full.chunks(n).flat_map(|row| row[..n / 2 + 1].to_vec()).collect();
    assert_close(&half, &expected, 100.0, "half spectrum");
    let back = complex_to_real(&half, n, R::sample(1.0 / n as f64, 0.0)).unwrap();
    assert_close(&back, &x, 100.0, "there and back");
}

#[test]
fn real_rows_of_any_length() {
    for n in [1, 2, 3, 7, 10, 16, 45, 128] {
        check_real::<f32>(n);
        check_real::<f64>(n);
    }
}

#[test]
fn imaginary_parts_that_no_real_signal_has_are_ignored() {
    let spectrum = [Complex::new(4.0f64, 9.0), Complex::new(1.0, 1.0), Complex::new(2.0, -3.0)];
    assert_eq!(complex_to_real(&spectrum, 4, 1.0).unwrap(), [8.0, 0.0, 4.0, 4.0]);
}

#[test]
fn no_rows_and_no_points() {
    assert_eq!(complex_rows::<f64>(&mut [], 4, Direction::Forward, 1.0), Ok(()));
    assert_eq!(real_to_complex::<f32>(&[], 4, 1.0), Ok(vec![]));
    assert!(matches!(complex_rows::<f64>(&mut [], 0, Direction::Forward, 1.0), Err(LinalgError::Shape(_))));
    assert!(matches!(complex_to_real::<f64>(&[], 0, 1.0), Err(LinalgError::Shape(_))));
    assert!(matches!(real_to_complex(&[1.0f32; 5], 4, 1.0), Err(LinalgError::Shape(_))));
}
