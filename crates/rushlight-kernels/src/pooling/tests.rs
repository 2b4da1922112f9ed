use super::*;
use crate::gemm::tests::noise;

/// Sizes of a sliding pooling along one dimension.
#[derive(Clone, Copy)]
struct Line {
    input: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
    dilation: usize,
    ceil: bool,
}

impl Line {
    fn output(&self) -> usize {
        let span = self.input + 2 * self.padding - (self.dilation * (self.kernel - 1) + 1);
        let size = if self.ceil { span.div_ceil(self.stride) } else { span / self.stride } + 1;
        if self.ceil && (size - 1) * self.stride >= self.input + self.padding { size - 1 } else { size }
    }

    /// The positions of window `o`, by the definition.
    fn positions(&self, o: usize) -> Vec<usize> {
        let at = |tap: usize| (o * self.stride + tap * self.dilation).checked_sub(self.padding);
        (0..self.kernel).filter_map(at).filter(|&at| at < self.input).collect()
    }

    /// How many positions count when padding does.
    fn padded(&self, o: usize) -> usize {
        let start = o * self.stride;
        (start + self.kernel).min(self.input + 2 * self.padding) - start
    }
}

fn lines() -> Vec<Line> {
    let mut all = Vec::new();
    for input in [5, 8, 13] {
        for kernel in [1, 2, 3] {
            for stride in [1, 2, 3] {
                for (padding, dilation, ceil) in [(0, 1, false), (kernel / 2, 1, true), (kernel / 2, 2, false), (0, 2, true)] {
                    all.push(Line { input, kernel, stride, padding, dilation, ceil });
                }
            }
        }
    }
    all.retain(|l| l.input + 2 * l.padding > l.dilation * (l.kernel - 1));
    all
}

fn pooling(planes: usize, dims: [Line; 3]) -> Pooling {
    let [input, output] = [dims.map(|l| l.input), dims.map(|l| l.output())];
    let [kernel, stride] = [dims.map(|l| l.kernel), dims.map(|l| l.stride)];
    Pooling::sliding(planes, input, output, kernel, stride, dims.map(|l| l.padding), dims.map(|l| l.dilation))
}

/// The flat positions of every window of a plane.
fn windows(dims: [Line; 3]) -> Vec<(Vec<usize>, usize)> {
    let mut all = Vec::new();
    for z in 0..dims[0].output() {
        for y in 0..dims[1].output() {
            for x in 0..dims[2].output() {
                let mut flat = Vec::new();
                for i in dims[0].positions(z) {
                    for j in dims[1].positions(y) {
                        flat.extend(dims[2].positions(x).iter().map(|k| (i * dims[1].input + j) * dims[2].input + k));
                    }
                }
                all.push((flat, dims[0].padded(z) * dims[1].padded(y) * dims[2].padded(x)));
            }
        }
    }
    all
}

const FLAT: Line = Line { input: 1, kernel: 1, stride: 1, padding: 0, dilation: 1, ceil: false };

fn cases() -> Vec<[Line; 3]> {
    let lines = lines();
    let mut all: Vec<[Line; 3]> = lines.iter().map(|&l| [FLAT, FLAT, l]).collect();
    all.extend(lines.iter().zip(lines.iter().rev()).map(|(&a, &b)| [FLAT, a, b]));
    all.extend((0..lines.len() - 9).step_by(7).map(|i| [lines[i], lines[i + 4], lines[i + 9]]));
    all
}

#[test]
fn maximum_and_its_place() {
    for dims in cases() {
        let planes = 3;
        let p = pooling(planes, dims);
        let windows = windows(dims);
        let area = p.input_area();
        let x = noise::<f32>(planes * area, 1);
        let (mut y, mut at) = (vec![0.0; planes * windows.len()], vec![0; planes * windows.len()]);
        max_pool(&p, &x, &mut y, &mut at);
        let g = noise::<f32>(y.len(), 2);
        let (mut gx, mut want) = (vec![f32::NAN; x.len()], vec![0.0; x.len()]);
        max_pool_backward(&p, &g, &at, &mut gx);
        for (o, &place) in at.iter().enumerate() {
            let plane = &x[o / windows.len() * area..][..area];
            let best = windows[o % windows.len()].0.iter().map(|&i| plane[i]).fold(f32::NEG_INFINITY, f32::max);
            assert_eq!((y[o], plane[place as usize]), (best, best));
            want[o / windows.len() * area + place as usize] += g[o];
        }
        assert_eq!(gx, want);
    }
}

#[test]
fn average_and_its_gradient() {
    for dims in cases().into_iter().filter(|dims| dims.iter().all(|l| l.dilation == 1)) {
        let p = pooling(2, dims);
        let windows = windows(dims);
        let area = p.input_area();
        let x = noise::<f64>(2 * area, 1);
        let g = noise::<f64>(2 * windows.len(), 2);
        for divisor in [Divisor::Inside, Divisor::Padded, Divisor::Fixed(-5)] {
            let (mut y, mut gx) = (vec![f64::NAN; g.len()], vec![f64::NAN; x.len()]);
            avg_pool(&p, &x, &mut y, divisor);
            avg_pool_backward(&p, &g, &mut gx, divisor);
            let mut want = vec![0.0; x.len()];
            for (o, &got) in y.iter().enumerate() {
                let (flat, padded) = &windows[o % windows.len()];
                let n = match divisor {
                    Divisor::Inside => flat.len() as f64,
                    Divisor::Padded => *padded as f64,
                    Divisor::Fixed(n) => n as f64,
                };
                let base = o / windows.len() * area;
                let sum: f64 = flat.iter().map(|&i| x[base + i]).sum();
                let average = if flat.is_empty() { 0.0 } else { sum / n };
                assert!((got - average).abs() < 1e-12, "{got} instead of {average}");
                flat.iter().for_each(|&i| want[base + i] += g[o] / n);
            }
            assert!(gx.iter().zip(&want).all(|(a, b)| (a - b).abs() < 1e-12));
        }
    }
}

#[test]
fn adaptive_windows() {
    let p = Pooling::adaptive(1, [1, 1, 10], [1, 1, 4]);
    let x: Vec<f64> = (0..10).map(f64::from).collect();
    let (mut y, mut gx) = ([0.0; 4], [0.0; 10]);
    avg_pool(&p, &x, &mut y, Divisor::Inside);
    assert_eq!(y, [1.0, 3.0, 6.0, 8.0]);
    avg_pool_backward(&p, &[3.0, 3.0, 3.0, 3.0], &mut gx, Divisor::Inside);
    assert_eq!(gx, [1.0, 1.0, 2.0, 1.0, 1.0, 1.0, 1.0, 2.0, 1.0, 1.0]);
    let mut at = [0; 4];
    max_pool(&p, &x, &mut y, &mut at);
    assert_eq!((y, at), ([2.0, 4.0, 7.0, 9.0], [2, 4, 7, 9]));
    let larger = Pooling::adaptive(1, [1, 1, 2], [1, 1, 3]);
    avg_pool(&larger, &[1.0, 3.0], &mut y[..3], Divisor::Inside);
    assert_eq!(y[..3], [1.0, 2.0, 3.0]);
}

#[test]
fn nan_ties_and_infinities() {
    let p = Pooling::sliding(1, [1, 1, 4], [1, 1, 1], [1, 1, 4], [1; 3], [0; 3], [1; 3]);
    let place = |x: [f32; 4]| {
        let (mut y, mut at) = ([0.0], [0]);
        max_pool(&p, &x, &mut y, &mut at);
        (y[0].to_bits(), at[0])
    };
    let nan = f32::NAN;
    assert_eq!(place([1.0, nan, 9.0, 2.0]), (nan.to_bits(), 1));
    assert_eq!(place([1.0, nan, nan, 2.0]), (nan.to_bits(), 2));
    assert_eq!(place([1.0, 4.0, 4.0, 2.0]), (4f32.to_bits(), 1));
    assert_eq!(place([f32::NEG_INFINITY; 4]), (f32::NEG_INFINITY.to_bits(), 0));
}

#[test]
fn integers_and_empty_planes() {
    let p = Pooling::sliding(1, [1, 1, 4], [1, 1, 2], [1, 1, 2], [1, 1, 2], [0; 3], [1; 3]);
    let (mut y, mut at) = ([0i64; 2], [0; 2]);
    max_pool(&p, &[i64::MIN, i64::MIN, -7, -9], &mut y, &mut at);
    assert_eq!((y, at), ([i64::MIN, -7], [0, 2]));
    avg_pool(&p, &[1, 2, -3, -4], &mut y, Divisor::Inside);
    assert_eq!(y, [1, -3]);
    let none = Pooling::adaptive(0, [1, 3, 3], [1, 2, 2]);
    max_pool::<f32>(&none, &[], &mut [], &mut []);
    avg_pool_backward::<f32>(&none, &[], &mut [], Divisor::Inside);
}
