"""Choosing the images of a collection that are worth keeping."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from rushlight.image._errors import ImageError
from rushlight.image.curation._aesthetic import AestheticScorer
from rushlight.image.curation._deduplicate import Deduplication, group_fingerprints, hash_threshold_bits
from rushlight.image.curation._files import Path, image_files
from rushlight.image.curation._fingerprints import Fingerprint, Progress, fingerprints, worker_count


@dataclass(frozen=True)
class Filtered:
    """What a filter keeps; its length and its items are those of ``keep``.

    Attributes:
        keep: files that pass every rule, in the order given.
        removed: the other files that could be read, each with the rule it breaks.
        errors: files that cannot be read as images, with the reason.
        deduplication: the groups of duplicates, if they were looked for.
        scores: the aesthetic score of every file that came that far, if scores were asked for.
    """

    keep: list[Path]
    removed: dict[Path, str]
    errors: dict[Path, ImageError]
    deduplication: Deduplication | None = None
    scores: dict[Path, float] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.keep)

    def __iter__(self) -> Iterator[Path]:
        return iter(self.keep)


def filter_dataset(
    paths: Path | Iterable[Path],
    min_width: int | None = None,
    min_height: int | None = None,
    deduplicate: bool = True,
    hash_algorithm: str = "dhash",
    hash_threshold: int | None = None,
    min_aesthetic: float | None = None,
    workers: int | None = None,
    verbose: bool = False,
    *,
    prefer: str = "largest",
    scorer: AestheticScorer | None = None,
    progress: Progress | None = None,
) -> Filtered:
    """Return the files that can be read, are large enough, stand for their duplicates and please.

    The rules are applied in this order, each to the files that the rule before leaves. Every file is read once (once more for a score).

    Args:
        paths: files, or folders whose images are meant.
        min_width: fewest columns of pixels, after EXIF orientation.
        min_height: fewest rows.
        deduplicate: whether to drop all but one of equal and similar images; ``hash_algorithm``, ``hash_threshold`` and ``prefer`` as in
            `deduplicate`.
        min_aesthetic: lowest score of ``scorer``, by default ``AestheticScorer()``.
        workers: threads; as many as there are processors if None.
        verbose: print to standard error what every rule removes.
        progress: called with the numbers of files done and to do.

    >>> len(filter_dataset([], min_width=64))
    0
    """
    bits = hash_threshold_bits(hash_algorithm, hash_threshold) if deduplicate else None
    if min_aesthetic is not None and scorer is None:
        scorer = AestheticScorer()
    files = image_files(paths)
    found = fingerprints(
        files,
        algorithm=hash_algorithm if deduplicate else None,
        content=deduplicate,
        workers=workers,
        progress=progress,
    )
    errors = {path: result for path, result in zip(files, found) if isinstance(result, ImageError)}
    known = {path: result for path, result in zip(files, found) if not isinstance(result, ImageError)}
    removed = _too_small(known, min_width or 0, min_height or 0)
    left = {path: result for path, result in known.items() if path not in removed}
    result = Filtered([], removed, errors)
    if deduplicate:
        groups = group_fingerprints(list(left), list(left.values()), bits, prefer, worker_count(workers))
        removed.update(_stand_ins(groups))
        result = Filtered([], removed, errors, groups)
    if min_aesthetic is not None:
        candidates = [path for path in left if path not in removed]
        _score(candidates, scorer, min_aesthetic, result)
    result.keep.extend(path for path in left if path not in removed and path not in errors)
    if verbose:
        print(_summary(len(files), result), file=sys.stderr)
    return result


def _too_small(known: dict[Path, Fingerprint], min_width: int, min_height: int) -> dict[Path, str]:
    reasons = {}
    for path, image in known.items():
        if image.width < min_width:
            reasons[path] = f"width {image.width} is below {min_width}"
        elif image.height < min_height:
            reasons[path] = f"height {image.height} is below {min_height}"
    return reasons


def _stand_ins(groups: Deduplication) -> dict[Path, str]:
    return {
        duplicate.path: f"equal to {group.keep}" if duplicate.exact else f"{duplicate.distance} bits from {group.keep}"
        for group in groups.groups
        for duplicate in group.duplicates
    }


def _score(paths: list[Path], scorer: AestheticScorer, least: float, result: Filtered) -> None:
    scores = scorer.score_batch(paths)
    result.errors.update(scores.errors)
    for path, score in zip(paths, scores.values):
        if score is not None:
            result.scores[path] = score
            if score < least:
                result.removed[path] = f"aesthetic score {score:.2f} is below {least}"


def _summary(count: int, result: Filtered) -> str:
    small = sum(reason.startswith(("width", "height")) for reason in result.removed.values())
    plain = sum(reason.startswith("aesthetic") for reason in result.removed.values())
    doubles = len(result.removed) - small - plain
    return (
        f"{count:,} files: {len(result.keep):,} kept, {small:,} too small, {doubles:,} duplicates, "
        f"{plain:,} of too low a score, {len(result.errors):,} unreadable"
    )
