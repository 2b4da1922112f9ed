//! The backward pass: nodes run in reverse order of creation, each when all its gradients have arrived.

use super::addresses::{AddressMap, AddressSet, address};
use super::node::{Action, Edge, Grads, Node};
use super::{ModeGuard, grad_enabled};
use crate::layout::Layout;
use crate::ops;
use crate::tensor::Tensor;
use crate::{Result, bail};
use std::cell::Cell;
use std::collections::BinaryHeap;
use std::sync::Arc;

/// A node whose gradients are complete.
struct Ready(Arc<Node>);

impl PartialEq for Ready {
    fn eq(&self, other: &Ready) -> bool {
        self.0.sequence == other.0.sequence
    }
}
impl Eq for Ready {}
impl PartialOrd for Ready {
    fn partial_cmp(&self, other: &Ready) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Ready {
    fn cmp(&self, other: &Ready) -> std::cmp::Ordering {
        self.0.sequence.cmp(&other.0.sequence)
    }
}

/// What a run does with the nodes it reaches.
struct Run {
    /// Gradients received so far.
    buffers: AddressMap<Grads>,
    /// How many nodes still have to give to a node.
    waiting: AddressMap<usize>,
    /// Nodes that lead to a wanted input; `None` means all.
    needed: Option<AddressSet>,
    /// Wanted gradients: (node, output) to a place in the result.
    captures: AddressMap<Vec<(usize, usize)>>,
    captured: Vec<Option<Tensor>>,
    keep_graph: bool,
}

thread_local! {
    static CHECK_NAN: Cell<bool> = const { Cell::new(false) };
    static INTERRUPTED: Cell<Option<fn() -> Result<()>>> = const { Cell::new(None) };
}

/// Anomaly mode: every gradient is checked for NaN.
pub fn set_check_nan(on: bool) {
    CHECK_NAN.set(on);
}

/// A function the backward pass calls between nodes, so that the caller can stop it.
pub fn set_interrupt_check(check: Option<fn() -> Result<()>>) {
    INTERRUPTED.set(check);
}

/// Gradients of a scalar with respect to every leaf, added to their `grad`.
pub fn backward(root: &Tensor) -> Result<()> {
    run_backward(std::slice::from_ref(root), &[None], false, false, None, false).map(drop)
}

/// Gradients of the outputs with respect to the inputs.
pub fn grad(outputs: &[Tensor], inputs: &[Tensor]) -> Result<Vec<Option<Tensor>>> {
    let ones = vec![None; outputs.len()];
    run_backward(outputs, &ones, false, false, Some(inputs), true)
}

/// The general form: `inputs` makes it return their gradients instead of accumulating into leaves.
pub fn run_backward(
    roots: &[Tensor],
    grads: &[Option<Tensor>],
    keep_graph: bool,
    create_graph: bool,
    inputs: Option<&[Tensor]>,
    allow_unused: bool,
) -> Result<Vec<Option<Tensor>>> {
    let seeds = seed_gradients(roots, grads, create_graph)?;
    let (captures, held) = wanted(inputs)?;
    let edges: Vec<Edge> = seeds.iter().map(|(edge, _)| edge.clone()).collect();
    let (waiting, needed) = explore(&edges, inputs.is_some().then_some(&captures));
    let mut run = Run { buffers: AddressMap::default(), waiting, needed, captures, captured: vec![None; held.len()], keep_graph };
    let _mode = ModeGuard::set(create_graph);
    run.execute(seeds)?;
    if let Some(inputs) = inputs
        && !allow_unused
        && let Some(i) = run.captured.iter().position(Option::is_none)
    {
        bail!(
            Runtime,
            "The differentiated Tensor at index {i} appears to not have been used in the graph. Set allow_unused=True if this is \
             the desired behavior. It is of shape {:?}",
            inputs[i].shape()
        );
    }
    Ok(run.captured)
}

/// The gradients the pass starts from: given, or one for a scalar.
fn seed_gradients(roots: &[Tensor], grads: &[Option<Tensor>], create_graph: bool) -> Result<Vec<(Edge, Tensor)>> {
    let mut seeds = Vec::with_capacity(roots.len());
    for (i, root) in roots.iter().enumerate() {
        let Some(edge) = root.gradient_edge() else {
            bail!(Runtime, "element {i} of tensors does not require grad and does not have a grad_fn");
        };
        let seed = match grads.get(i).and_then(Option::as_ref) {
            Some(g) => {
                if g.shape() != root.shape() {
                    bail!(Runtime, "Mismatch in shape: grad_output[{i}] has a shape of {:?} and output[{i}] has a shape of {:?}.", g.shape(), root.shape());
                }
                if g.dtype().is_complex() != root.dtype().is_complex() {
                    bail!(
                        Runtime,
                        "For complex Tensors, both grad_output and output are required to have the same dtype: grad_output[{i}] is {}, output[{i}] is {}.",
                        g.dtype().name(),
                        root.dtype().name()
                    );
                }
                if create_graph { g.clone() } else { g.detach()? }
            }
            None if root.numel() != 1 => bail!(Runtime, "grad can be implicitly created only for scalar outputs"),
            None if root.dtype().is_complex() => bail!(Runtime, "grad can be implicitly created only for real scalar outputs but got {}", root.dtype().name()),
            None => Tensor::full(root.shape(), 1.0.into(), root.dtype(), root.device())?,
        };
        seeds.push((edge, seed));
    }
    Ok(seeds)
}

/// Where the gradients of the inputs appear.
///
/// The edges are returned too: the accumulator of a leaf outside the graph lives only as long as someone holds it.
fn wanted(inputs: Option<&[Tensor]>) -> Result<(AddressMap<Vec<(usize, usize)>>, Vec<Edge>)> {
    let mut captures: AddressMap<Vec<(usize, usize)>> = AddressMap::default();
    let mut held = Vec::new();
    for (i, x) in inputs.unwrap_or_default().iter().enumerate() {
        let Some(edge) = x.gradient_edge() else {
            bail!(Runtime, "One of the differentiated Tensors does not require grad");
        };
        captures.entry(address(&edge.node)).or_default().push((edge.output, i));
        held.push(edge);
    }
    Ok((captures, held))
}

/// Counts for each reachable node how many edges lead to it and, with wanted inputs, which nodes lead to them.
fn explore(roots: &[Edge], wanted: Option<&AddressMap<Vec<(usize, usize)>>>) -> (AddressMap<usize>, Option<AddressSet>) {
    let mut waiting: AddressMap<usize> = AddressMap::default();
    let mut seen = AddressSet::default();
    let mut order: Vec<&Node> = Vec::new();
    let mut stack: Vec<&Arc<Node>> = Vec::new();
    for edge in roots {
        if seen.insert(address(&edge.node)) {
            stack.push(&edge.node);
        }
    }
    while let Some(node) = stack.pop() {
        order.push(node);
        for edge in node.edges.iter().flatten() {
            *waiting.entry(address(&edge.node)).or_default() += 1;
            if seen.insert(address(&edge.node)) {
                stack.push(&edge.node);
            }
        }
    }
    let Some(wanted) = wanted else { return (waiting, None) };
    // Inputs were created before the nodes that use them, so ascending order sees children first. Accumulators carry
    // the largest number and are wanted or not on their own.
    order.sort_by_key(|node| if node.sequence == u64::MAX { 0 } else { node.sequence + 1 });
    let mut needed = AddressSet::default();
    loop {
        let before = needed.len();
        for node in &order {
            let at = *node as *const Node as usize;
            if wanted.contains_key(&at) || node.edges.iter().flatten().any(|e| needed.contains(&address(&e.node))) {
                needed.insert(at);
            }
        }
        if needed.len() == before {
            break;
        }
    }
    (waiting, Some(needed))
}

impl Run {
    fn execute(&mut self, seeds: Vec<(Edge, Tensor)>) -> Result<()> {
        let mut ready = BinaryHeap::new();
        let mut roots: Vec<Arc<Node>> = Vec::new();
        for (edge, grad) in seeds {
            self.deposit(&edge, grad)?;
            if !roots.iter().any(|n| Arc::ptr_eq(n, &edge.node)) {
                roots.push(edge.node);
            }
        }
        for node in roots {
            if self.waiting.get(&address(&node)).copied().unwrap_or(0) == 0 {
                ready.push(Ready(node));
            }
        }
        while let Some(Ready(node)) = ready.pop() {
            if let Some(check) = INTERRUPTED.get() {
                check()?;
            }
            self.visit(&node, &mut ready)?;
        }
        Ok(())
    }

    /// Runs one node and hands its gradients on.
    fn visit(&mut self, node: &Arc<Node>, ready: &mut BinaryHeap<Ready>) -> Result<()> {
        let at = address(node);
        let mut grads = self.buffers.remove(&at).unwrap_or_default();
        grads.resize(node.outputs.len().max(grads.len()), None);
        let skip = self.needed.as_ref().is_some_and(|n| !n.contains(&at));
        let mut given = Grads::new();
        if !skip && grads.iter().any(Option::is_some) {
            before_node(node, &mut grads)?;
            self.capture(at, &grads);
            let leads_on = self.needed.as_ref().is_none_or(|n| node.edges.iter().flatten().any(|e| n.contains(&address(&e.node))));
            let accumulates = self.needed.is_none() || !matches!(node.action, Action::Accumulate(_));
            if leads_on && accumulates {
                let span = crate::profile::active().then(|| crate::profile::span(&format!("autograd::{}", node.name()), Vec::new));
                given = self.apply(node, grads)?;
                if let Some(span) = span {
                    span.end();
                }
            }
        }
        for (i, edge) in node.edges.iter().enumerate() {
            let Some(edge) = edge else { continue };
            if let Some(grad) = given.get_mut(i).and_then(Option::take) {
                node.check_given(i, &grad, edge)?;
                self.deposit(edge, grad)?;
            }
            if let Some(count) = self.waiting.get_mut(&address(&edge.node)) {
                *count -= 1;
                if *count == 0 {
                    ready.push(Ready(edge.node.clone()));
                }
            }
        }
        Ok(())
    }

    fn capture(&mut self, at: usize, grads: &Grads) {
        for &(output, place) in self.captures.get(&at).into_iter().flatten() {
            self.captured[place] = grads.get(output).cloned().flatten();
        }
    }

    fn apply(&self, node: &Arc<Node>, grads: Grads) -> Result<Grads> {
        let hooks_after: Vec<_> = node.hooks().as_ref().map(|h| h.after.iter().map(|(_, f)| f.clone()).collect()).unwrap_or_default();
        let received = if hooks_after.is_empty() { None } else { Some(grads.clone()) };
        let mut given = match &node.action {
            Action::Row(row) => row.apply(node, &grads, self.keep_graph)?,
            Action::Accumulate(_) => {
                if let (Some(leaf), Some(grad)) = (node.leaf(), grads.into_iter().next().flatten()) {
                    accumulate(&leaf, grad)?;
                }
                Grads::new()
            }
            Action::Custom(custom) => {
                let given = custom.apply(node, grads)?;
                if !self.keep_graph {
                    custom.release();
                }
                given
            }
        };
        if CHECK_NAN.get() {
            check_nan(node, &given)?;
        }
        if let Some(received) = received {
            for hook in hooks_after {
                if let Some(replaced) = hook.call(Some(&given), &received)? {
                    given = replaced;
                }
            }
        }
        Ok(given)
    }

    /// Adds a gradient to what a node has received.
    fn deposit(&mut self, edge: &Edge, grad: Tensor) -> Result<()> {
        let meta = &edge.node.outputs[edge.output];
        let grad = ops::backward::fit(grad, &meta.shape, meta.dtype)?;
        let buffer = self.buffers.entry(address(&edge.node)).or_default();
        buffer.resize(buffer.len().max(edge.node.outputs.len()), None);
        let slot = &mut buffer[edge.output];
        *slot = Some(match slot.take() {
            None => grad,
            Some(sum) => add_gradients(sum, grad)?,
        });
        Ok(())
    }
}

/// Sums two gradients, in place where the first is nobody else's.
fn add_gradients(sum: Tensor, grad: Tensor) -> Result<Tensor> {
    let private = !grad_enabled() && sum.is_private() && !sum.layout().overlaps_itself() && sum.dtype() == grad.dtype();
    if private {
        ops::elementwise::add_in_place(&sum, &grad)?;
        return Ok(sum);
    }
    sum.add(&grad)
}

/// As the leaf where that leaves no gaps, else row-major.
fn layout_of_gradient(leaf: &Tensor) -> Layout {
    let layout = leaf.layout();
    if layout.is_dense() { Layout { offset: 0, ..layout.clone() } } else { Layout::contiguous(&layout.shape) }
}

/// Adds to the gradient of a leaf; one in the leaf's layout that nobody else holds becomes it without a copy.
fn accumulate(leaf: &Tensor, mut grad: Tensor) -> Result<()> {
    let hooks: Vec<_> = leaf.autograd().lock().hooks.iter().map(|(_, h)| h.clone()).collect();
    for hook in hooks {
        if let Some(replaced) = hook.call(&grad)? {
            grad = replaced;
        }
    }
    let old = leaf.grad();
    let new = match old {
        None if !grad_enabled() && grad.is_private() && grad.layout().orders_as(&layout_of_gradient(leaf)) => {
            if grad.base().is_some() {
                grad.detach()?
            } else {
                grad
            }
        }
        None => {
            let copy = Tensor::empty_layout(layout_of_gradient(leaf), grad.dtype(), grad.device())?;
            ops::copy::copy_in_place(&copy, &grad)?;
            copy
        }
        Some(old) if grad_enabled() => old.add(&grad)?,
        Some(old) if old.requires_grad() => old.detach()?.add(&grad)?,
        Some(old) => {
            ops::elementwise::add_in_place(&old, &grad)?;
            old
        }
    };
    leaf.autograd().lock().grad = Some(new);
    let hooks: Vec<_> = leaf.autograd().lock().leaf_hooks.iter().map(|(_, h)| h.clone()).collect();
    hooks.into_iter().try_for_each(|hook| hook.call(leaf))
}

/// Hooks on the node and on its outputs, and retained gradients.
fn before_node(node: &Arc<Node>, grads: &mut Grads) -> Result<()> {
    let (tensor, retain, before) = match node.hooks().as_ref() {
        None => return Ok(()),
        Some(h) => (h.tensor.clone(), h.retain.clone(), h.before.clone()),
    };
    for (output, _, hook) in tensor {
        if let Some(grad) = &grads[output]
            && let Some(replaced) = hook.call(grad)?
        {
            grads[output] = Some(replaced);
        }
    }
    for (_, hook) in before {
        if let Some(replaced) = hook.call(None, grads)? {
            *grads = replaced;
        }
    }
    for (output, target) in retain {
        if let (Some(target), Some(grad)) = (target.upgrade(), grads[output].clone()) {
            let old = target.lock().grad.take();
            let sum = match old {
                Some(old) => old.add(&grad)?,
                None => grad,
            };
            target.lock().grad = Some(sum);
        }
    }
    Ok(())
}

fn check_nan(node: &Node, grads: &Grads) -> Result<()> {
    for (i, grad) in grads.iter().enumerate() {
        let Some(grad) = grad else { continue };
        let _mode = ModeGuard::set(false);
        if grad.is_nan()?.any_all()?.item()? == crate::Scalar::Bool(true) {
            let origin = node.origin.as_deref().map(|o| format!("\nThe forward call was:\n{o}")).unwrap_or_default();
            bail!(Runtime, "Function '{}' returned nan values in its {i}th output.{origin}", node.name());
        }
    }
    Ok(())
}
