//! libjpeg's upsampling of subsampled components: triangle filters ("fancy") for factors of two, replication otherwise.

use rushlight_kernels::vectorized;

vectorized! {
    /// Twice as wide: each sample is 3/4 the nearer and 1/4 the further one. `out` has twice the samples of `row`.
    pub fn h2v1[](row: &[u8], out: &mut [u8]) {
        let n = row.len();
        let (pairs, _) = out.as_chunks_mut::<2>();
        if n == 0 || pairs.len() < n {
            return;
        }
        let triangle = |near: u8, far: u8, bias: u16| ((3 * near as u16 + far as u16 + bias) >> 2) as u8;
        if n == 1 {
            pairs[0] = [row[0]; 2];
            return;
        }
        pairs[0] = [row[0], triangle(row[0], row[1], 2)];
        pairs[n - 1] = [triangle(row[n - 1], row[n - 2], 1), row[n - 1]];
        let (before, here, after) = (&row[..n - 2], &row[1..n - 1], &row[2..]);
        for (((pair, &before), &here), &after) in pairs[1..n - 1].iter_mut().zip(before).zip(here).zip(after) {
            *pair = [triangle(here, before, 1), triangle(here, after, 2)];
        }
    }
}

vectorized! {
    /// The vertical half of [`h2v2`]: `3 * near + far`, framed by copies of the first and the last sum.
    fn column_sums[](near: &[u8], far: &[u8], sums: &mut [u16]) {
        let n = near.len().min(far.len()).min(sums.len() - 2);
        for ((sum, &near), &far) in sums[1..=n].iter_mut().zip(&near[..n]).zip(&far[..n]) {
            *sum = 3 * near as u16 + far as u16;
        }
        sums[0] = sums[1];
        sums[n + 1] = sums[n];
    }
}

vectorized! {
    /// The horizontal half of [`h2v2`].
    fn widen_sums[](sums: &[u16], out: &mut [u8]) {
        let (pairs, _) = out.as_chunks_mut::<2>();
        let n = pairs.len().min(sums.len() - 2);
        let (before, here, after) = (&sums[..n], &sums[1..=n], &sums[2..n + 2]);
        for (((pair, &before), &here), &after) in pairs[..n].iter_mut().zip(before).zip(here).zip(after) {
            *pair = [((3 * here + before + 8) >> 4) as u8, ((3 * here + after + 7) >> 4) as u8];
        }
    }
}

/// Twice as wide and twice as high: one row of the result from the nearer and the further row of samples.
pub fn h2v2(near: &[u8], far: &[u8], sums: &mut Vec<u16>, out: &mut [u8]) {
    sums.resize(near.len() + 2, 0);
    column_sums(near, far, sums);
    widen_sums(sums, out);
}

vectorized! {
    /// Twice as high; `bias` is 1 for the upper and 2 for the lower of the two rows.
    pub fn h1v2[](near: &[u8], far: &[u8], bias: u16, out: &mut [u8]) {
        for ((out, &near), &far) in out.iter_mut().zip(near).zip(far) {
            *out = ((3 * near as u16 + far as u16 + bias) >> 2) as u8;
        }
    }
}

/// `factor` copies of each sample.
pub fn replicate(row: &[u8], factor: usize, out: &mut [u8]) {
    for (copies, &sample) in out.chunks_exact_mut(factor).zip(row) {
        copies.fill(sample);
    }
}
