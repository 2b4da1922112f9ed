"""What all calls that load have in common: threads, the kind of result, and what becomes of errors."""

import os
import warnings

from rushlight.image._errors import ImageWarning


def thread_count(workers):
    if workers is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not hasattr(workers, "__index__"):
        raise TypeError(f"workers={workers!r} is not a number of threads, or None for one per core")
    if workers < 0:
        raise ValueError(f"workers={workers} is negative: give how many threads to use, or None for one per core")
    return max(int(workers), 1)


def check_errors(errors):
    if errors not in ("raise", "skip", "substitute"):
        raise ValueError(f'errors={errors!r} is not known; it is "raise", "skip" or "substitute"')


def tell(errors, report):
    if report is not None:
        report.extend(errors)
        return
    more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
    warnings.warn(f"{errors[0]}{more}", ImageWarning, stacklevel=4)


def wrapper(device, framework):
    """Return the function that makes of an array what ``device`` and ``framework`` ask for."""
    if framework not in (None, "rushlight", "torch"):
        raise ValueError(f'framework={framework!r} is not known; it is "rushlight" or "torch"')
    if device is None and framework is None:
        return lambda array: array
    if device is not None and str(device) != "cpu":
        raise NotImplementedError(
            f'device={str(device)!r}: images are loaded to NumPy (None) or to "cpu"; move the tensor afterwards'
        )
    if framework == "torch":
        import torch

        return torch.from_numpy
    from rushlight import from_numpy

    return from_numpy
