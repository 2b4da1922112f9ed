use super::*;
use ::half::{bf16, f16};
use num_complex::Complex;

/// Numbers in [-1, 1) from a linear congruential generator.
pub(crate) fn noise<T: Float>(n: usize, seed: u64) -> Vec<T> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        T::of((state >> 40) as f64 / (1u64 << 23) as f64 - 1.0)
    };
    (0..n).map(|_| next()).collect()
}

/// A matrix stored row-major, column-major, or with gaps.
struct Stored<T> {
    data: Vec<T>,
    row: isize,
    col: isize,
}

fn stored<T: Float>(rows: usize, cols: usize, layout: usize, seed: u64) -> Stored<T> {
    let (row, col) = match layout {
        0 => (cols, 1),
        1 => (1, rows),
        _ => (2 * cols + 3, 2),
    };
    let len = rows * row + cols * col + 1;
    Stored { data: noise(len, seed), row: row as isize, col: col as isize }
}

impl<T: Float> Stored<T> {
    fn at(&self, i: usize, j: usize) -> T {
        self.data[i * self.row as usize + j * self.col as usize]
    }
}

fn check<T: Float + Number<Factor = T> + Into<f64>>(m: usize, n: usize, k: usize, layouts: [usize; 3], alpha: f64, beta: f64, tolerance: f64) {
    let (a, b) = (stored::<T>(m, k, layouts[0], 1), stored::<T>(k, n, layouts[1], 2));
    let before = stored::<T>(m, n, layouts[2], 3);
    let mut c = before.data.clone();
    if beta == 0.0 {
        c.fill(T::of(f64::NAN));
    }
    // SAFETY: the matrices own memory for these shapes and strides.
    unsafe {
        gemm_generic(m, n, k, T::of(alpha), a.data.as_ptr(), a.row, a.col, b.data.as_ptr(), b.row, b.col, T::of(beta), c.as_mut_ptr(), before.row, before.col);
    }
    let after = Stored { data: c, row: before.row, col: before.col };
    for i in 0..m {
        for j in 0..n {
            let sum: f64 = (0..k).map(|p| a.at(i, p).into() * b.at(p, j).into()).sum();
            let want = alpha * sum + if beta == 0.0 { 0.0 } else { beta * before.at(i, j).into() };
            let got: f64 = after.at(i, j).into();
            assert!((got - want).abs() <= tolerance * (1.0 + k as f64).sqrt(), "({m}, {n}, {k}) {layouts:?} at ({i}, {j}): {got} instead of {want}");
        }
    }
}

fn check_layouts(m: usize, n: usize, k: usize) {
    for code in 0..27 {
        let layouts = [code % 3, code / 3 % 3, code / 9];
        check::<f32>(m, n, k, layouts, 1.0, 0.0, 1e-6);
        check::<f64>(m, n, k, layouts, -0.5, 2.0, 1e-14);
    }
}

#[test]
fn every_edge_of_the_tiles() {
    for m in [1, 2, 3, 5, 6, 7, 11, 12, 13] {
        for n in [1, 2, 7, 8, 15, 16, 17, 33, 63, 64, 65] {
            check_layouts(m, n, 5);
        }
    }
}

#[test]
fn odd_sizes_and_layouts() {
    for (m, n, k) in [(64, 10, 128), (64, 128, 77), (31, 130, 300), (150, 5, 9), (1, 200, 100), (200, 1, 100), (1, 1, 1000)] {
        check_layouts(m, n, k);
    }
}

#[test]
fn large_products_are_packed() {
    for (m, n, k) in [(300, 301, 600), (1600, 65, 130), (50, 4200, 70)] {
        for layouts in [[0, 0, 0], [1, 1, 0], [0, 1, 1], [2, 2, 2]] {
            check::<f32>(m, n, k, layouts, 1.0, 0.0, 1e-6);
            check::<f32>(m, n, k, layouts, 0.5, 1.0, 1e-6);
            check::<f64>(m, n, k, layouts, 1.0, 0.0, 1e-14);
        }
    }
}

#[test]
fn nothing_to_multiply_scales_c() {
    check::<f32>(3, 4, 0, [0, 0, 0], 1.0, 0.0, 0.0);
    check::<f32>(3, 4, 0, [0, 0, 2], 1.0, 3.0, 1e-6);
    check::<f64>(3, 4, 7, [0, 0, 0], 0.0, 0.5, 0.0);
    check::<f32>(0, 4, 7, [0, 0, 0], 1.0, 0.0, 0.0);
    check::<f32>(4, 0, 7, [0, 0, 0], 1.0, 0.0, 0.0);
}

#[test]
fn threads_do_not_change_a_bit() {
    let _guard = crate::pool::tests::alone();
    let (m, n, k) = (333, 222, 700);
    let (a, b) = (noise::<f32>(m * k, 5), noise::<f32>(k * n, 6));
    let run = |threads: usize| {
        crate::pool::set_num_threads(threads);
        let mut c = vec![0f32; m * n];
        // SAFETY: contiguous matrices of these shapes.
        unsafe {
            gemm_f32(m, n, k, 1.0, a.as_ptr(), k as isize, 1, b.as_ptr(), n as isize, 1, 0.0, c.as_mut_ptr(), n as isize, 1);
        }
        c
    };
    let before = crate::pool::num_threads();
    let one = run(1);
    assert!([2, 3, 5].iter().all(|&threads| run(threads) == one));
    crate::pool::set_num_threads(before);
}

/// A row-major product by the definition, through `f64` complex numbers.
fn reference(m: usize, n: usize, k: usize, a: &[Complex<f64>], b: &[Complex<f64>]) -> Vec<Complex<f64>> {
    (0..m * n).map(|at| (0..k).map(|p| a[at / n * k + p] * b[p * n + at % n]).sum()).collect()
}

/// Compares a contiguous product with the reference; `C` starts as ones, `alpha = beta = 1`.
fn check_number<T: Number>((m, n, k): (usize, usize, usize), one: T::Factor, from: impl Fn(Complex<f64>) -> T, to: impl Fn(T) -> Complex<f64>, tolerance: f64) {
    let source = |len: usize, seed: u64| -> Vec<T> {
        let (re, im) = (noise::<f64>(len, seed), noise::<f64>(len, seed + 9));
        re.iter().zip(im).map(|(&re, im)| from(Complex::new(re, im))).collect()
    };
    let (a, b) = (source(m * k, 1), source(k * n, 2));
    let mut c = vec![from(Complex::new(1.0, 0.0)); m * n];
    let start = to(c[0]);
    // SAFETY: contiguous matrices of these shapes.
    unsafe {
        let (k, n) = (k as isize, n as isize);
        gemm_generic(m, n as usize, k as usize, one, a.as_ptr(), k, 1, b.as_ptr(), n, 1, one, c.as_mut_ptr(), n, 1);
    }
    let wide = |v: &[T]| v.iter().map(|&x| to(x)).collect::<Vec<_>>();
    for (got, want) in wide(&c).iter().zip(reference(m, n, k, &wide(&a), &wide(&b))) {
        let want = want + start;
        assert!((got - want).norm() <= tolerance * (k as f64).sqrt() * (1.0 + want.norm()), "{got} instead of {want}");
    }
}

#[test]
fn other_numbers() {
    for shape in [(1, 1, 1), (3, 5, 7), (4, 16, 9), (17, 33, 40), (70, 35, 20)] {
        let real = |x: f64| Complex::new(x, 0.0);
        check_number(shape, 1i64, |z| (z.re * 100.0) as i64, |x| real(x as f64), 0.0);
        check_number(shape, 1i32, |z| (z.re * 100.0) as i32, |x| real(x.into()), 0.0);
        check_number(shape, 1.0f32, |z| f16::from_f64(z.re), |x| real(x.to_f64()), 1e-3);
        check_number(shape, 1.0f32, |z| bf16::from_f64(z.re), |x| real(x.to_f64()), 1e-2);
        check_number(shape, real(1.0), |z| z, |z| z, 1e-14);
        let narrow = |z: Complex<f64>| Complex::new(z.re as f32, z.im as f32);
        check_number(shape, narrow(real(1.0)), narrow, |z| Complex::new(z.re.into(), z.im.into()), 1e-6);
    }
}

#[test]
fn bf16_in_every_layout() {
    for (m, n, k) in [(20, 40, 33), (13, 70, 600), (600, 9, 34)] {
        for code in 0..9 {
            let (a, b) = (stored::<f32>(m, k, code % 3, 1), stored::<f32>(k, n, code / 3, 2));
            let short = |x: &[f32]| x.iter().map(|&x| bf16::from_f32(x)).collect::<Vec<_>>();
            let (short_a, short_b, mut c) = (short(&a.data), short(&b.data), vec![bf16::NAN; m * n]);
            // SAFETY: the matrices own memory for these shapes and strides.
            unsafe { gemm_generic(m, n, k, 1.0, short_a.as_ptr(), a.row, a.col, short_b.as_ptr(), b.row, b.col, 0.0, c.as_mut_ptr(), n as isize, 1) };
            for (at, got) in c.iter().enumerate() {
                let number = |x: &[bf16], i: usize, row: isize, j: usize, col: isize| x[i * row as usize + j * col as usize].to_f64();
                let want: f64 = (0..k).map(|p| number(&short_a, at / n, a.row, p, a.col) * number(&short_b, p, b.row, at % n, b.col)).sum();
                assert!((got.to_f64() - want).abs() <= 4e-3 * want.abs() + 1e-5, "({m}, {n}, {k}) layouts {code} at {at}: {got} instead of {want}");
            }
        }
    }
}

#[test]
fn integers_wrap_around() {
    let (a, b, mut c) = ([100i8, 3], [100i8, 2], [0i8]);
    // SAFETY: a (1, 2) times a (2, 1) matrix.
    unsafe { gemm_generic(1, 1, 2, 1, a.as_ptr(), 2, 1, b.as_ptr(), 1, 1, 0, c.as_mut_ptr(), 1, 1) };
    assert_eq!(c[0], 100i8.wrapping_mul(100).wrapping_add(6));
}

#[test]
fn batches_are_separate_products() {
    let (batch, m, n, k) = (9, 20, 30, 40);
    let (a, b) = (noise::<f32>(m * k, 1), noise::<f32>(batch * k * n, 2));
    let mut all = vec![f32::NAN; batch * m * n];
    let mut each = all.clone();
    let (rows, cols) = (k as isize, n as isize);
    // SAFETY: A is shared (stride zero), B and C are contiguous stacks.
    unsafe {
        gemm_batched(batch, m, n, k, 1.0, a.as_ptr(), 0, rows, 1, b.as_ptr(), rows * cols, cols, 1, 0.0, all.as_mut_ptr(), (m * n) as isize, cols, 1);
        for i in 0..batch {
            let (b, c) = (b.as_ptr().add(i * k * n), each.as_mut_ptr().add(i * m * n));
            gemm_f32(m, n, k, 1.0, a.as_ptr(), rows, 1, b, cols, 1, 0.0, c, cols, 1);
        }
    }
    assert_eq!(all, each);
}
