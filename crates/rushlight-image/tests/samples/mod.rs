//! Small files of every format.

#![allow(dead_code, reason = "each test uses some")]

pub mod avif;
#[path = "../jpeg/samples.rs"]
pub mod jpeg;

use rushlight_image::{Format, Mode};
use std::io::Cursor;

pub const WIDTH: usize = 7;
pub const HEIGHT: usize = 5;

pub fn samples(channels: usize) -> Vec<u8> {
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

/// A file of each format that is exact, with what decoding it must give.
pub fn files() -> Vec<(Format, Vec<u8>, Mode, Vec<u8>)> {
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
