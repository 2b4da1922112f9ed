use super::*;

#[test]
fn slices_are_selected_across_blocks() {
    let x: Vec<u32> = (0..2 * 3 * 2).collect();
    let mut out = vec![0; 2 * 4 * 2];
    select(&x, 2, 3, 2, &[2, 0, 0, 1], &mut out);
    assert_eq!(out, [4, 5, 0, 1, 0, 1, 2, 3, 10, 11, 6, 7, 6, 7, 8, 9]);
}

#[test]
fn sums_at_one_place_do_not_depend_on_threads() {
    let (count, inner, size) = (4000, 16, 50);
    let at: Vec<i64> = (0..count).map(|k| (k * 7919 % size) as i64).collect();
    let src: Vec<f32> = (0..count * inner).map(|i| (i as f32 * 0.37).sin()).collect();
    let run = |threads| {
        crate::pool::set_num_threads(threads);
        let mut out = vec![0f32; size * inner];
        put(Sum::default(), &mut out, 1, size, inner, &at, &src);
        out
    };
    let (one, four) = (run(1), run(4));
    assert_eq!(one, four);
    let want: f32 = (0..count).filter(|&k| at[k] == 3).map(|k| src[k * inner + 5]).sum();
    assert!((one[3 * inner + 5] - want).abs() < 1e-3);
}

#[test]
fn gather_and_scatter_follow_their_dimension() {
    let x: Vec<u32> = (0..6).collect();
    let lines = Lines { shape: &[2, 2], strides: &[3, 1], dim: 1 };
    let mut out = vec![0; 4];
    assert!(gather(&lines, 3, &x, &[2, 0, 1, 1], &mut out));
    assert_eq!(out, [2, 0, 4, 4]);
    assert!(!gather(&lines, 3, &x, &[2, 0, 1, 3], &mut out) && !gather(&lines, 3, &x, &[-1, 0, 0, 0], &mut out));
    let lines = Lines { shape: &[2, 3], strides: &[3, 1], dim: 0 };
    let mut sums = vec![0i64; 6];
    scatter(Sum::default(), &lines, &mut sums, &[1, 0, 1, 1, 1, 0], &[1, 2, 3, 4, 5, 6]);
    assert_eq!(sums, [0, 2, 6, 5, 5, 3]);
}

#[test]
fn masks_give_ascending_positions() {
    let mask: Vec<bool> = (0..100_000).map(|i| i % 3 == 1).collect();
    let want: Vec<i64> = (0..100_000).filter(|i| i % 3 == 1).collect();
    assert_eq!(positions(&mask), want);
    assert!(positions(&[]).is_empty());
}

#[test]
fn triangles_and_reversals() {
    let x: Vec<u8> = (1..=9).collect();
    let mut out = vec![0; 9];
    triangle(&x, 3, 3, -1, false, &mut out);
    assert_eq!(out, [0, 0, 0, 4, 0, 0, 7, 8, 0]);
    triangle(&x, 3, 3, i64::MIN, true, &mut out);
    assert_eq!(out, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    copy_strided(&x, 8, &[3, 3], &[-3, -1], &mut out);
    assert_eq!(out, [9, 8, 7, 6, 5, 4, 3, 2, 1]);
}
