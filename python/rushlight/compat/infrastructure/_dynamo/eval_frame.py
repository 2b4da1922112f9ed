"""``torch._dynamo.eval_frame``: the type of compiled modules, for ``isinstance``; `compile` returns the module itself."""

from __future__ import annotations

from rushlight.compat.absent import absent_type

OptimizedModule = absent_type("torch._dynamo.eval_frame.OptimizedModule", "torch.compile returns the module itself")
