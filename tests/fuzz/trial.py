"""One document through the reader as the indexer uses it, and what must be true afterwards."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from signal import SIGKILL
from threading import Event, Thread
from typing import Protocol

from embeddings.errors import ReadError
from embeddings.records import Article

__all__ = [
    "LIMIT_BYTES",
    "LIMIT_SECONDS",
    "Reader",
    "Trial",
    "assert_sound",
    "children",
    "own_memory",
    "peak_memory",
    "tried",
    "watched",
]

LIMIT_SECONDS = 30
LIMIT_BYTES = 1 << 30
GRACE_SECONDS = 3.0
"""Until a child that has reached its limit is ended, on a busy machine."""

INDEXED, INCOMPLETE, REFUSED = "indexed", "incomplete", "refused"

_LOST = re.compile("[\0\ud800-\udfff]")
_BREAK = re.compile("[\n-\r\x1c-\x1e\x85\u2028\u2029]")
_RAW = re.compile(r"Traceback|^\w*(Error|Exception|Warning)\b(?!.*\w+ \w+)|File \".*line \d+")


class Reader(Protocol):
    """`SandboxedReader`, or a stub of it."""

    def read(self, content: bytes, article_id: str, source: str) -> Article: ...


@dataclass(frozen=True, slots=True)
class Trial:
    """How it went with one document."""

    name: str
    outcome: str
    """Indexed, incomplete or refused."""
    seconds: float
    reason: str | None
    text: str
    """Empty when the document was refused."""


def tried(reader: Reader, content: bytes, name: str) -> Trial:
    """Read one document; raises `AssertionError` when the outcome is none of those promised."""
    began = time.monotonic()
    try:
        article = reader.read(content, name, f"folder/{name}")
    except ReadError as error:
        took, reason = time.monotonic() - began, str(error)
        assert_honest(reason, name)
        trial = Trial(name, REFUSED, took, reason, "")
    else:
        took = time.monotonic() - began
        assert_sound(article)
        assert (article.id, article.source) == (name, f"folder/{name}")
        outcome = INCOMPLETE if article.incomplete else INDEXED
        trial = Trial(name, outcome, took, article.incomplete, article.text)
    assert trial.seconds <= LIMIT_SECONDS + GRACE_SECONDS, f"took {trial.seconds:.1f} s"
    return trial


def assert_honest(message: str, name: str) -> None:
    """A refusal names the file and says in words, on one line, what is wrong."""
    assert message.startswith(f"{name}: "), f"does not name the file: {message!r}"
    reason = message.removeprefix(f"{name}: ")
    assert len(re.findall(r"\w+", reason)) >= 3, f"gives no reason: {message!r}"
    assert message.isprintable(), f"not one printable line: {message!r}"
    assert len(message) < 500, f"too long to read: {message!r}"
    assert not _RAW.search(reason), f"a raw error is no reason: {message!r}"


def assert_sound(article: Article) -> None:
    """What is read can be stored, shown and cited."""
    text = article.text
    assert text.strip(), "no text"
    assert not _LOST.search(text), f"NUL or lone surrogate: {_LOST.findall(text)[:3]}"
    assert list(article.pages) == sorted(article.pages), f"pages out of order: {article.pages}"
    assert all(0 <= page <= len(text) for page in article.pages), f"pages: {article.pages}"
    for field in ("title", "author", "language", "date", "incomplete"):
        value: str | None = getattr(article, field)
        if value is not None:
            assert value.strip(), f"{field} is empty, not None: {value!r}"
            assert not _LOST.search(value), f"{field}: {value!r}"
            assert not _BREAK.search(value), f"{field} is not one line: {value!r}"
            assert len(value) <= 1000, f"{field} has {len(value)} characters"
    if article.date:
        assert date.fromisoformat(article.date).isoformat() == article.date
    if article.incomplete:
        assert len(article.incomplete.split()) >= 3, f"no sentence: {article.incomplete!r}"
        assert not _RAW.search(article.incomplete), f"a raw error: {article.incomplete!r}"


# Processes


def children() -> tuple[int, ...]:
    """Ids of the processes that this one started, and those they started; in Linux only."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parents[int(folder.name)] = int(
                (folder / "stat").read_text().rpartition(")")[2].split()[1]
            )
    found = [os.getpid()]
    for process in found:
        found += [child for child, parent in parents.items() if parent == process]
    return tuple(found[1:])


def _memory(process: int | str, field: str) -> int:
    with suppress(OSError):
        found = re.search(
            rf"^{field}:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text(), re.M
        )
        return int(found[1]) * 1024 if found else 0
    return 0


def peak_memory(processes: Sequence[int]) -> int:
    """The most memory any of these has held, in bytes."""
    return max((_memory(process, "VmHWM") for process in processes), default=0)


def _is_reader(process: int) -> bool:
    """False for a process that was just forked: until it runs its own program, it holds ours."""
    with suppress(OSError):
        return b"embeddings.readers.child" in Path(f"/proc/{process}/cmdline").read_bytes()
    return False


def own_memory() -> int:
    """Memory that this process holds, in bytes."""
    return _memory("self", "VmRSS")


class Watch:
    """Looks at the children while documents are read."""

    def __init__(self) -> None:
        self.peak = 0
        self.most_children = 0

    def look(self) -> None:
        now = children()
        self.most_children = max(self.most_children, len(now))
        self.peak = max(self.peak, peak_memory([each for each in now if _is_reader(each)]))


@contextmanager
def watched(started: Sequence[float] = (), every: float = 0.2) -> Iterator[Watch]:
    """Watch the children; end them all when one of the reads that `started` hangs.

    `started` holds, for each thread that reads, when it began its document; the hang then
    comes back to that thread as a read that took too long.
    """
    watch, over = Watch(), Event()

    def run() -> None:
        while not over.wait(every):
            watch.look()
            now = time.monotonic()
            if any(now - began > LIMIT_SECONDS + 10 * GRACE_SECONDS for began in started if began):
                for process in children():
                    with suppress(OSError):
                        os.kill(process, SIGKILL)

    thread = Thread(target=run, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        over.set()
        thread.join()
        watch.look()
