"""The evaluation that every mutant meets, the run of the product as it is, and what was caught."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eval.gate import load_gate
from eval.saved import Saved
from eval.sets import load_sets, named
from tests.sabotage.harness import Evaluation, Outcome
from tests.sabotage.memory import remembered

FIGURES = os.environ.get("FOOTNOTE_TEST_FIGURES")
_CAUGHT: list[dict[str, Any]] = []
_SAME: list[str] = []
_QUESTIONS: list[int] = []
_BEGAN = time.monotonic()


@pytest.fixture(scope="session")
def kept(request: pytest.FixtureRequest) -> Path:
    """The file that holds what the models said, from one session of pytest to the next."""
    return request.config.cache.mkdir("sabotage") / "outputs.sqlite"


@pytest.fixture(scope="session")
def remembering(kept: Path) -> Iterator[None]:
    """Within, the models run only what they have not run before."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith("FOOTNOTE_") and not name.startswith("FOOTNOTE_TEST_"):
                patch.delenv(name)
        with remembered(kept):
            yield


@pytest.fixture(scope="session")
def evaluation(exported: Path, remembering: None) -> Evaluation:
    """The default set of questions, with the committed gate."""
    chosen = named(None, load_sets())
    return Evaluation(chosen, load_gate(chosen.floors), exported / "encoders")


@pytest.fixture(scope="session")
def unchanged(evaluation: Evaluation) -> Outcome:
    """The product as it is: what every mutant is compared with."""
    return evaluation.run()


@pytest.fixture(scope="session")
def before(unchanged: Outcome) -> Saved:
    """The same as an accepted run."""
    assert unchanged.report is not None, unchanged.error
    _QUESTIONS[:] = [len(unchanged.report.records)]
    return Saved.from_run(unchanged.report.to_dict())


@pytest.fixture(scope="session")
def caught() -> list[dict[str, Any]]:
    """A row for each mutant, to be filled."""
    return _CAUGHT


@pytest.fixture(scope="session")
def same() -> list[str]:
    """A word for each unchanged run that passed with the same answers, to be filled."""
    return _SAME


@pytest.fixture(autouse=True)
def _written() -> Iterator[None]:
    """What is known so far stands in `sabotage.json` of FOOTNOTE_TEST_FIGURES, if that is set."""
    yield
    if FIGURES and (_CAUGHT or _SAME):
        Path(FIGURES).mkdir(parents=True, exist_ok=True)
        content = {
            "mutants": _CAUGHT,
            "same": _SAME,
            "questions": sum(_QUESTIONS),
            "seconds": round(time.monotonic() - _BEGAN),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        }
        file = Path(FIGURES) / "sabotage.json"
        file.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was caught, and by what."""
    if not _CAUGHT:
        return
    terminalreporter.section("sabotage")
    for row in _CAUGHT:
        told = "; ".join(f"{name}: {how}" for name, how in row["caught_by"].items()) or "MISSED"
        terminalreporter.line(f"{row['name']}: {told}")
    terminalreporter.line(f"unchanged runs that passed: {len(_SAME)}")
