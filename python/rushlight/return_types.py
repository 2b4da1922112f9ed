"""``torch.return_types``: the named tuples that operators with several results return."""

from rushlight._ops.return_types import *  # noqa: F403
