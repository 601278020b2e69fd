"""The chat in use for hours: memory, descriptors and temporary files have to stay level (R10).

Users come, ask a few questions, and leave, each with or without a word, as pages do; others take
their places. Meanwhile articles are indexed. At each mark of the clock the server is measured.
The first marks warm it up; those after it are compared, the first third with the last.

    python -m benchmarks.soak --hours 2    # the promise; it ends with 1 where that is broken
    python -m benchmarks.soak --hours 0.1 --marks 12 --fake    # a look, in six minutes
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.chat_load import QUESTIONS, Indexing, Outcome, User, percentiles, served
from benchmarks.processes import ServerProcess

__all__ = ["Mark", "Verdict", "verdict"]

FORGET_SECONDS = 20
"""How long the server keeps a page that left; it is 900 in use."""
WARM_SHARE = 0.2
"""Of the marks: caches fill, and the allocator takes what a full house needs."""
MOST_GROWTH = 0.10
"""Of memory and of p99, from the first third to the last."""
MOST_MORE = 3
"""Descriptors, and temporary files: those of a question on its way."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The server at one moment, and how the questions since the mark before went."""

    seconds: float
    rss: float
    """MiB, of the server and its children."""
    descriptors: int
    files: int
    """In its temporary folders."""
    asked: int
    p99: float
    """Seconds until the whole answer."""
    errors: int
    leaks: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What changed from the first third of the marks to the last, and what is too much of it."""

    memory: float
    """A share: 0.05 is 5 % more."""
    p99: float
    descriptors: float
    files: float
    broken: tuple[str, ...]


def verdict(marks: Sequence[Mark]) -> Verdict:
    """Compare medians, so that one slow minute of the machine is no drift.

    Raises `ValueError` where the marks that are left after the warm-up make no thirds.
    """
    warm = marks[int(len(marks) * WARM_SHARE) :]
    third = len(warm) // 3
    if not third:
        raise ValueError(f"{len(marks)} marks are too few to compare; take 4 or more")
    early, late = warm[:third], warm[-third:]

    def medians(name: str) -> tuple[float, float]:
        before, after = ([getattr(mark, name) for mark in part] for part in (early, late))
        return statistics.median(before), statistics.median(after)

    def growth(name: str) -> float:
        before, after = medians(name)
        return after / before - 1 if before else 0.0

    def more(name: str) -> float:
        before, after = medians(name)
        return after - before

    found = {
        "memory": growth("rss"),
        "p99": growth("p99"),
        "descriptors": more("descriptors"),
        "files": more("files"),
    }
    broken = [name for name in ("memory", "p99") if found[name] > MOST_GROWTH]
    broken += [name for name in ("descriptors", "files") if found[name] > MOST_MORE]
    broken += [name for name in ("errors", "leaks") if any(getattr(m, name) for m in marks)]
    return Verdict(**found, broken=tuple(broken))


async def visits(server: ServerProcess, number: int, turns: int, collected: Outcome) -> None:
    """One place in the house: a user after the other comes, asks and leaves."""
    chance = random.Random(number)
    visit = 0
    while True:
        visit += 1
        user = User(server.url, f"place-{number}-{visit}", collected)
        try:
            await user.connect()
            for turn in range(turns):
                await user.ask(f"{QUESTIONS[(number + turn) % len(QUESTIONS)]} {user.canary}")
                await asyncio.sleep(chance.expovariate(0.5))
            await user.leave(say_so=visit % 2 == 0)
        except asyncio.CancelledError:
            await user.leave(say_so=False)
            raise
        except Exception as error:
            collected.errors.append(f"{user.name}: {error!r}")
            await asyncio.sleep(1)


def temporary_files(folders: Sequence[Path]) -> int:
    """How many files lie in the folders of what is on its way."""
    return sum(path.is_file() for folder in folders for path in folder.rglob("*"))


async def soak(
    server: ServerProcess, indexing: Indexing, data: Path, options: argparse.Namespace
) -> list[Mark]:
    """Let the users come and go, and measure at each mark."""
    collected = Outcome()
    places = [visits(server, n, options.turns, collected) for n in range(options.users)]
    running = [asyncio.create_task(each) for each in (*places, indexing.go_on())]
    folders = [data / "uploads" / "incoming", data / "chat" / str(server.port) / ".files"]
    marks: list[Mark] = []
    began, each = time.perf_counter(), options.hours * 3600 / options.marks
    try:
        while len(marks) < options.marks:
            await asyncio.sleep(max(0.0, began + (len(marks) + 1) * each - time.perf_counter()))
            now = server.memory()
            marks.append(
                Mark(
                    round(time.perf_counter() - began, 1), now.rss, now.descriptors,
                    temporary_files(folders), len(collected.whole),
                    percentiles(collected.whole).get("p99", 0.0), len(collected.errors),
                    len(collected.leaks),
                )
            )  # fmt: skip
            print(json.dumps(asdict(marks[-1])), flush=True)
            for problem in sorted({*collected.errors, *collected.leaks})[:5]:
                print(f"  {problem}", file=sys.stderr, flush=True)
            for kept in (collected.whole, collected.first_words, collected.refused,
                         collected.errors, collected.leaks):  # fmt: skip
                kept.clear()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    return marks


def main() -> int:
    """Run the soak, print the marks and the verdict; 1 where a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--marks", type=int, default=60, help="how often it is measured")
    parser.add_argument("--users", type=int, default=4, help="who are there at a time")
    parser.add_argument("--turns", type=int, default=5, help="questions of a visit")
    parser.add_argument("--fake", action="store_true", help="an assistant that takes no time")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.marks < 4:
        parser.error("--marks: 4 or more")
    arguments = ["--session-seconds", str(FORGET_SECONDS), *(["--fake"] if options.fake else [])]
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), *arguments) as made:
        marks = asyncio.run(soak(*made, Path(folder) / "data", options))
    found = verdict(marks)
    told: dict[str, Any] = {
        "hours": options.hours, "users": options.users, "turns": options.turns,
        "assistant": "fake" if options.fake else "real", "asked": sum(m.asked for m in marks),
        "cores": os.cpu_count(), "python": platform.python_version(), "verdict": asdict(found),
    }  # fmt: skip
    print(json.dumps(told, indent=2))
    if options.json:
        told["marks"] = [asdict(mark) for mark in marks]
        options.json.write_text(json.dumps(told, indent=2) + "\n", "utf-8")
    return 1 if found.broken else 0


if __name__ == "__main__":
    sys.exit(main())
