//! Working memory that a thread keeps between calls: fresh pages would cost more than the packing done in them.

use std::cell::RefCell;
use std::mem::MaybeUninit;

/// A thread keeps at most this many bytes.
const KEPT: usize = 16 << 20;

#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line {
    _bytes: [MaybeUninit<u8>; 64],
}

thread_local! {
    static KEEP: RefCell<Vec<Vec<Line>>> = const { RefCell::new(Vec::new()) };
}

/// Uninitialised memory for `len` values of `T`, aligned to 64 bytes, given back on drop.
pub(crate) struct Scratch<T> {
    lines: Vec<Line>,
    item: std::marker::PhantomData<T>,
}

impl<T: Copy> Scratch<T> {
    pub fn new(len: usize) -> Self {
        let wanted = (len * size_of::<T>()).div_ceil(64);
        let mut lines = KEEP.with_borrow_mut(|kept| take_best(kept, wanted)).unwrap_or_default();
        lines.clear();
        lines.reserve_exact(wanted);
        Scratch { lines, item: std::marker::PhantomData }
    }

    pub fn ptr(&mut self) -> *mut T {
        self.lines.as_mut_ptr().cast()
    }
}

/// The smallest kept buffer that is large enough.
fn take_best(kept: &mut Vec<Vec<Line>>, wanted: usize) -> Option<Vec<Line>> {
    let fits = |(_, buffer): &(usize, &Vec<Line>)| buffer.capacity() >= wanted;
    let (at, _) = kept.iter().enumerate().filter(fits).min_by_key(|(_, buffer)| buffer.capacity())?;
    Some(kept.swap_remove(at))
}

impl<T> Drop for Scratch<T> {
    fn drop(&mut self) {
        let buffer = std::mem::take(&mut self.lines);
        // While a thread ends its store is gone; the buffer is then simply freed.
        _ = KEEP.try_with(|kept| {
            let mut kept = kept.borrow_mut();
            kept.push(buffer);
            while kept.iter().map(|b| b.capacity() * 64).sum::<usize>() > KEPT {
                let largest = (0..kept.len()).max_by_key(|&i| kept[i].capacity());
                largest.map(|i| kept.swap_remove(i));
            }
        });
    }
}
