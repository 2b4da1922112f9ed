//! PAX records: `length key=value\n`, the length in decimal and counting all of the record (POSIX.1-2017, `pax`, "pax Extended Header").

use super::header::Fault;
use crate::ErrorKind;

/// The records that matter here.
#[derive(Default)]
pub struct Records {
    pub path: Option<Vec<u8>>,
    pub size: Option<u64>,
}

impl Records {
    pub fn parse(mut bytes: &[u8]) -> Result<Records, Fault> {
        let mut records = Records::default();
        while !bytes.is_empty() && bytes[0] != 0 {
            let (key, value, rest) = record(bytes).ok_or_else(|| malformed("a PAX record is not `length key=value`"))?;
            records.set(key, value)?;
            bytes = rest;
        }
        Ok(records)
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> Result<(), Fault> {
        match key {
            b"path" => self.path = (!value.is_empty()).then(|| super::header::text(value).to_vec()),
            b"size" if value.is_empty() => self.size = None,
            b"size" => {
                let size = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).filter(|&size: &u64| size <= i64::MAX as u64);
                self.size = Some(size.ok_or_else(|| malformed("a PAX size is not a number"))?);
            }
            _ if key.starts_with(b"GNU.sparse.") => return Err((ErrorKind::Unsupported, "sparse files are not read".into())),
            _ => {}
        }
        Ok(())
    }
}

/// Key, value and what follows.
fn record(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = bytes.iter().take(20).position(|&b| b == b' ')?;
    let length: usize = std::str::from_utf8(&bytes[..space]).ok()?.parse().ok()?;
    let body = bytes.get(space + 1..length)?.strip_suffix(b"\n")?;
    let equals = body.iter().position(|&b| b == b'=')?;
    Some((&body[..equals], &body[equals + 1..], &bytes[length..]))
}

fn malformed(reason: &str) -> Fault {
    (ErrorKind::Malformed, reason.into())
}
