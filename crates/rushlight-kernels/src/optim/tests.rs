//! Parameters recorded from PyTorch 2.15 in float64 after three steps, and the same rules in float32.

use super::*;

const START: [f64; 3] = [1.0, -0.5, 0.25];
const GRADIENTS: [[f64; 3]; 3] = [[0.5, -1.0, 2.0], [0.25, 0.75, -1.5], [-0.125, 0.5, 1.0]];

/// Long enough for vectors, a rest, and several threads.
const LENGTH: usize = 100_003;

/// State of a parameter: three slices of zeros that a rule may use.
struct Slot<T> {
    p: Vec<T>,
    state: [Vec<T>; 3],
}

fn repeat<T: Float>(values: [f64; 3]) -> Vec<T> {
    (0..LENGTH).map(|i| T::of(values[i % 3])).collect()
}

fn train<T: Float>(steps: usize, rule: &impl Rule) -> Vec<T> {
    let mut slot = Slot { p: repeat::<T>(START), state: [0.0; 3].map(|x| repeat([x; 3])) };
    for step in 0..steps {
        rule.step(step, &mut slot, &repeat(GRADIENTS[step % 3]));
    }
    slot.p
}

/// One optimizer's step, for both types.
trait Rule {
    fn step<T: Float>(&self, step: usize, slot: &mut Slot<T>, g: &[T]);
}

/// `rule!(name(step, p, g, [a, b, c]) => body)`: a type whose `step` is the body.
macro_rules! rule {
    ($name:ident($step:ident, $p:ident, $g:ident, [$a:ident, $b:ident, $c:ident]) => $body:expr) => {{
        struct $name;
        impl Rule for $name {
            fn step<T: Float>(&self, $step: usize, slot: &mut Slot<T>, $g: &[T]) {
                let Slot { p: $p, state: [$a, $b, $c] } = slot;
                let _ = (&$step, &$a, &$b, &$c);
                $body
            }
        }
        $name
    }};
}

fn check(steps: usize, rule: impl Rule, expected: [f64; 3]) {
    for (i, p) in train::<f64>(steps, &rule).into_iter().enumerate() {
        let e = expected[i % 3];
        assert!((p - e).abs() <= 2e-15 * e.abs().max(0.1), "{i}: {p} is not {e}");
    }
    for (i, p) in train::<f32>(steps, &rule).into_iter().enumerate() {
        let e = expected[i % 3];
        assert!((f64::from(p) - e).abs() <= 6e-7 * e.abs().max(0.5), "{i}: {p} is not {e}");
    }
}

const ADAM: Adam = Adam { step: 0.0, lr: 0.1, beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.1, decoupled: false, maximize: false };

fn at(step: usize, options: Adam) -> Adam {
    Adam { step: step as f64 + 1.0, ..options }
}

#[test]
fn sgd() {
    let plain = rule!(Plain(s, p, g, [a, b, c]) => {
        sgd_step(p, g, None, &Sgd { lr: 0.1, weight_decay: 0.1, ..Sgd::default() })
    });
    check(3, plain, [0.909044, -0.5113894999999999, 0.09505475000000001]);
    let momentum = rule!(Momentum(s, p, g, [buf, b, c]) => {
        let options = Sgd {
            lr: 0.1, momentum: 0.9, dampening: 0.25, weight_decay: 0.1, nesterov: false, maximize: true, first: s == 0,
        };
        sgd_step(p, g, Some(buf), &options)
    });
    check(3, momentum, [1.111677875, -0.59994784375, 0.636277671875]);
    let nesterov = rule!(Nesterov(s, p, g, [buf, b, c]) => {
        let options = Sgd { lr: 0.1, momentum: 0.9, nesterov: true, first: s == 0, ..Sgd::default() };
        sgd_step(p, g, Some(buf), &options)
    });
    check(3, nesterov, [0.78405, -0.45435, -0.22130000000000002]);
}

#[test]
fn adam() {
    let plain = rule!(Plain(s, p, g, [m, v, c]) => adam_step(p, g, m, v, None, &at(s, ADAM)));
    check(3, plain, [0.7358516953412214, -0.39804169423254293, 0.10888953749320404]);
    let amsgrad = rule!(Amsgrad(s, p, g, [m, v, vmax]) => {
        let options = Adam { beta1: 0.4, beta2: 0.6, weight_decay: 0.0, maximize: true, ..ADAM };
        adam_step(p, g, m, v, Some(vmax), &at(s, options))
    });
    check(3, amsgrad, [1.1911875017997142, -0.5174000577236817, 0.3506352435838884]);
    let adamw = rule!(AdamW(s, p, g, [m, v, c]) => {
        adam_step(p, g, m, v, None, &at(s, Adam { decoupled: true, ..ADAM }))
    });
    check(3, adamw, [0.7236370841035367, -0.3956277834974184, 0.1055695857759773]);
    let adamax = rule!(Max(s, p, g, [m, u, c]) => adamax_step(p, g, m, u, &at(s, ADAM)));
    check(3, adamax, [0.7765567022955763, -0.39700086204883434, 0.11715639308904133]);
}

#[test]
fn nadam() {
    let rule = rule!(Nesterov(s, p, g, [m, v, c]) => {
        let mut options = NAdam { adam: at(s, Adam { decoupled: true, ..ADAM }), momentum_decay: 4e-3, mu_product: 1.0 };
        // PyTorch keeps the product in float32.
        let product: f32 = (0..=s).map(|t| options.momentum(t as f64 + 1.0) as f32).product();
        options.mu_product = f64::from(product);
        nadam_step(p, g, m, v, &options)
    });
    check(3, rule, [0.8305883387407584, -0.47983280023232777, 0.1533690499283249]);
}

#[test]
fn radam() {
    let early = rule!(Early(s, p, g, [m, v, c]) => {
        radam_step(p, g, m, v, &at(s, Adam { weight_decay: 0.0, ..ADAM }))
    });
    check(3, early, [0.8945232083899786, -0.4055738978442416, -0.012652942318896895]);
    let rectified = rule!(Rectified(s, p, g, [m, v, c]) => radam_step(p, g, m, v, &at(s, ADAM)));
    check(9, rectified, [0.7819606947240465, -0.3682828162591387, -0.14682294423405173]);
}

#[test]
fn roots() {
    let adagrad = rule!(Grad(s, p, g, [sum, b, c]) => {
        let step = s as f64 + 1.0;
        let options = Adagrad { step, lr: 0.1, lr_decay: 0.5, weight_decay: 0.1, eps: 1e-10, maximize: false };
        adagrad_step(p, g, sum, &options)
    });
    check(3, adagrad, [0.8699040874579934, -0.4542779853908393, 0.17062456040931148]);
    let adadelta = rule!(Delta(s, p, g, [squares, deltas, c]) => {
        let options = Adadelta { lr: 1.0, rho: 0.9, eps: 1e-6, weight_decay: 0.1, maximize: false };
        adadelta_step(p, g, squares, deltas, &options)
    });
    check(3, adadelta, [0.9946961878580877, -0.501247118234548, 0.24746781177979338]);
}

#[test]
fn rmsprop() {
    const OPTIONS: RmsProp = RmsProp { lr: 0.1, alpha: 0.99, eps: 1e-8, weight_decay: 0.0, momentum: 0.9, maximize: true };
    let plain = rule!(Plain(s, p, g, [squares, b, c]) => {
        let options = RmsProp { weight_decay: 0.1, momentum: 0.0, maximize: false, ..OPTIONS };
        rmsprop_step(p, g, squares, None, None, &options)
    });
    check(3, plain, [-0.1400033420552572, -0.45798303661824746, -0.49563875753669034]);
    let all = rule!(All(s, p, g, [squares, mean, buf]) => {
        rmsprop_step(p, g, squares, Some(mean), Some(buf), &OPTIONS)
    });
    check(3, all, [4.363122502238561, -1.7056686956184826, 2.204378966739706]);
}

#[test]
fn rprop() {
    let rule = rule!(Signs(s, p, g, [previous, size, c]) => {
        if s == 0 {
            size.fill(T::of(0.1));
        }
        let options = Rprop { eta_minus: 0.5, eta_plus: 1.2, step_min: 1e-6, step_max: 50.0, maximize: false };
        rprop_step(p, g, previous, size, &options)
    });
    check(3, rule, [0.78, -0.45, 0.09999999999999999]);
}

#[test]
fn asgd() {
    const LAMBD: f64 = 0.25;
    fn step<T: Float>(s: usize, p: &mut [T], g: &[T], average: &mut [T]) {
        // PyTorch keeps the learning rate in float32.
        let eta = f64::from((0.125 / (1.0 + LAMBD * 0.125 * s as f64)) as f32);
        let mu = 1.0 / s.max(1) as f64;
        asgd_step(p, g, average, &Asgd { eta, mu, lambd: LAMBD, weight_decay: 0.1, maximize: false });
    }
    let parameter = rule!(Parameter(s, p, g, [average, b, c]) => step(s, p, g, average));
    check(3, parameter, [0.8062437591195827, -0.47020967255470575, 0.04664227301513637]);
    let average = rule!(Average(s, p, g, [q, b, c]) => {
        if s == 0 {
            q.copy_from_slice(p);
        }
        step(s, q, g, p)
    });
    check(3, average, [0.8158870300583901, -0.44963135256028386, 0.10899348770863307]);
}

#[test]
fn squares_do_not_depend_on_cuts() {
    let x: Vec<f32> = (0..LENGTH).map(|i| (i % 7) as f32).collect();
    let expected: f64 = x.iter().map(|x| f64::from(x * x)).sum();
    assert_eq!(sum_of_squares(&x), expected);
    assert_eq!(sum_of_squares::<f64>(&[]), 0.0);
    let mut y = x.clone();
    scale(&mut y, 0.5);
    assert!(x.iter().zip(&y).all(|(x, y)| x * 0.5 == *y));
}

#[test]
#[should_panic(expected = "must have one length")]
fn lengths_must_agree() {
    sgd_step(&mut [0f32; 3], &[0f32; 2], None, &Sgd::default());
}
