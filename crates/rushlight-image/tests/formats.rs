//! Every format: pixels that were written come back, broken files are errors, and none of them ends the process.

use rushlight_image::{ErrorKind, Format, Image, Info, Limits, Mode, Samples, decode, decode_into, info, jpeg};
use std::io::Cursor;

const WIDTH: usize = 7;
const HEIGHT: usize = 5;

fn samples(channels: usize) -> Vec<u8> {
    (0..WIDTH * HEIGHT * channels).map(|i| (i * 37 % 251) as u8).collect()
}

fn png_file(color: png::ColorType, data: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, WIDTH as u32, HEIGHT as u32);
    encoder.set_color(color);
    encoder.write_header().unwrap().write_image_data(data).unwrap();
    file
}

fn gif_file() -> (Vec<u8>, Vec<u8>) {
    let palette: Vec<u8> = (0..16u8).flat_map(|i| [i * 16, 255 - i, i]).collect();
    let indices: Vec<u8> = (0..WIDTH * HEIGHT).map(|i| (i % 16) as u8).collect();
    let mut file = Vec::new();
    let mut encoder = gif::Encoder::new(&mut file, WIDTH as u16, HEIGHT as u16, &palette).unwrap();
    let frame = gif::Frame { width: WIDTH as u16, height: HEIGHT as u16, buffer: indices.clone().into(), ..Default::default() };
    encoder.write_frame(&frame).unwrap();
    drop(encoder);
    (file, indices.iter().flat_map(|&i| palette[3 * i as usize..][..3].to_vec()).collect())
}

fn tiff_file() -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let mut encoder = tiff::encoder::TiffEncoder::new(&mut file).unwrap();
    encoder.write_image::<tiff::encoder::colortype::RGB8>(WIDTH as u32, HEIGHT as u32, &samples(3)).unwrap();
    file.into_inner()
}

fn webp_file() -> Vec<u8> {
    let mut file = Vec::new();
    image_webp::WebPEncoder::new(&mut file).encode(&samples(4), WIDTH as u32, HEIGHT as u32, image_webp::ColorType::Rgba8).unwrap();
    file
}

/// 24 bits, bottom-up, rows of 21 bytes padded to 24.
fn bmp_file() -> Vec<u8> {
    let mut file = b"BM".to_vec();
    for value in [54 + 24 * HEIGHT as u32, 0, 54, 40, WIDTH as u32, HEIGHT as u32, 1 | 24 << 16, 0, 0, 0, 0, 0, 0] {
        file.extend(value.to_le_bytes());
    }
    for row in samples(3).chunks(3 * WIDTH).rev() {
        file.extend(row.as_chunks::<3>().0.iter().flat_map(|&[r, g, b]| [b, g, r]));
        file.extend([0; 3]);
    }
    file
}

/// A file of each format, with what decoding it must give.
fn files() -> Vec<(Format, Vec<u8>, Mode, Vec<u8>)> {
    let (gif, gif_pixels) = gif_file();
    let qoi = qoi::encode_to_vec(samples(4), WIDTH as u32, HEIGHT as u32).unwrap();
    let pnm = [format!("P6\n# comment\n{WIDTH} {HEIGHT} 255\n").as_bytes(), &samples(3)].concat();
    let pam = [format!("P7\nWIDTH {WIDTH}\nHEIGHT {HEIGHT}\nDEPTH 2\nMAXVAL 255\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\n").as_bytes(), &samples(2)].concat();
    vec![
        (Format::Png, png_file(png::ColorType::Rgb, &samples(3)), Mode::Rgb, samples(3)),
        (Format::Png, png_file(png::ColorType::GrayscaleAlpha, &samples(2)), Mode::La, samples(2)),
        (Format::WebP, webp_file(), Mode::Rgba, samples(4)),
        (Format::Gif, gif, Mode::Rgb, gif_pixels),
        (Format::Tiff, tiff_file(), Mode::Rgb, samples(3)),
        (Format::Bmp, bmp_file(), Mode::Rgb, samples(3)),
        (Format::Qoi, qoi, Mode::Rgba, samples(4)),
        (Format::Pnm, pnm, Mode::Rgb, samples(3)),
        (Format::Pnm, pam, Mode::La, samples(2)),
    ]
}

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
                Format::Png => 16,
                Format::Gif => 4,
                Format::WebP => 2,
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
    assert_eq!(kind(b"\0\0\0\x20ftypavif\0\0\0\0avifmif1"), ErrorKind::Unsupported);
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
