//! LZW of GIF and TIFF: as many bytes as are expected, whether or not an end code follows them.

use weezl::decode::{Configuration, Decoder};
use weezl::{BitOrder, LzwStatus};

/// Which of the dialects the data are in.
#[derive(Clone, Copy)]
pub enum Dialect {
    /// Pixels of up to eight bits.
    Gif(u8),
    Tiff,
    /// TIFF of early writers, the lowest bits first.
    EarlyTiff,
}

/// Why there are fewer bytes than expected.
pub enum Fault {
    Truncated,
    Malformed,
}

fn decoder(dialect: Dialect) -> Decoder {
    let configuration = match dialect {
        Dialect::Gif(size) => Configuration::new(BitOrder::Lsb, size),
        Dialect::Tiff => Configuration::with_tiff_size_switch(BitOrder::Msb, 8),
        Dialect::EarlyTiff => Configuration::new(BitOrder::Lsb, 8),
    };
    configuration.build()
}

/// Fills `out` from the parts that `next` gives until it gives an empty one.
pub fn decode<'a>(dialect: Dialect, out: &mut [u8], mut next: impl FnMut() -> Option<&'a [u8]>) -> Result<(), Fault> {
    let mut decoder = decoder(dialect);
    let (mut written, mut part, mut ended) = (0, &[][..], false);
    while written < out.len() {
        if part.is_empty() && !ended {
            part = next().ok_or(Fault::Truncated)?;
            ended = part.is_empty();
        }
        let result = decoder.decode_bytes(part, &mut out[written..]);
        written += result.consumed_out;
        part = &part[result.consumed_in..];
        match result.status {
            // What follows the last byte does not count.
            _ if written == out.len() => {}
            Err(_) => return Err(Fault::Malformed),
            // Codes that came with an earlier part may still be waiting.
            Ok(LzwStatus::Ok) => {}
            Ok(LzwStatus::NoProgress) if !ended => {}
            Ok(_) => return Err(Fault::Truncated),
        }
    }
    Ok(())
}
