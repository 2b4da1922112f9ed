"""The comparison as a page with bars: one HTML file that needs no other file and no network."""

from __future__ import annotations

import os
from html import escape
from importlib.resources import files
from pathlib import Path

from rushlight.image.bench.measure import OURS, Measured

WIDTH, ROW, LEFT, RIGHT = 760, 38, 210, 130


def write_chart(path: str | os.PathLike, parts: dict[str, list[Measured]], notes: list[str]) -> None:
    """Write a page with one bar chart for each title, replacing an older one in one step."""
    target = Path(path)
    temporary = target.with_name(target.name + ".partial")
    temporary.write_text(render(parts, notes), encoding="utf-8")
    os.replace(temporary, target)


def render(parts: dict[str, list[Measured]], notes: list[str]) -> str:
    """Return the page as text."""
    style = files("rushlight.image.bench").joinpath("chart.css").read_text(encoding="utf-8")
    charts = "".join(_chart(title, rows) for title, rows in parts.items())
    remarks = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Image loading · Rushlight</title><style>\n{style}</style></head>\n"
        f'<body><main><header><p class="eyebrow">Rushlight benchmark</p><h1>Loading your images</h1>'
        f"<p>One thread, the packages in turn, medians. Shorter is faster.</p></header>"
        f"{charts}<ul>{remarks}</ul></main></body></html>\n"
    )


def _chart(title: str, rows: list[Measured]) -> str:
    longest = max(row.ratio for row in rows)
    bars = "".join(_bar(row, at, longest) for at, row in enumerate(rows))
    height = ROW * len(rows)
    return (
        f'<figure class="card"><figcaption>{escape(title)}</figcaption>'
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">{bars}</svg></figure>'
    )


def _bar(row: Measured, at: int, longest: float) -> str:
    """A bar as long as the time on the same files, in units of Rushlight's."""
    width = (WIDTH - LEFT - RIGHT) * row.ratio / longest
    middle = ROW * at + ROW / 2
    ours = row.name == OURS
    reading = "" if ours else f'<tspan class="ratio" dx="10">{row.ratio:.2f}×</tspan>'
    files_read = f"{row.files} files" if row.files != 1 else "1 file"
    return (
        f'<g class="{"ours" if ours else "rival"}"><title>{escape(row.versions)} · {files_read}</title>'
        f'<text class="name" x="{LEFT - 12}" y="{middle}">{escape(row.name)}</text>'
        f'<rect x="{LEFT}" y="{ROW * at + 7}" width="{width:.1f}" height="{ROW - 14}" rx="4"/>'
        f'<text class="time" x="{LEFT + width + 10:.1f}" y="{middle}">{duration(row.seconds)}{reading}</text></g>'
    )


def duration(seconds: float) -> str:
    """A time as people read it."""
    return f"{seconds * 1e3:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"
