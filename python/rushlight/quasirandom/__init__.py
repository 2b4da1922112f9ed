"""Quasi-random numbers: points that fill the unit cube more evenly than random ones."""

import numpy as np

import rushlight as rl

from .directions import BITS, DIMENSIONS, directions

__all__ = ["SobolEngine"]


class SobolEngine:
    """The Sobol sequence in ``dimension`` dimensions, 1 to 21201, with at most 2^30 points.

    ``scramble`` applies random lower triangular matrices and a random shift to the digits, which keeps the sequence even
    and makes estimates unbiased; ``seed`` fixes them, else the default generator draws them. The points are PyTorch's.
    Sources: Sobol, "On the distribution of points in a cube and the approximate evaluation of integrals", 1967; Joe and
    Kuo 2008 (direction numbers); Matousek, "On the L2-discrepancy for anchored boxes", 1998 (scrambling).

    >>> SobolEngine(2).draw(4)
    tensor([[0.0000, 0.0000],
            [0.5000, 0.5000],
            [0.7500, 0.2500],
            [0.2500, 0.7500]])
    """

    MAXBIT = BITS
    MAXDIM = DIMENSIONS

    def __init__(self, dimension: int, scramble: bool = False, seed: int | None = None) -> None:
        if dimension > self.MAXDIM or dimension < 1:
            raise ValueError(f"Supported range of dimensionality for SobolEngine is [1, {self.MAXDIM}]")
        self.seed, self.scramble, self.dimension = seed, scramble, dimension
        self.sobolstate = rl.from_numpy(directions(dimension))
        self.shift = self._scramble() if scramble else rl.zeros(dimension, dtype=rl.int64)
        self.quasi = self.shift.clone()
        self.num_generated = 0

    def draw(self, n: int = 1, out: "rl.Tensor | None" = None, dtype: "rl.dtype | None" = None) -> "rl.Tensor":
        """Return the next ``n`` points, (n, dimension)."""
        steps = self._steps(n)
        digits = np.bitwise_xor.accumulate(np.concatenate([self.quasi.numpy()[None], steps]), axis=0)
        points = digits if self.num_generated == 0 else digits[1:]
        self.quasi = rl.from_numpy(digits[-1].copy())
        self.num_generated += n
        result = rl.from_numpy(points * 2.0**-BITS).to(rl.get_default_dtype() if dtype is None else dtype)
        return result if out is None else out.resize_(result.shape).copy_(result)

    def draw_base2(self, m: int, out: "rl.Tensor | None" = None, dtype: "rl.dtype | None" = None) -> "rl.Tensor":
        """Return the next ``2^m`` points; all points so far must then be a power of two, which keeps them balanced."""
        n, total = 2**m, self.num_generated + 2**m
        if total & (total - 1):
            raise ValueError(
                f"The balance properties of Sobol' points require n to be a power of 2. {self.num_generated} points have "
                f"been previously generated, then: n={self.num_generated}+2**{m}={total}. If you still want to do this, "
                "please use 'SobolEngine.draw()' instead."
            )
        return self.draw(n=n, out=out, dtype=dtype)

    def reset(self) -> "SobolEngine":
        """Go back to the first point."""
        self.quasi.copy_(self.shift)
        self.num_generated = 0
        return self

    def fast_forward(self, n: int) -> "SobolEngine":
        """Skip ``n`` points."""
        moved = np.bitwise_xor.reduce(self._steps(n), axis=0, initial=0)
        self.quasi = rl.from_numpy(self.quasi.numpy() ^ moved)
        self.num_generated += n
        return self

    def _steps(self, n: int) -> np.ndarray:
        """The numbers that lead from point to point, up to the last of the next ``n``: point 0 needs none."""
        first = max(self.num_generated - 1, 0)
        positions = np.arange(first, max(self.num_generated + n - 1, first))
        # The Gray codes of k and k + 1 differ in the lowest bit of k that is zero.
        lowest_zero = np.log2(~positions & (positions + 1)).astype(np.int64)
        if len(lowest_zero) and lowest_zero.max() >= BITS:
            raise ValueError(f"SobolEngine: a sequence has at most 2**{BITS} points; reset it")
        return self.sobolstate.numpy().T[lowest_zero]

    def _scramble(self) -> "rl.Tensor":
        """Scramble the state and return the shift."""
        generator = None if self.seed is None else rl.Generator().manual_seed(self.seed)
        powers = 1 << rl.arange(BITS)
        shift = (rl.randint(2, (self.dimension, BITS), generator=generator) * powers).sum(1)
        below = rl.randint(2, (self.dimension, BITS, BITS), generator=generator).tril(-1)
        rows = ((below + rl.eye(BITS, dtype=rl.int64)) * powers.flip(0)).sum(-1).numpy()
        state, scrambled = self.sobolstate.numpy(), 0
        for bit in range(BITS):
            scrambled = scrambled | parity(rows[:, BITS - 1 - bit, None] & state) << bit
        self.sobolstate = rl.from_numpy(scrambled)
        return shift

    def __repr__(self) -> str:
        options = [f"dimension={self.dimension}"]
        options += ["scramble=True"] if self.scramble else []
        options += [f"seed={self.seed}"] if self.seed is not None else []
        return f"{type(self).__name__}({', '.join(options)})"


def parity(values: np.ndarray) -> np.ndarray:
    """Return 1 where a number below 2^32 has an odd number of ones."""
    for shift in (16, 8, 4, 2, 1):
        values = values ^ values >> shift
    return values & 1
