"""``torch.__future__``: how modules replace their parameters when they are converted."""

from rushlight.nn.modules.module_conversion import REPLACEMENT

__all__ = ["get_overwrite_module_params_on_conversion", "get_swap_module_params_on_conversion",
           "set_overwrite_module_params_on_conversion", "set_swap_module_params_on_conversion"]  # fmt: skip


def set_overwrite_module_params_on_conversion(value: bool) -> None:
    """Say whether ``module.to(...)`` and its like make new parameters instead of changing the data of those there are."""
    REPLACEMENT.overwrite = value


def get_overwrite_module_params_on_conversion() -> bool:
    """Return whether conversions make new parameters."""
    return REPLACEMENT.overwrite


def set_swap_module_params_on_conversion(value: bool) -> None:
    """Say whether conversions swap the content of parameters; here the objects stay the same in either case."""
    REPLACEMENT.swap = value


def get_swap_module_params_on_conversion() -> bool:
    """Return what was set."""
    return REPLACEMENT.swap
