//! The Mersenne Twister MT19937 of Matsumoto and Nishimura (ACM TOMACS 8, 1998), a block of words at a time.

use super::StateError;

/// Words of state.
pub const STATE_WORDS: usize = 624;

/// Distance of the two words that the recurrence combines.
const SHIFT: usize = 397;

/// The engine with the bookkeeping that PyTorch saves: words left before a new block, and the next word's index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engine {
    seed: u64,
    state: [u32; STATE_WORDS],
    left: usize,
    next: usize,
}

impl Engine {
    /// The engine after `init_genrand(seed mod 2^32)`.
    pub fn new(seed: u64) -> Self {
        let mut state = [seed as u32; STATE_WORDS];
        for j in 1..STATE_WORDS {
            let previous = state[j - 1];
            state[j] = 1_812_433_253u32.wrapping_mul(previous ^ (previous >> 30)).wrapping_add(j as u32);
        }
        Self { seed, state, left: 1, next: 0 }
    }

    /// The engine at a saved position.
    pub fn at(seed: u64, state: [u32; STATE_WORDS], left: usize, next: usize) -> Result<Self, StateError> {
        let valid = (1..=STATE_WORDS).contains(&left) && next <= STATE_WORDS && left + next <= STATE_WORDS + 1;
        if !valid {
            return Err(StateError::Invalid);
        }
        Ok(Self { seed, state, left, next })
    }

    /// The seed as given, all 64 bits.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// State words, words left, next index.
    pub fn position(&self) -> (&[u32; STATE_WORDS], usize, usize) {
        (&self.state, self.left, self.next)
    }

    /// The next word.
    #[inline]
    pub fn word(&mut self) -> u32 {
        if self.left == 1 {
            self.refill();
        }
        let word = temper(self.state[self.next]);
        self.left -= 1;
        self.next += 1;
        word
    }

    /// The next `out.len()` words.
    pub fn fill(&mut self, mut out: &mut [u32]) {
        while !out.is_empty() {
            if self.left == 1 {
                self.refill();
            }
            let count = out.len().min(self.left - 1);
            let (head, tail) = out.split_at_mut(count);
            temper_all(&self.state[self.next..self.next + count], head);
            self.left -= count;
            self.next += count;
            out = tail;
        }
    }

    /// A new block; `left` is one more than a saved state shows until its first word is taken.
    fn refill(&mut self) {
        recur(&mut self.state);
        self.left = STATE_WORDS + 1;
        self.next = 0;
    }
}

#[inline(always)]
fn temper(mut y: u32) -> u32 {
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c_5680;
    y ^= (y << 15) & 0xefc6_0000;
    y ^ (y >> 18)
}

#[inline(always)]
fn twist(upper: u32, lower: u32) -> u32 {
    let mixed = (upper & 0x8000_0000) | (lower & 0x7fff_ffff);
    (mixed >> 1) ^ ((lower & 1).wrapping_neg() & 0x9908_b0df)
}

crate::vectorized! {
    fn temper_all[](words: &[u32], out: &mut [u32]) {
        for (o, &w) in out.iter_mut().zip(words) {
            *o = temper(w);
        }
    }
}

crate::vectorized! {
    fn recur[](s: &mut [u32; STATE_WORDS]) {
        for i in 0..STATE_WORDS - SHIFT {
            s[i] = s[i + SHIFT] ^ twist(s[i], s[i + 1]);
        }
        for i in STATE_WORDS - SHIFT..STATE_WORDS - 1 {
            s[i] = s[i + SHIFT - STATE_WORDS] ^ twist(s[i], s[i + 1]);
        }
        s[STATE_WORDS - 1] = s[SHIFT - 1] ^ twist(s[STATE_WORDS - 1], s[0]);
    }
}
