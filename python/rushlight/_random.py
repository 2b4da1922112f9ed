"""The random functions of the package: native draws, and the seed of the default generator."""

from rushlight import _C
from rushlight.random import get_rng_state, initial_seed, manual_seed, seed, set_rng_state

NATIVE = [
    "Generator", "default_generator",
    "rand", "randn", "randint", "randperm", "rand_like", "randn_like", "randint_like",
    "normal", "bernoulli", "multinomial", "poisson", "binomial",
    "_standard_gamma", "_standard_gamma_grad", "_sample_dirichlet",
    "dropout", "dropout_", "feature_dropout", "feature_dropout_", "alpha_dropout", "alpha_dropout_",
    "feature_alpha_dropout", "feature_alpha_dropout_", "native_dropout",
]  # fmt: skip

globals().update({name: getattr(_C, name) for name in NATIVE})

__all__ = ["get_rng_state", "initial_seed", "manual_seed", "seed", "set_rng_state", *NATIVE]
