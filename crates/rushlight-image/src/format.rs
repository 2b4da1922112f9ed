//! The formats, told apart by their first bytes and never by a file's name.

use std::fmt;

/// A format of image files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// ITU-T T.81.
    Jpeg,
    /// Portable Network Graphics, APNG included.
    Png,
    /// WebP, lossy or lossless.
    WebP,
    /// GIF 87a or 89a.
    Gif,
    /// Windows and OS/2 bitmaps.
    Bmp,
    /// TIFF, either byte order.
    Tiff,
    /// The Quite OK Image format.
    Qoi,
    /// PBM, PGM, PPM and PAM.
    Pnm,
    /// AV1 in an ISO base media file.
    Avif,
}

impl Format {
    /// The format whose signature the data begin with.
    ///
    /// ```
    /// use rushlight_image::Format;
    /// assert_eq!(Format::sniff(b"\xff\xd8\xff\xe0"), Some(Format::Jpeg));
    /// assert_eq!(Format::sniff(b"plain text"), None);
    /// ```
    pub fn sniff(data: &[u8]) -> Option<Format> {
        let at = |offset: usize, magic: &[u8]| data.get(offset..).is_some_and(|rest| rest.starts_with(magic));
        let brand = |name: &[u8; 4]| at(4, b"ftyp") && data.get(8..64.min(data.len())).is_some_and(|b| b.chunks(4).any(|b| b == name));
        let pnm = matches!(data, [b'P', b'1'..=b'7', b' ' | b'\t' | b'\n' | b'\r' | b'#', ..]);
        Some(match () {
            _ if at(0, b"\xff\xd8\xff") => Format::Jpeg,
            _ if at(0, b"\x89PNG\r\n\x1a\n") => Format::Png,
            _ if at(0, b"RIFF") && at(8, b"WEBP") => Format::WebP,
            _ if at(0, b"GIF87a") || at(0, b"GIF89a") => Format::Gif,
            _ if at(0, b"BM") => Format::Bmp,
            _ if at(0, b"II*\0") || at(0, b"MM\0*") || at(0, b"II+\0") || at(0, b"MM\0+") => Format::Tiff,
            _ if at(0, b"qoif") => Format::Qoi,
            _ if brand(b"avif") || brand(b"avis") => Format::Avif,
            _ if pnm => Format::Pnm,
            _ => return None,
        })
    }

    /// The name people know it by.
    pub fn name(self) -> &'static str {
        match self {
            Format::Jpeg => "JPEG",
            Format::Png => "PNG",
            Format::WebP => "WebP",
            Format::Gif => "GIF",
            Format::Bmp => "BMP",
            Format::Tiff => "TIFF",
            Format::Qoi => "QOI",
            Format::Pnm => "PNM",
            Format::Avif => "AVIF",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
