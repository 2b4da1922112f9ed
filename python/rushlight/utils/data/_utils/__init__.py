"""PyTorch's private names for `collate`, `fetch` and `worker`, which programs import."""

import sys

from .. import collate, fetch, worker
from ..exception import ExceptionWrapper

__all__ = ["ExceptionWrapper", "collate", "fetch", "worker"]

for _module in (collate, fetch, worker):
    sys.modules[f"{__name__}.{_module.__name__.rpartition('.')[2]}"] = _module
