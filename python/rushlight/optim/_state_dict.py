"""Optimizer state to and from dictionaries in which a parameter is its running index."""

from collections import defaultdict
from collections.abc import Iterable
from copy import deepcopy
from itertools import chain
from typing import Any

import rushlight as rl


def pack(state: dict, groups: list[dict[str, Any]]) -> dict[str, Any]:
    """Replace the parameters in ``state`` and ``groups`` by indices in order of the groups."""
    index: dict[int, int] = {}
    packed_groups = []
    start = 0
    for group in groups:
        for i, p in enumerate(group["params"], start):
            index.setdefault(id(p), i)
        start += len(group["params"])
        packed = {key: value for key, value in group.items() if key != "params"}
        packed["params"] = [index[id(p)] for p in group["params"]]
        packed_groups.append(packed)
    packed_state = {index[id(k)] if isinstance(k, rl.Tensor) else k: v for k, v in state.items()}
    return {"state": packed_state, "param_groups": packed_groups}


def unpack(state_dict: dict[str, Any], groups: list[dict[str, Any]]) -> dict[str, Any]:
    """Return ``state`` and ``param_groups`` of ``state_dict`` for the parameters in ``groups``."""
    saved = deepcopy(state_dict["param_groups"])
    _check_sizes(saved, groups)
    saved_ids = chain.from_iterable(g["params"] for g in saved)
    params = dict(zip(saved_ids, chain.from_iterable(g["params"] for g in groups), strict=True))
    options = {i: group for group in saved for i in group["params"]}
    state: defaultdict[Any, Any] = defaultdict(dict)
    for key, value in state_dict["state"].items():
        if key in params:
            state[params[key]] = _cast(value, params[key], options[key])
        else:
            state[key] = value
    return {"state": state, "param_groups": [_with_params(s, g) for s, g in zip(saved, groups, strict=True)]}


def _check_sizes(saved: list[dict], groups: list[dict]) -> None:
    if len(groups) != len(saved):
        raise ValueError("loaded state dict has a different number of parameter groups")
    if any(len(g["params"]) != len(s["params"]) for g, s in zip(groups, saved, strict=True)):
        raise ValueError(
            "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
        )


def _with_params(saved: dict, group: dict) -> dict:
    if "param_names" in group:
        saved.setdefault("param_names", group["param_names"])
    return {**saved, "params": group["params"]}


def _cast(value: Any, param: "rl.Tensor", options: dict, key: str | None = None) -> Any:
    if isinstance(value, rl.Tensor):
        return _cast_tensor(value, param, options, key)
    if isinstance(value, dict):
        return {k: _cast(v, param, options, k) for k, v in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return type(value)(_cast(v, param, options) for v in value)
    return value


def _cast_tensor(value: "rl.Tensor", param: "rl.Tensor", options: dict, key: str | None) -> "rl.Tensor":
    if key == "step":  # a count, not a quantity of the parameter's dtype
        counted_by_kernel = options.get("capturable") or options.get("fused")
        return value.to(dtype=rl.float32, device=param.device) if counted_by_kernel else value
    if param.is_floating_point():
        return value.to(dtype=param.dtype, device=param.device)
    return value.to(device=param.device)
