"""``torch._subclasses.fake_tensor``: types for ``isinstance``; tensors without data are on the device "meta" here."""

from __future__ import annotations

from rushlight.compat.absent import absent_type

_REASON = 'tensors without data are on the device "meta" here'

FakeTensor = absent_type("torch._subclasses.fake_tensor.FakeTensor", _REASON)
FakeTensorMode = absent_type("torch._subclasses.fake_tensor.FakeTensorMode", _REASON)


def is_fake(x: object) -> bool:
    """False: no tensor is one of the compiler's."""
    return False
