"""Spoiled documents of every format through the reader, as the indexer reads them (R8).

FOOTNOTE_TEST_FUZZ_DOCUMENTS   how many, over all ten formats (1,000)
FOOTNOTE_TEST_FUZZ_SEED         number of the first one (0); a nightly run takes another each time
FOOTNOTE_TEST_FUZZ_REPLAY       one document again, as a failure names it: `pdf:123`
FOOTNOTE_TEST_FIGURES           folder for the figures, as fuzzing.json
"""

from __future__ import annotations

import json
import os
import platform
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from embeddings.readers.sandbox import SandboxedReader
from tests.documents import sample
from tests.fuzz.trial import INCOMPLETE, INDEXED, LIMIT_BYTES, REFUSED, children, tried, watched
from tests.mutations import FORMATS, mutant

pytestmark = pytest.mark.slow

DOCUMENTS = int(os.environ.get("FOOTNOTE_TEST_FUZZ_DOCUMENTS", "1000"))
FIRST_SEED = int(os.environ.get("FOOTNOTE_TEST_FUZZ_SEED", "0"))
REPLAY = os.environ.get("FOOTNOTE_TEST_FUZZ_REPLAY", "")
FIGURES = os.environ.get("FOOTNOTE_TEST_FIGURES", "")
READERS = max(2, min(4, os.cpu_count() or 1))
GOOD = {"text": "plain.txt", "markdown": "note.md", "html": "article.html", "pdf": "modern.pdf",
        "docx": "report.docx", "eml": "letter.eml", "rtf": "report.rtf", "odt": "report.odt",
        "epub": "book.epub", "table": "table.csv"}  # fmt: skip
GOOD_EVERY = 50
MOST_FAILURES = 10


@dataclass(slots=True)
class Figures:
    """What came of the documents of one format."""

    documents: int = 0
    indexed: int = 0
    incomplete: int = 0
    refused: int = 0
    out_of_time: int = 0
    out_of_memory: int = 0
    reader_crashed: int = 0
    """The child that reads ended; the program went on, and said so."""
    crashes: int = 0
    """The program failed, or the outcome was none of those promised."""
    hangs: int = 0
    slowest_seconds: float = 0.0
    slowest: str = ""
    peak_mib: int = 0
    seconds: float = 0.0


@pytest.fixture(scope="module")
def figures() -> Iterator[dict[str, Figures]]:
    made: dict[str, Figures] = {}
    began = time.monotonic()
    yield made
    for kind, of in made.items():
        print(f"{kind}: {of}")
    if FIGURES and made and not REPLAY:
        folder = Path(FIGURES)
        folder.mkdir(parents=True, exist_ok=True)
        content = {
            "documents": sum(of.documents for of in made.values()),
            "crashes": sum(of.crashes for of in made.values()),
            "hangs": sum(of.hangs for of in made.values()),
            "seconds": round(time.monotonic() - began),
            "first_seed": FIRST_SEED,
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "formats": {kind: asdict(of) for kind, of in made.items()},
        }
        (folder / "fuzzing.json").write_text(json.dumps(content, indent=2) + "\n", "utf-8")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go during the test."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.skipif(bool(REPLAY), reason="one document is replayed")
@pytest.mark.parametrize("kind", FORMATS)
def test_a_spoiled_document_is_read_or_refused(
    kind: str, figures: dict[str, Figures], temporary: Path, tmp_path: Path
) -> None:
    before = children()
    count = DOCUMENTS // len(FORMATS)
    seeds = iter(range(FIRST_SEED, FIRST_SEED + count))
    of = figures[kind] = Figures()
    failures: list[str] = []
    started = [0.0] * READERS

    def fail(seed: int, why: str) -> None:
        spoiled = mutant(kind, seed)
        (tmp_path / spoiled.name).write_bytes(spoiled.content)
        failures.append(
            f"{kind}:{seed} ({' → '.join(spoiled.recipe)}): {why}\n"
            f"  kept at {tmp_path / spoiled.name}\n"
            f"  again with FOOTNOTE_TEST_FUZZ_REPLAY={kind}:{seed}"
        )

    def read_all(number: int) -> None:
        with SandboxedReader() as reader:
            read_good(reader)
            for done, seed in enumerate(seeds):
                started[number] = time.monotonic()
                read_one(reader, seed)
                started[number] = 0.0
                if done % GOOD_EVERY == 0:
                    read_good(reader)
                if len(failures) >= MOST_FAILURES:
                    break
            read_good(reader)

    def read_one(reader: SandboxedReader, seed: int) -> None:
        spoiled = mutant(kind, seed)
        began = time.monotonic()
        try:
            trial = tried(reader, spoiled.content, spoiled.name)
        except AssertionError as error:
            took = time.monotonic() - began
            if str(error).startswith("took"):
                of.hangs += 1
            else:
                of.crashes += 1
            fail(seed, str(error))
        except Exception as error:  # a crash of the program: the very thing that is looked for
            took = time.monotonic() - began
            of.crashes += 1
            fail(seed, f"raised {error!r}")
        else:
            took = trial.seconds
            of.indexed += trial.outcome == INDEXED
            of.incomplete += trial.outcome == INCOMPLETE
            of.refused += trial.outcome == REFUSED
            reason = trial.reason or ""
            of.out_of_time += "took longer than" in reason
            of.out_of_memory += "GiB of memory" in reason
            of.reader_crashed += "crashed its reader" in reason or "was killed" in reason
        of.documents += 1
        if took > of.slowest_seconds:
            of.slowest_seconds, of.slowest = round(took, 3), f"{kind}:{seed}"

    def read_good(reader: SandboxedReader) -> None:
        good = sample(GOOD[kind])
        trial = tried(reader, good.content, good.name)
        assert trial.outcome != REFUSED, f"a good document after bad ones: {trial.reason}"
        assert "harbour bridge at Marrow Point" in trial.text

    began = time.monotonic()
    with watched(started) as watch, ThreadPoolExecutor(READERS) as pool:
        for reading in [pool.submit(read_all, number) for number in range(READERS)]:
            reading.result()
    of.seconds = round(time.monotonic() - began, 1)
    of.peak_mib = watch.peak >> 20

    assert not failures, "\n" + "\n".join(failures)
    assert of.documents == count
    assert watch.peak <= LIMIT_BYTES
    assert watch.most_children <= len(before) + 2 * READERS, "children add up"
    assert len(children()) <= len(before) + 1, "children are left"  # one may track shared memory
    assert not list(temporary.rglob("*")), "temporary files are left"


@pytest.mark.skipif(not REPLAY, reason="FOOTNOTE_TEST_FUZZ_REPLAY names no document")
def test_replay(tmp_path: Path) -> None:
    kind, _, seed = REPLAY.partition(":")
    spoiled = mutant(kind, int(seed))
    path = tmp_path / spoiled.name
    path.write_bytes(spoiled.content)
    print(f"\n{path}: {' → '.join(spoiled.recipe)}")
    with SandboxedReader() as reader:
        trial = tried(reader, spoiled.content, spoiled.name)
    print(f"{trial.outcome} in {trial.seconds:.2f} s: {trial.reason}\n{trial.text[:500]}")
