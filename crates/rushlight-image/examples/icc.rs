//! Decodes files to raw RGB files of the same names, converted to sRGB by their profiles: `icc DIRECTORY FILES...`.

use rushlight_image::{Limits, Mode, Samples, decode, icc};
use std::path::Path;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((directory, files)) = arguments.split_first() else { return eprintln!("icc DIRECTORY FILES...") };
    for file in files {
        match convert(file) {
            Ok(pixels) => {
                let name = Path::new(file).file_name().expect("a file name");
                std::fs::write(Path::new(directory).join(name), pixels).expect("the directory is writable");
            }
            Err(error) => println!("{file}\t{error}"),
        }
    }
}

fn convert(file: &str) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let data = std::fs::read(file)?;
    let profile = icc::profile(&data).ok_or("the file has no profile")?;
    let image = decode(&data, &Limits::default())?.into_u8();
    let mode = image.mode;
    let Samples::U8(mut pixels) = image.samples.clone() else { return Err("8 bits were asked for".into()) };
    icc::to_srgb(&mut pixels, mode, &profile)?;
    let image = rushlight_image::Image { samples: Samples::U8(pixels), ..image };
    match image.into_mode(Mode::Rgb).samples {
        Samples::U8(pixels) => Ok(pixels),
        Samples::U16(_) => Err("8 bits were asked for".into()),
    }
}
