//! Bits of entropy-coded data.

/// Appends bits to a file; a byte of all ones is followed by a zero.
pub struct Bits<'a> {
    file: &'a mut Vec<u8>,
    /// Bits not yet written are the lower `64 - free`.
    pending: u64,
    free: u32,
}

impl<'a> Bits<'a> {
    pub fn new(file: &'a mut Vec<u8>) -> Bits<'a> {
        Bits { file, pending: 0, free: 64 }
    }

    /// Appends the `count` bits, at most 32, of `value`, which has no others.
    #[inline(always)]
    pub fn put(&mut self, value: u32, count: u32) {
        if count < self.free {
            self.pending = self.pending << count | value as u64;
            self.free -= count;
            return;
        }
        let left = count - self.free;
        self.write_word(self.pending << self.free | (value >> left) as u64);
        self.pending = value as u64;
        self.free = 64 - left;
    }

    #[inline(always)]
    fn write_word(&mut self, word: u64) {
        // No byte of all ones: none of the inverse is zero.
        let inverse = !word;
        if inverse.wrapping_sub(0x0101_0101_0101_0101) & word & 0x8080_8080_8080_8080 == 0 {
            self.file.extend_from_slice(&word.to_be_bytes());
            return;
        }
        word.to_be_bytes().into_iter().for_each(|byte| self.write_byte(byte));
    }

    fn write_byte(&mut self, byte: u8) {
        self.file.push(byte);
        if byte == 0xFF {
            self.file.push(0);
        }
    }

    /// Completes the last byte with ones.
    pub fn finish(mut self) {
        let fill = self.free % 8;
        self.put((1 << fill) - 1, fill);
        for byte in (0..(64 - self.free) / 8).rev() {
            self.write_byte((self.pending >> (8 * byte)) as u8);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_follow_each_other() {
        let (mut file, mut expected) = (Vec::new(), Vec::new());
        let mut bits = Bits::new(&mut file);
        for i in 0..1000u32 {
            let count = i * 7 % 33;
            let value = (i.wrapping_mul(2_654_435_761) as u64 & ((1u64 << count) - 1)) as u32;
            bits.put(value, count);
            expected.extend((0..count).rev().map(|bit| (value >> bit & 1) as u8));
        }
        bits.finish();
        expected.resize(expected.len().next_multiple_of(8), 1);
        let bytes = expected.chunks(8).map(|bits| bits.iter().fold(0u8, |byte, bit| byte << 1 | bit));
        let stuffed: Vec<u8> = bytes.flat_map(|byte| [byte, 0].into_iter().take(if byte == 0xFF { 2 } else { 1 })).collect();
        assert_eq!(file, stuffed);
    }
}
