//! The orientation from EXIF data: one pass over the first directory, nothing followed, nothing allocated.

/// Tag of the orientation (EXIF 2.32, 4.6.4).
const ORIENTATION: u16 = 0x0112;
/// A directory with more entries is not read further.
const MAX_ENTRIES: usize = 1000;

/// The orientation (1 to 8) that a TIFF structure declares; 1 where it declares none that is valid.
///
/// ```
/// let exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
/// assert_eq!(rushlight_image::exif::orientation(exif), 6);
/// assert_eq!(rushlight_image::exif::orientation(b"MM\0*"), 1);
/// ```
pub fn orientation(tiff: &[u8]) -> u8 {
    find(tiff).filter(|value| (1..=8).contains(value)).unwrap_or(1) as u8
}

fn find(tiff: &[u8]) -> Option<u32> {
    let little = match tiff.get(..2)? {
        b"II" => true,
        b"MM" => false,
        _ => return None,
    };
    let u16_at = |at: usize| {
        let bytes = *tiff.get(at..)?.first_chunk::<2>()?;
        Some(if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let u32_at = |at: usize| {
        let bytes = *tiff.get(at..)?.first_chunk::<4>()?;
        Some(if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    };
    let directory = u32_at(4)? as usize;
    let count = (u16_at(directory)? as usize).min(MAX_ENTRIES);
    let entry = (0..count).map(|i| directory.saturating_add(2 + 12 * i)).find(|&at| u16_at(at) == Some(ORIENTATION))?;
    match u16_at(entry + 2)? {
        3 => u16_at(entry + 8).map(u32::from),
        4 => u32_at(entry + 8),
        _ => None,
    }
}
