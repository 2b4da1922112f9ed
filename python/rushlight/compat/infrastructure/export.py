"""``torch.export``: graphs are not captured; the functions raise NotImplementedError."""

from __future__ import annotations

from rushlight.compat.absent import absent, absent_type

_REASON = (
    "Rushlight runs programs eagerly and captures no graphs. Keep the Python module, and its weights as a state_dict"
)

Dim = absent_type("torch.export.Dim", _REASON)
ExportedProgram = absent_type("torch.export.ExportedProgram", _REASON)
export = absent("torch.export.export", _REASON)
load = absent("torch.export.load", _REASON)
save = absent("torch.export.save", _REASON)
