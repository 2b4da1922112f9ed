//! Decodes files to raw RGB files of the same names (`--out DIR`), or times the decoding of all of them (`--time ROUNDS`).
//! `SCALE=2`, `4` or `8` in the environment decodes to a smaller size.
//!
//! `cargo run --release -p rushlight-image --example decode -- --time 30 photos/*.jpg`

use rushlight_image::{Format, Limits, Mode, decode_into, info, jpeg};
use std::path::Path;
use std::time::Instant;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first_chunk::<2>() {
        Some(([flag, directory], files)) if flag == "--out" => write_pixels(Path::new(directory), files),
        Some(([flag, rounds], files)) if flag == "--time" => time(rounds.parse().expect("a number of rounds"), files),
        _ => eprintln!("decode --out DIR FILES... | decode --time ROUNDS FILES..."),
    }
}

fn scale() -> jpeg::Scale {
    match std::env::var("SCALE").as_deref() {
        Ok("2") => jpeg::Scale::Half,
        Ok("4") => jpeg::Scale::Quarter,
        Ok("8") => jpeg::Scale::Eighth,
        _ => jpeg::Scale::Full,
    }
}

fn decode(decoder: &mut jpeg::Decoder, data: &[u8], scale: jpeg::Scale, pixels: &mut Vec<u8>) -> rushlight_image::Result<()> {
    let info = info(data)?;
    let (width, height) = (info.width.div_ceil(scale.divisor()), info.height.div_ceil(scale.divisor()));
    pixels.resize(3 * width * height, 0);
    match info.format {
        Format::Jpeg => decoder.decode_scaled(data, Mode::Rgb, scale, None, &Limits::default(), pixels, 3 * width),
        _ => decode_into(decoder, data, Mode::Rgb, &Limits::default(), pixels, 3 * width),
    }
}

fn write_pixels(directory: &Path, files: &[String]) {
    let mut decoder = jpeg::Decoder::new();
    for file in files {
        let name = Path::new(file).file_name().expect("a file name").to_string_lossy().into_owned();
        let mut pixels = Vec::new();
        match std::fs::read(file).map_err(|e| e.to_string()).and_then(|data| decode(&mut decoder, &data, scale(), &mut pixels).map_err(|e| e.to_string())) {
            Ok(_) => std::fs::write(directory.join(name), &pixels).expect("the directory is writable"),
            Err(error) => println!("{file}\t{error}"),
        }
    }
}

fn time(rounds: usize, files: &[String]) {
    let contents: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(file).expect("a readable file")).collect();
    let (mut decoder, scale) = (jpeg::Decoder::new(), scale());
    let mut buffers: Vec<Vec<u8>> = contents.iter().map(|_| Vec::new()).collect();
    let mut least = vec![f64::INFINITY; contents.len()];
    for _ in 0..rounds {
        for ((data, pixels), least) in contents.iter().zip(&mut buffers).zip(&mut least) {
            let start = Instant::now();
            decode(&mut decoder, data, scale, pixels).expect("a valid image");
            *least = least.min(start.elapsed().as_secs_f64() * 1e6);
        }
    }
    println!("microseconds per image, least of {rounds} rounds each: {:.1}", least.iter().sum::<f64>() / least.len() as f64);
}
