//! Every format: pixels that were written come back, broken files are errors, and none of them ends the process.

mod samples;

use rushlight_image::{ErrorKind, Format, Image, Info, Limits, Mode, Samples, decode, decode_into, info, jpeg};
use samples::{HEIGHT, WIDTH, files};

fn small() -> Limits {
    Limits { max_pixels: 1 << 16, max_memory: 1 << 22 }
}

#[test]
fn what_was_written_comes_back() {
    for (format, file, mode, pixels) in files() {
        assert_eq!(info(&file).unwrap(), Info { format, width: WIDTH, height: HEIGHT, mode, bits: 8, orientation: 1 });
        let image = decode(&file, &Limits::default()).unwrap();
        assert_eq!(image, Image { width: WIDTH, height: HEIGHT, mode, samples: Samples::U8(pixels) }, "{format}");
    }
}

#[test]
fn a_batch_slot_is_filled_in_any_mode() {
    let mut decoder = jpeg::Decoder::new();
    for (format, file, _, _) in files() {
        for mode in [Mode::L, Mode::La, Mode::Rgb, Mode::Rgba] {
            let stride = WIDTH * mode.channels() + 3;
            let mut out = vec![7; stride * HEIGHT];
            decode_into(&mut decoder, &file, mode, &Limits::default(), &mut out, stride).unwrap();
            let Samples::U8(expected) = decode(&file, &Limits::default()).unwrap().into_mode(mode).samples else { panic!("{format} has 8 bits") };
            for (row, expected) in out.chunks(stride).zip(expected.chunks(WIDTH * mode.channels())) {
                assert_eq!(row, [expected, &[7; 3]].concat(), "{format} as {mode:?}");
            }
        }
    }
}

#[test]
fn truncated_files_are_errors() {
    for (format, file, ..) in files() {
        for length in 0..file.len() {
            // Trailers that carry no pixels may be missing.
            let trailer = match format {
                Format::Png => 24,
                Format::Gif => 4,
                Format::WebP => 2,
                // Its rows are padded.
                Format::Bmp => 3,
                Format::Qoi | Format::Tiff => 8,
                _ => 0,
            };
            let result = decode(&file[..length], &small());
            assert!(result.is_err() || length + trailer >= file.len() || format == Format::Tiff, "{format} cut to {length} of {}", file.len());
        }
    }
}

#[test]
fn flipped_bits_do_not_panic() {
    for (_, mut file, ..) in files() {
        for bit in 0..8 * file.len() {
            file[bit / 8] ^= 1 << (bit % 8);
            let _ = info(&file);
            let _ = decode(&file, &small());
            file[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn errors_name_the_format_and_the_rule() {
    let kind = |data: &[u8]| decode(data, &Limits::default()).unwrap_err().kind;
    assert_eq!(kind(b""), ErrorKind::Unknown);
    assert_eq!(kind(b"GIF"), ErrorKind::Unknown);
    assert_eq!(kind(b"\0\0\0\x10ftypavif\0\0\0\0"), ErrorKind::Malformed);
    let huge = b"P6 60000 60000 255 ";
    let error = decode(huge, &Limits::default()).unwrap_err();
    assert_eq!((error.format, error.kind), (Some(Format::Pnm), ErrorKind::Limit));
    assert_eq!(error.to_string(), "PNM: image over the limit: 60000x60000 pixels are more than max_pixels=178956970");
}

#[test]
fn sixteen_bits_are_kept_until_eight_are_asked_for() {
    let image = decode(b"P2 2 1 65535 258 65535", &Limits::default()).unwrap();
    assert_eq!(image.samples, Samples::U16(vec![258, 65535]));
    assert_eq!(image.into_u8().samples, Samples::U8(vec![1, 255]));
}

#[test]
fn bits_and_plain_text_of_netpbm() {
    let samples = |data: &[u8]| decode(data, &Limits::default()).unwrap().samples;
    assert_eq!(samples(b"P1 3 2 101\n010"), Samples::U8(vec![0, 255, 0, 255, 0, 255]));
    assert_eq!(samples(b"P4 3 2\n\xA0\x40"), Samples::U8(vec![0, 255, 0, 255, 0, 255]));
    assert_eq!(samples(b"P2 3 1 4 0 1 4"), Samples::U8(vec![0, 64, 255]));
}

#[test]
fn formats_that_are_not_decoded_are_named() {
    let reason = |data: &[u8]| decode(data, &Limits::default()).unwrap_err().reason;
    assert!(reason(b"\0\0\x01\0\x01\0").contains("ICO"));
    assert!(reason(b"\0\0\0\x18ftypheic\0\0\0\0").contains("HEIC"));
    assert!(reason(b"\n <!DOCTYPE html><html>404</html>").contains("HTML"));
}

/// A bitmap of 8 bits with run lengths and a palette of one colour.
fn run_lengths(width: i32, height: i32, data: &[u8]) -> Vec<u8> {
    let mut file = b"BM".to_vec();
    for value in [58, 0, 58, 40, width, height, 1 | 8 << 16, 1, 0, 0, 0, 1, 0] {
        file.extend(value.to_le_bytes());
    }
    [&file[..], b"\x10\x20\x30\0", data].concat()
}

#[test]
fn run_lengths_of_bitmaps_need_all_pixels_but_no_end() {
    let image = decode(&run_lengths(2, 2, b"\x02\0\0\0\x02\0"), &small()).unwrap();
    assert_eq!(image.samples, Samples::U8([0x30, 0x20, 0x10].repeat(4)));
    assert_eq!(decode(&run_lengths(2, 2, b"\x02\0\0\x01"), &small()).unwrap_err().kind, ErrorKind::Truncated);
}

#[test]
fn a_png_may_end_without_its_last_chunk() {
    let (_, png, _, pixels) = files().swap_remove(0);
    let whole = png.len();
    // Within the end, before it, within the checksums of the pixels.
    for length in [whole - 5, whole - 12, whole - 15, whole - 18] {
        assert_eq!(decode(&png[..length], &small()).unwrap().samples, Samples::U8(pixels.clone()));
    }
    assert_eq!(decode(&png[..whole - 30], &small()).unwrap_err().kind, ErrorKind::Truncated);
}

#[test]
fn a_palette_that_ends_within_a_colour_has_the_whole_ones() {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 4, 4);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_palette([7; 6].to_vec());
    encoder.write_header().unwrap().write_image_data(&[1; 16]).unwrap();
    // A colour and a third.
    let at = file.windows(4).position(|kind| kind == b"PLTE").unwrap();
    file[at - 1] = 4;
    let mut checksum = flate2::Crc::new();
    checksum.update(&file[at..at + 8]);
    file.splice(at + 8..at + 14, checksum.sum().to_be_bytes());
    // The index 1 is of a colour that is not there.
    assert_eq!(decode(&file, &small()).unwrap().samples, Samples::U8(vec![0; 48]));
}
