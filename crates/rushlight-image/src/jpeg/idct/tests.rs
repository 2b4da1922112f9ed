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

#[test]
fn reduced_vector_code_equals_plain_code() {
    type Plain = fn(&Block, &Block, &mut [u8], usize);
    let sizes: [(usize, Plain); 2] = [(4, |b, q, out, stride| reduced::transform4(b, false, q, out, stride)), (2, reduced::transform2)];
    for (round, amplitude) in [3, 30, 300, 3000, 32767].into_iter().enumerate() {
        let mut values = noise(round as u64).map(|v| v % amplitude);
        let mut blocks: Vec<Block> = (0..64).map(|_| std::array::from_fn(|_| values.next().unwrap())).collect();
        blocks[10][1..].fill(0);
        blocks[11][1..].fill(0);
        let flat: Vec<bool> = blocks.iter().map(|b| b[1..].iter().all(|&c| c == 0)).collect();
        let quantization = std::array::from_fn(|i| 1 + i as i16 % 17);
        for (size, transform) in sizes {
            let stride = 64 * size;
            let (mut out, mut plain) = (vec![0; stride * size], vec![0; stride * size]);
            reduced::transform_row(size, &blocks, &flat, &quantization, &mut out, stride);
            blocks.iter().enumerate().for_each(|(i, block)| transform(block, &quantization, &mut plain[size * i..], stride));
            assert_eq!(out, plain, "{size}x{size}, amplitude {amplitude}");
        }
    }
}
