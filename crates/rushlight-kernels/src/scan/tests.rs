use super::*;

#[test]
fn totals_run_along_the_middle_axis() {
    let x: Vec<i64> = (1..=12).collect();
    let mut out = vec![0; 12];
    scan(RunningSum::default(), &x, 2, 3, 2, &mut out);
    assert_eq!(out, [1, 2, 4, 6, 9, 12, 7, 8, 16, 18, 27, 30]);
    scan(RunningProduct::default(), &x, 1, 12, 1, &mut out);
    assert_eq!(out[11], 479_001_600);
}

#[test]
fn extremes_take_the_last_of_equals_and_keep_nan() {
    let x = [1.0, 1.0, f32::NAN, 3.0, f32::NAN];
    let (mut values, mut indices) = ([0.0; 5], [0; 5]);
    scan_extreme(true, &x, 1, 5, 1, &mut values, &mut indices);
    assert_eq!(indices, [0, 1, 2, 2, 4]);
    assert!(values[2..].iter().all(|v| v.is_nan()));
}

#[test]
fn logarithms_of_sums_survive_large_exponents() {
    let mut out = [0.0f32; 3];
    scan(LogSum::default(), &[1000.0, f32::NEG_INFINITY, 1000.0], 1, 3, 1, &mut out);
    assert_eq!(out, [1000.0, 1000.0, 1000.0 + std::f32::consts::LN_2]);
}
