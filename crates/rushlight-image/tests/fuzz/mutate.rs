//! Random changes to files.

/// Numbers by SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub fn state(&self) -> u64 {
        self.0
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, count: usize) -> usize {
        (self.next() % count.max(1) as u64) as usize
    }
}

/// Values at which sizes and counts go wrong.
const EDGES: [u32; 8] = [0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF];

/// One to five changes; `other` is a file to take parts of.
pub fn mutate(file: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut file = file.to_vec();
    for _ in 0..1 + random.below(5) {
        if file.is_empty() {
            break;
        }
        change(&mut file, other, random);
    }
    file
}

fn change(file: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    // Headers are short: half the changes are made within the first bytes.
    let reach = if random.below(2) == 0 { file.len().min(600) } else { file.len() };
    let at = random.below(reach);
    match random.below(8) {
        0..=2 => file[at] ^= 1 << random.below(8),
        3 => file[at] = random.next() as u8,
        4 => {
            let value = EDGES[random.below(EDGES.len())].to_be_bytes();
            let value = &value[4 - [1, 2, 4][random.below(3)]..];
            file[at..].iter_mut().zip(value).for_each(|(byte, &value)| *byte = value);
        }
        5 => file.truncate(at),
        6 => {
            let from = random.below(other.len());
            let part = &other[from..(from + random.below(64)).min(other.len())];
            file.splice(at..at, part.iter().copied());
        }
        _ => drop(file.drain(at..(at + random.below(64)).min(file.len()))),
    }
}
