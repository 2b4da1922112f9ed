//! Sorting pairs of key and position.

use super::Key;

/// Below this length a comparison sort is faster than counting digits.
const SHORT: usize = 400;
const DIGIT: u32 = 8;
const WIDE_DIGIT: u32 = 11;

/// A key and where it was.
pub type Pair<K> = (K, u32);

/// Sorts pairs whose positions ascend, stably.
pub fn sort<K: Key>(pairs: &mut Vec<Pair<K>>) {
    if pairs.len() < SHORT {
        // Comparing the positions too makes an unstable sort stable.
        pairs.sort_unstable();
        return;
    }
    let mut spare = vec![Default::default(); pairs.len()];
    let width = if K::BITS >= 32 && pairs.len() > 16 * SHORT { WIDE_DIGIT } else { DIGIT };
    for shift in (0..K::BITS).step_by(width as usize) {
        if pass(pairs, &mut spare, shift, width.min(K::BITS - shift)) {
            std::mem::swap(pairs, &mut spare);
        }
    }
}

/// Distributes by one digit into `spare`; false if all have the same.
fn pass<K: Key>(pairs: &[Pair<K>], spare: &mut [Pair<K>], shift: u32, width: u32) -> bool {
    let mut places = [0u32; 1 << WIDE_DIGIT];
    let places = &mut places[..1 << width];
    for p in pairs {
        places[p.0.digit(shift, width)] += 1;
    }
    if places[pairs[0].0.digit(shift, width)] as usize == pairs.len() {
        return false;
    }
    let mut start = 0;
    for place in places.iter_mut() {
        start += std::mem::replace(place, start);
    }
    for &p in pairs {
        let place = &mut places[p.0.digit(shift, width)];
        spare[*place as usize] = p;
        *place += 1;
    }
    true
}
