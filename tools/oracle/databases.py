"""All that is compared, by section and name."""

import functools

from tools.oracle import modules, optimizers, streams
from tools.oracle.operators import Limits, compare_operator
from tools.oracle.samples import Outcome

FAMILIES = {"Modules": modules, "Optimizers": optimizers, "Random streams": streams}


@functools.cache
def operators() -> dict:
    """Return PyTorch's operators by name and variant."""
    from torch.testing._internal.common_methods_invocations import op_db

    return {f"{op.name} {op.variant_test_name}".strip(): op for op in op_db}


def sections() -> dict[str, list[str]]:
    """Return all names by section."""
    return {"Operators": list(operators()), **{title: family.names() for title, family in FAMILIES.items()}}


def compare(name: str, limits: Limits) -> Outcome:
    """Compare one entry of a database."""
    for family in FAMILIES.values():
        if name in family.names():
            return family.compare(name)
    return compare_operator(name, operators()[name], limits)
