"""Function transforms: derivatives, Jacobian products and vectorisation of plain Python functions."""

from rushlight.func.forward import hessian, jacfwd, jvp, linearize
from rushlight.func.module import functional_call, replace_all_batch_norm_modules_, stack_module_state
from rushlight.func.reverse import grad, grad_and_value, jacrev, vjp
from rushlight.func.vectorize import functionalize, vmap

__all__ = [
    "functional_call",
    "functionalize",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "linearize",
    "replace_all_batch_norm_modules_",
    "stack_module_state",
    "vjp",
    "vmap",
]
