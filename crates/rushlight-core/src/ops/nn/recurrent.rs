//! The pointwise part of LSTM and GRU cells.
//!
//! Each backward pass is one kernel; when it is itself recorded, the same formula in public operators.

use super::{match_float, read, working_type, write};
use crate::autograd::grad_enabled;
use crate::autograd::node::Grads;
use crate::ops::backward::Back;
use crate::ops::shape::cat;
use crate::ops::{Call, Inputs, Meta, Metas, Op, Rule, call};
use crate::promotion::result_type;
use crate::tensor::Tensor;
use crate::{Result, bail, iter, rows};
use rushlight_kernels::rows::{self as kernel, LstmSaved};
use smallvec::smallvec;

rows! {
    LSTM = Op::new("_lstm_gates(Tensor input_gates, Tensor hidden_gates, Tensor cell) -> (Tensor, Tensor)", Rule::Kernel { infer: |c| infer::<4>(c, 2), run: run_lstm }).vjp(7, 0, lstm_gradients).doc("New hidden and cell state of an LSTM from the addends (N, 4 H) of its gates and its cell state (N, H)");
    GRU = Op::new("_gru_gates(Tensor input_gates, Tensor hidden_gates, Tensor hidden) -> Tensor", Rule::Kernel { infer: |c| infer::<3>(c, 1), run: run_gru }).vjp(7, 0, gru_gradients).doc("New hidden state of a GRU from the addends (N, 3 H) of its gates and its hidden state (N, H)");
    LSTM_BACKWARD = Op::new("_lstm_gates_backward(Tensor grad_hidden, Tensor grad_cell, Tensor input_gates, Tensor hidden_gates, Tensor cell) -> (Tensor, Tensor)", Rule::Kernel { infer: |c| like_operands(c, &[2, 4]), run: run_lstm_backward }).doc("Gradients of _lstm_gates: of both addends, and of the cell state");
    GRU_BACKWARD = Op::new("_gru_gates_backward(Tensor grad, Tensor input_gates, Tensor hidden_gates, Tensor hidden) -> (Tensor, Tensor, Tensor)", Rule::Kernel { infer: |c| like_operands(c, &[1, 2, 3]), run: run_gru_backward }).doc("Gradients of _gru_gates");
}

/// States in the common type of the operands.
fn infer<const GATES: usize>(c: &Call, states: usize) -> Result<Metas> {
    let (x, h, state) = (c.input(0)?, c.input(1)?, c.input(2)?);
    let fits = |gates: &Tensor| gates.ndim() == 2 && state.ndim() == 2 && gates.shape() == [state.shape()[0], GATES * state.shape()[1]];
    if !fits(x) || !fits(h) {
        bail!(
            Runtime,
            "{}(): expected gates of shape (N, {GATES} * H) and a state of shape (N, H), got {:?}, {:?} and {:?}",
            c.op.name(),
            x.shape(),
            h.shape(),
            state.shape()
        );
    }
    let dtype = result_type([x, h, state]);
    working_type(c, dtype)?;
    Ok(smallvec![Meta::new(state.shape(), dtype); states])
}

/// Results like some of the operands.
fn like_operands(c: &Call, operands: &[usize]) -> Result<Metas> {
    operands.iter().map(|&i| c.input(i).map(|x| Meta::new(x.shape(), x.dtype()))).collect()
}

/// Numbers of a state.
fn size(state: &Tensor) -> usize {
    state.shape()[1]
}

fn run_lstm(c: &Call, outs: &[Tensor]) -> Result<()> {
    let dtype = working_type(c, outs[0].dtype())?;
    let (x, h, cell) = (read(c.input(0)?, dtype)?, read(c.input(1)?, dtype)?, read(c.input(2)?, dtype)?);
    match_float!(c, dtype, T => write(&outs[0], dtype, |hidden| write(&outs[1], dtype, |next| {
        let (hidden, next) = (iter::slice_mut::<T>(hidden)?, iter::slice_mut::<T>(next)?);
        kernel::lstm(iter::slice::<T>(&x)?, iter::slice::<T>(&h)?, iter::slice::<T>(&cell)?, hidden, next, size(&cell));
        Ok(())
    })))
}

fn run_lstm_backward(c: &Call, outs: &[Tensor]) -> Result<()> {
    let dtype = working_type(c, outs[0].dtype())?;
    let operand = |i: usize| read(c.input(i)?, dtype);
    let (grad_hidden, grad_cell, x, h, cell) = (operand(0)?, operand(1)?, operand(2)?, operand(3)?, operand(4)?);
    match_float!(c, dtype, T => write(&outs[0], dtype, |gates| write(&outs[1], dtype, |old| {
        let saved = LstmSaved {
            x: iter::slice::<T>(&x)?,
            h: iter::slice::<T>(&h)?,
            cell: iter::slice::<T>(&cell)?,
            grad_hidden: iter::slice::<T>(&grad_hidden)?,
            grad_cell: iter::slice::<T>(&grad_cell)?,
        };
        kernel::lstm_backward(&saved, iter::slice_mut::<T>(gates)?, iter::slice_mut::<T>(old)?, size(&cell));
        Ok(())
    })))
}

fn run_gru(c: &Call, outs: &[Tensor]) -> Result<()> {
    let dtype = working_type(c, outs[0].dtype())?;
    let (x, h, hidden) = (read(c.input(0)?, dtype)?, read(c.input(1)?, dtype)?, read(c.input(2)?, dtype)?);
    match_float!(c, dtype, T => write(&outs[0], dtype, |next| {
        kernel::gru(iter::slice::<T>(&x)?, iter::slice::<T>(&h)?, iter::slice::<T>(&hidden)?, iter::slice_mut::<T>(next)?, size(&hidden));
        Ok(())
    }))
}

fn run_gru_backward(c: &Call, outs: &[Tensor]) -> Result<()> {
    let dtype = working_type(c, outs[0].dtype())?;
    let operand = |i: usize| read(c.input(i)?, dtype);
    let (grad, x, h, hidden) = (operand(0)?, operand(1)?, operand(2)?, operand(3)?);
    match_float!(c, dtype, T => write(&outs[0], dtype, |gx| write(&outs[1], dtype, |gh| write(&outs[2], dtype, |old| {
        let (gx, gh, old) = (iter::slice_mut::<T>(gx)?, iter::slice_mut::<T>(gh)?, iter::slice_mut::<T>(old)?);
        let (x, h, hidden_values) = (iter::slice::<T>(&x)?, iter::slice::<T>(&h)?, iter::slice::<T>(&hidden)?);
        kernel::gru_backward(iter::slice::<T>(&grad)?, x, h, hidden_values, gx, gh, old, size(&hidden));
        Ok(())
    }))))
}

/// `y (1 - y)`: the slope of a sigmoid from its value.
fn sigmoid_slope(y: &Tensor) -> Result<Tensor> {
    y.sub(y.mul(y)?)
}

/// `1 - y^2`: the slope of tanh from its value.
fn tanh_slope(y: &Tensor) -> Result<Tensor> {
    y.mul(y)?.neg()?.add(1.0)
}

/// Part `i` of a row of gates.
fn part(gates: &Tensor, i: usize, size: usize) -> Result<Tensor> {
    gates.slice(1, (i * size) as i64, ((i + 1) * size) as i64)
}

fn lstm_gradients(b: &Back) -> Result<Grads> {
    let (x, h, cell) = (b.x(0)?, b.x(1)?, b.x(2)?);
    let (grad_hidden, grad_cell) = (b.grad_or_zeros(0)?, b.grad_or_zeros(1)?);
    let [gates, old] = if grad_enabled() {
        recorded_lstm(&grad_hidden, &grad_cell, &x.add(h)?, cell)?
    } else {
        let inputs: Inputs = smallvec![Some(grad_hidden), Some(grad_cell), Some(x.clone()), Some(h.clone()), Some(cell.clone())];
        results(call(&LSTM_BACKWARD, inputs, smallvec![])?)?
    };
    Ok([gates.clone(), gates, old].into_iter().enumerate().map(|(i, g)| b.needs(i).then_some(g)).collect())
}

fn recorded_lstm(grad_hidden: &Tensor, grad_cell: &Tensor, gates: &Tensor, cell: &Tensor) -> Result<[Tensor; 2]> {
    let gate = |i: usize| part(gates, i, size(cell));
    let (i, f, g, o) = (gate(0)?.sigmoid()?, gate(1)?.sigmoid()?, gate(2)?.tanh()?, gate(3)?.sigmoid()?);
    let t = f.mul(cell)?.add(i.mul(&g)?)?.tanh()?;
    let d = grad_cell.add(grad_hidden.mul(&o)?.mul(tanh_slope(&t)?)?)?;
    let parts = [
        d.mul(&g)?.mul(sigmoid_slope(&i)?)?,
        d.mul(cell)?.mul(sigmoid_slope(&f)?)?,
        d.mul(&i)?.mul(tanh_slope(&g)?)?,
        grad_hidden.mul(&t)?.mul(sigmoid_slope(&o)?)?,
    ];
    Ok([cat(&parts, 1)?, d.mul(f)?])
}

fn gru_gradients(b: &Back) -> Result<Grads> {
    let (grad, x, h, hidden) = (b.g()?, b.x(0)?, b.x(1)?, b.x(2)?);
    let all = if grad_enabled() {
        recorded_gru(grad, x, h, hidden)?
    } else {
        let inputs: Inputs = [grad, x, h, hidden].into_iter().map(|t| Some(t.clone())).collect();
        results(call(&GRU_BACKWARD, inputs, smallvec![])?)?
    };
    Ok(all.into_iter().enumerate().map(|(i, g)| b.needs(i).then_some(g)).collect())
}

fn recorded_gru(grad: &Tensor, x: &Tensor, h: &Tensor, hidden: &Tensor) -> Result<[Tensor; 3]> {
    let part = |gates: &Tensor, i: usize| part(gates, i, size(hidden));
    let h_n = part(h, 2)?;
    let (r, z) = (part(x, 0)?.add(part(h, 0)?)?.sigmoid()?, part(x, 1)?.add(part(h, 1)?)?.sigmoid()?);
    let n = part(x, 2)?.add(r.mul(&h_n)?)?.tanh()?;
    let dz = grad.mul(hidden.sub(&n)?)?.mul(sigmoid_slope(&z)?)?;
    let dn = grad.sub(grad.mul(&z)?)?.mul(tanh_slope(&n)?)?;
    let dr = dn.mul(h_n)?.mul(sigmoid_slope(&r)?)?;
    let hn = dn.mul(r)?;
    Ok([cat(&[dr.clone(), dz.clone(), dn], 1)?, cat(&[dr, dz, hn], 1)?, grad.mul(z)?])
}

/// The results of a row as an array.
fn results<const N: usize>(outputs: crate::ops::Outputs) -> Result<[Tensor; N]> {
    <[Tensor; N]>::try_from(outputs.into_vec()).map_err(|_| crate::err!(Runtime, "gates: {N} gradients expected"))
}
