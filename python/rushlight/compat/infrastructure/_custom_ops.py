"""``torch._custom_ops``: older names of `torch.library`."""

from rushlight.compat.infrastructure.library import custom_op as custom_op
from rushlight.compat.infrastructure.library import register_fake

impl_abstract = register_fake
