"""``python -m tools.oracle [NAME...]``: compare all, or the entries of the given names (``add``, ``nn.Linear``, ``Adam``)."""

import argparse
import functools
import sys
import time
from pathlib import Path

import torch

from tools.oracle import exclusions, report
from tools.oracle.databases import compare, sections
from tools.oracle.operators import Limits
from tools.oracle.samples import Outcome
from tools.oracle.workers import compare_all


def chosen(wanted: list[str]) -> dict[str, list[str]]:
    """Return the entries whose name, with or without its variant, is wanted."""
    if not wanted:
        return sections()
    found = {t: [n for n in names if n in wanted or n.split(" ")[0] in wanted] for t, names in sections().items()}
    return {title: names for title, names in found.items() if names}


def run(selected: dict[str, list[str]], limits: Limits, path: Path | None) -> dict[str, list[Outcome]]:
    """Compare all entries, telling what differs as it is found, and keep the list at ``path`` up to date."""
    section_of = {name: title for title, listed in selected.items() for name in listed}
    results: dict[str, list[Outcome]] = {title: [] for title in selected}
    for outcome in compare_all(list(section_of), functools.partial(compare, limits=limits)):
        results[section_of[outcome.name]].append(outcome)
        if outcome.failed:
            print(f"{outcome.name}: {outcome.failed} of {outcome.passed + outcome.failed} differ", flush=True)
            if path:
                path.write_text(report.failures([o for found in results.values() for o in found]) + "\n")
    return results


def main() -> int:
    parser = argparse.ArgumentParser("tools.oracle", description=__doc__)
    parser.add_argument("names", nargs="*", help="names to compare (default: all)")
    parser.add_argument("--samples", type=int, default=40, help="samples per operator and dtype")
    parser.add_argument("--seconds", type=float, default=4.0, help="time per operator")
    parser.add_argument("--failures", type=Path, help="also write what differs to a file")
    options = parser.parse_args()
    start = time.monotonic()
    results = run(chosen(options.names), Limits(options.samples, options.seconds), options.failures)
    every = [o for outcomes in results.values() for o in outcomes]
    listing = report.failures(every, most=1000 if options.names else 6)
    if not options.names:
        parts = [report.HEAD.format(version=torch.__version__)]
        parts += [report.table(title, outcomes) for title, outcomes in results.items()]
        report.COVERAGE.write_text("\n".join([*parts, report.excluded_reasons(exclusions.rules())]))
    print(listing)
    for title, outcomes in results.items():
        print(f"{title}: {report.summary(outcomes)}")
    missing = [o.name for o in every if o.missing]
    print(f"missing: {', '.join(missing) or 'none'}")
    print(f"{time.monotonic() - start:.0f} s")
    return any(o.failed for o in every) or not every


if __name__ == "__main__":
    sys.exit(main())
