"""``torch.classes``: classes written in C++ for PyTorch, of which none can be loaded."""

from __future__ import annotations

from rushlight.compat.absent import absent

load_library = absent("torch.classes.load_library", "Rushlight cannot load classes compiled for PyTorch", OSError)
