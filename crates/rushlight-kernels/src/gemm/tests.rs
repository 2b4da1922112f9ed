use super::*;

/// Numbers in [-1, 1) from a linear congruential generator.
pub(crate) fn noise<T: Float>(n: usize, seed: u64) -> Vec<T> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
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
    Stored {
        data: noise(len, seed),
        row: row as isize,
        col: col as isize,
    }
}

impl<T: Float> Stored<T> {
    fn at(&self, i: usize, j: usize) -> T {
        self.data[i * self.row as usize + j * self.col as usize]
    }
}

fn check<T: Float + Into<f64>>(
    m: usize,
    n: usize,
    k: usize,
    layouts: [usize; 3],
    alpha: f64,
    beta: f64,
    tolerance: f64,
) {
    let (a, b) = (
        stored::<T>(m, k, layouts[0], 1),
        stored::<T>(k, n, layouts[1], 2),
    );
    let before = stored::<T>(m, n, layouts[2], 3);
    let mut c = before.data.clone();
    if beta == 0.0 {
        c.fill(T::of(f64::NAN));
    }
    // SAFETY: the matrices own memory for these shapes and strides.
    unsafe {
        gemm_float(
            m,
            n,
            k,
            T::of(alpha),
            a.data.as_ptr(),
            a.row,
            a.col,
            b.data.as_ptr(),
            b.row,
            b.col,
            T::of(beta),
            c.as_mut_ptr(),
            before.row,
            before.col,
        );
    }
    let after = Stored {
        data: c,
        row: before.row,
        col: before.col,
    };
    for i in 0..m {
        for j in 0..n {
            let sum: f64 = (0..k).map(|p| a.at(i, p).into() * b.at(p, j).into()).sum();
            let want = alpha * sum
                + if beta == 0.0 {
                    0.0
                } else {
                    beta * before.at(i, j).into()
                };
            let got: f64 = after.at(i, j).into();
            assert!(
                (got - want).abs() <= tolerance * (1.0 + k as f64).sqrt(),
                "({m}, {n}, {k}) {layouts:?} at ({i}, {j}): {got} instead of {want}"
            );
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
    for (m, n, k) in [
        (64, 10, 128),
        (64, 128, 77),
        (31, 130, 300),
        (150, 5, 9),
        (1, 200, 100),
        (200, 1, 100),
        (1, 1, 1000),
    ] {
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
            gemm_f32(
                m,
                n,
                k,
                1.0,
                a.as_ptr(),
                k as isize,
                1,
                b.as_ptr(),
                n as isize,
                1,
                0.0,
                c.as_mut_ptr(),
                n as isize,
                1,
            );
        }
        c
    };
    let before = crate::pool::num_threads();
    let one = run(1);
    assert!([2, 3, 5].iter().all(|&threads| run(threads) == one));
    crate::pool::set_num_threads(before);
}
