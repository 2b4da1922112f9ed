"""The report: one HTML page that needs no other file and no network."""

from __future__ import annotations

import os
from html import escape
from importlib.resources import files
from pathlib import Path

from rushlight.train.report.curves import Series, accuracy_axis, line_chart, loss_axis
from rushlight.train.report.gallery import right_predictions, wrong_predictions
from rushlight.train.report.results import Results
from rushlight.train.report.tables import MANY, class_table, confusion_matrix

MOST_FAILURES = 20

_AUGMENTED = {
    "none": "unchanged while training",
    "shift": "shifted by up to one pixel while training",
    "crop": "a random part of each while training",
    "mirror": "a random part of each while training, half of them mirrored",
}


def write_report(path: Path, results: Results) -> None:
    """Write the page for ``results``, replacing an older one in one step."""
    temporary = path.with_suffix(".partial")
    temporary.write_text(render(results), encoding="utf-8")
    os.replace(temporary, path)


def render(results: Results) -> str:
    """Return the page as text."""
    title = f"{escape(results.data.name)} · {escape(results.settings.model)}"
    style = files("rushlight.train.report").joinpath("page.css").read_text(encoding="utf-8")
    tall = " tall" if len(results.data.classes) > MANY else ""
    sections = (
        _headline(results),
        f'<section class="pair">{_loss_chart(results)}{_accuracy_chart(results)}</section>',
        f'<section class="pair{tall}">{confusion_matrix(results)}{class_table(results)}</section>',
        wrong_predictions(results),
        right_predictions(results),
        _settings(results),
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title} · Rushlight</title><style>\n{style}</style></head>\n"
        f"<body><main>{''.join(sections)}</main></body></html>\n"
    )


def _headline(results: Results) -> str:
    data = results.data
    right = int((results.predicted == results.labels).sum())
    tiles = {
        "Held-out loss": f"{results.loss:.4f}",
        "Training time": f"{_duration(results.seconds)} <small>waiting {_share(results)}</small>",
        "Images a second": f"{_median([epoch.images_per_second for epoch in results.history]):,.0f}",
        "Epochs": f"{len(results.history)} <small>best {results.best_epoch}</small>",
        "Parameters": f"{results.parameter_count:,}",
    }
    cells = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in tiles.items())
    return (
        f'<header><p class="eyebrow">Rushlight training report</p>'
        f"<h1>{escape(data.name)} <span>{escape(results.settings.model)}</span></h1>"
        f'<div class="hero"><p class="figure">{100 * results.accuracy:.2f}<small> %</small></p>'
        f"<p>of the held-out images recognised:<br><b>{right:,} of {len(results.labels):,}</b>, "
        f"after learning from {len(data.train):,}.</p></div><dl>{cells}</dl></header>"
    )


def _share(results: Results) -> str:
    return f"{100 * results.waiting_seconds / results.seconds:.0f} %"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes:.0f} min {rest:.0f} s" if minutes else f"{rest:.1f} s"


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def _loss_chart(results: Results) -> str:
    training = [epoch.train_loss for epoch in results.history]
    validation = [epoch.validation_loss for epoch in results.history]
    series = [Series("training", "train", training), Series("validation", "validation", validation)]
    return line_chart("Loss", series, loss_axis(training + validation), results.best_epoch)


def _accuracy_chart(results: Results) -> str:
    training = [epoch.train_accuracy for epoch in results.history]
    validation = [epoch.validation_accuracy for epoch in results.history]
    series = [Series("training", "train", training), Series("validation", "validation", validation)]
    return line_chart("Accuracy", series, accuracy_axis(training + validation), results.best_epoch)


def _settings(results: Results) -> str:
    data = results.data
    rows = {
        "Images": f"{len(data.train):,} to train, {len(data.validation):,} to choose the best epoch, "
        f"{len(data.test):,} held out and looked at once",
        "Image size": f"{data.channels} × {data.size} × {data.size}, {_AUGMENTED[results.settings.augment]}",
        "Time": f"{_duration(results.seconds - results.waiting_seconds)} computing, "
        f"{_duration(results.waiting_seconds)} waiting for images",
        "Optimiser": f"AdamW, one-cycle learning rate with peak {results.settings.lr:g}, "
        f"batches of {results.settings.batch_size}",
        "Seed": str(results.settings.seed),
        "Machine": escape(results.machine),
    }
    if results.failures:
        rows["Not read"] = "<br>".join(escape(message) for message in results.failures[:MOST_FAILURES])
        rest = len(results.failures) - MOST_FAILURES
        rows["Not read"] += f"<br>and {rest:,} more" if rest > 0 else ""
    cells = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows.items())
    return f'<section><h2>How it was made</h2><dl class="settings">{cells}</dl></section>'
