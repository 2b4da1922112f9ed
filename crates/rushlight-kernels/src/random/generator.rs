//! The generator: an engine, the spare normal samples, and PyTorch's saved form of both.

use super::engine::{Engine, STATE_WORDS};
use std::fmt;

/// Bytes of a saved state.
pub const STATE_BYTES: usize = 5056;

/// The seed of a generator that was not given one.
pub const DEFAULT_SEED: u64 = 67_280_421_310_721;

/// Elements drawn at once; their words lie on the stack.
const CHUNK: usize = 128;

// Offsets in a saved state: C's layout of {u64 seed; i32 left, seeded; u64 next; u64 state[624];
// f64 x, y, rho; i32 y_valid;} followed by {f32 sample; bool sample_valid;}, each padded to 8 bytes.
const SEED: usize = 0;
const LEFT: usize = 8;
const SEEDED: usize = 12;
const NEXT: usize = 16;
const WORDS: usize = 24;
const NORMAL_F64: usize = WORDS + 8 * STATE_WORDS + 8;
const NORMAL_F64_VALID: usize = NORMAL_F64 + 16;
const NORMAL_F32: usize = NORMAL_F64_VALID + 8;
const NORMAL_F32_VALID: usize = NORMAL_F32 + 4;

/// Why bytes are no generator state; the texts are PyTorch's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateError {
    /// Not [`STATE_BYTES`] long, but this long.
    Size(usize),
    /// The engine's position does not exist.
    Invalid,
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size(found) => write!(f, "Expected a CPUGeneratorImplState of size {STATE_BYTES} but found the input RNG state size to be {found}"),
            Self::Invalid => f.write_str("Invalid mt19937 state"),
        }
    }
}

impl std::error::Error for StateError {}

/// PyTorch's CPU generator.
///
/// ```
/// use rushlight_kernels::random::Generator;
/// let mut generator = Generator::new(0);
/// let mut x = [0f32; 2];
/// generator.uniform(&mut x, 0.0, 1.0);
/// assert_eq!(x, [0.49625659, 0.76822180]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Generator {
    pub(super) engine: Engine,
    pub(super) spare_f64: Option<f64>,
    spare_f32: Option<f32>,
}

impl Default for Generator {
    fn default() -> Self {
        Self::new(DEFAULT_SEED)
    }
}

impl Generator {
    /// A generator with this seed.
    pub fn new(seed: u64) -> Self {
        Self { engine: Engine::new(seed), spare_f64: None, spare_f32: None }
    }

    /// Starts anew with this seed.
    pub fn manual_seed(&mut self, seed: u64) {
        *self = Self::new(seed);
    }

    /// The seed it was started with.
    pub fn initial_seed(&self) -> u64 {
        self.engine.seed()
    }

    /// The next 32 random bits.
    #[inline]
    pub fn random(&mut self) -> u32 {
        self.engine.word()
    }

    /// The next 64 random bits, the high half first.
    #[inline]
    pub fn random64(&mut self) -> u64 {
        let high = self.random();
        join(high, self.random())
    }

    /// Everything the generator is, in the bytes of `torch.Generator.get_state()`.
    pub fn get_state(&self) -> Vec<u8> {
        let mut bytes = vec![0; STATE_BYTES];
        let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
        let (words, left, next) = self.engine.position();
        put(SEED, &self.engine.seed().to_le_bytes());
        put(LEFT, &(left as u32).to_le_bytes());
        put(SEEDED, &1u32.to_le_bytes());
        put(NEXT, &(next as u64).to_le_bytes());
        for (i, &word) in words.iter().enumerate() {
            put(WORDS + 8 * i, &u64::from(word).to_le_bytes());
        }
        put(NORMAL_F64, &self.spare_f64.unwrap_or(0.0).to_le_bytes());
        put(NORMAL_F64_VALID, &u32::from(self.spare_f64.is_some()).to_le_bytes());
        put(NORMAL_F32, &self.spare_f32.unwrap_or(0.0).to_le_bytes());
        put(NORMAL_F32_VALID, &[u8::from(self.spare_f32.is_some())]);
        bytes
    }

    /// Continues from a saved state; on an error nothing changes.
    pub fn set_state(&mut self, bytes: &[u8]) -> Result<(), StateError> {
        if bytes.len() != STATE_BYTES {
            return Err(StateError::Size(bytes.len()));
        }
        if read_u32(bytes, SEEDED) == 0 {
            return Err(StateError::Invalid);
        }
        let words = std::array::from_fn(|i| read_u32(bytes, WORDS + 8 * i));
        let (left, next) = (read_u32(bytes, LEFT) as usize, read_u32(bytes, NEXT) as usize);
        let engine = Engine::at(read_u64(bytes, SEED), words, left, next)?;
        let spare_f64 = f64::from_bits(read_u64(bytes, NORMAL_F64));
        let spare_f32 = f32::from_bits(read_u32(bytes, NORMAL_F32));
        *self = Self {
            engine,
            spare_f64: (read_u32(bytes, NORMAL_F64_VALID) != 0).then_some(spare_f64),
            spare_f32: (bytes[NORMAL_F32_VALID] != 0).then_some(spare_f32),
        };
        Ok(())
    }

    /// `out[i] = f(word)`, one word for each element.
    pub(super) fn map_words<T>(&mut self, out: &mut [T], f: impl Fn(u32) -> T + Copy) {
        let mut words = [0; CHUNK];
        for chunk in out.chunks_mut(CHUNK) {
            let words = &mut words[..chunk.len()];
            self.engine.fill(words);
            apply_words(words, chunk, f);
        }
    }

    /// `out[i] = f(64 bits)`, two words for each element.
    pub(super) fn map_pairs<T>(&mut self, out: &mut [T], f: impl Fn(u64) -> T + Copy) {
        let mut words = [0; 2 * CHUNK];
        for chunk in out.chunks_mut(CHUNK) {
            let words = &mut words[..2 * chunk.len()];
            self.engine.fill(words);
            apply_pairs(words, chunk, f);
        }
    }
}

crate::vectorized! {
    fn apply_words[T, F: Fn(u32) -> T + Copy](words: &[u32], out: &mut [T], f: F) {
        for (o, &word) in out.iter_mut().zip(words) {
            *o = f(word);
        }
    }
}

crate::vectorized! {
    fn apply_pairs[T, F: Fn(u64) -> T + Copy](words: &[u32], out: &mut [T], f: F) {
        for (o, pair) in out.iter_mut().zip(words.chunks_exact(2)) {
            *o = f(join(pair[0], pair[1]));
        }
    }
}

#[inline(always)]
fn join(high: u32, low: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

fn read_u32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(std::array::from_fn(|i| bytes[at + i]))
}

fn read_u64(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]))
}
