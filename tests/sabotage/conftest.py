"""The evaluation that every mutant meets, the run of the product as it is, and what was caught."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from eval.gate import load_gate
from eval.saved import Saved
from eval.sets import load_sets, named
from tests.sabotage.harness import Evaluation, Outcome
from tests.sabotage.memory import remembered
from tests.sabotage.progress import Progress

FIGURES = os.environ.get("FOOTNOTE_TEST_FIGURES")
_QUESTIONS: list[int] = []


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
def progress(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Progress:
    """What has been found. `make sabotage` goes on where it was cut off; a test begins anew."""
    return Progress(kept.parent if FIGURES else tmp_path_factory.mktemp("progress"))


@pytest.fixture(autouse=True)
def _written(request: pytest.FixtureRequest) -> Iterator[None]:
    """What is known so far stands in `sabotage.json` of FOOTNOTE_TEST_FIGURES, if that is set."""
    yield
    if FIGURES and _QUESTIONS and "progress" in request.fixturenames:
        progress: Progress = request.getfixturevalue("progress")
        progress.write_figures(Path(FIGURES) / "sabotage.json", sum(_QUESTIONS))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was caught, and by what."""
    file = Path(FIGURES or "") / "sabotage.json"
    if not FIGURES or not file.is_file():
        return
    figures = json.loads(file.read_text("utf-8"))
    terminalreporter.section("sabotage")
    for row in figures["mutants"]:
        told = "; ".join(f"{name}: {how}" for name, how in row["caught_by"].items()) or "MISSED"
        terminalreporter.line(f"{row['name']}: {told}")
    terminalreporter.line(f"unchanged runs that passed: {len(figures['same'])}")
