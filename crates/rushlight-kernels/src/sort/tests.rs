use super::*;

fn noise(n: usize) -> Vec<f32> {
    (0..n).map(|i| ((i as u32).wrapping_mul(2654435761) >> 20) as f32 - 2000.0).collect()
}

#[test]
fn long_and_short_rows_sort_alike() {
    for n in [1, 2, 7, 399, 400, 5000, 20_000] {
        for descending in [false, true] {
            let mut x = noise(n);
            if n > 3 {
                (x[0], x[1], x[2], x[3]) = (f32::NAN, -0.0, 0.0, f32::NEG_INFINITY);
            }
            let (mut values, mut indices) = (vec![0.0; n], vec![0; n]);
            sort_rows(&x, n, descending, &mut values, &mut indices);
            let mut want: Vec<usize> = (0..n).collect();
            want.sort_by(|&a, &b| {
                let order = x[a].partial_cmp(&x[b]).unwrap_or_else(|| x[a].is_nan().cmp(&x[b].is_nan()));
                if descending { order.reverse() } else { order }
            });
            assert!(indices.iter().zip(&want).all(|(&i, &w)| i as usize == w), "{n} {descending}");
        }
    }
}

#[test]
fn the_first_k_agree_with_a_sort() {
    let x = noise(5000);
    let (mut all, mut places) = (vec![0.0; 5000], vec![0; 5000]);
    for largest in [false, true] {
        sort_rows(&x, 5000, largest, &mut all, &mut places);
        for k in [1, 3, 100, 700, 5000] {
            let (mut values, mut indices) = (vec![0.0; k], vec![0; k]);
            top_rows(&x, 5000, k, largest, &mut values, &mut indices);
            assert_eq!((&values[..], &indices[..]), (&all[..k], &places[..k]), "{k}");
        }
    }
}

#[test]
fn the_first_of_a_short_row() {
    let x = noise(20);
    let (mut values, mut indices) = ([0.0], [0]);
    top_rows(&x, 20, 1, true, &mut values, &mut indices);
    assert_eq!(values[0], x.iter().copied().fold(f32::MIN, f32::max));
    assert_eq!(x[indices[0] as usize], values[0]);
}

#[test]
fn medians_and_modes() {
    let (mut v, mut i) = ([0.0], [0]);
    median_rows(&[4.0, 1.0, 3.0, 2.0], 4, false, &mut v, &mut i);
    assert_eq!((v, i), ([2.0], [3]));
    median_rows(&[4.0, f32::NAN, 3.0], 3, true, &mut v, &mut i);
    assert_eq!((v, i), ([3.0], [2]));
    mode_rows(&[1.0, 2.0, 2.0, 1.0, 3.0f32], 5, &mut v, &mut i);
    assert_eq!((v, i), ([1.0], [3]));
}

#[test]
fn integers_of_every_width_keep_their_order() {
    let x = [3i64, -1, i64::MIN, i64::MAX, 0];
    assert_eq!(sorted_runs(&x, true).starts, [2, 1, 4, 0, 3]);
    assert_eq!(sorted_runs(&[3i8, -1, -128], true).inverse, [2, 1, 0]);
    assert_eq!(sorted_runs(&[f32::NAN, 1.0, f32::NAN, 1.0], false).counts, [2, 1, 1]);
}
