"""What one operation costs beyond its arithmetic: small tensors, and a small network's whole step."""

from timeit import Timer

import torch

import rushlight
from benchmarks.compare import Row, in_turn, report

TITLE = "Small operations"


def add(package, grad: bool):
    """Return a statement that adds two tensors of 16 elements."""
    return Timer("a + b", globals={name: package.ones(16).requires_grad_(grad) for name in "ab"})


def add_and_backward(package):
    """Return a call that multiplies, adds, sums and differentiates 16 elements."""
    a = package.ones(16).requires_grad_()
    b = package.ones(16)

    def call():
        a.grad = None
        (a * b + b).sum().backward()

    return call


def index(package):
    """Return a statement that takes a row and a slice of a matrix."""
    return Timer("x[3, 1:5]", globals={"x": package.ones(8, 8)})


def mlp(package):
    """Return a call that trains a 784-128-10 network on a batch of 64 with Adam for one step."""
    package.manual_seed(0)
    nn = package.nn
    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    optimizer = package.optim.Adam(model.parameters(), lr=1e-3)
    x, y = package.rand(64, 784), package.randint(10, (64,))

    def step():
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()

    return step


def rows() -> list[Row]:
    cases = [
        ("add of 16 floats, no gradient", lambda p: add(p, False), ">= 8x"),
        ("add of 16 floats, recorded", lambda p: add(p, True), ">= 5x"),
        ("multiply, add, sum, backward of 16 floats", add_and_backward, ""),
        ("`x[3, 1:5]`", index, ""),
        ("784-128-10 network, batch 64, Adam step", mlp, ">= 4x"),
    ]
    made = []
    for what, make, goal in cases:
        ours, theirs = in_turn(make(rushlight), make(torch))
        made.append(Row(what, ours * 1e6, theirs * 1e6, "us", goal))
    return made


if __name__ == "__main__":
    report(TITLE, rows())
