"""Whole training steps."""

import torch

import rushlight
from benchmarks.compare import Row, in_turn, report
from benchmarks.networks import NETWORKS

TITLE = "Training steps"


def rows() -> list[Row]:
    made = []
    for what, make in NETWORKS.items():
        ours, theirs = in_turn(make(rushlight), make(torch), rounds=5, seconds=1.0)
        made.append(Row(what, ours * 1e3, theirs * 1e3, "ms", ">= 0.6x"))
    return made


if __name__ == "__main__":
    report(TITLE, rows())
