use super::*;

fn numbers(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    (0..n)
        .map(|_| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as f64 / (1u64 << 31) as f64 * 2.0 - 1.0
        })
        .collect()
}

/// The definition, one query at a time.
fn plain(a: &Attention<f64>) -> Vec<f64> {
    let mut out = vec![0.0; a.heads * a.queries * a.value_depth];
    for head in 0..a.heads {
        for i in 0..a.queries {
            let q = a.q(head, &(i..i + 1));
            let score = |j: usize| {
                let hidden = a.causal && j > i;
                let k = a.k(head, &(j..j + 1));
                if hidden { f64::NEG_INFINITY } else { a.scale * q.iter().zip(k).map(|(q, k)| q * k).sum::<f64>() }
            };
            let weights: Vec<f64> = (0..a.keys).map(|j| score(j).exp()).collect();
            let total: f64 = weights.iter().sum();
            for (j, weight) in weights.iter().enumerate() {
                let v = a.v(head, &(j..j + 1));
                let row = &mut out[(head * a.queries + i) * a.value_depth..][..a.value_depth];
                row.iter_mut().zip(v).for_each(|(o, v)| *o += weight / total * v);
            }
        }
    }
    out
}

#[test]
fn tiles_give_the_definition() {
    for (queries, keys, causal) in [(3, 5, false), (70, 300, false), (130, 130, true), (5, 600, true)] {
        let (q, k, v) = (numbers(2 * queries * 6, 1), numbers(2 * keys * 6, 2), numbers(2 * keys * 4, 3));
        let a = Attention { heads: 2, queries, keys, depth: 6, value_depth: 4, scale: 0.7, causal, mask: None, q: &q, k: &k, v: &v };
        let (mut out, mut sums) = (vec![0.0; 2 * queries * 4], vec![0.0; 2 * queries]);
        attention(&a, &mut out, &mut sums);
        let expected = plain(&a);
        assert!(out.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-12), "{queries} {keys} {causal}");
    }
}

#[test]
fn gradients_are_slopes() {
    let (queries, keys) = (67, 290);
    let (q, k, v) = (numbers(queries * 5, 1), numbers(keys * 5, 2), numbers(keys * 3, 3));
    let grad = numbers(queries * 3, 4);
    let loss = |q: &[f64], k: &[f64], v: &[f64]| {
        let a = Attention { heads: 1, queries, keys, depth: 5, value_depth: 3, scale: 0.5, causal: true, mask: None, q, k, v };
        let (mut out, mut sums) = (vec![0.0; queries * 3], vec![0.0; queries]);
        attention(&a, &mut out, &mut sums);
        let (mut gq, mut gk, mut gv) = (vec![0.0; q.len()], vec![0.0; k.len()], vec![0.0; v.len()]);
        attention_backward(&a, &out, &sums, &grad, Gradients { q: &mut gq, k: &mut gk, v: &mut gv });
        (out.iter().zip(&grad).map(|(o, g)| o * g).sum::<f64>(), gq, gk, gv)
    };
    let (_, gq, gk, gv) = loss(&q, &k, &v);
    let slope = |which: usize, at: usize| {
        let moved = |step: f64| {
            let mut all = [q.clone(), k.clone(), v.clone()];
            all[which][at] += step;
            loss(&all[0], &all[1], &all[2]).0
        };
        (moved(1e-6) - moved(-1e-6)) / 2e-6
    };
    for (which, given, at) in [(0, &gq, 17), (0, &gq, 330), (1, &gk, 3), (1, &gk, 300), (2, &gv, 8), (2, &gv, 190)] {
        assert!((given[at] - slope(which, at)).abs() < 1e-7, "{which} {at}");
    }
}
