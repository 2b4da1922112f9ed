//! Values recorded from PyTorch 2.15 after `torch.manual_seed(42)`: the first, middle and last element.

use super::{Generator, Real, Sample, StateError};
use half::{bf16, f16};

fn drawn<T: Sample>(count: usize, draw: impl FnOnce(&mut Generator, &mut [T])) -> Vec<T> {
    let mut out = vec![T::from_i64(0); count];
    draw(&mut Generator::new(42), &mut out);
    out
}

fn ends<T: Sample>(count: usize, draw: impl FnOnce(&mut Generator, &mut [T])) -> [T; 3] {
    let out = drawn(count, draw);
    [out[0], out[count / 2], out[count - 1]]
}

fn normals<T: Real>(count: usize) -> [f64; 3] {
    ends::<T>(count, |g, o| g.normal(o, 0.5, 2.0)).map(T::to_f64)
}

#[test]
fn uniform() {
    let wide = |g: &mut Generator, o: &mut [f64]| g.uniform(o, -1.0, 3.0);
    assert_eq!(ends(1000, |g, o| g.uniform::<f32>(o, -1.0, 3.0)), [2.529077, 0.5156703, -0.881372]);
    assert_eq!(ends(1000, wide), [-0.7673820561542812, 2.34079939330283, 0.6793032098782916]);
    let half = ends(1000, |g, o| g.uniform::<f16>(o, -1.0, 3.0)).map(f16::to_f64);
    assert_eq!(half, [2.529296875, 0.515625, -0.88134765625]);
    let brain = ends(1000, |g, o| g.uniform::<bf16>(o, -1.0, 3.0)).map(bf16::to_f64);
    assert_eq!(brain, [2.53125, 0.515625, -0.8828125]);
}

#[test]
fn normal_float32_is_exact() {
    let f32s = |values: [f32; 3]| values.map(f64::from);
    assert_eq!(normals::<f32>(15), f32s([1.1733807, -0.7759941, -1.4779198]));
    assert_eq!(normals::<f32>(16), f32s([4.3538303, -1.0042706, 2.024891]));
    assert_eq!(normals::<f32>(17), f32s([4.3538303, 1.2117198, -0.11945355]));
    assert_eq!(normals::<f32>(1000), f32s([4.3538303, -1.0051749, -1.2069088]));
}

#[test]
fn normal_bfloat16_is_exact() {
    assert_eq!(normals::<bf16>(15), [1.171875, -0.77734375, -1.4765625]);
    assert_eq!(normals::<bf16>(16), [4.34375, -1.0078125, 2.03125]);
    assert_eq!(normals::<bf16>(17), [4.34375, 3.859375, 2.21875]);
    assert_eq!(normals::<bf16>(1000), [4.34375, -1.0078125, 0.953125]);
}

/// The system's `log`, `sin` and `cos` may differ in the last bit between operating systems.
fn assert_near(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).abs() <= 4e-15 * e.abs(), "{f} is not {e}");
    }
}

#[test]
fn normal_float64() {
    assert_near(&normals::<f64>(15), &[1.1733807087677177, -0.7759941135344366, -1.4779197622931453]);
    assert_near(&normals::<f64>(16), &[1.0991125755005275, 0.8469528028472201, -2.484145456700869]);
    assert_near(&normals::<f64>(17), &[1.0991125755005275, 0.5768704765267089, 0.998823759383153]);
    assert_near(&normals::<f64>(1000), &[1.0991125755005275, 1.8931269842008922, -0.12576246452241913]);
}

#[test]
fn continuous() {
    assert_eq!(ends(31, |g, o| g.normal_each::<f32>(o, 0.0, 1.0)), [0.33669037, 0.9579718, -0.008498823]);
    assert_eq!(ends(100, |g, o| g.exponential::<f32>(o, 1.5)), [0.039942678, 0.8236871, 2.1739175]);
    assert_eq!(ends(100, |g, o| g.log_normal::<f32>(o, 0.0, 0.5)), [1.183345, 0.8668602, 1.5806955]);
    let cauchy = ends(100, |g, o| g.cauchy::<f64>(o, 1.0, 2.0));
    assert_near(&cauchy, &[-9.824974593994627, 2.544522203242897, 17.517779173004733]);
    assert_eq!(ends(100, |g, o| g.geometric::<i64>(o, 0.1)), [27, 4, 1]);
}

#[test]
fn bernoulli() {
    let scalar = drawn::<u8>(20, |g, o| g.bernoulli(o, 0.3));
    assert_eq!(scalar, [1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
    let tensor = drawn::<u8>(20, |g, o| g.bernoulli_each(o, &[0.3f32; 20]));
    assert_eq!(tensor, [0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
}

#[test]
fn integers() {
    assert_eq!(ends::<i64>(1000, |g, o| g.random_from_to(o, 105, -5)), [52, 27, 78]);
    let range = (1 << 50) + (1 << 40);
    let long = ends::<i64>(1000, |g, o| g.random_from_to(o, range, -1 << 40));
    assert_eq!(long, [538102693772723, 587092103388094, 257519888102896]);
    assert_eq!(ends::<i32>(1000, |g, o| g.random_natural(o)), [1608637542, 1264648382, 1946654618]);
    assert_eq!(ends::<f32>(1000, |g, o| g.random_natural(o)), [1.4801927e7, 6.357107e6, 497446.0]);
    let full = ends::<i64>(1000, |g, o| g.random_full(o));
    assert_eq!(full, [6909045637428952499, -5567933527233274946, 8227354374233650672]);
    assert_eq!(drawn::<i64>(10, |g, o| g.permutation(o)), [2, 6, 1, 8, 4, 5, 0, 9, 3, 7]);
}

#[test]
fn multinomial() {
    let weights = [1f32, 2.0, 3.0, 4.0, 0.0, 5.0];
    let again = drawn(10, |g, o| g.multinomial_with_replacement(o, &weights));
    assert_eq!(again, [0, 0, 1, 0, 3, 3, 5, 5, 1, 1]);
    assert_eq!(drawn(5, |g, o| g.multinomial_without_replacement(o, &weights)), [3, 1, 2, 0, 5]);
}

#[test]
fn rejection() {
    let rate = [0.0, 0.5, 3.0, 9.0, 15.0, 300.0];
    assert_eq!(drawn::<f64>(6, |g, o| g.poisson(o, &rate)), [0.0, 0.0, 1.0, 7.0, 13.0, 323.0]);
    let gamma = drawn::<f64>(6, |g, o| g.standard_gamma(o, &rate, f64::MIN_POSITIVE));
    let expected = [1.5588052402318462, 3.002866237926087, 3.245259812910292, 16.098327483749053, 306.5219831394621];
    assert_eq!(gamma[0], f64::MIN_POSITIVE);
    assert_near(&gamma[1..], &expected);
    let prob = [0.0, 0.1, 0.3, 0.5, 0.8, 0.95];
    let binomial = drawn::<f64>(6, |g, o| g.binomial(o, &[40.0; 6], &prob));
    assert_eq!(binomial, [0.0, 1.0, 8.0, 20.0, 32.0, 39.0]);
}

#[test]
fn state_round_trip() {
    let mut generator = Generator::new(7);
    generator.normal(&mut [0f32; 5], 0.0, 1.0);
    let state = generator.get_state();
    let hash = |h: u64, b: &u8| (h ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3);
    assert_eq!(state.iter().fold(0xcbf2_9ce4_8422_2325, hash), 0x3198_c12e_c37b_6014);

    let mut other = Generator::default();
    other.set_state(&state).unwrap();
    assert_eq!((other.initial_seed(), &other), (7, &generator));
    let mut pair = [0f32; 2];
    other.normal(&mut pair, 0.0, 1.0);
    assert_eq!(pair, [-0.8948279, -0.35562503]);
}

#[test]
fn bad_states_change_nothing() {
    let mut generator = Generator::new(1);
    let mut state = generator.get_state();
    assert_eq!(generator.set_state(&state[1..]), Err(StateError::Size(5055)));
    state[8] = 200;
    state[16..18].copy_from_slice(&600u16.to_le_bytes());
    assert_eq!(generator.set_state(&state), Err(StateError::Invalid));
    assert_eq!(generator.set_state(&[0; 5056]), Err(StateError::Invalid));
    assert_eq!(generator, Generator::new(1));
}

#[test]
fn one_stream_whatever_the_cuts() {
    let mut whole = [0u32; 3000];
    Generator::new(3).random_from_to(&mut whole, 1 << 20, 0);
    let (mut generator, mut rest) = (Generator::new(3), &whole[..]);
    for count in [1, 622, 1, 625, 130, 7, 1614] {
        let mut part = vec![0u32; count];
        generator.random_from_to(&mut part, 1 << 20, 0);
        assert_eq!(part, rest[..count]);
        rest = &rest[count..];
    }
    assert!(rest.is_empty());
}
