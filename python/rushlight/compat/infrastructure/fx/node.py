"""``torch.fx.node``: where `Node` is defined."""

from rushlight.compat.infrastructure.fx import Node as Node
from rushlight.compat.infrastructure.fx import map_arg as map_arg
