//! AVIF: pixels, alpha, and that what is broken is an error.

mod samples;

use rushlight_image::{ErrorKind, Format, Image, Info, Limits, Mode, Samples, Turn, decode, info};
use samples::avif::{ALL, ALPHA, GRAY, Sample, YUV_420};

fn rgba(image: Image) -> Vec<u8> {
    match image.into_mode(Mode::Rgba).samples {
        Samples::U8(samples) => samples,
        Samples::U16(_) => panic!("AVIF is decoded to 8 bits"),
    }
}

#[test]
fn the_header_gives_size_and_mode() {
    let mode = |sample: Sample| info(sample.bytes).unwrap().mode;
    assert_eq!(info(YUV_420.bytes).unwrap(), Info { format: Format::Avif, width: 16, height: 12, mode: Mode::Rgb, bits: 8, orientation: 1 });
    assert_eq!((mode(ALPHA), mode(GRAY)), (Mode::Rgba, Mode::L));
}

#[test]
fn pixels_are_those_of_libavif() {
    for Sample { name, bytes, last } in ALL {
        let pixels = rgba(decode(bytes, &Limits::default()).unwrap());
        let distance = pixels[pixels.len() - 4..].iter().zip(last).map(|(a, b)| a.abs_diff(b)).max().unwrap();
        assert!(distance <= 1, "{name}: {distance}");
    }
}

/// The bytes of `irot` and `imir` properties in place of one that is not needed.
fn with_property(file: &[u8], name: &[u8; 4], replacement: &[u8; 4], value: u8) -> Vec<u8> {
    let at = file.windows(4).position(|w| w == name).unwrap();
    let mut file = file.to_vec();
    file[at..at + 4].copy_from_slice(replacement);
    file[at + 4] = value;
    file
}

#[test]
fn rotation_and_mirroring_are_applied() {
    let upright = decode(YUV_420.bytes, &Limits::default()).unwrap();
    for (kind, value, orientation) in [(b"irot", 1, 8), (b"irot", 2, 3), (b"irot", 3, 6), (b"imir", 0, 4), (b"imir", 1, 2)] {
        let file = with_property(YUV_420.bytes, b"pixi", kind, value);
        let turned = decode(&file, &Limits::default()).unwrap();
        assert_eq!((info(&file).unwrap().width, info(&file).unwrap().height), (turned.width, turned.height));
        assert_eq!(turned, upright.clone().turned(Turn::of_exif(orientation)), "{kind:?} {value}");
    }
}

#[test]
fn limits_are_checked_before_anything_is_decoded() {
    let kind = |limits: Limits| decode(ALPHA.bytes, &limits).unwrap_err().kind;
    assert_eq!(kind(Limits { max_pixels: 191, ..Limits::default() }), ErrorKind::Limit);
    assert_eq!(kind(Limits { max_memory: 1000, ..Limits::default() }), ErrorKind::Limit);
    let ispe = YUV_420.bytes.windows(4).position(|w| w == b"ispe").unwrap() + 8;
    let mut huge = YUV_420.bytes.to_vec();
    huge[ispe..ispe + 8].copy_from_slice(&[0, 0, 0x7F, 0xFF, 0, 0, 0x7F, 0xFF]);
    assert_eq!(decode(&huge, &Limits::default()).unwrap_err().kind, ErrorKind::Limit);
    let mut small = YUV_420.bytes.to_vec();
    small[ispe..ispe + 8].copy_from_slice(&[0, 0, 0, 8, 0, 0, 0, 8]);
    assert_eq!(decode(&small, &Limits::default()).unwrap_err().kind, ErrorKind::Malformed);
}

#[test]
fn every_truncation_is_an_error() {
    for Sample { name, bytes, .. } in ALL {
        for length in 0..bytes.len() {
            assert!(decode(&bytes[..length], &Limits::default()).is_err(), "{name} cut to {length}");
        }
    }
}
