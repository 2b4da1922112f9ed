//! Seeds that are no images: archives, EXIF data, colour profiles; and what is done with them.

use rushlight_image::tar::{Archive, Seeking, Source, Stream};
use rushlight_image::{Mode, exif, icc};

/// A member of an archive: its header (POSIX.1-2017, `ustar`) and its contents.
fn member(name: &[u8], kind: u8, contents: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name);
    block[124..135].copy_from_slice(format!("{:011o}", contents.len()).as_bytes());
    block[156] = kind;
    block[257..265].copy_from_slice(b"ustar\x0000");
    block.extend(contents);
    block.resize(block.len().next_multiple_of(512), 0);
    with_checksums(block)
}

/// The blocks that look like headers with checksums that fit: a wrong one would end every walk at once.
fn with_checksums(mut data: Vec<u8>) -> Vec<u8> {
    for block in data.as_chunks_mut::<512>().0.iter_mut().filter(|block| block[257..].starts_with(b"ustar")) {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    data
}

/// An archive with every kind of header, EXIF data of both byte orders, XMP, and a profile.
pub fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let archive = [
        member(b"a.jpg", b'0', b"contents"),
        member(b"././@LongLink", b'L', &[b'n'; 300]),
        member(b"short", b'0', &[7; 600]),
        member(b"pax_global_header", b'g', b"18 comment=abcdefg\n"),
        member(b"x", b'x', b"12 path=a/b\n11 size=4\n"),
        member(b"y", b'0', b"abcd"),
        member(b"folder/", b'5', b""),
        member(b"sparse", b'S', b""),
        vec![0; 1024],
    ]
    .concat();
    let profile = moxcms::ColorProfile::new_srgb().encode().expect("the profile of sRGB can be written");
    vec![
        ("tar", archive),
        ("exif", b"MM\0*\0\0\0\x08\0\x02\x01\x0F\0\x02\0\0\0\x09\0\0\0\x26\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0a camera\0".to_vec()),
        ("exif", b"II*\0\x08\0\0\0\x01\0\x12\x01\x04\0\x01\0\0\0\x08\0\0\0\0\0\0\0".to_vec()),
        ("exif", br#"<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>"#.to_vec()),
        ("icc", profile),
    ]
}

/// Reads the data as all of them.
pub fn read(data: &[u8]) {
    let data = with_checksums(data.to_vec());
    let streamed = members(Stream(&data[..]));
    let found = members(Seeking::new(std::io::Cursor::new(&data)).expect("memory can be read"));
    assert!(streamed.starts_with(&found), "{found:?} is not the beginning of {streamed:?}");
    assert!((1..=8).contains(&exif::orientation_with_xmp(Some(&data), Some(&data))));
    for mode in [Mode::L, Mode::Rgb] {
        let _ = icc::to_srgb(&mut [7; 12], mode, &data);
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
