//! Pillow's resampling filters, and Mitchell and Netravali's.

use std::f64::consts::PI;

/// How the samples around a point are weighted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Filter {
    /// The nearest sample.
    Nearest,
    /// The mean of the covered samples; `area` elsewhere.
    Box,
    /// A triangle.
    Bilinear,
    /// A raised cosine of the triangle's width.
    Hamming,
    /// Keys' cubic with a = -1/2, which is the Catmull-Rom spline; Pillow's `BICUBIC`.
    Bicubic,
    /// Mitchell and Netravali's cubic, B = C = 1/3.
    Mitchell,
    /// A sinc windowed by a sinc of three lobes; Pillow's `LANCZOS`.
    Lanczos3,
}

impl Filter {
    /// Half the filter's width, in samples of the smaller image.
    pub(super) fn support(self) -> f64 {
        match self {
            Filter::Nearest | Filter::Box => 0.5,
            Filter::Bilinear | Filter::Hamming => 1.0,
            Filter::Bicubic | Filter::Mitchell => 2.0,
            Filter::Lanczos3 => 3.0,
        }
    }

    /// The weight at a distance.
    pub(super) fn weight(self, x: f64) -> f64 {
        match self {
            Filter::Nearest | Filter::Box => (x > -0.5 && x <= 0.5) as u8 as f64,
            Filter::Bilinear => (1.0 - x.abs()).max(0.0),
            Filter::Hamming => hamming(x.abs()),
            Filter::Bicubic => cubic(x.abs(), 0.0, 0.5),
            Filter::Mitchell => cubic(x.abs(), 1.0 / 3.0, 1.0 / 3.0),
            Filter::Lanczos3 => {
                if (-3.0..3.0).contains(&x) {
                    sinc(x) * sinc(x / 3.0)
                } else {
                    0.0
                }
            }
        }
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (x * PI).sin() / (x * PI) }
}

fn hamming(x: f64) -> f64 {
    match x {
        0.0 => 1.0,
        x if x >= 1.0 => 0.0,
        // Pillow has these two constants in single precision.
        x => (x * PI).sin() / (x * PI) * (0.54f32 as f64 + 0.46f32 as f64 * (x * PI).cos()),
    }
}

/// The family of Mitchell and Netravali (SIGGRAPH 1988); with B = 0 evaluated in Pillow's order, a = -C.
fn cubic(x: f64, b: f64, c: f64) -> f64 {
    if b == 0.0 {
        let a = -c;
        return match x {
            x if x < 1.0 => ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0,
            x if x < 2.0 => (((x - 5.0) * x + 8.0) * x - 4.0) * a,
            _ => 0.0,
        };
    }
    match x {
        x if x < 1.0 => (((12.0 - 9.0 * b - 6.0 * c) * x + (-18.0 + 12.0 * b + 6.0 * c)) * x * x + (6.0 - 2.0 * b)) / 6.0,
        x if x < 2.0 => ((((-b - 6.0 * c) * x + (6.0 * b + 30.0 * c)) * x + (-12.0 * b - 48.0 * c)) * x + (8.0 * b + 24.0 * c)) / 6.0,
        _ => 0.0,
    }
}
