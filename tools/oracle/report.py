"""The table of what was compared, and the list of what differs."""

from collections import defaultdict
from pathlib import Path

from tools.oracle.samples import Outcome

COVERAGE = Path("docs/coverage.md")

HEAD = """# Coverage

Written by `make oracle`, which runs PyTorch's own databases of operators, modules and optimizers on both packages
(PyTorch {version}) and compares results, gradients, second gradients, methods, meta tensors, in-place and `out=` variants and
refused arguments. One comparison is one sample in one dtype called in one way.
"""


def table(title: str, outcomes: list[Outcome]) -> str:
    """Return a section with a row per name that exists, and the list of those that do not."""
    present = sorted((o for o in outcomes if not o.missing), key=lambda o: o.name)
    missing = sorted(o.name for o in outcomes if o.missing)
    rows = [f"| {o.name} | {o.passed + o.failed} | {o.passed} | {o.failed} | {o.excluded} |" for o in present]
    head = ["| name | samples | passed | failed | excluded |", "|---|---:|---:|---:|---:|"]
    absent = [f"Missing ({len(missing)}): " + ", ".join(missing) + "." if missing else "Missing: none."]
    return "\n".join([f"## {title}", "", summary(outcomes), "", *head, *rows, "", *absent, ""])


def summary(outcomes: list[Outcome]) -> str:
    """Return the totals of a section in one line."""
    present = [o for o in outcomes if not o.missing]
    failing = sum(1 for o in present if o.failed)
    samples = sum(o.passed + o.failed for o in present)
    return (
        f"{len(outcomes)} names, {len(present)} present, {len(outcomes) - len(present)} missing; {samples:,} comparisons, "
        f"{sum(o.failed for o in present):,} failed in {failing} names; {sum(o.excluded for o in present):,} excluded."
    )


def excluded_reasons(rules: list[tuple[str, str, str, str]]) -> str:
    """Return the section of reasons for what is not compared."""
    rows = [f"| {name} | {kind} | {dtype} | {why} |" for name, kind, dtype, why in rules]
    return "\n".join(["## Not compared", "", "| name | kind | dtype | reason |", "|---|---|---|---|", *rows, ""])


def failures(outcomes: list[Outcome], most: int = 6) -> str:
    """Return the differences grouped by name, one line per kind of difference."""
    lines = []
    for outcome in sorted((o for o in outcomes if o.failed), key=lambda o: o.name):
        lines.append(f"{outcome.name}: {outcome.failed} of {outcome.passed + outcome.failed} differ")
        groups = defaultdict(list)
        for kind, dtype, sample, problem in outcome.failures:
            groups[kind, skeleton(problem)].append((dtype, sample, problem))
        for (kind, _), found in sorted(groups.items(), key=lambda g: -len(g[1]))[:most]:
            dtypes = ",".join(sorted({dtype for dtype, _, _ in found}))
            dtype, sample, problem = found[0]
            lines.append(f"  [{kind}] x{len(found)} ({dtypes}) {problem}\n      {sample}")
    return "\n".join(lines)


def skeleton(problem: str) -> str:
    """Return a difference without its numbers, to group by."""
    return "".join(c for c in problem if not c.isdigit())[:60]
