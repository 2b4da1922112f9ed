"""The contact sheet of a deduplication: one HTML page that needs no other file and no network."""

from __future__ import annotations

import base64
import os
from html import escape
from importlib.resources import files
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from rushlight.image._errors import ImageError
from rushlight.image.curation._files import Path
from rushlight.image.curation._fingerprints import Fingerprint, fingerprints

if TYPE_CHECKING:
    from rushlight.image.curation._deduplicate import Deduplication, Duplicate, Group

_MOST_ERRORS = 200


def contact_sheet(
    result: Deduplication, path: Path, *, title: str = "Duplicates", most_groups: int = 200, most_pictures: int = 12
) -> None:
    """Write a page with pictures of the groups that a deduplication found, the largest group first.

    Args:
        result: what `deduplicate` returned.
        path: the HTML file to write; an older one is replaced in one step.
        title: the heading.
        most_groups: groups that are shown.
        most_pictures: pictures of a group that are shown.
    """
    target = FilePath(path)
    temporary = target.with_name(target.name + ".partial")
    temporary.write_text(render(result, title, most_groups, most_pictures), encoding="utf-8")
    os.replace(temporary, target)


def render(result: Deduplication, title: str, most_groups: int, most_pictures: int) -> str:
    """Return the page as text."""
    groups = sorted(result.groups, key=lambda group: -len(group.duplicates))
    style = files("rushlight.image.curation").joinpath("contact_sheet.css").read_text(encoding="utf-8")
    hidden = len(groups) - most_groups
    sections = (
        _headline(result, title),
        *(_group(group, most_pictures) for group in groups[:most_groups]),
        f'<p class="note">{hidden:,} smaller groups are not shown.</p>' if hidden > 0 else "",
        _errors(result.errors),
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} · Rushlight</title><style>\n{style}</style></head>\n"
        f"<body><main>{''.join(sections)}</main></body></html>\n"
    )


def _headline(result: Deduplication, title: str) -> str:
    total = len(result.keep) + len(result.duplicates)
    equal = sum(duplicate.exact for group in result.groups for duplicate in group.duplicates)
    tiles = {
        "Groups": f"{len(result.groups):,}",
        "Equal files": f"{equal:,}",
        "Similar pictures": f"{len(result.duplicates) - equal:,}",
        "Space they take": _size(sum(_length(path) for path in result.duplicates)),
        "Unreadable files": f"{len(result.errors):,}",
    }
    cells = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in tiles.items())
    return (
        f'<header><p class="eyebrow">Rushlight contact sheet</p><h1>{escape(title)}</h1>'
        f'<div class="hero"><p class="figure">{len(result.duplicates):,}</p>'
        f"<p>of {total:,} images repeat another one.<br><b>{len(result.keep):,}</b> are kept.</p></div>"
        f"<dl>{cells}</dl></header>"
    )


def _group(group: Group, most_pictures: int) -> str:
    """One kept picture and what it stands for, the least similar first: those are to be looked at."""
    shown = sorted(group.duplicates, key=lambda duplicate: -duplicate.distance)[: most_pictures - 1]
    known = fingerprints([group.keep, *(duplicate.path for duplicate in shown)], workers=1)
    hidden = len(group.duplicates) - len(shown)
    more = f'<p class="more">and {hidden:,} more</p>' if hidden else ""
    pictures = "".join(
        _picture(duplicate.path, about, _badge(duplicate), "") for duplicate, about in zip(shown, known[1:])
    )
    kept = _picture(group.keep, known[0], "kept", " kept")
    return f'<section class="group">{kept}<div class="others">{pictures}{more}</div></section>'


def _badge(duplicate: Duplicate) -> str:
    if duplicate.exact:
        return "equal"
    return f"{duplicate.distance} bit" if duplicate.distance == 1 else f"{duplicate.distance} bits"


def _picture(path: Path, about: Fingerprint | ImageError, badge: str, role: str) -> str:
    name = os.fspath(path)
    if isinstance(about, ImageError):
        picture, facts = '<span class="gone">no longer readable</span>', ""
    else:
        picture, facts = _thumbnail(name, about), f"{about.width} × {about.height} · {_size(about.bytes)}"
    return (
        f'<figure class="picture{role}"><a href="{escape(FilePath(name).absolute().as_uri())}">{picture}</a>'
        f'<span class="badge">{badge}</span><figcaption><span class="name" title="{escape(name)}">'
        f'{escape(os.path.basename(name))}</span><span class="facts">{facts}</span></figcaption></figure>'
    )


def _thumbnail(name: str, about: Fingerprint, longest: int = 320) -> str:
    from rushlight.image import encode_jpeg, load

    scale = min(1.0, longest / max(about.width, about.height))
    height, width = max(1, round(about.height * scale)), max(1, round(about.width * scale))
    try:
        file = encode_jpeg(load(name, size=(height, width), background=(255, 255, 255)), quality=80)
    except ImageError as error:
        return f'<span class="gone">{escape(error.reason)}</span>'
    data = base64.b64encode(file).decode("ascii")
    return f'<img alt="" loading="lazy" width="{width}" height="{height}" src="data:image/jpeg;base64,{data}">'


def _errors(errors: dict[Path, ImageError]) -> str:
    if not errors:
        return ""
    rows = "".join(
        f"<tr><th scope='row'>{escape(os.fspath(path))}</th><td>{escape(error.reason)}</td></tr>"
        for path, error in list(errors.items())[:_MOST_ERRORS]
    )
    hidden = len(errors) - _MOST_ERRORS
    more = f'<p class="note">and {hidden:,} more</p>' if hidden > 0 else ""
    return f'<section class="card"><h2>Unreadable files</h2><table>{rows}</table>{more}</section>'


def _length(path: Path) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0


def _size(count: float) -> str:
    """A number of bytes as people read it."""
    units = ["B", "kB", "MB", "GB", "TB"]
    while count >= 1000 and len(units) > 1:
        count, units = count / 1000, units[1:]
    return f"{count:,.0f} {units[0]}" if units[0] == "B" or count >= 100 else f"{count:.1f} {units[0]}"
