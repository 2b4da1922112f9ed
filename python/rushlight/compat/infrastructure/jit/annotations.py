"""``torch.jit.annotations``: types that speak to a compiler."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Dict, List, Optional, Tuple  # noqa: F401, UP035

BroadcastingList1 = BroadcastingList2 = BroadcastingList3 = Sequence
"""Annotations of arguments that are a number or a list of as many."""
