//! A batch over the threads there are.

use super::Shape;
use crate::Result;
use rushlight_kernels::pool::num_threads;

/// Fewer samples than this are not worth a thread's start (some 20 microseconds).
const GRAIN: usize = 1 << 18;

/// Calls `work` with every image and the place of its result.
pub fn each_image<T: Sync, U: Send>(shape: &Shape, input: &[T], result: &Shape, output: &mut [U], work: impl Fn(&[T], &mut [U]) + Sync) -> Result<()> {
    shape.check(input.len(), result, output.len())?;
    let (one, other) = (shape.len(), result.len());
    if one == 0 || other == 0 {
        return Ok(());
    }
    let images = input.len() / one;
    let threads = num_threads().min(images).min(input.len().max(output.len()) / GRAIN + 1);
    let run = |input: &[T], output: &mut [U]| input.chunks_exact(one).zip(output.chunks_exact_mut(other)).for_each(|(from, to)| work(from, to));
    if threads <= 1 {
        run(input, output);
        return Ok(());
    }
    let share = images.div_ceil(threads);
    std::thread::scope(|scope| {
        for (input, output) in input.chunks(share * one).zip(output.chunks_mut(share * other)) {
            let run = &run;
            scope.spawn(move || run(input, output));
        }
    });
    Ok(())
}
