//! The discrete cosine transform of type II, by Lee's recursion ("A new algorithm to compute the discrete cosine transform", 1984).

use std::f64::consts::PI;

/// Transforms 32 values in place: `y[k] = sum of x[n] cos(pi k (2n + 1) / 64)`.
///
/// Sums and differences come before any multiplication, so that a constant gives zeros without rounding errors.
pub fn dct32(values: &mut [f64; 32]) {
    recurse(values, &mut [0.0; 32]);
}

fn recurse(values: &mut [f64], spare: &mut [f64]) {
    let n = values.len();
    if n == 1 {
        return;
    }
    let (sums, differences) = spare.split_at_mut(n / 2);
    for i in 0..n / 2 {
        let (first, last) = (values[i], values[n - 1 - i]);
        sums[i] = first + last;
        differences[i] = (first - last) / (2.0 * (PI * (i as f64 + 0.5) / n as f64).cos());
    }
    let (lower, upper) = values.split_at_mut(n / 2);
    recurse(sums, lower);
    recurse(differences, upper);
    for i in 0..n / 2 {
        values[2 * i] = sums[i];
        values[2 * i + 1] = differences[i] + differences.get(i + 1).unwrap_or(&0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_sum_of_the_definition() {
        let input: [f64; 32] = std::array::from_fn(|i| ((i * 37 + 11) % 256) as f64);
        let mut found = input;
        dct32(&mut found);
        for (k, value) in found.iter().enumerate() {
            let terms = input.iter().enumerate().map(|(n, x)| x * (PI * k as f64 * (2 * n + 1) as f64 / 64.0).cos());
            assert!((value - terms.sum::<f64>()).abs() < 1e-9, "coefficient {k}");
        }
    }

    #[test]
    fn a_constant_has_one_coefficient() {
        let mut values = [77.0; 32];
        dct32(&mut values);
        assert_eq!(values[0], 77.0 * 32.0);
        assert!(values[1..].iter().all(|&v| v == 0.0));
    }
}
