//! Bits of entropy-coded data.

/// Appends bits to a file; a byte of all ones is followed by a zero.
pub struct Bits<'a> {
    file: &'a mut Vec<u8>,
    /// Bits not yet written, in the lower `count`.
    pending: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    pub fn new(file: &'a mut Vec<u8>) -> Bits<'a> {
        Bits { file, pending: 0, count: 0 }
    }

    /// Appends the lower `count` bits, at most 32, of `value`.
    #[inline(always)]
    pub fn put(&mut self, value: u32, count: u32) {
        self.pending = self.pending << count | (value as u64 & ((1 << count) - 1));
        self.count += count;
        if self.count >= 32 {
            self.count -= 32;
            self.write_word((self.pending >> self.count) as u32);
        }
    }

    #[inline(always)]
    fn write_word(&mut self, word: u32) {
        // No byte of all ones: none of the inverse is zero.
        let inverse = !word;
        if inverse.wrapping_sub(0x0101_0101) & word & 0x8080_8080 == 0 {
            self.file.extend(word.to_be_bytes());
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
        let fill = (8 - self.count % 8) % 8;
        self.put((1 << fill) - 1, fill);
        while self.count > 0 {
            self.count -= 8;
            self.write_byte((self.pending >> self.count) as u8);
        }
    }
}
