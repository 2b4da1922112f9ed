"""Probability distributions with samples, log probabilities, entropies and divergences.

>>> import rushlight as rl
>>> policy = Categorical(logits=rl.zeros(2))
>>> policy.log_prob(rl.tensor(1)), policy.entropy()
(tensor(-0.6931), tensor(0.6931))

A loss from random choices multiplies ``-log_prob(choice)`` by the reward; a loss through random numbers uses
``rsample()``, which passes gradients to the parameters.
"""

import sys

from . import (
    constraints,
    counts,
    dirichlet,
    gamma,
    kl_between,
    parameters,
    relaxed,
    student_t,
    transformed_distribution,
    transforms,
)
from .bernoulli import Bernoulli
from .categorical import Categorical
from .cauchy import Cauchy
from .constraint_registry import biject_to, transform_to
from .continuous_bernoulli import ContinuousBernoulli
from .counts import Binomial, Geometric, Multinomial, NegativeBinomial, Poisson
from .dirichlet import Beta, Dirichlet
from .distribution import Distribution
from .exp_family import ExponentialFamily
from .exponential import Exponential
from .fishersnedecor import FisherSnedecor
from .gamma import Chi2, Gamma
from .generalized_pareto import GeneralizedPareto
from .independent import Independent
from .inverse_gamma import InverseGamma
from .kl import kl_divergence, register_kl
from .kumaraswamy import Kumaraswamy
from .laplace import Laplace
from .lkj_cholesky import LKJCholesky
from .logistic_normal import LogisticNormal
from .lowrank_multivariate_normal import LowRankMultivariateNormal
from .mixture_same_family import MixtureSameFamily
from .multivariate_normal import MultivariateNormal
from .normal import Normal
from .one_hot_categorical import OneHotCategorical, OneHotCategoricalStraightThrough
from .relaxed import LogitRelaxedBernoulli, RelaxedBernoulli, RelaxedOneHotCategorical
from .student_t import StudentT
from .transformed_distribution import (
    Gumbel,
    HalfCauchy,
    HalfNormal,
    LogNormal,
    Pareto,
    TransformedDistribution,
    Weibull,
)
from .transforms import *  # noqa: F403
from .uniform import Uniform
from .von_mises import VonMises
from .wishart import Wishart

__all__ = [
    "Bernoulli", "Beta", "Binomial", "Categorical", "Cauchy", "Chi2", "ContinuousBernoulli", "Dirichlet", "Distribution",
    "Exponential", "ExponentialFamily", "FisherSnedecor", "Gamma", "GeneralizedPareto", "Geometric", "Gumbel",
    "HalfCauchy", "HalfNormal", "Independent", "InverseGamma", "Kumaraswamy", "LKJCholesky", "Laplace", "LogNormal",
    "LogisticNormal", "LogitRelaxedBernoulli", "LowRankMultivariateNormal", "MixtureSameFamily", "Multinomial",
    "MultivariateNormal", "NegativeBinomial", "Normal", "OneHotCategorical", "OneHotCategoricalStraightThrough", "Pareto",
    "Poisson", "RelaxedBernoulli", "RelaxedOneHotCategorical", "StudentT", "TransformedDistribution", "Uniform", "VonMises",
    "Weibull", "Wishart", "biject_to", "constraints", "kl_divergence", "register_kl", "transform_to",
    "transforms", *transforms.__all__,
]  # fmt: skip

# PyTorch's names of modules whose contents live together here.
_TOGETHER = {
    counts: "binomial geometric multinomial negative_binomial poisson",
    dirichlet: "beta",
    gamma: "chi2",
    parameters: "utils",
    relaxed: "relaxed_bernoulli relaxed_categorical",
    student_t: "studentT",
    transformed_distribution: "gumbel half_cauchy half_normal log_normal pareto weibull",
}
for _module, _names in _TOGETHER.items():
    for _name in _names.split():
        globals()[_name] = sys.modules[f"{__name__}.{_name}"] = _module
