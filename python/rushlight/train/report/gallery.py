"""Held-out pictures with what was predicted for them."""

from __future__ import annotations

from html import escape

import numpy as np

from rushlight.train.report.png import data_uri
from rushlight.train.report.results import Results

MOST_WRONG, MOST_RIGHT = 60, 40


def wrong_predictions(results: Results) -> str:
    """Return the wrong predictions, the most certain first."""
    wrong = np.flatnonzero(results.predicted != results.labels)
    chosen = wrong[np.argsort(-results.probabilities[wrong].max(axis=1))][:MOST_WRONG]
    note = _count(len(wrong), len(chosen), "wrong", "the most certain first")
    return _section("Wrong predictions", note, results, chosen)


def right_predictions(results: Results) -> str:
    """Return right predictions: the least certain ones, then some of every class."""
    right = np.flatnonzero(results.predicted == results.labels)
    uncertain = right[np.argsort(results.probabilities[right].max(axis=1))][: MOST_RIGHT // 2]
    others = np.setdiff1d(right, uncertain)
    rest = _one_of_each(others, results.labels[others])[: MOST_RIGHT - len(uncertain)]
    chosen = np.concatenate([uncertain, rest])
    note = _count(len(right), len(chosen), "right", "the least certain first")
    return _section("Right predictions", note, results, chosen)


def _one_of_each(indices: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Order ``indices`` so that the classes take turns."""
    turn = np.zeros(len(indices), dtype=np.int64)
    for label in np.unique(labels):
        turn[labels == label] = np.arange((labels == label).sum())
    return indices[np.lexsort((labels, turn))]


def _count(total: int, shown: int, kind: str, order: str) -> str:
    if not total:
        return f"None of the held-out images was {kind}."
    return f"{total:,} {kind}" + (f", {shown} shown" if shown < total else "") + f", {order}"


def _section(title: str, note: str, results: Results, indices: np.ndarray) -> str:
    cards = "".join(_card(results, int(index)) for index in indices)
    return f'<section><h2>{title}</h2><p class="note">{note}</p><div class="gallery">{cards}</div></section>'


def _card(results: Results, index: int) -> str:
    true, predicted = int(results.labels[index]), int(results.predicted[index])
    names = [escape(name) for name in results.data.classes]
    kind = "right" if true == predicted else "wrong"
    verdict = f"<b>{names[predicted]}</b>" + ("" if kind == "right" else f" <small>is {names[true]}</small>")
    crisp = " crisp" if results.data.size <= 32 else ""
    return (
        f'<figure class="picture {kind}{crisp}"><img src="{data_uri(results.data.test.picture(index))}" '
        f'alt="held-out image {index}" title="held-out image {index}">'
        f"<figcaption>{verdict}</figcaption>{_guesses(names, results.probabilities[index])}</figure>"
    )


def _guesses(names: list[str], probabilities: np.ndarray) -> str:
    """The three likeliest classes with bars."""
    likeliest = np.argsort(-probabilities)[:3]
    rows = "".join(
        f'<li style="--share:{100 * probabilities[at]:.1f}%"><span>{names[at]}</span>'
        f"<span>{100 * probabilities[at]:.0f}</span></li>"
        for at in likeliest
    )
    return f"<ol>{rows}</ol>"
