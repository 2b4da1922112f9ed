//! JPEG: equality with libjpeg-turbo on small files, regions and scales, and what happens to broken ones.

mod samples;

use rushlight_image::Region;
use rushlight_image::jpeg::{Decoder, Scale, header};
use rushlight_image::{ErrorKind, Limits, Mode};
use samples::Sample;

fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, &b| (hash ^ b as u64).wrapping_mul(0x100_0000_01B3))
}

fn decode(decoder: &mut Decoder, data: &[u8]) -> rushlight_image::Result<Vec<u8>> {
    let header = header(data)?;
    // A flipped bit may declare thousands of rows; the limit keeps the test short.
    let limits = Limits { max_pixels: 1 << 20, ..Limits::default() };
    limits.check(rushlight_image::Format::Jpeg, header.width, header.height, 0)?;
    let mut pixels = vec![0; 3 * header.width * header.height];
    decoder.decode(data, Mode::Rgb, &limits, &mut pixels, 3 * header.width)?;
    Ok(pixels)
}

#[test]
fn pixels_equal_those_of_libjpeg_turbo() {
    let mut decoder = Decoder::new();
    for Sample { name, bytes, width, height, rgb_hash } in samples::ALL {
        let found = header(bytes).unwrap();
        assert_eq!((found.width, found.height), (width, height), "{name}");
        assert_eq!(fnv(&decode(&mut decoder, bytes).unwrap()), rgb_hash, "{name}");
    }
}

#[test]
fn every_truncation_is_an_error_and_none_a_panic() {
    let mut decoder = Decoder::new();
    for Sample { name, bytes, .. } in samples::ALL {
        for length in 0..bytes.len() {
            let error = decode(&mut decoder, &bytes[..length]).expect_err(name);
            assert!(matches!(error.kind, ErrorKind::Truncated | ErrorKind::Malformed), "{name} cut to {length}: {error}");
        }
    }
}

#[test]
fn no_flipped_bit_panics_or_changes_later_images() {
    let mut decoder = Decoder::new();
    for Sample { name, bytes, rgb_hash, .. } in samples::ALL {
        let mut broken = bytes.to_vec();
        for bit in 0..8 * bytes.len() {
            broken[bit / 8] ^= 1 << (bit % 8);
            let _ = decode(&mut decoder, &broken);
            broken[bit / 8] ^= 1 << (bit % 8);
        }
        assert_eq!(fnv(&decode(&mut decoder, bytes).unwrap()), rgb_hash, "{name}");
    }
}

#[test]
fn a_region_is_the_part_of_the_whole() {
    let mut decoder = Decoder::new();
    for Sample { name, bytes, width, height, .. } in samples::ALL {
        let whole = decode(&mut decoder, bytes).unwrap();
        for i in 0..width * height {
            let (x, y) = (i % width, i / width);
            let region = Region { x, y, width: (1 + i % 11).min(width - x), height: (1 + i % 5).min(height - y) };
            let mut part = vec![0; 3 * region.width * region.height];
            decoder.decode_scaled(bytes, Mode::Rgb, Scale::Full, Some(region), &Limits::default(), &mut part, 3 * region.width).unwrap();
            for (row, pixels) in part.chunks_exact(3 * region.width).enumerate() {
                let at = 3 * ((y + row) * width + x);
                assert_eq!(pixels, &whole[at..at + pixels.len()], "{name} at {x}, {y}");
            }
        }
    }
}

#[test]
fn scales_round_sizes_up() {
    let mut decoder = Decoder::new();
    for Sample { name, bytes, width, height, .. } in samples::ALL {
        for scale in [Scale::Half, Scale::Quarter, Scale::Eighth] {
            let (w, h) = (width.div_ceil(scale.divisor()), height.div_ceil(scale.divisor()));
            let mut pixels = vec![0; w * h];
            decoder.decode_scaled(bytes, Mode::L, scale, None, &Limits::default(), &mut pixels, w).expect(name);
        }
    }
}

#[test]
fn rows_may_be_apart_and_nothing_between_them_is_touched() {
    let Sample { bytes, width, height, .. } = samples::BASELINE_422;
    let whole = decode(&mut Decoder::new(), bytes).unwrap();
    let stride = 3 * width + 7;
    let mut apart = vec![99; stride * height];
    Decoder::new().decode(bytes, Mode::Rgb, &Limits::default(), &mut apart, stride).unwrap();
    for (row, pixels) in apart.chunks_exact(stride).zip(whole.chunks_exact(3 * width)) {
        assert_eq!(&row[..3 * width], pixels);
        assert_eq!(row[3 * width..], [99; 7]);
    }
}

#[test]
fn limits_and_buffers_are_checked_first() {
    let Sample { bytes, width, height, .. } = samples::GRAY;
    let kind = |limits: Limits, length: usize| Decoder::new().decode(bytes, Mode::L, &limits, &mut vec![0; length], width).unwrap_err().kind;
    assert_eq!(kind(Limits { max_pixels: 10, ..Limits::default() }, width * height), ErrorKind::Limit);
    assert_eq!(kind(Limits { max_memory: 10, ..Limits::default() }, width * height), ErrorKind::Limit);
    assert_eq!(kind(Limits::default(), width * height - 1), ErrorKind::Argument);
}

#[test]
fn the_orientation_may_be_in_xmp() {
    let file = samples::ALL[0].bytes;
    let packet = b"http://ns.adobe.com/xap/1.0/\0<rdf:Description tiff:Orientation=\"6\"/>";
    let marker = [&[0xFF, 0xE1, 0, packet.len() as u8 + 2][..], packet].concat();
    let with_xmp = [&file[..2], &marker, &file[2..]].concat();
    assert_eq!(rushlight_image::info(&with_xmp).unwrap().orientation, 6);
}
