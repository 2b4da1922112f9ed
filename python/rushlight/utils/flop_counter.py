"""Counting the arithmetic of matrix products, convolutions and attention within a block."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import rushlight as rl
from rushlight import _C
from rushlight.nn.modules.module_hooks import register_module_forward_hook, register_module_forward_pre_hook
from rushlight.utils.flop_formulas import FORMULAS, Cost

__all__ = ["FlopCounterMode"]

SUFFIXES = ["", "K", "M", "B", "T"]


class FlopCounterMode:
    """Within ``with FlopCounterMode() as counter:`` counts what products take, forwards and backwards, by module.

    Operators are named as PyTorch names those it runs, ``"aten.mm"``. A backward pass counts if it runs within the block;
    second derivatives do not. ``depth`` limits the table that is printed at the end if ``display``.

    >>> with FlopCounterMode(display=False) as counter:
    ...     y = rl.nn.Linear(5, 3)(rl.ones(4, 5)).sum()
    >>> counter.get_total_flops(), counter.get_flop_counts()["Linear"]
    (120, {'aten.addmm': 120})
    """

    def __init__(self, mods: Any = None, depth: int | None = 2, display: bool = True) -> None:
        self.depth, self.display = depth, display
        self.flop_counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self._modules: list[tuple[Any, str]] = []
        self._running = False

    def get_total_flops(self) -> int:
        """Return the count of all operators."""
        return sum(self.flop_counts["Global"].values())

    def get_flop_counts(self) -> dict[str, dict[str, int]]:
        """Return the counts by module, ``"Global"`` for all, and operator."""
        return {name: dict(counts) for name, counts in self.flop_counts.items()}

    def __enter__(self) -> "FlopCounterMode":
        self.flop_counts.clear()
        self._handles = [
            register_module_forward_pre_hook(lambda module, args: self._enter_module(module)),
            register_module_forward_hook(lambda module, args, result: self._modules.pop() and None, always_call=True),
        ]
        _C._push_mode(self)
        self._running = True
        return self

    def __exit__(self, *exception: object) -> None:
        self._running = False
        _C._pop_mode()
        for handle in self._handles:
            handle.remove()
        if self.display:
            print(self.get_table())

    def __torch_function__(self, func: Callable, types: Iterable[type], args: tuple = (), kwargs: dict | None = None):
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        formula = FORMULAS.get(func.__name__)
        if formula is not None and isinstance(result, rl.Tensor):
            options = {"result": result} if func.__name__ == "convolution" else {}
            cost = formula(*args, **kwargs, **options)
            if cost is not None:
                self._count(cost, result)
        return result

    def _count(self, cost: Cost, result: "rl.Tensor") -> None:
        owners = {"Global", *(name for _, name in self._modules)}
        self._add(owners, cost.operator, cost.count)
        wanted = sum(count for operands, count in cost.gradients if any(x.requires_grad for x in operands))
        if wanted and result.requires_grad:
            result.register_hook(lambda gradient: self._add(owners, cost.backward_operator, wanted))

    def _add(self, owners: set, operator: str, count: int) -> None:
        if self._running:
            for owner in owners:
                self.flop_counts[owner][operator] += count

    def _enter_module(self, module: Any) -> None:
        parent, name = self._modules[-1] if self._modules else (None, "")
        child = next((n for n, m in parent.named_children() if m is module), None) if parent is not None else None
        self._modules.append((module, f"{name}.{child}" if child is not None else type(module).__name__))

    def get_table(self, depth: int | None = None) -> str:
        """Return the counts as a table: modules down to ``depth``, each with its operators and its part of the total."""
        depth = depth or self.depth or len(self.flop_counts) + 1
        names = [n for n in sorted(self.flop_counts) if n != "Global" and n.count(".") < depth]
        total = self.get_total_flops()
        whole = any(sum(self.flop_counts[n].values()) >= total for n in names)
        rows = [row for n in names for row in self._rows(n, n.count(".") + (not whole), total)]
        if not whole and total:
            rows = self._rows("Global", 0, total) + rows
        return table(["Module", "FLOP", "% Total"], rows or [["Global", "0", "0%"]])

    def _rows(self, name: str, indent: int, total: int) -> list:
        suffix = max(0, min(len(SUFFIXES) - 1, (len(str(total)) - 2) // 3))

        def row(label: str, count: int) -> list:
            part = f"{count / total:.2%}" if total else "0%"
            return [" " * indent + label, f"{count / 1000**suffix:.3f}{SUFFIXES[suffix]}", part]

        counts = self.flop_counts[name]
        return [row(name, sum(counts.values())), *(row(f" - {operator}", n) for operator, n in counts.items())]


def table(header: list, rows: list) -> str:
    """Return columns under their names, the first aligned left, the others right."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    lines = [header, ["-" * width for width in widths], *rows]
    aligned = (
        [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))]
        for line in lines
    )
    return "\n".join("  ".join(cells) for cells in aligned)
