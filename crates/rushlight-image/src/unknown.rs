//! Names of formats that are not decoded, so that errors can speak of them.

/// Signatures: where they are, and whose.
const SIGNATURES: [(usize, &[u8], &str); 27] = [
    (0, b"\0\0\x01\0", "a Windows icon (ICO)"),
    (0, b"\0\0\x02\0", "a Windows cursor (CUR)"),
    (0, b"icns", "an Apple icon (ICNS)"),
    (0, b"\0\0\0\x0CjP  ", "JPEG 2000"),
    (0, b"\xFF\x4F\xFF\x51", "JPEG 2000"),
    (0, b"\0\0\0\x0CJXL ", "JPEG XL"),
    (0, b"\xFF\x0A", "JPEG XL"),
    (4, b"ftyphei", "HEIC"),
    (4, b"ftyphev", "HEIC"),
    (4, b"ftypmif1", "HEIF"),
    (4, b"ftypmsf1", "HEIF"),
    (4, b"ftyp", "an MP4 or QuickTime video"),
    (0, b"8BPS", "Photoshop (PSD)"),
    (0, b"DDS ", "DirectDraw Surface (DDS)"),
    (0, b"v/1\x01", "OpenEXR"),
    (0, b"#?RADIANCE", "Radiance HDR"),
    (0, b"#?RGBE", "Radiance HDR"),
    (0, b"\x01\xDA", "SGI"),
    (0, b"\x0A\x05\x01", "PCX"),
    (0, b"II\xBC\x01", "JPEG XR"),
    (0, b"%PDF", "PDF"),
    (0, b"%!PS", "PostScript"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"\x1F\x8B", "gzip-compressed data"),
    (0, b"\x1A\x45\xDF\xA3", "a Matroska or WebM video"),
    (257, b"ustar", "a tar archive"),
    (0, b"farbfeld", "farbfeld"),
];

/// What the data are instead of an image that is decoded here.
pub fn name(data: &[u8]) -> Option<&'static str> {
    let signed = SIGNATURES.iter().find(|(at, magic, _)| data.get(*at..).is_some_and(|rest| rest.starts_with(magic)));
    signed.map(|signature| signature.2).or_else(|| markup(data))
}

/// Text that servers send in place of images, and drawings.
fn markup(data: &[u8]) -> Option<&'static str> {
    let start: String = String::from_utf8_lossy(&data[..data.len().min(1024)]).to_ascii_lowercase();
    let text = start.trim_start_matches('\u{FEFF}').trim_start();
    match text {
        _ if text.starts_with("<!doctype html") || text.starts_with("<html") => Some("an HTML page"),
        _ if text.starts_with("<svg") || text.starts_with("<?xml") && text.contains("<svg") => Some("SVG"),
        _ if text.starts_with("<?xml") => Some("XML"),
        _ => None,
    }
}
