"""A comparison that is skipped has not been made: with ``RUSHLIGHT_ORACLE=1``, as ``make oracle`` sets it, that is a failure."""

import os

import pytest

STRICT = os.environ.get("RUSHLIGHT_ORACLE") == "1"


def refuse_skip(report):
    """Turn a skipped report into a failed one."""
    if STRICT and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    return refuse_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    return refuse_skip((yield))
