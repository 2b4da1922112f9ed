//! Weights in three digits of eight bits, so that products of bytes give exact sums.

/// Four weights: of each digit, the least first, one byte for each weight.
pub type Digits = [u32; 3];

/// Splits up to four weights, the others are zero; `None` if one has more than three digits.
pub fn split(weights: &[i32]) -> Option<Digits> {
    let mut digits = [0; 3];
    for (i, &weight) in weights.iter().enumerate() {
        let lowest = weight as i8;
        let rest = (weight - lowest as i32) >> 8;
        let middle = rest as i8;
        let highest = i8::try_from((rest - middle as i32) >> 8).ok()?;
        for (digit, value) in digits.iter_mut().zip([lowest, middle, highest]) {
            *digit |= (value as u8 as u32) << (8 * i);
        }
    }
    Some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_add_up_to_the_weight() {
        for weight in (-8_000_000..8_000_000).step_by(997) {
            let digits = split(&[0, weight]).unwrap().map(|digit| (digit >> 8) as i8 as i32);
            assert_eq!(digits[0] + (digits[1] << 8) + (digits[2] << 16), weight);
        }
        assert_eq!(split(&[1 << 23]), None);
    }
}
