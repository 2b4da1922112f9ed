"""The confusion matrix and the table of classes."""

from __future__ import annotations

from html import escape

from rushlight.train.report.results import ClassFigures, Results, per_class

MANY = 16
"""More classes than this are shown small, the tables below each other."""


def confusion_matrix(results: Results) -> str:
    """Return counts by true class (rows) and predicted class (columns), shaded by their share of the row."""
    names = [escape(name) for name in results.data.classes]
    head = "".join(f'<th scope="col"><span>{name}</span></th>' for name in names)
    rows = "".join(
        f'<tr><th scope="row">{name}</th>{_cells(names, at, results.confusion[at].tolist())}</tr>'
        for at, name in enumerate(names)
    )
    crowded = " crowded" if len(names) > MANY else ""
    upright = " upright" if max(map(len, results.data.classes)) > 4 else ""
    return (
        '<figure class="card"><figcaption>Confusion matrix <small>rows: true class, columns: predicted class</small>'
        f'</figcaption><div class="scroll"><table class="confusion{crowded}{upright}"><thead>'
        f'<tr><td class="corner"></td>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div></figure>"
    )


def _cells(names: list[str], true: int, counts: list[int]) -> str:
    total = max(sum(counts), 1)
    return "".join(_cell(names, true, at, count, count / total) for at, count in enumerate(counts))


def _cell(names: list[str], true: int, predicted: int, count: int, share: float) -> str:
    if not count:
        return "<td></td>"
    kind = "right" if true == predicted else "wrong"
    strength = 12 + 88 * share if kind == "right" else 30 + 70 * share
    title = f"{names[true]} called {names[predicted]}: {count} ({100 * share:.1f} %)"
    dark = " strong" if strength > 55 else ""
    return f'<td class="{kind}{dark}" style="--strength:{strength:.0f}%" title="{title}">{count}</td>'


def class_table(results: Results) -> str:
    """Return precision, recall and F1 of every class."""
    rows = "".join(_row(figures) for figures in per_class(results))
    return (
        '<figure class="card"><figcaption>Every class</figcaption><div class="scroll"><table class="classes">'
        '<thead><tr><th scope="col">class</th><th scope="col">images</th><th scope="col">precision</th>'
        f'<th scope="col">recall</th><th scope="col">F1</th></tr></thead><tbody>{rows}</tbody></table></div></figure>'
    )


def _row(figures: ClassFigures) -> str:
    shares = "".join(_share(value) for value in (figures.precision, figures.recall, figures.f1))
    return f'<tr><th scope="row">{escape(figures.name)}</th><td>{figures.count:,}</td>{shares}</tr>'


def _share(value: float) -> str:
    percent = 100 * value
    return f'<td><span class="bar" style="--share:{percent:.1f}%"></span><span class="share">{percent:.1f}</span></td>'
