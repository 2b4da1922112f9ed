//! Encoders: what is written can be read, and is as far from the original as the format allows.

use rushlight_image::encode::{JpegOptions, Pixels, Subsampling, WebPOptions, jpeg, png, png16, webp};
use rushlight_image::{ErrorKind, Limits, Mode, Samples, decode};

const MODES: [Mode; 4] = [Mode::L, Mode::La, Mode::Rgb, Mode::Rgba];

/// A smooth picture with an edge.
fn picture(width: usize, height: usize, channels: usize) -> Vec<u8> {
    let sample = |x: usize, y: usize, c: usize| (60 + 3 * x + 2 * y + 20 * c + if x > width / 2 { 50 } else { 0 }).min(255) as u8;
    (0..width * height * channels).map(|i| sample(i / channels % width, i / channels / width, i % channels)).collect()
}

fn decoded(file: &[u8]) -> Vec<u8> {
    match decode(file, &Limits::default()).unwrap().samples {
        Samples::U8(samples) => samples,
        Samples::U16(_) => panic!("8 bits were written"),
    }
}

/// Largest and mean difference.
fn distance(a: &[u8], b: &[u8]) -> (u8, f64) {
    assert_eq!(a.len(), b.len());
    let differences = || a.iter().zip(b).map(|(a, b)| a.abs_diff(*b));
    (differences().max().unwrap(), differences().map(f64::from).sum::<f64>() / a.len() as f64)
}

#[test]
fn a_jpeg_of_any_kind_and_size_is_close_to_its_pixels() {
    for (width, height) in [(1, 1), (8, 8), (9, 17), (16, 16), (33, 31), (40, 3)] {
        for mode in [Mode::L, Mode::Rgb] {
            let samples = picture(width, height, mode.channels());
            for subsampling in [Subsampling::S444, Subsampling::S422, Subsampling::S420] {
                for (progressive, optimize) in [(false, false), (false, true), (true, false)] {
                    let options = JpegOptions { quality: 95, subsampling, progressive, optimize };
                    let file = jpeg(Pixels { samples: &samples, width, height, mode }, options).unwrap();
                    let (_, mean) = distance(&decoded(&file), &samples);
                    assert!(mean < 4.0, "{width}x{height} {mode:?} {options:?}: {mean}");
                }
            }
        }
    }
}

#[test]
fn the_three_ways_of_coding_give_the_same_pixels() {
    let samples = picture(75, 53, 3);
    let pixels = Pixels { samples: &samples, width: 75, height: 53, mode: Mode::Rgb };
    for quality in [1, 30, 75, 90, 100] {
        let plain = JpegOptions { quality, ..JpegOptions::default() };
        let file = jpeg(pixels, plain).unwrap();
        let optimized = jpeg(pixels, JpegOptions { optimize: true, ..plain }).unwrap();
        let progressive = jpeg(pixels, JpegOptions { progressive: true, ..plain }).unwrap();
        assert!(optimized.len() < file.len());
        assert_eq!(decoded(&optimized), decoded(&file));
        assert_eq!(decoded(&progressive), decoded(&file));
    }
}

#[test]
fn a_png_is_exact_at_every_level() {
    for mode in MODES {
        let samples = picture(19, 11, mode.channels());
        for level in 0..=9 {
            let file = png(Pixels { samples: &samples, width: 19, height: 11, mode }, level).unwrap();
            assert_eq!(decoded(&file), samples, "{mode:?} at level {level}");
        }
        let wide: Vec<u16> = samples.iter().map(|&v| (v as u16 * 257) ^ 0x1234).collect();
        let file = png16(Pixels { samples: &wide, width: 19, height: 11, mode }, 6).unwrap();
        assert_eq!(decode(&file, &Limits::default()).unwrap().samples, Samples::U16(wide));
    }
}

#[test]
fn a_webp_is_exact_or_close() {
    for mode in MODES {
        let samples = picture(45, 30, mode.channels());
        let pixels = Pixels { samples: &samples, width: 45, height: 30, mode };
        let full = if mode.has_alpha() { Mode::Rgba } else { Mode::Rgb };
        let read = |file: &[u8]| decode(file, &Limits::default()).unwrap().into_mode(full).into_mode(mode).samples;
        assert_eq!(read(&webp(pixels, WebPOptions::Lossless).unwrap()), Samples::U8(samples.clone()), "{mode:?}");
        let Samples::U8(lossy) = read(&webp(pixels, WebPOptions::Lossy(90)).unwrap()) else { panic!("8 bits were written") };
        let (_, mean) = distance(&lossy, &samples);
        assert!(mean < 2.5, "{mode:?}: {mean}");
    }
}

#[test]
fn impossible_requests_are_errors() {
    let kind = |samples: &[u8], width, height, mode| jpeg(Pixels { samples, width, height, mode }, JpegOptions::default()).unwrap_err().kind;
    assert_eq!(kind(&[0; 4], 1, 1, Mode::Rgba), ErrorKind::Argument);
    assert_eq!(kind(&[0; 5], 1, 2, Mode::Rgb), ErrorKind::Argument);
    assert_eq!(kind(&[], 0, 2, Mode::Rgb), ErrorKind::Argument);
    assert_eq!(kind(&[0; 65501], 65501, 1, Mode::L), ErrorKind::Argument);
    let long = Pixels { samples: &[0; 16384], width: 16384, height: 1, mode: Mode::L };
    assert_eq!(webp(long, WebPOptions::Lossless).unwrap_err().kind, ErrorKind::Argument);
    assert_eq!(png(long, 10).unwrap_err().kind, ErrorKind::Argument);
}
