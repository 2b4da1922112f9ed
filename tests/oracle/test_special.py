"""Bessel and Airy functions agree with SciPy's to the last digits, and products have all derivatives."""

import pytest

import rushlight as rl

numpy = pytest.importorskip("numpy")
scipy = pytest.importorskip("scipy.special")

EVERYWHERE, POSITIVE = numpy.linspace(-60, 60, 2001), numpy.linspace(1e-3, 60, 2001)

FUNCTIONS = {
    "bessel_j0": (scipy.j0, EVERYWHERE),
    "bessel_j1": (scipy.j1, EVERYWHERE),
    "bessel_y0": (scipy.y0, POSITIVE),
    "bessel_y1": (scipy.y1, POSITIVE),
    "modified_bessel_k0": (scipy.k0, POSITIVE),
    "modified_bessel_k1": (scipy.k1, POSITIVE),
    "scaled_modified_bessel_k0": (scipy.k0e, POSITIVE),
    "scaled_modified_bessel_k1": (scipy.k1e, POSITIVE),
    "airy_ai": (lambda x: scipy.airy(x)[0], numpy.linspace(-30, 20, 2001)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_values(name):
    reference, x = FUNCTIONS[name]
    mine = getattr(rl.special, name)(rl.from_numpy(x)).numpy()
    numpy.testing.assert_allclose(mine, reference(x), rtol=1e-14, atol=2e-14)


@pytest.mark.parametrize("name", [n for n in FUNCTIONS if n != "airy_ai"])
def test_derivatives(name):
    x = rl.linspace(0.5, 9.0, 11, dtype=rl.float64, requires_grad=True)
    assert rl.autograd.gradcheck(getattr(rl.special, name), (x,))
    assert rl.autograd.gradgradcheck(getattr(rl.special, name), (x,))


def test_airy_has_no_derivative():
    x = rl.ones(2, requires_grad=True)
    with pytest.raises((NotImplementedError, RuntimeError), match="special_airy_ai"):
        rl.special.airy_ai(x).sum().backward()


def test_products_with_two_zeros_have_second_derivatives():
    source = rl.tensor([2.0, 0.0, 3.0, 0.0, 5.0], dtype=rl.float64, requires_grad=True)
    start = rl.tensor([0.0, 4.0], dtype=rl.float64, requires_grad=True)
    index = rl.tensor([0, 1, 1, 1, 0])

    def product(start, source):
        return start.index_reduce(0, index, source, "prod")

    assert rl.autograd.gradcheck(product, (start, source))
    assert rl.autograd.gradgradcheck(product, (start, source))
