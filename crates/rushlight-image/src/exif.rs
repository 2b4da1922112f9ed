//! The orientation, from EXIF data or from XMP, as Pillow reads it: one pass over the first directory, nothing followed, nothing allocated.

/// Tag of the orientation (EXIF 2.32, 4.6.4).
const ORIENTATION: u16 = 0x0112;
/// A directory with more entries is not read further.
const MAX_ENTRIES: usize = 1000;
/// More of XMP data are not searched.
const MAX_XMP: usize = 1 << 20;

/// The orientation (1 to 8) that a TIFF structure declares; 1 where it declares none that is valid.
///
/// ```
/// let exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
/// assert_eq!(rushlight_image::exif::orientation(exif), 6);
/// assert_eq!(rushlight_image::exif::orientation(b"MM\0*"), 1);
/// ```
pub fn orientation(tiff: &[u8]) -> u8 {
    declared(tiff).map_or(1, valid)
}

/// The orientation that EXIF data declare, or else XMP data; 1 where neither does.
///
/// ```
/// let xmp = br#"<rdf:Description tiff:Orientation="8"/>"#;
/// assert_eq!(rushlight_image::exif::orientation_with_xmp(None, Some(xmp)), 8);
/// ```
pub fn orientation_with_xmp(exif: Option<&[u8]>, xmp: Option<&[u8]>) -> u8 {
    match exif.and_then(declared) {
        Some(value) => valid(value),
        None => xmp.and_then(orientation_of_xmp).unwrap_or(1),
    }
}

/// An orientation as it is; 1 for what is none.
pub(crate) fn valid(value: u64) -> u8 {
    if (1..=8).contains(&value) { value as u8 } else { 1 }
}

/// The digit after the first `tiff:Orientation="` or `tiff:Orientation>`.
pub(crate) fn orientation_of_xmp(xmp: &[u8]) -> Option<u8> {
    const NAME: &[u8] = b"tiff:Orientation";
    let xmp = &xmp[..xmp.len().min(MAX_XMP)];
    xmp.windows(NAME.len() + 3).filter(|part| part.starts_with(NAME)).find_map(|part| {
        let value = &part[NAME.len()..];
        let digit = value.strip_prefix(b"=\"").or_else(|| value.strip_prefix(b">"))?[0];
        digit.is_ascii_digit().then(|| valid((digit - b'0') as u64))
    })
}

/// The value of the orientation, which need not be valid; 0 for one of a type that holds no whole numbers.
fn declared(tiff: &[u8]) -> Option<u64> {
    let tiff = tiff.strip_prefix(b"Exif\0\0").unwrap_or(tiff);
    let little = match tiff.get(..2)? {
        b"II" => true,
        b"MM" => false,
        _ => return None,
    };
    let number = |at: usize, bytes: usize| {
        let field = tiff.get(at..at.checked_add(bytes)?)?;
        let join = |value: u64, &byte: &u8| value << 8 | byte as u64;
        Some(if little { field.iter().rev().fold(0, join) } else { field.iter().fold(0, join) })
    };
    let directory = number(4, 4)? as usize;
    let count = (number(directory, 2)? as usize).min(MAX_ENTRIES);
    let entry = (0..count).map(|i| directory.saturating_add(2 + 12 * i)).find(|&at| number(at, 2) == Some(ORIENTATION as u64))?;
    if number(entry + 4, 4)? == 0 {
        return None;
    }
    match number(entry + 2, 2)? {
        6 => number(entry + 8, 1),
        3 | 8 => number(entry + 8, 2),
        4 | 9 | 13 => number(entry + 8, 4),
        _ => Some(0),
    }
}
