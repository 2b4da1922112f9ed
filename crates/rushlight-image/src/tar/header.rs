//! One block of 512 bytes: POSIX.1-2017, `pax`, "ustar Interchange Format"; GNU tar's manual, "Basic Tar Format".

use crate::ErrorKind;
use std::ops::Range;

const NAME: Range<usize> = 0..100;
const SIZE: Range<usize> = 124..136;
const CHECKSUM: Range<usize> = 148..156;
const TYPE: usize = 156;
const MAGIC: Range<usize> = 257..263;
const PREFIX: Range<usize> = 345..500;

/// What a header says about its member.
pub struct Header {
    pub name: Vec<u8>,
    pub size: u64,
    /// The type's letter.
    pub kind: u8,
}

/// A kind of fault and the rule broken.
pub type Fault = (ErrorKind, String);

impl Header {
    pub fn parse(block: &[u8; 512]) -> Result<Header, Fault> {
        check_sum(block)?;
        let mut name = text(&block[NAME]).to_vec();
        // GNU's own magic ends with spaces; there the prefix's place holds times.
        if &block[MAGIC] == b"ustar\0" && block[PREFIX][0] != 0 {
            name = [text(&block[PREFIX]), b"/", &name].concat();
        }
        Ok(Header { name, size: number(&block[SIZE], "size")?, kind: block[TYPE] })
    }
}

/// The sum of all bytes, those of the checksum itself as spaces; some old writers took bytes as signed.
fn check_sum(block: &[u8; 512]) -> Result<(), Fault> {
    let stored = number(&block[CHECKSUM], "checksum")?;
    let rest = || block[..CHECKSUM.start].iter().chain(&block[CHECKSUM.end..]);
    let spaces = 8 * u64::from(b' ');
    let unsigned: u64 = spaces + rest().map(|&b| u64::from(b)).sum::<u64>();
    let signed: i64 = spaces as i64 + rest().map(|&b| i64::from(b as i8)).sum::<i64>();
    if stored != unsigned && i64::try_from(stored) != Ok(signed) {
        return Err((ErrorKind::Malformed, format!("a header's checksum is {stored}, but its bytes sum to {unsigned}")));
    }
    Ok(())
}

/// The bytes before the first NUL.
pub fn text(field: &[u8]) -> &[u8] {
    field.split(|&b| b == 0).next().unwrap_or(field)
}

/// Octal digits between spaces and NULs, or, after a byte of 0x80, a number in base 256.
fn number(field: &[u8], what: &str) -> Result<u64, Fault> {
    let fault = || (ErrorKind::Malformed, format!("a header's {what} is not a number: {:?}", String::from_utf8_lossy(field)));
    if field[0] & 0x80 != 0 {
        // Negative numbers begin with 0xFF.
        let value = field[1..].iter().try_fold(u64::from(field[0] & 0x7F), |value, &b| value.checked_mul(256).map(|v| v | u64::from(b)));
        return value.filter(|&value| value <= i64::MAX as u64).ok_or_else(fault);
    }
    let digits = text(field).trim_ascii();
    let octal = |value: u64, digit: &u8| matches!(digit, b'0'..=b'7').then(|| value << 3 | u64::from(digit - b'0'));
    digits.iter().try_fold(0, octal).ok_or_else(fault)
}
