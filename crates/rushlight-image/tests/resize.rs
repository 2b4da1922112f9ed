//! Resampling: identities, crops, boxes, and that vector code and plain code agree.

use rushlight_image::Region;
use rushlight_image::resize::{Filter, Geometry, Normalization, Resizer, View};

const FILTERS: [Filter; 7] = [Filter::Nearest, Filter::Box, Filter::Bilinear, Filter::Hamming, Filter::Bicubic, Filter::Mitchell, Filter::Lanczos3];

fn noise(count: usize) -> Vec<u8> {
    let mut state = 1u64;
    let next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 56) as u8
    };
    std::iter::repeat_with(next).take(count).collect()
}

fn view(samples: &[u8], width: usize, height: usize, channels: usize) -> View<'_> {
    View { samples, width, height, channels, stride: width * channels }
}

fn resize(source: View, geometry: Geometry, filter: Filter) -> Vec<u8> {
    let window = geometry.window.unwrap_or(Region { x: 0, y: 0, width: geometry.width, height: geometry.height });
    let row = window.width * source.channels;
    let mut out = vec![0; row * window.height];
    Resizer::new().resize(source, geometry, filter, &mut out, row).unwrap();
    out
}

fn whole(width: usize, height: usize) -> Geometry {
    Geometry::whole(width, height)
}

#[test]
fn the_same_size_is_the_same_image() {
    let samples = noise(13 * 9 * 3);
    for filter in FILTERS {
        assert_eq!(resize(view(&samples, 13, 9, 3), whole(13, 9), filter), samples, "{filter:?}");
    }
}

#[test]
fn one_colour_stays_one_colour() {
    for filter in FILTERS {
        for (width, height) in [(1, 1), (5, 70), (70, 5), (16, 16), (33, 47)] {
            let out = resize(view(&[93; 21 * 40 * 4], 21, 40, 4), whole(width, height), filter);
            assert!(out.iter().all(|&v| v == 93), "{filter:?} to {width}x{height}");
        }
    }
}

#[test]
fn mirrored_is_the_same_from_right_to_left() {
    let samples = noise(50 * 37 * 3);
    let source = view(&samples, 50, 37, 3);
    let window = Region { x: 4, y: 3, width: 11, height: 9 };
    for filter in FILTERS {
        for (width, height) in [(31, 19), (50, 19), (31, 37), (50, 37), (70, 12)] {
            let geometry = Geometry { window: Some(window), ..whole(width, height) };
            let plain = resize(source, geometry, filter);
            let mirrored = resize(source, Geometry { mirrored: true, ..geometry }, filter);
            for (a, b) in plain.chunks(33).zip(mirrored.chunks(33)) {
                assert!(a.chunks(3).eq(b.chunks(3).rev()), "{filter:?} to {width}x{height}");
            }
        }
    }
}

#[test]
fn a_window_is_the_part_of_the_whole() {
    let samples = noise(50 * 37 * 3);
    let source = view(&samples, 50, 37, 3);
    for filter in FILTERS {
        let all = resize(source, whole(31, 19), filter);
        let window = Region { x: 4, y: 3, width: 20, height: 11 };
        let part = resize(source, Geometry { window: Some(window), ..whole(31, 19) }, filter);
        for (y, row) in part.chunks(60).enumerate() {
            assert_eq!(row, &all[3 * ((y + 3) * 31 + 4)..][..60], "{filter:?}");
        }
    }
}

#[test]
fn channels_do_not_mix() {
    let samples = noise(29 * 31 * 3);
    let all = resize(view(&samples, 29, 31, 3), whole(17, 12), Filter::Lanczos3);
    for c in 0..3 {
        let one: Vec<u8> = samples.iter().skip(c).step_by(3).copied().collect();
        let alone = resize(view(&one, 29, 31, 1), whole(17, 12), Filter::Lanczos3);
        assert!(alone.iter().eq(all.iter().skip(c).step_by(3)), "channel {c}");
    }
}

#[test]
fn normalised_planes_are_the_normalised_pixels() {
    let samples = noise(20 * 16 * 3);
    let (mean, std) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
    let pixels = resize(view(&samples, 20, 16, 3), whole(9, 7), Filter::Bilinear);
    let mut planes = vec![0.0; 3 * 9 * 7];
    let normalization = Normalization::new(&mean, &std);
    Resizer::new().resize_normalized(view(&samples, 20, 16, 3), whole(9, 7), Filter::Bilinear, &normalization, &mut planes).unwrap();
    for (i, &value) in planes.iter().enumerate() {
        let (c, at) = (i / 63, i % 63);
        assert_eq!(value, (pixels[3 * at + c] as f32 / 255.0 - mean[c]) / std[c]);
    }
}

#[test]
fn impossible_requests_are_errors() {
    let samples = [0; 12];
    let source = view(&samples, 2, 2, 3);
    let try_it = |source: View, geometry: Geometry| Resizer::new().resize(source, geometry, Filter::Box, &mut [0; 12], 6).is_err();
    assert!(!try_it(source, whole(2, 2)));
    assert!(try_it(source, whole(0, 2)));
    assert!(try_it(source, whole(3, 2)));
    assert!(try_it(View { height: 3, ..source }, whole(2, 2)));
    assert!(try_it(source, Geometry { source: Some([0.0, 0.0, 2.5, 2.0]), ..whole(2, 2) }));
    assert!(try_it(source, Geometry { source: Some([f32::NAN, 0.0, 2.0, 2.0]), ..whole(2, 2) }));
    assert!(try_it(source, Geometry { window: Some(Region { x: 1, y: 0, width: 2, height: 2 }), ..whole(2, 2) }));
}
