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
    "ContinuousBernoulli": lambda d, t: d.ContinuousBernoulli(t(P)),
    "ContinuousBernoulli(logits)": lambda d, t: d.ContinuousBernoulli(logits=t(Z)),
    "Dirichlet": lambda d, t: d.Dirichlet(t(A)),
    "Exponential": lambda d, t: d.Exponential(t(A)),
    "FisherSnedecor": lambda d, t: d.FisherSnedecor(t(A), t(A) + 4),
    "Gamma": lambda d, t: d.Gamma(t(A), t(P)),
    "GeneralizedPareto": lambda d, t: d.GeneralizedPareto(t(Z), t(A), t([-0.5, 0.0, 0.3])),
    "Geometric": lambda d, t: d.Geometric(t(P)),
    "Gumbel": lambda d, t: d.Gumbel(t(Z), t(A)),
    "HalfCauchy": lambda d, t: d.HalfCauchy(t(A)),
    "HalfNormal": lambda d, t: d.HalfNormal(t(A)),
    "Independent": lambda d, t: d.Independent(d.Normal(t(Z), t(A)), 1),
    "InverseGamma": lambda d, t: d.InverseGamma(t(A), t(P)),
    "Kumaraswamy": lambda d, t: d.Kumaraswamy(t(P), t(A)),
    "LKJCholesky": lambda d, t: d.LKJCholesky(3, t(A)),
    "Laplace": lambda d, t: d.Laplace(t(Z), t(A)),
    "LogisticNormal": lambda d, t: d.LogisticNormal(t(P), t(P)),
    "LowRankMultivariateNormal": lambda d, t: d.LowRankMultivariateNormal(t(Z), t(TRIL)[:, :2], t(A)),
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
    "VonMises": lambda d, t: d.VonMises(t(Z), t(A)),
    "Weibull": lambda d, t: d.Weibull(t(A), t(A)),
}

DIVERGED = ["Bernoulli", "Beta", "Binomial", "Categorical", "Dirichlet", "Exponential", "Gamma", "Geometric", "Gumbel"]
DIVERGED += ["HalfNormal", "Independent", "Laplace", "LogNormal", "MultivariateNormal", "Normal", "OneHotCategorical"]
DIVERGED += ["Cauchy", "ContinuousBernoulli", "LowRankMultivariateNormal", "Pareto", "Poisson", "Uniform"]

ON_LINE = {
    "Bernoulli": lambda d, t: d.Bernoulli(t(P)),
    "Beta": lambda d, t: d.Beta(t(A), t(A) + 1),
    "Binomial": lambda d, t: d.Binomial(10, t(P)),
    "ContinuousBernoulli": lambda d, t: d.ContinuousBernoulli(t(P)),
    "Exponential": lambda d, t: d.Exponential(t(A)),
    "Gamma": lambda d, t: d.Gamma(t(A), t(P)),
    "Gumbel": lambda d, t: d.Gumbel(t(Z), t(A)),
    "Laplace": lambda d, t: d.Laplace(t(Z), t(A)),
    "Normal": lambda d, t: d.Normal(t(Z), t(A)),
    "Pareto": lambda d, t: d.Pareto(t(P), t(A) + 0.5),
    "Poisson": lambda d, t: d.Poisson(t(A)),
    "Uniform": lambda d, t: d.Uniform(t([-1.0, 0.2, 0.1]), t([0.5, 0.7, 2.0])),
}


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
            if (name, what) != ("Kumaraswamy", "mode"):  # PyTorch's is NaN everywhere
                torch.testing.assert_close(torch.tensor(ours), torch.tensor(theirs), equal_nan=True, msg=what)


@pytest.mark.parametrize("name", DIVERGED)
def test_divergence_is_pytorchs(name):
    def divergence(library):
        p, q = (MADE[name](library.distributions, lambda v, k=k: library.tensor(v) * k) for k in (1.0, 0.9))
        return library.distributions.kl_divergence(p, q).tolist()

    torch.testing.assert_close(torch.tensor(divergence(rl)), torch.tensor(divergence(torch)))


@pytest.mark.parametrize("q", ON_LINE)
@pytest.mark.parametrize("p", ON_LINE)
def test_divergence_between_two_families_is_pytorchs(p, q):
    def divergence(library):
        ours, theirs = (ON_LINE[name](library.distributions, library.tensor) for name in (p, q))
        return torch.tensor(library.distributions.kl_divergence(ours, theirs).tolist())

    try:
        expected = divergence(torch)
    except NotImplementedError:
        with pytest.raises(NotImplementedError):
            divergence(rl)
    else:
        if (p, q) == ("ContinuousBernoulli", "Uniform"):  # PyTorch is infinite where q covers [0, 1]
            expected = torch.full((3,), torch.inf)
        torch.testing.assert_close(divergence(rl), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("q", ["MultivariateNormal", "LowRankMultivariateNormal"])
@pytest.mark.parametrize("p", ["MultivariateNormal", "LowRankMultivariateNormal"])
def test_divergence_between_normal_vectors_is_pytorchs(p, q):
    def divergence(library):
        ours = MADE[p](library.distributions, library.tensor)
        theirs = MADE[q](library.distributions, lambda v: library.tensor(v) * 1.1).expand((2,))
        return torch.tensor(library.distributions.kl_divergence(ours, theirs).tolist())

    torch.testing.assert_close(divergence(rl), divergence(torch))


WISHART = {
    "scale_tril": lambda d, t: d.Wishart(t([4.0, 5.5]), scale_tril=t(TRIL)),
    "covariance": lambda d, t: d.Wishart(4, t(TRIL) @ t(TRIL).mT),
    "precision": lambda d, t: d.Wishart(t([[4.0]]), precision_matrix=(t(TRIL) @ t(TRIL).mT).expand(2, 3, 3)),
}


@pytest.mark.filterwarnings("ignore:Singular sample")
@pytest.mark.parametrize("name", WISHART)
def test_wishart_is_pytorchs(name):
    """PyTorch draws every sound sample twice, and warns that it is singular; here, it is drawn twice without a warning."""

    def told(library):
        library.manual_seed(3)
        p = WISHART[name](library.distributions, library.tensor)
        sample = p.rsample((4,))
        q = library.distributions.Wishart(p.df + 1, p.covariance_matrix * 1.3)
        kl = library.distributions.kl_divergence(p, q)
        given = [p.mean, p.mode, p.variance, p.covariance_matrix, p.precision_matrix, p.scale_tril]
        values = [
            sample,
            p.log_prob(sample),
            p.entropy(),
            kl,
            p.expand((3, *p.batch_shape)).log_prob(sample[0]),
            *given,
        ]
        return [torch.tensor(v.tolist()) for v in values]

    torch.testing.assert_close(told(rl), told(torch), rtol=2e-4, atol=1e-4, equal_nan=True)


FAMILIES = ["Bernoulli", "ContinuousBernoulli", "Exponential", "Gamma", "Normal"]


@pytest.mark.parametrize("name", FAMILIES)
def test_entropy_follows_from_the_log_normalizer(name):
    family = MADE[name](rl.distributions, rl.tensor)
    general = rl.distributions.ExponentialFamily.entropy(family)
    assert rl.allclose(general, family.entropy(), atol=1e-5)


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


def test_mixture_refuses_values_that_a_component_cannot_have():
    def refused(library):
        d = library.distributions
        parts = d.Uniform(library.tensor([0.0, 1.0]), library.tensor([2.0, 3.0]))
        with pytest.raises(ValueError) as error:
            d.MixtureSameFamily(d.Categorical(library.tensor([0.5, 0.5])), parts).log_prob(library.tensor(0.5))
        return str(error.value).partition(" of the distribution")[0]

    assert refused(rl) == refused(torch)


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
