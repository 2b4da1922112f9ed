"""Distributions against PyTorch: samples of equal seeds, log probabilities, moments, entropies, divergences, errors."""

import pytest

torch = pytest.importorskip("torch")

import rushlight as rl  # noqa: E402
import rushlight.distributions  # noqa: E402

A, P, Z = [0.5, 1.0, 3.0], [0.2, 0.5, 0.9], [-1.0, 0.0, 2.0]
TRIL = [[1.0, 0.0, 0.0], [0.5, 2.0, 0.0], [0.1, 0.2, 0.5]]

MADE = {
    "Bernoulli": lambda d, t: d.Bernoulli(t(P)),
    "Bernoulli(logits)": lambda d, t: d.Bernoulli(logits=t(Z)),
    "Beta": lambda d, t: d.Beta(t(A), t(A) + 1),
    "Binomial": lambda d, t: d.Binomial(10, t(P)),
    "Categorical": lambda d, t: d.Categorical(t(P)),
    "Categorical(logits)": lambda d, t: d.Categorical(logits=t([Z, A])),
    "Cauchy": lambda d, t: d.Cauchy(t(Z), t(A)),
    "Chi2": lambda d, t: d.Chi2(t(A)),
    "Dirichlet": lambda d, t: d.Dirichlet(t(A)),
    "Exponential": lambda d, t: d.Exponential(t(A)),
    "Gamma": lambda d, t: d.Gamma(t(A), t(P)),
    "Geometric": lambda d, t: d.Geometric(t(P)),
    "Gumbel": lambda d, t: d.Gumbel(t(Z), t(A)),
    "HalfCauchy": lambda d, t: d.HalfCauchy(t(A)),
    "HalfNormal": lambda d, t: d.HalfNormal(t(A)),
    "Independent": lambda d, t: d.Independent(d.Normal(t(Z), t(A)), 1),
    "Laplace": lambda d, t: d.Laplace(t(Z), t(A)),
    "LogNormal": lambda d, t: d.LogNormal(t(Z), t(A)),
    "MixtureSameFamily": lambda d, t: d.MixtureSameFamily(d.Categorical(t(P)), d.Normal(t(Z), t(A))),
    "Multinomial": lambda d, t: d.Multinomial(5, t(P)),
    "MultivariateNormal": lambda d, t: d.MultivariateNormal(t(Z), scale_tril=t(TRIL)),
    "MultivariateNormal(covariance)": lambda d, t: d.MultivariateNormal(t(Z), t(TRIL) @ t(TRIL).T),
    "MultivariateNormal(precision)": lambda d, t: d.MultivariateNormal(t(Z), precision_matrix=t(TRIL) @ t(TRIL).T),
    "NegativeBinomial": lambda d, t: d.NegativeBinomial(3, t(P)),
    "Normal": lambda d, t: d.Normal(t(Z), t(A)),
    "Normal(numbers)": lambda d, t: d.Normal(1.0, 2.0),
    "OneHotCategorical": lambda d, t: d.OneHotCategorical(t(P)),
    "Pareto": lambda d, t: d.Pareto(t(A), t(A) + 2),
    "Poisson": lambda d, t: d.Poisson(t(A)),
    "RelaxedBernoulli": lambda d, t: d.RelaxedBernoulli(t(0.7), t(P)),
    "RelaxedOneHotCategorical": lambda d, t: d.RelaxedOneHotCategorical(t(0.7), t(P)),
    "StudentT": lambda d, t: d.StudentT(t(A) + 2, t(Z), t(A)),
    "Tanh": lambda d, t: d.TransformedDistribution(d.Normal(t(Z), t(A)), d.TanhTransform(cache_size=1)),
    "StickBreaking": lambda d, t: d.TransformedDistribution(d.Normal(t(A), t(P)), d.StickBreakingTransform()),
    "Uniform": lambda d, t: d.Uniform(t(Z), t(Z) + t(A)),
    "Weibull": lambda d, t: d.Weibull(t(A), t(A)),
}

DIVERGED = ["Bernoulli", "Beta", "Binomial", "Categorical", "Dirichlet", "Exponential", "Gamma", "Geometric", "Gumbel"]
DIVERGED += ["HalfNormal", "Independent", "Laplace", "LogNormal", "MultivariateNormal", "Normal", "OneHotCategorical"]
DIVERGED += ["Poisson", "Uniform"]


def facts(library, make):
    """What a program can ask of a distribution."""
    library.manual_seed(3)
    distribution = make(library.distributions, library.tensor)
    sample = distribution.sample((4,))
    yield "text", repr(distribution)
    yield "shapes", (tuple(distribution.batch_shape), tuple(distribution.event_shape))
    yield "sample", sample.tolist()
    yield "log_prob", distribution.log_prob(sample).tolist()
    yield "expanded", tuple(distribution.expand((2, *distribution.batch_shape)).sample().shape)
    for name in ("mean", "variance", "mode", "entropy", "cdf", "rsample"):
        yield name, asked(distribution, name, sample)


def asked(distribution, name, sample):
    try:
        value = getattr(distribution, name)
        value = value(sample) if name == "cdf" else value() if callable(value) else value
        return value.tolist()
    except NotImplementedError:
        return None


@pytest.mark.parametrize("name", MADE)
def test_distribution_is_pytorchs(name):
    for (what, ours), (_, theirs) in zip(facts(rl, MADE[name]), facts(torch, MADE[name]), strict=True):
        if isinstance(theirs, str | tuple | None):
            assert ours == theirs, what
        else:
            torch.testing.assert_close(torch.tensor(ours), torch.tensor(theirs), equal_nan=True, msg=what)


@pytest.mark.parametrize("name", DIVERGED)
def test_divergence_is_pytorchs(name):
    def divergence(library):
        p, q = (MADE[name](library.distributions, lambda v, k=k: library.tensor(v) * k) for k in (1.0, 0.9))
        return library.distributions.kl_divergence(p, q).tolist()

    torch.testing.assert_close(torch.tensor(divergence(rl)), torch.tensor(divergence(torch)))


@pytest.mark.parametrize("pair", [("Laplace", "Normal"), ("Uniform", "Normal")])
def test_divergence_between_two_kinds_is_pytorchs(pair):
    def divergence(library):
        p, q = (MADE[name](library.distributions, library.tensor) for name in pair)
        return library.distributions.kl_divergence(p, q).tolist()

    torch.testing.assert_close(torch.tensor(divergence(rl)), torch.tensor(divergence(torch)))


BAD = {
    "negative scale": lambda d, t: d.Normal(0.0, -1.0),
    "probability over one": lambda d, t: d.Bernoulli(2.0),
    "not a simplex": lambda d, t: d.Categorical(t([-1.0, 2.0])),
    "empty interval": lambda d, t: d.Uniform(1.0, 0.0),
    "value outside": lambda d, t: d.Categorical(t(P)).log_prob(t(7)),
    "value of another shape": lambda d, t: d.Normal(t(Z), t(A)).log_prob(t([1.0, 2.0])),
    "no divergence": lambda d, t: d.kl_divergence(d.Cauchy(0.0, 1.0), d.Bernoulli(t(P))),
}


@pytest.mark.parametrize("name", BAD)
def test_error_is_pytorchs(name):
    with pytest.raises((ValueError, NotImplementedError)) as theirs:
        BAD[name](torch.distributions, torch.tensor)
    with pytest.raises(theirs.type) as ours:
        BAD[name](rl.distributions, rl.tensor)
    assert str(ours.value) == str(theirs.value)


@pytest.mark.parametrize("name", ["Normal", "Gamma", "Laplace", "Gumbel", "MultivariateNormal", "Beta", "Dirichlet"])
def test_reparametrised_gradients_are_those_of_the_mean(name):
    """The mean of many reparametrised samples has the gradient of the mean."""
    rl.manual_seed(0)
    leaves = []

    def leaf(values):
        leaves.append(rl.tensor(values).requires_grad_())
        return leaves[-1]

    distribution = MADE[name](rl.distributions, leaf)
    weights = rl.arange(1.0, 4.0)
    sampled = rl.autograd.grad(
        (distribution.rsample((40000,)).mean(0) * weights).sum(), leaves, retain_graph=True, allow_unused=True
    )
    exact = rl.autograd.grad((distribution.mean * weights).sum(), leaves, allow_unused=True)
    for a, b in zip(sampled, exact, strict=True):
        if b is not None:
            assert rl.allclose(a, b, atol=0.08), (a, b)
