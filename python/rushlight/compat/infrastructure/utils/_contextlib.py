"""``torch.utils._contextlib``: contexts that decorate functions too."""

from __future__ import annotations

import copy
from contextlib import ContextDecorator


class _DecoratorContextManager(ContextDecorator):
    """A context whose class decorates functions: each call enters a copy of it."""

    def clone(self) -> _DecoratorContextManager:
        """Return a context like this one."""
        return copy.copy(self)

    def _recreate_cm(self) -> _DecoratorContextManager:
        return self.clone()
