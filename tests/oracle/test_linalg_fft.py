"""Decompositions, systems of equations and Fourier transforms agree with PyTorch's, and their gradients with differences."""

import pytest

torch = pytest.importorskip("torch")

from tools.oracle.databases import compare, operators  # noqa: E402
from tools.oracle.operators import Limits  # noqa: E402

import rushlight as rl  # noqa: E402
from rushlight.autograd import gradcheck, gradgradcheck  # noqa: E402

OLDER_NAMES = {"cholesky", "cholesky_inverse", "cholesky_solve", "geqrf", "logdet", "lu_solve", "lu_unpack"}
OLDER_NAMES |= {"matrix_exp", "ormqr", "pinverse", "svd", "triangular_solve", "stft", "istft"}
# The database's sample functions of these hold entries of the database itself, which have no counterpart.
UNTRANSLATED = {"linalg.lu", "linalg.lu_factor", "linalg.lu_factor_ex"}
# One sample multiplies reflectors that are far from unitary: PyTorch's second derivative overflows.
OVERFLOWING = {"linalg.householder_product"}
NAMES = [n for n in operators() if n.startswith(("linalg.", "fft.")) or n in OLDER_NAMES]


@pytest.mark.parametrize("name", [n for n in NAMES if n not in UNTRANSLATED])
def test_agrees_with_the_database(name):
    outcome = compare(name, Limits(samples=12, seconds=2.0))
    assert not outcome.missing and outcome.passed + outcome.excluded
    differing = [f for f in outcome.failures if not (name in OVERFLOWING and f[0] == "second gradient")]
    assert not differing, differing[:3]


def pair(*shape, dtype=torch.float64, seed=0):
    """The same random numbers in both libraries."""
    x = torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))
    return rl.from_numpy(x.numpy().copy()), x


def assert_same(mine, theirs, tolerance=1e-8):
    torch.testing.assert_close(
        torch.from_numpy(mine.detach().numpy().copy()), theirs.detach(), rtol=tolerance, atol=tolerance
    )


DTYPES = [torch.float64, torch.complex128]
SHAPES = [(4, 4), (2, 5, 3), (2, 3, 5), (2, 0, 3, 3), (0, 0)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_singular_vectors_up_to_phase(shape, dtype):
    mine, theirs = pair(*shape, dtype=dtype)
    for full in (False, True):
        U, S, Vh = rl.linalg.svd(mine, full_matrices=full)
        reference = torch.linalg.svd(theirs, full_matrices=full)
        assert [tuple(x.shape) for x in (U, S, Vh)] == [tuple(x.shape) for x in reference]
        k = S.size(-1)
        assert_same(S, reference.S)
        assert_same((U[..., :k] * S.unsqueeze(-2)) @ Vh[..., :k, :], theirs)
        assert_same(U.mH @ U, torch.eye(U.size(-1), dtype=dtype).expand(*U.shape[:-2], -1, -1))


@pytest.mark.parametrize("dtype", DTYPES)
def test_eigenvalues_in_one_order(dtype):
    mine, theirs = pair(3, 6, 6, dtype=dtype)
    values, vectors = rl.linalg.eig(mine)
    assert_same(vectors @ rl.diag_embed(values), torch.from_numpy((mine.to(vectors.dtype) @ vectors).numpy()))

    def ordered(x):
        return torch.stack([row[torch.argsort(row.real * 1e3 + row.imag)] for row in x])

    assert_same(rl.from_numpy(ordered(torch.from_numpy(values.numpy())).numpy()), ordered(torch.linalg.eigvals(theirs)))
    values, vectors = rl.linalg.eigh(mine)
    assert_same(values, torch.linalg.eigvalsh(theirs))
    half = torch.tril(theirs, -1)
    hermitian = half + half.mH + torch.diag_embed(torch.diagonal(theirs, dim1=-2, dim2=-1).real).to(dtype)
    assert_same((vectors * values.unsqueeze(-2)) @ vectors.mH, hermitian)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(3, 3), (2, 3, 5), (2, 5, 3)])
@pytest.mark.parametrize("name", ["lu_factor", "lu"])
def test_gradients_of_lu(name, shape, dtype):
    mine, theirs = pair(*shape, dtype=dtype)
    mine.requires_grad_(), theirs.requires_grad_()
    stages = []
    for lib, x in ((rl, mine), (torch, theirs)):
        results = [r for r in getattr(lib.linalg, name)(x) if r.requires_grad]
        loss = sum((r * r * r.conj()).abs().sum() for r in results)
        (g,) = lib.autograd.grad(loss, x, create_graph=True)
        (h,) = lib.autograd.grad((g * g.conj()).abs().sum(), x)
        stages.append([*results, g, h])
    for own, other in zip(*stages, strict=True):
        assert_same(own, other)


def hermitian(x):
    return x @ x.mH + rl.eye(x.size(-1), dtype=x.dtype)


def phaseless(vectors):
    return (vectors * vectors.conj()).real


DERIVATIVES = {
    "svd": ((4, 3), lambda x: [rl.linalg.svd(x, full_matrices=False)[i] for i in (1,)]),
    "svd vectors": ((3, 4), lambda x: [phaseless(v) for v in rl.linalg.svd(x, full_matrices=False)[::2]]),
    "svd product": (
        (2, 4, 3),
        lambda x: (lambda U, S, Vh: (U * S.unsqueeze(-2).exp()) @ Vh)(*rl.linalg.svd(x, full_matrices=False)),
    ),
    "eigh": ((3, 3), lambda x: (lambda f: [f[0], phaseless(f[1])])(rl.linalg.eigh(hermitian(x)))),
    "eig": ((3, 3), lambda x: (lambda f: [f[0].abs(), phaseless(f[1])])(rl.linalg.eig(x))),
    "cholesky": ((2, 3, 3), lambda x: rl.linalg.cholesky(hermitian(x))),
    "cholesky upper": ((3, 3), lambda x: rl.linalg.cholesky(hermitian(x), upper=True)),
    "qr": ((4, 3), lambda x: list(rl.linalg.qr(x))),
    "qr wide": ((2, 3, 5), lambda x: list(rl.linalg.qr(x))),
    "qr complete": ((3, 5), lambda x: list(rl.linalg.qr(x, "complete"))),
    "det": ((2, 3, 3), rl.linalg.det),
    "slogdet": ((3, 3), lambda x: rl.linalg.slogdet(x)[1]),
    "slogdet sign": ((3, 3), lambda x: rl.linalg.slogdet(x)[0] * x.sum()),
    "inv": ((2, 3, 3), rl.linalg.inv),
    "solve": ((3, 3), lambda x: rl.linalg.solve(x, x[:, :2] * 2)),
    "solve right": ((3, 3), lambda x: rl.linalg.solve(x, x[:2] * 2, left=False)),
    "solve_triangular": ((3, 3), lambda x: rl.linalg.solve_triangular(x, x[:, :2], upper=True)),
    "solve_triangular unit": (
        (3, 3),
        lambda x: rl.linalg.solve_triangular(x, x[:2], upper=False, left=False, unitriangular=True),
    ),
    "lu": ((4, 3), lambda x: list(rl.linalg.lu(x)[1:])),
    "lu wide": ((3, 4), lambda x: rl.linalg.lu_factor(x)[0]),
    "lu_solve": ((3, 3), lambda x: rl.linalg.lu_solve(*rl.linalg.lu_factor(x), x[:, :2])),
    "lu_solve adjoint": ((3, 3), lambda x: rl.linalg.lu_solve(*rl.linalg.lu_factor(x), x[:, :2], adjoint=True)),
    "householder_product": ((4, 3), lambda x: rl.linalg.householder_product(x, x[0, :2])),
    "fft": ((2, 5), lambda x: rl.fft.fft(x, norm="ortho")),
    "rfftn": ((2, 3, 4), lambda x: rl.fft.rfftn(x.real)),
    "irfftn": ((2, 3, 4), lambda x: rl.fft.irfftn(x, s=(3, 5))),
    "hfft": ((2, 4), lambda x: rl.fft.hfft(x)),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", DERIVATIVES)
def test_gradients_agree_with_differences(name, dtype):
    shape, function = DERIVATIVES[name]
    x = pair(*shape, dtype=dtype, seed=3)[0].requires_grad_()

    def called(x):
        result = function(x)
        return tuple(result) if isinstance(result, list) else result

    assert gradcheck(called, (x,))
    assert gradgradcheck(called, (x,))


@pytest.mark.parametrize("rank", [3, 2, 1, 0])
@pytest.mark.parametrize("dtype", DTYPES)
def test_determinant_of_singular_matrices(rank, dtype):
    left, right = pair(2, 4, rank, dtype=dtype)[1], pair(2, rank, 4, dtype=dtype, seed=1)[1]
    both = torch.cat([left @ right, pair(1, 4, 4, dtype=dtype)[1]])
    stages = []
    for lib, x in ((rl, rl.from_numpy(both.numpy().copy())), (torch, both)):
        x.requires_grad_()
        (plain,) = lib.autograd.grad(
            lib.linalg.det(x).abs().sum() if rank == 4 else (lib.linalg.det(x) * 2).real.sum(), x
        )
        (recorded,) = lib.autograd.grad((lib.linalg.det(x) * 2).real.sum(), x, create_graph=True)
        stages.append((plain, recorded))
    for own, other in zip(*stages, strict=True):
        assert_same(own, other, 1e-6)


def test_shapes_without_data():
    A = rl.empty(2, 3, 4, 4, device="meta")
    assert rl.linalg.solve(A, A[..., :2]).shape == (2, 3, 4, 2)
    assert [x.shape for x in rl.linalg.svd(A[..., :3], full_matrices=False)] == [(2, 3, 4, 3), (2, 3, 3), (2, 3, 3, 3)]
    assert rl.linalg.eig(A)[0].dtype == rl.complex64 and rl.linalg.det(A).shape == (2, 3)
    assert rl.fft.rfft(A).shape == (2, 3, 4, 3) and rl.fft.irfft(A.to(rl.complex64)).shape == (2, 3, 4, 6)


@pytest.mark.parametrize(
    "call",
    [
        lambda lib: lib.linalg.inv(lib.zeros(2, 2)),
        lambda lib: lib.linalg.inv(lib.zeros(3, 2, 2)),
        lambda lib: lib.linalg.solve(lib.zeros(2, 2), lib.ones(2)),
        lambda lib: lib.linalg.cholesky(-lib.eye(2)),
        lambda lib: lib.linalg.svd(lib.full((2, 2), float("nan"))),
        lambda lib: lib.linalg.eig(lib.full((2, 2), float("inf"))),
        lambda lib: lib.linalg.det(lib.ones(2, 3)),
        lambda lib: lib.linalg.qr(lib.ones(2, 2), "whole"),
        lambda lib: lib.linalg.qr(lib.ones(2, 2, requires_grad=True), "r")[1].sum().backward(),
        lambda lib: lib.linalg.qr(lib.ones(3, 2, requires_grad=True), "complete")[1].sum().backward(),
        lambda lib: lib.linalg.svd(lib.ones(2, 2, dtype=lib.int64)),
        lambda lib: lib.linalg.lu_factor(lib.zeros(2, 2)),
        lambda lib: lib.fft.fft(lib.ones(0)),
        lambda lib: lib.fft.rfft(lib.ones(3, dtype=lib.complex64)),
        lambda lib: lib.fft.fft(lib.ones(3), norm="none"),
    ],
)
def test_errors(call):
    with pytest.raises(Exception) as theirs:
        call(torch)
    with pytest.raises(Exception) as ours:
        call(rl)
    assert type(ours.value).__name__.lstrip("_") == type(theirs.value).__name__.lstrip("_")
    assert str(ours.value).split(".")[0][:30] == str(theirs.value).split(".")[0][:30]


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (2, 6, 4)])
def test_low_rank_decompositions(shape):
    A = rl.randn(shape, dtype=rl.float64)
    U, S, V = rl.svd_lowrank(A, q=min(shape[-2:]))
    rl.testing.assert_close((U * S.unsqueeze(-2)) @ V.mH, A)
    U, S, V = rl.pca_lowrank(A, q=min(shape[-2:]))
    rl.testing.assert_close((U * S.unsqueeze(-2)) @ V.mH, A - A.mean(-2, keepdim=True))
    with pytest.raises(ValueError, match="non-negative"):
        rl.pca_lowrank(A, q=7)


@pytest.mark.parametrize("hollow", [False, True])
@pytest.mark.parametrize("hermitian", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, *DTYPES])
def test_factors_of_indefinite_matrices(dtype, hermitian, hollow):
    mine, theirs = pair(3, 8, 8, dtype=dtype)
    mine, theirs = (x + (x.mH if hermitian else x.mT) for x in (mine, theirs))
    if hollow:  # only blocks of two can be eliminated first
        mine, theirs = (x - lib.diag_embed(x.diagonal(dim1=-2, dim2=-1)) for lib, x in ((rl, mine), (torch, theirs)))
    tolerance = 1e-4 if dtype == torch.float32 else 1e-9
    factors, reference = (lib.linalg.ldl_factor_ex(x, hermitian=hermitian) for lib, x in ((rl, mine), (torch, theirs)))
    assert factors.pivots.tolist() == reference.pivots.tolist() and factors.info.tolist() == [0, 0, 0]
    assert not hollow or (factors.pivots[:, 0] < 0).all()
    assert_same(factors.LD, reference.LD, tolerance)
    right, other = pair(8, 2, dtype=dtype, seed=1)
    solution = rl.linalg.ldl_solve(factors.LD, factors.pivots, right, hermitian=hermitian)
    assert_same(mine @ solution, other.expand(3, 8, 2), 10 * tolerance)


def test_factors_of_singular_matrices():
    zero = rl.zeros(2, 2)
    assert rl.linalg.ldl_factor_ex(zero).info.item() == 1
    with pytest.raises(RuntimeError, match=r"linalg.ldl_factor: .*D\[1,1\] is zero"):
        rl.linalg.ldl_factor(zero)
    x = rl.eye(2, requires_grad=True)
    with pytest.raises(NotImplementedError, match="ldl_factor_ex"):
        rl.linalg.ldl_factor(x).LD.sum().backward()
    factors = rl.linalg.ldl_factor(rl.eye(2))
    with pytest.raises(RuntimeError, match="describes no block"):
        rl.linalg.ldl_solve(factors.LD, factors.pivots * 9, rl.ones(2, 1))


UNDER_AUTOCAST = {
    "cholesky": lambda lib, x: lib.linalg.cholesky(x),
    "eigh": lambda lib, x: lib.linalg.eigh(x)[0],
    "inv": lambda lib, x: lib.linalg.inv(x),
    "inverse": lambda lib, x: lib.inverse(x),
    "lstsq": lambda lib, x: lib.linalg.lstsq(x, x)[0],
    "matrix_rank": lambda lib, x: lib.linalg.matrix_rank(x),
    "qr": lambda lib, x: lib.linalg.qr(x)[1],
    "solve": lambda lib, x: lib.linalg.solve(x, x),
    "svdvals": lambda lib, x: lib.linalg.svdvals(x),
    "polar": lambda lib, x: lib.linalg.polar(x)[1],
    "fft": lambda lib, x: lib.fft.fft(x),
    "complex numbers": lambda lib, x: lib.polar(x, x),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
@pytest.mark.parametrize("name", UNDER_AUTOCAST)
def test_autocast_computes_in_float32(name, dtype):
    results = []
    for lib in (rl, torch):
        x = (lib.eye(3) * 2 + lib.ones(3, 3)).to(getattr(lib, dtype))
        with lib.autocast("cpu", dtype=lib.bfloat16):
            results.append(UNDER_AUTOCAST[name](lib, x))
    assert str(results[0].dtype) == str(results[1].dtype)
    # PyTorch rounds some of the products in between to bfloat16.
    assert_same(*(y.float() if y.is_floating_point() else y for y in results), 2e-2)


def test_windows_are_summed_in_the_order_of_pytorch():
    for length in range(2, 40):
        assert rl.bartlett_window(length).tolist() == torch.bartlett_window(length).tolist()
    assert rl.blackman_window(4).tolist() == torch.blackman_window(4).tolist()
