use super::*;

/// A sequence that covers the whole range of values.
fn noise(seed: u64) -> impl Iterator<Item = i16> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 48) as i16
    })
}

fn plain(blocks: &[Block], quantization: &Block) -> Vec<u8> {
    let mut out = vec![0; 64 * blocks.len()];
    let stride = 8 * blocks.len();
    for (i, block) in blocks.iter().enumerate() {
        transform(block, quantization, &mut out[8 * i..], stride);
    }
    out
}

#[test]
fn vector_code_equals_plain_code() {
    for (round, amplitude) in [3, 30, 300, 3000, 32767].into_iter().enumerate() {
        let mut values = noise(round as u64).map(|v| v % amplitude);
        let blocks: Vec<Block> = (0..6).map(|_| std::array::from_fn(|_| values.next().unwrap())).collect();
        let quantization = std::array::from_fn(|i| 1 + i as i16 % 17);
        let mut out = vec![0; 64 * 6];
        transform_row(&blocks, &[false; 6], &quantization, &mut out, 48);
        assert_eq!(out, plain(&blocks, &quantization), "amplitude {amplitude}");
    }
}

#[test]
fn flat_blocks_take_the_short_way_to_the_same_samples() {
    let quantization = [3; 64];
    for dc in (-1365..1365).step_by(7) {
        let mut block = [0; 64];
        block[0] = dc;
        let mut out = vec![0; 128];
        transform_row(&[block; 2], &[true; 2], &quantization, &mut out, 16);
        assert_eq!(out, plain(&[block; 2], &quantization));
    }
}
