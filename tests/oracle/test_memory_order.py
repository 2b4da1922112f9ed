"""Results lie in memory as PyTorch's do: random numbers are drawn in that order, and `view` depends on it."""

import pytest

torch = pytest.importorskip("torch")

import rushlight as rl  # noqa: E402

EXPRESSIONS = """
t.einsum("ij,jk->ki", r(3, 4), r(4, 5))
t.einsum("bhij,hg->bgij", r(2, 3, 4, 5), r(3, 6))
t.einsum("bhij,hg->bgij", r(1, 3, 4, 5), r(3, 6))
t.einsum("abx,xc->cab", r(2, 3, 4), r(4, 5))
t.einsum("abx,xc->acb", r(2, 3, 4), r(4, 5))
t.einsum("ax,xbc->bca", r(2, 4), r(4, 3, 5))
t.einsum("abx,xcd->cdab", r(2, 3, 4), r(4, 5, 6))
t.einsum("abx,xcd->cadb", r(2, 3, 4), r(4, 5, 6))
t.einsum("zax,zxc->zca", r(2, 3, 4), r(2, 4, 5))
t.einsum("zax,zxc->cza", r(2, 3, 4), r(2, 4, 5))
attention(*[r(2, 3, 4, 5)] * 3)
attention(*[r(2, 4, 3, 5).transpose(1, 2)] * 3)
attention(*[x.transpose(1, 2) for x in r(2, 4, 3, 3, 5).unbind(2)])
attention(r(2, 4, 3, 5).transpose(1, 2), r(2, 3, 6, 5), r(2, 3, 6, 5))
t.nn.functional.group_norm(r(2, 4, 5, 6).permute(0, 3, 1, 2), 3, r(6), r(6))
t.nn.functional.group_norm(r(4, 2, 6).permute(1, 2, 0), 3, r(6), r(6))
""".strip().splitlines()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_strides(expression):
    ours, theirs = (
        eval(
            expression,
            {
                "t": lib,
                "attention": lib.nn.functional.scaled_dot_product_attention,
                "r": lambda *size, lib=lib: lib.arange(float(torch.Size(size).numel())).reshape(size).sin(),
            },
        )
        for lib in (rl, torch)
    )
    assert ours.stride() == theirs.stride()
    assert ours.flatten().tolist() == pytest.approx(theirs.flatten().tolist(), abs=1e-5)
