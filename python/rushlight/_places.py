"""Where PyTorch keeps a class or function of this package: files name it there, and so does its own name under ``import torch``."""

_MODULES = {
    "_dtypes": "",
    "_ops.return_types": "return_types",
    "_size": "",
    "_symbolic": "",
    "compat.toplevel": "",
    "nn.attention.block_mask": "nn.attention.flex_attention",
    "nn.modules.attention": "nn.modules.activation",
    "nn.modules.linear_loss": "nn.modules.loss",
    "nn.modules.parameter_container": "nn.modules.container",
    "nn.modules.rnn_cells": "nn.modules.rnn",
    "optim.adafactor": "optim",
    "optim.muon": "optim",
    "profiler.events": "autograd.profiler_util",
    "profiler.profile": "profiler.profiler",
    "utils.benchmark.compare": "utils.benchmark.utils.compare",
    "utils.benchmark.measurement": "utils.benchmark.utils.common",
    "utils.benchmark.timer": "utils.benchmark.utils.timer",
}
"""Module here: module there, both without the package's name."""

_WHOLE = ("distributions.transforms", "nn.functional", "optim.lr_scheduler")
"""One module there, a folder here."""

_CLASSES = {
    "Generator": "_C",
    "LinAlgError": "_C",
    "TypedStorage": "storage",
    "UntypedStorage": "storage",
    "Beta": "distributions.beta",
    "Binomial": "distributions.binomial",
    "Chi2": "distributions.chi2",
    "Geometric": "distributions.geometric",
    "Gumbel": "distributions.gumbel",
    "HalfCauchy": "distributions.half_cauchy",
    "HalfNormal": "distributions.half_normal",
    "LinearCrossEntropyOptions": "nn.modules.linear_cross_entropy_options",
    "LogNormal": "distributions.log_normal",
    "Multinomial": "distributions.multinomial",
    "NegativeBinomial": "distributions.negative_binomial",
    "Pareto": "distributions.pareto",
    "Poisson": "distributions.poisson",
    "RelaxedBernoulli": "distributions.relaxed_bernoulli",
    "RelaxedOneHotCategorical": "distributions.relaxed_categorical",
    "StudentT": "distributions.studentT",
    "Weibull": "distributions.weibull",
    "record_function": "autograd.profiler",
    "safe_globals": "serialization",
}
"""Classes that share a module here and have one each there, or are native here."""


def torch_module(module: str, name: str) -> str:
    """Return the module where PyTorch has ``name`` of ``module``; ``module`` itself when it is not of this package.

    >>> torch_module("rushlight.nn.modules.rnn_cells", "GRUCell")
    'torch.nn.modules.rnn'
    >>> torch_module("collections", "OrderedDict")
    'collections'
    """
    package, _, inner = module.partition(".")
    if package != "rushlight":
        return module
    inner = inner.removeprefix("compat.infrastructure.")
    whole = next((folder for folder in _WHOLE if inner.startswith(f"{folder}.")), None)
    place = _CLASSES.get(name) or whole or _MODULES.get(inner, inner)
    return f"torch.{place}" if place else "torch"
