"""Documents made to cost their reader everything: read or refused, in time and in memory (R8)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from embeddings.readers.sandbox import SandboxedReader
from tests.documents import sample
from tests.fuzz.bombs import BOMBS, HEAVY, SECRET
from tests.fuzz.trial import LIMIT_BYTES, REFUSED, own_memory, peak_memory, tried, watched

pytestmark = pytest.mark.slow

FULL = os.environ.get("FOOTNOTE_TEST_TORTURE") == "full"
FIGURES = os.environ.get("FOOTNOTE_TEST_FIGURES", "")
MOST_GROWTH = 768 << 20
"""Of the process that only asks: it holds the text of the largest document, twice for a moment."""
Row = dict[str, str | float | int | None]


@pytest.fixture(scope="module")
def reader() -> Iterator[SandboxedReader]:
    with SandboxedReader() as made:
        yield made


@pytest.fixture(scope="module")
def figures() -> Iterator[list[Row]]:
    made: list[Row] = []
    yield made
    if FIGURES and made:
        folder = Path(FIGURES)
        folder.mkdir(parents=True, exist_ok=True)
        content = {
            "bombs": len(made),
            "refused": sum(row["outcome"] == REFUSED for row in made),
            "slowest_seconds": max(float(row["seconds"] or 0) for row in made),
            "peak_mib": max(int(row["peak_mib"] or 0) for row in made),
            "asking_process_grew_mib": max(int(row["parent_grew_mib"] or 0) for row in made),
            "each": made,
        }
        (folder / "bombs.json").write_text(json.dumps(content, indent=2) + "\n", "utf-8")


@pytest.mark.parametrize("name", [name for name in BOMBS if FULL or name not in HEAVY])
def test_a_bomb_is_read_or_refused(name: str, reader: SandboxedReader, figures: list[Row]) -> None:
    content = BOMBS[name]()
    forget_peak()
    before = own_memory()
    with watched(every=0.05) as watch:
        trial = tried(reader, content, name)
    growth = own_peak() - before
    figures.append(
        {
            "name": name,
            "outcome": trial.outcome,
            "reason": trial.reason,
            "seconds": round(trial.seconds, 2),
            "peak_mib": watch.peak >> 20,
            "parent_grew_mib": growth >> 20,
            "bytes": len(content),
            "characters": len(trial.text),
        }
    )
    assert SECRET not in trial.text
    assert "root:" not in trial.text
    assert watch.peak <= LIMIT_BYTES
    assert growth <= MOST_GROWTH


def test_the_heavy_ones_are_there() -> None:
    assert BOMBS.keys() >= HEAVY


def test_a_good_document_is_read_after_them_all(reader: SandboxedReader) -> None:
    for name in ("report.docx", "modern.pdf", "article.html", "letter.eml", "book.epub"):
        good = sample(name)
        assert tried(reader, good.content, good.name).outcome != REFUSED


def forget_peak() -> None:
    """The most memory this process has held is counted from now on; in Linux."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def own_peak() -> int:
    return peak_memory([os.getpid()])
