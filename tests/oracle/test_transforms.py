"""Transforms, constraints and the registries between them, against PyTorch."""

import importlib
import pkgutil

import pytest

torch = pytest.importorskip("torch")

import rushlight as rl  # noqa: E402
import rushlight.distributions  # noqa: E402

V = [0.3, -1.2, 0.7, 2.0, -0.4, 0.1]
M = [[0.5, 3.0, -1.0], [0.2, -0.3, 0.4], [1.0, 0.6, 0.8]]

TRANSFORMS = {
    "CorrCholesky": (lambda d, t: d.CorrCholeskyTransform(), [V, V[::-1]]),
    "CorrCholesky of 2": (lambda d, t: d.CorrCholeskyTransform(), [0.4]),
    "LowerCholesky": (lambda d, t: d.LowerCholeskyTransform(), [M, M]),
    "PositiveDefinite": (lambda d, t: d.PositiveDefiniteTransform(), M),
    "Reshape": (lambda d, t: d.ReshapeTransform((6,), (2, 3)), [V, V]),
    "Cumulative": (lambda d, t: d.CumulativeDistributionTransform(d.Normal(0.5, 2.0)), V),
    "Cat": (lambda d, t: d.CatTransform([d.ExpTransform(), d.AffineTransform(1.0, 2.0)], -1, [2, 4]), [V, V]),
    "Cat of events": (lambda d, t: d.CatTransform([d.IndependentTransform(d.ExpTransform(), 1)] * 2, 0, [1, 2]), M),
    "Stack": (lambda d, t: d.StackTransform([d.ExpTransform(), d.TanhTransform()], 0), [V, V]),
    "StickBreaking": (lambda d, t: d.StickBreakingTransform(), V),
    "Softmax": (lambda d, t: d.SoftmaxTransform(), V),
}


def facts(library, make, x):
    transform, x = make(library.distributions, library.tensor), library.tensor(x, dtype=library.double)
    y = transform(x)
    yield "values", y.tolist()
    yield "inverse", transform.inv(y).tolist()
    yield "bijective", transform.bijective
    yield "depths", (transform.domain.event_dim, transform.codomain.event_dim)
    yield "valid", transform.codomain.check(y).tolist()
    yield "shapes", (tuple(transform.forward_shape(x.shape)), tuple(transform.inverse_shape(y.shape)))
    yield "cached", transform.with_cache(1)(x).tolist()
    if transform.bijective:
        yield "jacobian", transform.log_abs_det_jacobian(x, y).tolist()


@pytest.mark.parametrize("name", TRANSFORMS)
def test_transform_is_pytorchs(name):
    for (what, ours), (_, theirs) in zip(facts(rl, *TRANSFORMS[name]), facts(torch, *TRANSFORMS[name]), strict=True):
        if isinstance(theirs, list | float):
            torch.testing.assert_close(torch.tensor(ours), torch.tensor(theirs), msg=f"{what}: {ours} {theirs}")
        else:
            assert ours == theirs, what


CONSTRAINTS = {
    "real": lambda c: c.real,
    "real_vector": lambda c: c.real_vector,
    "positive": lambda c: c.positive,
    "nonnegative": lambda c: c.nonnegative,
    "greater_than": lambda c: c.greater_than(2.0),
    "less_than": lambda c: c.less_than(2.0),
    "unit_interval": lambda c: c.unit_interval,
    "interval": lambda c: c.interval(-1.0, 3.0),
    "half_open_interval": lambda c: c.half_open_interval(0.0, 3.0),
    "simplex": lambda c: c.simplex,
    "lower_cholesky": lambda c: c.lower_cholesky,
    "positive_definite": lambda c: c.positive_definite,
    "corr_cholesky": lambda c: c.corr_cholesky,
    "cat": lambda c: c.cat([c.positive, c.unit_interval], -1, [1, 2]),
    "stack": lambda c: c.stack([c.positive, c.real, c.unit_interval], -1),
    "boolean": lambda c: c.boolean,
}


@pytest.mark.parametrize("registry", ["biject_to", "transform_to"])
@pytest.mark.parametrize("name", CONSTRAINTS)
def test_registry_is_pytorchs(name, registry):
    def told(library):
        constraint = CONSTRAINTS[name](library.distributions.constraints)
        transform = getattr(library.distributions, registry)(constraint)
        y = transform(library.tensor(M))
        return type(transform).__name__, bool(constraint.check(y).all()), torch.tensor(y.tolist())

    try:
        expected = told(torch)
    except NotImplementedError as error:
        with pytest.raises(NotImplementedError, match=str(error)):
            told(rl)
    else:
        ours = told(rl)
        assert ours[:2] == expected[:2]
        torch.testing.assert_close(ours[2], expected[2])


def test_registry_takes_new_constraints():
    class Even(rl.distributions.constraints.Constraint):
        pass

    registry = rl.distributions.constraint_registry.ConstraintRegistry()
    registry.register(Even, lambda constraint: rl.distributions.AffineTransform(0, 2))
    assert registry(Even())(rl.tensor(3)) == 6
    with pytest.raises(TypeError, match="Expected constraint to be either a Constraint subclass or instance"):
        registry.register(3, len)


@pytest.mark.parametrize("diagonal", [-2, -1, 0, 1])
def test_triangles_are_pytorchs(diagonal):
    def told(library):
        utils = library.distributions.utils
        vectors = utils.tril_matrix_to_vec(library.tensor([M, M]), diagonal)
        return vectors.tolist(), utils.vec_to_tril_matrix(vectors, diagonal).tolist()

    assert told(rl) == told(torch)


def test_modules_have_pytorchs_names():
    for module in pkgutil.iter_modules(torch.distributions.__path__):
        theirs = importlib.import_module(f"torch.distributions.{module.name}")
        ours = importlib.import_module(f"rushlight.distributions.{module.name}")
        missing = [name for name in getattr(theirs, "__all__", ()) if not hasattr(ours, name)]
        assert missing == [], module.name
