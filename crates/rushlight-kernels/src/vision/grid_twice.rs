//! The derivatives of the gradients of sampling.

use super::grid::{Coordinate, Grid};

/// The gradients that reach those of [`grid_sample_backward`].
#[derive(Clone, Copy)]
pub struct Upper<'a, T> {
    /// Of the input's gradient.
    pub x: Option<&'a [T]>,
    /// Of the grid's gradient.
    pub grid: Option<&'a [T]>,
}

/// The gradients of [`grid_sample_backward`] for the output's gradient, the input and the grid.
///
/// # Panics
/// When lengths do not match.
pub fn grid_sample_backward_twice<T: Coordinate>(g: &Grid, upper: Upper<T>, grad_y: &[T], x: &[T], grid: &[T], out: [&mut [T]; 3]) {
    let [to_y, to_x, to_grid] = out;
    g.check(x, grid, grad_y);
    g.check(to_x, to_grid, to_y);
    assert!(upper.x.is_none_or(|u| u.len() == x.len()) && upper.grid.is_none_or(|u| u.len() == grid.len()), "grid: lengths of gradients");
    to_x.fill(T::ZERO);
    let mut taps = Vec::new();
    for at in 0..g.batch * g.points {
        let (image, place) = (at / g.points, at * g.coordinates..(at + 1) * g.coordinates);
        let read = |values: &[T]| {
            let mut point = [0.0; 3];
            point.iter_mut().zip(&values[place.clone()]).for_each(|(p, &v)| *p = v.into());
            point
        };
        let (point, u) = (read(grid), upper.grid.map_or([0.0; 3], read));
        taps.clear();
        g.taps(point, |_, tap| taps.push((tap.at, tap.weight(), tap.slope(), tap.bend(u))));
        let mut moved = [0.0; 3];
        for plane in image * g.channels..(image + 1) * g.channels {
            let result = plane * g.points + at % g.points;
            let grad: f64 = grad_y[result].into();
            let mut sum = 0.0;
            for &(pixel, weight, slope, bend) in &taps {
                let from = plane * g.area() + pixel;
                let (value, given): (f64, f64) = (x[from].into(), upper.x.map_or(0.0, |u| u[from].into()));
                let along: f64 = (0..3).map(|d| u[d] * slope[d]).sum();
                sum += weight * given + along * value;
                to_x[from] += T::of(grad * along);
                (0..3).for_each(|d| moved[d] += grad * (slope[d] * given + bend[d] * value));
            }
            to_y[result] = T::of(sum);
        }
        to_grid[place].iter_mut().zip(moved).for_each(|(out, v)| *out = T::of(v));
    }
}
