"""A run of `make sabotage` that was cut off goes on, unless the program is another one by now."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sabotage import progress
from tests.sabotage.progress import Progress

ROW = {"number": 1, "name": "always refuses", "breaks": "Nothing is shown", "lost": 3}


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of one file."""
    (tmp_path / "assistant" / "chat").mkdir(parents=True)
    (tmp_path / "assistant" / "reader.py").write_text("LEAST = 1", "utf-8")
    monkeypatch.setattr(progress, "ROOT", tmp_path)
    monkeypatch.setattr(progress, "DEPENDS_ON", ("assistant",))
    return tmp_path


def test_what_was_found_is_found_again_for_the_same_program(program: Path) -> None:
    first = Progress(program)
    assert first.find("always refuses") is None
    first.keep("always refuses", ROW, 1.5)
    first.keep("run 1", {"same": "remembered"}, 2.5)
    Progress(program).keep("never refuses", {**ROW, "number": 0, "name": "never refuses"}, 3.0)
    (program / "assistant" / "chat" / "page.css").write_text("", "utf-8")  # no run reads it

    again = Progress(program)
    found = again.find("always refuses")
    assert found is not None
    assert found["lost"] == 3
    figures = again.figures(480)
    assert ([row["name"] for row in figures["mutants"]], figures["same"]) == (
        ["never refuses", "always refuses"],
        ["remembered"],
    )
    assert (figures["seconds"], figures["questions"]) == (7, 480)


@pytest.mark.parametrize("change", ["LEAST = 2", None])
def test_of_another_program_nothing_is_known(program: Path, change: str | None) -> None:
    Progress(program).keep("always refuses", ROW, 1.0)
    if change is None:
        (program / "assistant" / "reader.py").rename(program / "assistant" / "readers.py")
    else:
        (program / "assistant" / "reader.py").write_text(change, "utf-8")
    assert Progress(program).find("always refuses") is None
