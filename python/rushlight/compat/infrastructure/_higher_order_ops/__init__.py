"""``torch._higher_order_ops``: functions of functions."""

from rushlight._control_flow import cond as cond
from rushlight._control_flow import while_loop as while_loop
from rushlight.compat.infrastructure._higher_order_ops.associative_scan import associative_scan as associative_scan
