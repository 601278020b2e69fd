"""What it brings to read windows side by side: `python -m benchmarks.reader_windows [QUESTIONS]`.

The windows that development questions bring are read in two ways, in turn: one after another,
each on all cores, and several at once, each on one core, as the reader does. A machine that does
other work too has no idle cores, and shows less of it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from assistant import Assistant
from assistant.reading.reader import reader_model
from benchmarks.corpora import SEEDS, asked, write_texts
from embeddings.onnx_session import open_session
from embeddings.reader_model import FOLDER, ReaderModel, Reading, Window

ROUNDS = 5
Read = Callable[[str, Sequence[Window]], list[tuple[Reading, ...]]]


def main() -> None:
    """Print milliseconds of wall clock and of processor, and whether both say the same."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("questions", type=int, nargs="?", default=25)
    parser.add_argument(
        "--data-dir", type=Path, help="with an exported encoder; saves half a minute"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        given = windows(Path(folder), options.data_dir or Path(folder) / "data", options.questions)
    ways = {"one after another": in_turn(), "side by side": reader_model().read}
    said = {name: [read(*one) for one in given] for name, read in ways.items()}
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, read in ways.items():
            took[name].append(timed(read, given))
    print(f"{len(given)} readings, {os.cpu_count()} cores; ms a reading, median of {ROUNDS} rounds")
    for name, rounds in took.items():
        wall, cpu = (
            1000 * statistics.median(one) / len(given) for one in zip(*rounds, strict=True)
        )
        print(f"{name:20} {wall:7.1f}   processor {cpu:7.1f}")
    first, second = said.values()
    print("both say the same" if first == second else "they DIFFER")


def windows(folder: Path, data: Path, most: int) -> list[tuple[str, Sequence[Window]]]:
    """What the reader is given for so many questions about the five articles."""
    given: list[tuple[str, Sequence[Window]]] = []
    read = ReaderModel.read

    def noting(self: ReaderModel, question: str, found: Sequence[Window]) -> object:
        given.append((question, found))
        return read(self, question, found)

    questions = asked(write_texts(folder / "articles", [SEEDS]), most)
    with Assistant.open(folder / "articles", data_dir=data) as assistant:
        ReaderModel.read = noting  # type: ignore[method-assign,assignment]
        for one in questions:
            assistant.ask(one.question)
        ReaderModel.read = read  # type: ignore[method-assign]
    return given


def in_turn() -> Read:
    """The reader as it was: every window on all cores."""
    model = ReaderModel.load()
    model._session = open_session(str(FOLDER / "model.onnx"))
    model._pool = ThreadPoolExecutor(1)
    return model.read


def timed(read: Read, given: Sequence[tuple[str, Sequence[Window]]]) -> tuple[float, float]:
    """Seconds of wall clock and of processor for all of them."""
    wall, cpu = time.perf_counter(), time.process_time()
    for one in given:
        read(*one)
    return time.perf_counter() - wall, time.process_time() - cpu


if __name__ == "__main__":
    main()
