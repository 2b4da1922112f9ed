//! The floating point unit's switch that takes denormal numbers for zero: they cost 40 to 100 times a normal number.

use control::{FLUSH_BITS, control_word, set_control_word};

/// While it lives, this thread's floating point unit takes denormal numbers for zero.
pub(super) struct FlushDenormals {
    before: u64,
}

impl FlushDenormals {
    pub(super) fn begin() -> Self {
        let before = control_word();
        if super::flushes_denormals() && before & FLUSH_BITS != FLUSH_BITS {
            set_control_word(before | FLUSH_BITS);
        }
        FlushDenormals { before }
    }
}

impl Drop for FlushDenormals {
    fn drop(&mut self) {
        if self.before & FLUSH_BITS != FLUSH_BITS {
            set_control_word(self.before);
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod control {
    /// MXCSR: flush to zero, denormals are zero.
    pub(super) const FLUSH_BITS: u64 = 1 << 15 | 1 << 6;

    pub(super) fn control_word() -> u64 {
        let mut word = 0u32;
        // SAFETY: stores the 32-bit control register into `word`.
        unsafe { std::arch::asm!("stmxcsr [{}]", in(reg) &mut word, options(nostack, preserves_flags)) };
        word.into()
    }

    pub(super) fn set_control_word(word: u64) {
        let word = word as u32;
        // SAFETY: loads a word read from the register with only the two flush bits changed; rounding stays as it was.
        unsafe { std::arch::asm!("ldmxcsr [{}]", in(reg) &word, options(nostack, preserves_flags)) };
    }
}

#[cfg(target_arch = "aarch64")]
mod control {
    /// FPCR: flush to zero.
    pub(super) const FLUSH_BITS: u64 = 1 << 24;

    pub(super) fn control_word() -> u64 {
        let word: u64;
        // SAFETY: reads the floating point control register.
        unsafe { std::arch::asm!("mrs {}, fpcr", out(reg) word, options(nomem, nostack, preserves_flags)) };
        word
    }

    pub(super) fn set_control_word(word: u64) {
        // SAFETY: writes a word read from the register with only the flush bit changed.
        unsafe { std::arch::asm!("msr fpcr, {}", in(reg) word, options(nomem, nostack, preserves_flags)) };
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod control {
    pub(super) const FLUSH_BITS: u64 = 0;

    pub(super) fn control_word() -> u64 {
        0
    }

    pub(super) fn set_control_word(_word: u64) {}
}
