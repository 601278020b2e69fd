"""Workers that the crash tests share, and the figures they leave."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.torture.figures import Figures
from tests.torture.harness import FIGURES, FULL, Workers, scratch, why_no_strace

_FIGURES = Figures()
_BEGAN = time.monotonic()


@pytest.fixture(scope="session")
def figures() -> Figures:
    return _FIGURES


@pytest.fixture(scope="session")
def workers() -> Iterator[Workers]:
    with scratch() as folder:
        made = Workers(folder)
        yield made
        made.close()


@pytest.fixture(scope="session")
def strace() -> None:
    """Skips where system calls cannot be traced; in CI that is a failure."""
    reason = why_no_strace()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(f"CI traces system calls, and {reason}")
    if reason:
        pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _FIGURES.numbers:
        return
    terminalreporter.section("what was tortured")
    for line in _FIGURES.lines():
        terminalreporter.line(line)
    if FIGURES:
        _FIGURES.write(
            Path(FIGURES),
            full=FULL,
            seconds=round(time.monotonic() - _BEGAN),
            cores=os.cpu_count(),
            python=platform.python_version(),
        )
