"""Finding the forward operation behind a failing backward one."""

import warnings
from typing import Any

from rushlight import _C

__all__ = ["detect_anomaly", "set_detect_anomaly"]


class set_detect_anomaly:
    """Turns anomaly detection on or off, for a block when used as a context manager.

    While it is on, each node remembers where it was created and errors of the backward pass show that traceback;
    with ``check_nan`` a backward that returns NaN raises ``RuntimeError``. It is slow: for debugging only.
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self.prev = _C._is_anomaly_enabled(), _C._is_anomaly_check_nan_enabled()
        _C._set_anomaly_enabled(mode, check_nan)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc: Any) -> None:
        _C._set_anomaly_enabled(*self.prev)


class detect_anomaly:
    """Turns anomaly detection on for a block; see ``set_detect_anomaly``."""

    def __init__(self, check_nan: bool = True) -> None:
        self.check_nan = check_nan
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for "
            "debugging.",
            stacklevel=2,
        )

    def __enter__(self) -> None:
        self.prev = _C._is_anomaly_enabled(), _C._is_anomaly_check_nan_enabled()
        _C._set_anomaly_enabled(True, self.check_nan)

    def __exit__(self, *exc: Any) -> None:
        _C._set_anomaly_enabled(*self.prev)
