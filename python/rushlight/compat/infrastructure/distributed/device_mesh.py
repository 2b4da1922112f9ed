"""``torch.distributed.device_mesh``: a type for annotations; there is one process and one device."""

from __future__ import annotations

from rushlight.compat.absent import absent, absent_type
from rushlight.compat.infrastructure.distributed import REASON

DeviceMesh = absent_type("torch.distributed.device_mesh.DeviceMesh", REASON, RuntimeError)
init_device_mesh = absent("torch.distributed.device_mesh.init_device_mesh", REASON, RuntimeError)
