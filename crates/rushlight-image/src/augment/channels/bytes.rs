//! Interleaved bytes of three channels to planes and back: 64 pixels at a time by the byte permutations of AVX-512 VBMI, else 16.

use rushlight_kernels::simd::{Level, level};
use std::arch::x86_64::*;

/// Takes pixels apart.
///
/// # Safety
/// The processor must have AVX2.
pub unsafe fn split(pixels: &[u8], mut planes: [&mut [u8]; 3]) {
    let pixels = &pixels[..3 * planes.iter().map(|plane| plane.len()).fold(pixels.len() / 3, usize::min)];
    let wide = level() >= Level::Avx512 && is_x86_feature_detected!("avx512vbmi");
    // SAFETY: the features were found on this processor, or promised.
    let done = if wide { unsafe { split_vbmi(pixels, &mut planes) } } else { unsafe { split_avx2(pixels, &mut planes) } };
    super::split_plain(&pixels[3 * done..], planes.map(|plane| &mut plane[done..]));
}

/// Puts planes together.
///
/// # Safety
/// The processor must have AVX2.
pub unsafe fn join(planes: [&[u8]; 3], pixels: &mut [u8]) {
    let count = planes.iter().map(|plane| plane.len()).fold(pixels.len() / 3, usize::min);
    let pixels = &mut pixels[..3 * count];
    let wide = level() >= Level::Avx512 && is_x86_feature_detected!("avx512vbmi");
    // SAFETY: the features were found on this processor, or promised.
    let done = if wide { unsafe { join_vbmi(planes, pixels) } } else { unsafe { join_avx2(planes, pixels) } };
    super::join_plain(planes.map(|plane| &plane[done..]), &mut pixels[3 * done..]);
}

/// `[channel][part]`: where in a part of 16 bytes each sample of a channel is, 128 for elsewhere.
static SPLIT: [[[u8; 16]; 3]; 3] = {
    let mut masks = [[[128; 16]; 3]; 3];
    let mut byte = 0;
    while byte < 48 {
        masks[byte % 3][byte / 16][byte / 3] = (byte % 16) as u8;
        byte += 1;
    }
    masks
};

/// `[part][channel]`: which sample of a channel each byte of a part is, 128 for none.
static JOIN: [[[u8; 16]; 3]; 3] = {
    let mut masks = [[[128; 16]; 3]; 3];
    let mut byte = 0;
    while byte < 48 {
        masks[byte / 16][byte % 3][byte % 16] = (byte / 3) as u8;
        byte += 1;
    }
    masks
};

/// `[channel][step]`: a sample from the first two parts of 64 bytes, then from those and the third.
static SPLIT_WIDE: [[[u8; 64]; 2]; 3] = {
    let mut orders = [[[0; 64]; 2]; 3];
    let mut byte = 0;
    while byte < 192 {
        let (channel, pixel) = (byte % 3, byte / 3);
        orders[channel][0][pixel] = (byte % 128) as u8;
        orders[channel][1][pixel] = if byte < 128 { pixel as u8 } else { (byte - 64) as u8 };
        byte += 1;
    }
    orders
};

/// `[part][step]`: a byte from red and green, then from those and blue.
static JOIN_WIDE: [[[u8; 64]; 2]; 3] = {
    let mut orders = [[[0; 64]; 2]; 3];
    let mut byte = 0;
    while byte < 192 {
        let (part, place, channel, pixel) = (byte / 64, byte % 64, byte % 3, byte / 3);
        orders[part][0][place] = (pixel + 64 * (channel % 2)) as u8;
        orders[part][1][place] = if channel < 2 { place as u8 } else { (pixel + 64) as u8 };
        byte += 1;
    }
    orders
};

#[inline]
#[target_feature(enable = "avx2")]
fn load(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: there are the sixteen bytes read; the load needs no alignment.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(bytes: &mut [u8; 16], value: __m128i) {
    // SAFETY: there are the sixteen bytes written; the store needs no alignment.
    unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), value) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn load_wide(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: there are the 64 bytes read; the load needs no alignment.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn store_wide(bytes: &mut [u8; 64], value: __m512i) {
    // SAFETY: there are the 64 bytes written; the store needs no alignment.
    unsafe { _mm512_storeu_si512(bytes.as_mut_ptr().cast(), value) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn gather(sources: [__m128i; 3], masks: &[[u8; 16]; 3]) -> __m128i {
    let [a, b, c] = [0, 1, 2].map(|i| _mm_shuffle_epi8(sources[i], load(&masks[i])));
    _mm_or_si128(_mm_or_si128(a, b), c)
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn gather_wide([a, b, c]: [__m512i; 3], [first, second]: [__m512i; 2]) -> __m512i {
    _mm512_permutex2var_epi8(_mm512_permutex2var_epi8(a, first, b), second, c)
}

/// Returns how many pixels were done, as do the following.
#[target_feature(enable = "avx2")]
fn split_avx2(pixels: &[u8], planes: &mut [&mut [u8]; 3]) -> usize {
    let chunks = pixels.as_chunks::<48>().0;
    for (i, chunk) in chunks.iter().enumerate() {
        let parts = chunk.as_chunks::<16>().0;
        let sources = [load(&parts[0]), load(&parts[1]), load(&parts[2])];
        for (plane, masks) in planes.iter_mut().zip(&SPLIT) {
            store(&mut plane.as_chunks_mut::<16>().0[i], gather(sources, masks));
        }
    }
    16 * chunks.len()
}

#[target_feature(enable = "avx2")]
fn join_avx2(planes: [&[u8]; 3], pixels: &mut [u8]) -> usize {
    let chunks = pixels.as_chunks_mut::<48>().0;
    let count = chunks.len();
    for (i, chunk) in chunks.iter_mut().enumerate() {
        let sources = planes.map(|plane| load(&plane.as_chunks::<16>().0[i]));
        for (part, masks) in chunk.as_chunks_mut::<16>().0.iter_mut().zip(&JOIN) {
            store(part, gather(sources, masks));
        }
    }
    16 * count
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx2")]
fn split_vbmi(pixels: &[u8], planes: &mut [&mut [u8]; 3]) -> usize {
    let orders = [0, 1, 2].map(|c| [load_wide(&SPLIT_WIDE[c][0]), load_wide(&SPLIT_WIDE[c][1])]);
    let chunks = pixels.as_chunks::<192>().0;
    for (i, chunk) in chunks.iter().enumerate() {
        let parts = chunk.as_chunks::<64>().0;
        let sources = [load_wide(&parts[0]), load_wide(&parts[1]), load_wide(&parts[2])];
        for (plane, orders) in planes.iter_mut().zip(orders) {
            store_wide(&mut plane.as_chunks_mut::<64>().0[i], gather_wide(sources, orders));
        }
    }
    64 * chunks.len()
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx2")]
fn join_vbmi(planes: [&[u8]; 3], pixels: &mut [u8]) -> usize {
    let orders = [0, 1, 2].map(|c| [load_wide(&JOIN_WIDE[c][0]), load_wide(&JOIN_WIDE[c][1])]);
    let chunks = pixels.as_chunks_mut::<192>().0;
    let count = chunks.len();
    for (i, chunk) in chunks.iter_mut().enumerate() {
        let sources = planes.map(|plane| load_wide(&plane.as_chunks::<64>().0[i]));
        for (part, orders) in chunk.as_chunks_mut::<64>().0.iter_mut().zip(orders) {
            store_wide(part, gather_wide(sources, orders));
        }
    }
    64 * count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrow_and_wide_steps_agree_with_plain_code() {
        if !is_x86_feature_detected!("avx2") {
            return;
        }
        let pixels: Vec<u8> = (0..3 * 256).map(|i| (i * 7 % 251) as u8).collect();
        let mut planes = vec![vec![0; 256]; 3];
        let mut again = vec![0; pixels.len()];
        for wide in [false, is_x86_feature_detected!("avx512vbmi") && is_x86_feature_detected!("avx512bw")] {
            let [r, g, b] = &mut planes[..] else { unreachable!() };
            let targets = &mut [&mut r[..], &mut g[..], &mut b[..]];
            // SAFETY: the features were found.
            let done = if wide { unsafe { split_vbmi(&pixels, targets) } } else { unsafe { split_avx2(&pixels, targets) } };
            assert_eq!(done, 256);
            assert!(pixels.chunks(3).enumerate().all(|(i, p)| p == [r[i], g[i], b[i]]));
            again.fill(0);
            // SAFETY: the features were found.
            let done = if wide { unsafe { join_vbmi([r, g, b], &mut again) } } else { unsafe { join_avx2([r, g, b], &mut again) } };
            assert_eq!((done, &again), (256, &pixels));
        }
    }
}
