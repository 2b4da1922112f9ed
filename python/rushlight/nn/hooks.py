"""The two graph nodes behind a module's full backward hooks."""

import warnings

import rushlight as rl

__all__ = ["BackwardHook"]


class BackwardHookFunction(rl.autograd.Function):
    """Identity whose backward pass hands the gradients to `receive` and passes on what it returns.

    With `fill` a gradient that did not arrive is zero, otherwise None.
    """

    @staticmethod
    def forward(ctx, receive, fill, *tensors):
        ctx.receive = receive
        ctx.set_materialize_grads(fill)
        gated = tuple(tensor.view_as(tensor) for tensor in tensors)
        ctx.mark_non_differentiable(*[g for g, tensor in zip(gated, tensors, strict=True) if not tensor.requires_grad])
        return gated

    @staticmethod
    def backward(ctx, *grads):
        return None, None, *ctx.receive(grads)


class BackwardHook:
    """One call of a module with full backward hooks: a gate before it and a gate after it.

    The output gate meets the gradients first: it runs the pre-hooks and keeps `grad_output`. The input gate runs
    the hooks with `(module, grad_input, grad_output)`. Where no input takes a gradient the output gate runs both.
    """

    def __init__(self, module, user_hooks, user_pre_hooks):
        self.module = module
        self.user_hooks = user_hooks
        self.user_pre_hooks = user_pre_hooks
        self.grad_outputs = None
        self.input_positions = None
        self.input_count = 0

    def setup_input_hook(self, args):
        """Send the tensors among the arguments through the input gate."""
        self.input_count = len(args)
        gated, self.input_positions = _send_through(self._receive_input, True, args)
        return gated

    def setup_output_hook(self, result):
        """Send the tensors among the results through the output gate."""
        results = result if isinstance(result, tuple) else (result,)
        self.output_count = len(results)
        gated, self.output_positions = _send_through(self._receive_output, False, results)
        return gated if isinstance(result, tuple) else gated[0]

    def _receive_input(self, grads):
        if self.grad_outputs is None:
            return grads
        grad_inputs = _spread(self.input_positions, grads, self.input_count)
        for hook in self.user_hooks:
            grad_inputs = _same_length("grad_input", grad_inputs, hook(self.module, grad_inputs, self.grad_outputs))
        self.grad_outputs = None
        return tuple(grad_inputs[i] for i in self.input_positions)

    def _receive_output(self, grads):
        self.grad_outputs = _spread(self.output_positions, grads, self.output_count)
        for hook in self.user_pre_hooks:
            self.grad_outputs = _same_length("grad_output", self.grad_outputs, hook(self.module, self.grad_outputs))
        passed_on = tuple(self.grad_outputs[i] for i in self.output_positions)
        if self.input_positions is None:
            self._run_without_inputs()
        return passed_on

    def _run_without_inputs(self):
        if self.user_hooks:
            warnings.warn(
                "Full backward hook is firing when gradients are computed with respect to module outputs "
                "since no inputs require gradients.",
                stacklevel=5,
            )
        no_gradients = (None,) * self.input_count
        for hook in self.user_hooks:
            result = hook(self.module, no_gradients, self.grad_outputs)
            if result is not None and not (isinstance(result, tuple) and all(g is None for g in result)):
                raise RuntimeError(
                    "a backward hook of a module none of whose inputs requires a gradient must return None "
                    "or a tuple of None"
                )
        self.grad_outputs = None


def _send_through(receive, fill, values):
    """`values` with its tensors behind a gate, and their positions; None for these where nothing needs a gradient."""
    positions = [i for i, value in enumerate(values) if isinstance(value, rl.Tensor)]
    if not (rl.is_grad_enabled() and any(values[i].requires_grad for i in positions)):
        return values, None
    gated = list(values)
    for i, tensor in zip(
        positions, BackwardHookFunction.apply(receive, fill, *(values[i] for i in positions)), strict=True
    ):
        gated[i] = tensor
    return (tuple(gated) if type(values) is tuple else type(values)(*gated)), positions


def _spread(positions, values, count):
    spread = [None] * count
    for i, value in zip(positions, values, strict=True):
        spread[i] = value
    return tuple(spread)


def _same_length(name, current, replacement):
    if replacement is None:
        return current
    replacement = replacement if isinstance(replacement, tuple | list) else (replacement,)
    if len(replacement) != len(current):
        raise RuntimeError(
            f"Backward hook returned an invalid number of {name}, got {len(replacement)}, but expected {len(current)}"
        )
    return tuple(replacement)
