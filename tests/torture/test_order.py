"""R2: nothing is acknowledged that a power cut could still take back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.torture.figures import Figures
from tests.torture.harness import Place, Run, Strace, Workers, message_of
from tests.torture.ordering import CALLS, calls, early, published
from tests.torture.scenario import LAST, ROUNDS
from tests.torture.server import VOICE

pytestmark = pytest.mark.crash

WORDS = ("acknowledged", "report", "removed")
MISTAKES = {
    "file unsynced": "is moved to",
    "folder unsynced": "before a sync of the folder",
    "written in place": "before a sync of",
    "acknowledged too soon": None,
    "database unsynced": "before its journal is synced",
    "database journal may return": "before a sync of the folder of",
}
"""What a broken writer leaves out → what must be said of it; None: that writer keeps the order."""


def traced(place: Place, run: Run) -> tuple[int, int, list[str]]:
    """Acknowledgements, moves into place, and what is wrong with the order, of one run."""
    present = {str(place.data), *map(str, place.data.rglob("*"))}
    strace = Strace(
        run, place.folder / "trace", f"trace={','.join(CALLS)}", options=["-tt", "-s", "512"]
    )
    run.finish()
    text = strace.close()
    run.sweep()
    assert run.status == 0, message_of(run)
    trace = calls(text)
    count, wrong = early(trace, str(place.data), VOICE, WORDS, present)
    lines = text.splitlines()
    return count, published(trace, str(place.data)), [w + _near(lines, w) for w in wrong]


def _near(lines: list[str], wrong: str) -> str:
    number = int(wrong.removeprefix("line ").split(":")[0])
    return f"\n    {lines[number - 1][:300]}"


def test_acknowledged_only_what_stays(workers: Workers, figures: Figures, strace: None) -> None:
    place = workers.places[0]
    wrong = []
    for number in range(LAST + 2):
        if number <= LAST:
            place.restore(number - 1, ROUNDS[number])
            run = place.server.start("index", **place.paths, stop=True)
        else:
            place.restore(LAST, ROUNDS[LAST])
            run = place.server.start("remove", **place.paths, article="last.txt")
        count, moved, found = traced(place, run)
        figures.add("R2", "traces", 1)
        figures.add("R2", "acknowledgements", count)
        figures.add("R2", "files and folders moved into place", moved)
        figures.add("R2", "early acknowledgements and broken orders", len(found))
        wrong += [f"round {number}: {line}" for line in found]
        assert count, message_of(run)
    kinds = {re.sub(r"\d+", "", line.split("\n")[0]): line for line in wrong}
    assert not wrong, f"{len(wrong)} wrong, of these kinds:\n" + "\n".join(kinds.values())


@pytest.mark.parametrize("how", MISTAKES)
def test_a_broken_writer_is_caught(
    how: str, workers: Workers, figures: Figures, strace: None
) -> None:
    place = workers.places[0]
    place.restore(-1, {})
    Path(place.data).mkdir()
    _, _, wrong = traced(place, place.server.start("broken", data=str(place.data), how=how))
    words = MISTAKES[how]

    if words is None:
        assert wrong == []
    else:
        assert any(words in line for line in wrong), wrong
        figures.add("R2", "broken writers caught, as they must be", 1)


def test_a_careful_database_is_not_accused(workers: Workers, strace: None) -> None:
    place = workers.places[0]
    place.restore(-1, {})
    Path(place.data).mkdir()
    run = place.server.start("broken", data=str(place.data), how="database as it should be")
    count, _, wrong = traced(place, run)

    assert (count, wrong) == (1, [])
