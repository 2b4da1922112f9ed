//! What every target does with the data it is given.

use rushlight_image::tar::{Archive, Seeking, Source, Stream};
use rushlight_image::{Format, Limits, Mode, decode, decode_into, info, jpeg};

/// So small that an input that needs much memory or time is one that got round the limits.
const LIMITS: Limits = Limits { max_pixels: 1 << 20, max_memory: 64 << 20 };

/// Reads the headers and decodes, both ways, if the data begin as the format does.
pub fn format(format: Format, data: &[u8]) {
    if Format::sniff(data) != Some(format) {
        return;
    }
    let Ok(info) = info(data) else { return };
    let _ = decode(data, &LIMITS);
    if info.width * info.height <= 1 << 16 {
        let mut pixels = vec![0; 3 * info.width * info.height];
        let _ = decode_into(&mut jpeg::Decoder::new(), data, Mode::Rgb, &LIMITS, &mut pixels, 3 * info.width);
    }
}

/// Reads the profile of a file, and takes the data for a profile themselves.
pub fn icc(data: &[u8]) {
    let _ = rushlight_image::icc::profile(data);
    for mode in [Mode::L, Mode::Rgba] {
        let _ = rushlight_image::icc::to_srgb(&mut [7; 64], mode, data);
    }
}

/// Walks an archive, once as a file and once as a stream: both find the same.
pub fn tar(data: &[u8]) {
    let data = &with_checksums(data);
    let streamed = members(Stream(&data[..]));
    if let Ok(source) = Seeking::new(std::io::Cursor::new(data)) {
        let found = members(source);
        // A stream does not know where it ends, and so finds the last member before it is known to be cut.
        assert!(streamed.starts_with(&found), "{found:?} is not the beginning of {streamed:?}");
    }
}

/// Names and contents of the members up to the first fault.
fn members(source: impl Source) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
    let mut archive = Archive::new(source);
    let mut found = Vec::new();
    while let Ok(Some(member)) = archive.next_member() {
        found.push((member.name, archive.read(1 << 16).ok()));
    }
    found
}

/// The blocks that look like headers with checksums that fit: a wrong one would end every walk at once.
fn with_checksums(data: &[u8]) -> Vec<u8> {
    let mut data = data.to_vec();
    for block in data.as_chunks_mut::<512>().0.iter_mut().filter(|block| block[257..].starts_with(b"ustar")) {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    data
}
