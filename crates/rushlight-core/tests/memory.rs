//! Views of every kind go through strided loops, copies and slices to the last byte of their storage.
//!
//! Operands fill their blocks exactly, so that a memory checker sees every access beside one.

use rushlight_core::ops::schema::{Type, parse};
use rushlight_core::ops::{Arg, Args, Inputs, Op, Rule, call, call_in_place, call1, copy, table, view};
use rushlight_core::storage::{Storage, empty_cache, memory_stats};
use rushlight_core::{DType, Device, Layout, Result, Tensor, iter};

const DTYPES: [DType; 15] = {
    use DType::*;
    [Bool, U8, U16, U32, U64, I8, I16, I32, I64, F16, BF16, F32, F64, C64, C128]
};

/// Row-major, of a whole number of cache lines in every dtype.
fn block(rows: usize, cols: usize, dtype: DType, seed: usize) -> Result<Tensor> {
    let values: Vec<f64> = (0..rows * cols).map(|i| ((i * 7 + seed * 5) % 11 + 1) as f64 * 0.25).collect();
    Tensor::of(&values, &[rows, cols])?.to_dtype(dtype)
}

/// Every second position of a dimension, from `start`.
fn every_second(x: &Tensor, dim: i64, start: i64) -> Result<Tensor> {
    call1(&view::SLICE, &[x], &[Arg::from(dim), Arg::from(start), Arg::None, Arg::from(2i64)])
}

/// Views of shape [8, 24], which reach the ends of their storage.
fn views(dtype: DType, seed: usize) -> Result<Vec<Tensor>> {
    Ok(vec![
        block(8, 24, dtype, seed)?,
        block(24, 8, dtype, seed)?.transpose(0, 1)?,
        block(8, 32, dtype, seed)?.slice(1, 8, 32)?,
        block(16, 24, dtype, seed)?.slice(0, 8, 16)?,
        every_second(&block(8, 48, dtype, seed)?, 1, 1)?,
        every_second(&block(16, 24, dtype, seed)?, 0, 1)?,
        block(1, 24, dtype, seed)?.slice(0, 0, 1)?.expand(&[8, 24])?,
        block(8, 64, dtype, seed)?.slice(1, 63, 64)?.expand(&[8, 24])?,
        block(24, 16, dtype, seed)?.slice(1, 8, 16)?.transpose(0, 1)?,
    ])
}

fn bytes(x: &Tensor) -> Result<Vec<u8>> {
    let x = x.copied()?;
    let flat = x.reshape(&[-1])?;
    let as_bytes = call1(&view::VIEW_DTYPE, &[&flat], &[Arg::DType(DType::U8)])?;
    as_bytes.to_vec::<u8>()
}

/// The arguments of a row that have defaults; None where one has not.
fn defaults(op: &'static Op) -> Option<Args> {
    parse(op).params.iter().filter(|p| !p.ty.is_tensor()).map(|p| p.default.clone()).collect()
}

fn operands(op: &'static Op) -> usize {
    parse(op).params.iter().filter(|p| matches!(p.ty, Type::Tensor | Type::Operand)).count()
}

fn elementwise() -> impl Iterator<Item = (&'static Op, Args)> {
    let rows = table().iter().filter(|op| matches!(op.rule, Rule::Elementwise(_)));
    rows.filter_map(|op| Some((*op, defaults(op)?)))
}

fn given(op: &'static Op, tensors: &[&Tensor]) -> Inputs {
    (0..operands(op)).map(|i| Some(tensors[i % tensors.len()].clone())).collect()
}

#[test]
fn every_elementwise_row_computes_the_same_in_every_layout() -> Result<()> {
    let mut compared = 0;
    for (op, args) in elementwise() {
        for dtype in [DType::F32, DType::F64, DType::I16, DType::BF16, DType::Bool, DType::C64] {
            let (first, second) = (views(dtype, 1)?, views(dtype, 2)?);
            for (i, x) in first.iter().enumerate() {
                let y = &second[(i * 5 + 2) % second.len()];
                let Ok(strided) = call(op, given(op, &[x, y]), args.clone()) else { continue };
                let plain = call(op, given(op, &[&x.copied()?, &y.copied()?]), args.clone())?;
                assert_eq!(bytes(&strided[0])?, bytes(&plain[0])?, "{} {dtype:?} view {i}", op.name());
                compared += 1;
            }
        }
    }
    assert!(compared > 3000, "{compared}");
    Ok(())
}

#[test]
fn rows_write_into_views_and_nowhere_else() -> Result<()> {
    for (op, args) in elementwise().filter(|(op, _)| op.names.in_place) {
        for dtype in [DType::F32, DType::I16] {
            let whole = block(16, 48, dtype, 3)?;
            let before = whole.copied()?;
            let inside = every_second(&whole.slice(1, 8, 32)?, 0, 1)?;
            let other = block(8, 24, dtype, 4)?;
            let expected = call(op, given(op, &[&inside.copied()?, &other]), args.clone());
            let Ok(expected) = expected.and_then(|out| out[0].to_dtype(dtype)) else { continue };
            if expected.shape() != inside.shape() || call_in_place(op, given(op, &[&inside, &other]), args.clone()).is_err() {
                continue;
            }
            assert_eq!(bytes(&inside)?, bytes(&expected)?, "{} {dtype:?}", op.name());
            copy::copy_into(&inside, &every_second(&before.slice(1, 8, 32)?, 0, 1)?)?;
            assert_eq!(bytes(&whole)?, bytes(&before)?, "{} {dtype:?} outside", op.name());
        }
    }
    Ok(())
}

#[test]
fn every_type_is_copied_to_every_other_between_layouts() -> Result<()> {
    for from in DTYPES {
        for to in DTYPES {
            for (i, source) in views(from, 5)?.iter().enumerate() {
                let target = every_second(&block(8, 48, to, 6)?, 1, 1)?;
                copy::copy_into(&target, source)?;
                assert_eq!(bytes(&target)?, bytes(&source.copied()?.to_dtype(to)?)?, "{from:?} to {to:?} view {i}");
            }
        }
    }
    Ok(())
}

#[test]
fn long_operands_are_shared_between_threads() -> Result<()> {
    let x = block(40, 1024, DType::F32, 1)?;
    let y = block(1024, 40, DType::F32, 2)?.transpose(0, 1)?;
    let sum = x.add(&y)?;
    assert_eq!(bytes(&sum)?, bytes(&x.add(&y.copied()?)?)?);
    assert_eq!(sum.sum(&[1], false)?.shape(), [40]);
    let row = x.slice(0, 39, 40)?.expand(&[40, 1024])?;
    assert_eq!(bytes(&row.mul(&y)?)?, bytes(&row.copied()?.mul(&y.copied()?)?)?);
    Ok(())
}

#[test]
fn layouts_must_lie_inside_their_storage() -> Result<()> {
    let storage = Storage::zeroed(192)?;
    let layout =
        |shape: &[usize], strides: &[isize], offset| Layout { shape: shape.iter().copied().collect(), strides: strides.iter().copied().collect(), offset };
    let tensor = |l| Tensor::from_storage(storage.clone(), l, DType::F32);
    for l in [layout(&[48], &[1], 0), layout(&[2, 24], &[24, 1], 0), layout(&[], &[], 47), layout(&[0], &[1], 40), layout(&[5, 1], &[0, 9], 47)] {
        let x = tensor(l)?;
        assert!(x.copied()?.to_vec::<f32>()?.iter().all(|&v| v == 0.0));
    }
    for l in [layout(&[49], &[1], 0), layout(&[2], &[48], 0), layout(&[], &[], 48), layout(&[usize::MAX], &[1], 0), layout(&[2, 2], &[isize::MAX, 1], 0)] {
        assert!(tensor(l.clone()).is_err(), "{l:?}");
    }
    Ok(())
}

#[test]
fn slices_are_given_of_contiguous_memory_of_their_type_only() -> Result<()> {
    let x = block(8, 24, DType::F32, 1)?;
    assert_eq!(iter::slice::<f32>(&x)?.len(), 192);
    assert_eq!(iter::slice::<f32>(&x.slice(0, 7, 8)?)?.len(), 24);
    assert!(iter::slice::<f64>(&x).is_err() && iter::slice::<f32>(&x.transpose(0, 1)?).is_err());
    let meta = Tensor::empty_on(&[4], DType::F32, Device::Meta, rushlight_core::MemoryFormat::Contiguous)?;
    assert!(iter::slice::<f32>(&meta).is_err());
    Ok(())
}

#[test]
fn blocks_are_reused_between_threads_without_sharing() -> Result<()> {
    let work = |seed: usize| -> Result<()> {
        for round in 0..40 {
            let n = 1 << ((round * 7 + seed) % 18);
            let kept = Tensor::full(&[n], ((seed + round) as i64).into(), DType::I64, Device::Cpu)?;
            drop(Tensor::zeros(&[n * 3 / 2], DType::I64, Device::Cpu)?);
            assert!(kept.to_vec::<i64>()?.iter().all(|&v| v == (seed + round) as i64));
        }
        Ok(())
    };
    std::thread::scope(|threads| {
        let running: Vec<_> = (0..3).map(|seed| threads.spawn(move || work(seed))).collect();
        running.into_iter().try_for_each(|thread| thread.join().expect("no panic"))
    })?;
    empty_cache();
    assert_eq!(memory_stats().cached, 0);
    Ok(())
}
