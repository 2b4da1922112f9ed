use super::*;
use crate::gemm::tests::noise;

/// Distance of `got` from `want` in units of the last place of `want`.
fn ulps(got: f64, want: f64, epsilon: f64, tiny: f64) -> f64 {
    let unit = if want.abs() < tiny { tiny * epsilon } else { 2f64.powi(want.abs().log2().floor() as i32) * epsilon };
    (got - want).abs() / unit
}

#[test]
fn exp_of_f32_is_accurate() {
    let mut worst = 0f64;
    for i in -1_040_000..=887_000 {
        let x = i as f32 * 1e-4;
        let want = f64::from(x).exp();
        worst = worst.max(ulps(RowFloat::exp(x).into(), want, f32::EPSILON.into(), f32::MIN_POSITIVE.into()));
    }
    assert!(worst <= 1.1, "{worst} ULP");
}

#[test]
fn exp_of_f64_is_accurate() {
    let mut worst = 0f64;
    for i in -70_000..=70_900 {
        let x = f64::from(i) * 1.000_03e-2;
        worst = worst.max(ulps(RowFloat::exp(x), x.exp(), f64::EPSILON, f64::MIN_POSITIVE));
    }
    assert!(worst <= 1.5, "{worst} ULP");
}

#[test]
fn exp_at_the_edges() {
    for (x, want) in [(0.0, 1.0), (f32::NEG_INFINITY, 0.0), (f32::INFINITY, f32::INFINITY), (-1e30, 0.0), (1e30, f32::INFINITY)] {
        assert_eq!(RowFloat::exp(x), want);
        assert_eq!(RowFloat::exp(f64::from(x)), f64::from(want));
    }
    assert!(RowFloat::exp(f32::NAN).is_nan() && RowFloat::exp(f64::NAN).is_nan());
    assert_eq!(RowFloat::exp(-103.0f32), (-103.0f32).exp());
    assert_eq!(RowFloat::exp(-745.0f64), (-745.0f64).exp());
}

fn assert_close<T: RowFloat + Into<f64>>(got: &[T], want: &[f64], tolerance: f64) {
    assert_eq!(got.len(), want.len());
    for (i, (&got, &want)) in got.iter().zip(want).enumerate() {
        let got: f64 = got.into();
        assert!((got - want).abs() <= tolerance * (1.0 + want.abs()), "at {i}: {got} instead of {want}");
    }
}

fn wide<T: Into<f64> + Copy>(v: &[T]) -> Vec<f64> {
    v.iter().map(|&x| x.into()).collect()
}

/// `f` on each row.
fn by_rows(x: &[f64], cols: usize, f: impl Fn(&[f64]) -> Vec<f64>) -> Vec<f64> {
    x.chunks_exact(cols).flat_map(f).collect()
}

fn softmax_reference(row: &[f64]) -> Vec<f64> {
    let total: f64 = row.iter().map(|x| x.exp()).sum();
    row.iter().map(|x| x.exp() / total).collect()
}

const SHAPES: [(usize, usize); 8] = [(1, 1), (3, 2), (5, 10), (2, 31), (2, 32), (3, 33), (70, 1000), (0, 5)];

fn check_softmax<T: RowFloat + Into<f64>>(tolerance: f64) {
    for (rows, cols) in SHAPES {
        let x: Vec<T> = noise::<T>(rows * cols, 1).iter().map(|&x| x * T::of(8.0)).collect();
        let g = noise::<T>(rows * cols, 2);
        let soft = by_rows(&wide(&x), cols, softmax_reference);
        let mut got = vec![T::ZERO; x.len()];
        softmax(&x, &mut got, cols);
        assert_close(&got, &soft, tolerance);
        let mut logs = vec![T::ZERO; x.len()];
        log_softmax(&x, &mut logs, cols);
        assert_close(&logs, &soft.iter().map(|p| p.ln()).collect::<Vec<_>>(), tolerance);
        let mut sums = vec![T::ZERO; rows];
        logsumexp(&x, &mut sums, cols);
        assert_close(&sums, &by_rows(&wide(&x), cols, |row| vec![row.iter().map(|x| x.exp()).sum::<f64>().ln()]), tolerance);
        let pairs: Vec<_> = soft.chunks_exact(cols).zip(wide(&g).chunks_exact(cols).map(<[f64]>::to_vec).collect::<Vec<_>>()).collect();
        let mut grad = vec![T::ZERO; x.len()];
        softmax_backward(&g, &got, &mut grad, cols);
        let want = pairs.iter().flat_map(|(y, g)| {
            let total: f64 = y.iter().zip(g).map(|(y, g)| y * g).sum();
            y.iter().zip(g).map(move |(y, g)| y * (g - total)).collect::<Vec<_>>()
        });
        assert_close(&grad, &want.collect::<Vec<_>>(), tolerance);
        log_softmax_backward(&g, &logs, &mut grad, cols);
        let want = pairs.iter().flat_map(|(y, g)| {
            let total: f64 = g.iter().sum();
            y.iter().zip(g).map(move |(y, g)| g - y * total).collect::<Vec<_>>()
        });
        assert_close(&grad, &want.collect::<Vec<_>>(), tolerance);
    }
}

#[test]
fn softmax_family() {
    check_softmax::<f32>(3e-6);
    check_softmax::<f64>(1e-13);
}

#[test]
fn softmax_of_extremes() {
    let inf = f32::INFINITY;
    let mut y = [0.0f32; 4];
    softmax(&[1e30, -1e30, 1e30, -inf], &mut y, 4);
    assert_eq!(y, [0.5, 0.0, 0.5, 0.0]);
    for row in [[-inf; 4], [inf, 0.0, 0.0, 0.0], [f32::NAN, 0.0, 0.0, 0.0]] {
        softmax(&row, &mut y, 4);
        assert!(y.iter().all(|y| y.is_nan()), "{row:?} gives {y:?}");
    }
    let mut sums = [0.0f32; 3];
    logsumexp(&[-inf, -inf, inf, 1.0, 1e38, 1e38], &mut sums, 2);
    assert_eq!(sums, [-inf, inf, 1e38]);
    logsumexp::<f32>(&[], &mut sums, 0);
    assert_eq!(sums, [-inf; 3]);
    softmax::<f32>(&[], &mut [], 0);
}

fn check_layer_norm<T: RowFloat + Into<f64>>(tolerance: f64) {
    for (rows, cols) in [(1, 1), (3, 2), (5, 10), (2, 33), (300, 70), (0, 5)] {
        let (x, g) = (noise::<T>(rows * cols, 1), noise::<T>(rows * cols, 2));
        let (gamma, beta) = (noise::<T>(cols, 3), noise::<T>(cols, 4));
        let eps = 1e-5;
        let (wide_x, wide_g, wide_gamma, wide_beta) = (wide(&x), wide(&g), wide(&gamma), wide(&beta));
        let (mut y, mut mean, mut rstd) = (vec![T::ZERO; x.len()], vec![T::ZERO; rows], vec![T::ZERO; rows]);
        layer_norm(&x, Some(&gamma), Some(&beta), T::of(eps), &mut y, &mut mean, &mut rstd, cols);
        let (mut want_y, mut want_gx) = (Vec::new(), Vec::new());
        let (mut want_gamma, mut want_beta) = (vec![0.0; cols], vec![0.0; cols]);
        for (x, g) in wide_x.chunks_exact(cols).zip(wide_g.chunks_exact(cols)) {
            let n = cols as f64;
            let m = x.iter().sum::<f64>() / n;
            let r = 1.0 / (x.iter().map(|x| (x - m).powi(2)).sum::<f64>() / n + eps).sqrt();
            let hat: Vec<f64> = x.iter().map(|x| (x - m) * r).collect();
            want_y.extend((0..cols).map(|i| hat[i] * wide_gamma[i] + wide_beta[i]));
            let d: Vec<f64> = (0..cols).map(|i| g[i] * wide_gamma[i]).collect();
            let (average, along) = (d.iter().sum::<f64>() / n, d.iter().zip(&hat).map(|(d, h)| d * h).sum::<f64>() / n);
            want_gx.extend((0..cols).map(|i| r * (d[i] - average - hat[i] * along)));
            (0..cols).for_each(|i| want_gamma[i] += g[i] * hat[i]);
            (0..cols).for_each(|i| want_beta[i] += g[i]);
        }
        assert_close(&y, &want_y, tolerance);
        let (mut gx, mut gg, mut gb) = (vec![T::ZERO; x.len()], vec![T::ONE; cols], vec![T::ONE; cols]);
        layer_norm_backward(&g, &x, &mean, &rstd, Some(&gamma), Some(&mut gx), Some(&mut gg), Some(&mut gb), cols);
        assert_close(&gx, &want_gx, 300.0 * tolerance);
        assert_close(&gg, &want_gamma, 10.0 * tolerance);
        assert_close(&gb, &want_beta, 10.0 * tolerance);
    }
}

#[test]
fn layer_norm_and_its_gradients() {
    check_layer_norm::<f32>(3e-6);
    check_layer_norm::<f64>(1e-13);
}

#[test]
fn threads_do_not_change_a_bit() {
    let _guard = crate::pool::tests::alone();
    let before = crate::pool::num_threads();
    let (rows, cols) = (1000, 77);
    let (x, g) = (noise::<f32>(rows * cols, 1), noise::<f32>(rows * cols, 2));
    let run = |threads: usize| {
        crate::pool::set_num_threads(threads);
        let (mut y, mut mean, mut rstd) = (vec![0.0; x.len()], vec![0.0; rows], vec![0.0; rows]);
        softmax(&x, &mut y, cols);
        layer_norm(&x, None, None, 1e-5, &mut y, &mut mean, &mut rstd, cols);
        let (mut gg, mut gb) = (vec![0.0; cols], vec![0.0; cols]);
        layer_norm_backward(&g, &x, &mean, &rstd, None, None, Some(&mut gg), Some(&mut gb), cols);
        (y, gg, gb)
    };
    let one = run(1);
    assert!([2, 3, 5].iter().all(|&threads| run(threads) == one));
    crate::pool::set_num_threads(before);
}
