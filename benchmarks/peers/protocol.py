"""What every contender of the benchmark says and hears: one step a process, one JSON line.

    python -m benchmarks.peers.with_NAME STEP ARTICLES STORE WEIGHTS [GIVEN]

- `ingest`: index the texts of ARTICLES, persist the index in STORE.
- `cold`: open STORE, look for GIVEN, a question.
- `warm`: open STORE, look for each question of GIVEN, a JSON file with a list of them.

The reply is the only line on standard output; what a library prints goes to standard error.
Only the standard library is imported here: each contender runs in an environment of its own.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

__all__ = [
    "CHUNK_CHARACTERS",
    "HITS",
    "OVERLAP_CHARACTERS",
    "Found",
    "Peer",
    "ReplyError",
    "parse_reply",
    "read_texts",
    "serve",
    "speak",
]

CHUNK_CHARACTERS = 600
"""As Footnote's passages before they are widened to whole sentences."""
OVERLAP_CHARACTERS = 200
"""LangChain's default; with it the contenders make about as many passages as Footnote does."""
HITS = 5


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that was found; `start` is its place in the article's text where it is known."""

    article: str
    text: str
    start: int | None = None


class Peer(Protocol):
    """A library, set up for one STORE; making it loads the library and its model."""

    def ingest(self) -> Iterable[str]:
        """Index all articles and persist the index; the passages, to be counted."""

    def open(self) -> None:
        """Open what `ingest` persisted."""

    def search(self, question: str) -> Sequence[Found]:
        """The best HITS passages, best first."""


class ReplyError(ValueError):
    """A contender's output holds no reply."""


def serve(make: Callable[[Path, Path, Path], Peer]) -> None:
    """Do the step that the command line names; `make` takes ARTICLES, STORE and WEIGHTS."""
    step, articles, store, weights, *given = sys.argv[1:]
    reply = _output_for_replies_alone()
    began = time.perf_counter()
    peer = make(Path(articles), Path(store), Path(weights))
    load = time.perf_counter() - began
    if step == "ingest":
        spoken = _ingest(peer, Path(articles))
    elif step == "cold":
        spoken = _cold(peer, given[0])
    elif step == "warm":
        spoken = _warm(peer, json.loads(Path(given[0]).read_text("utf-8")))
    else:
        raise SystemExit(f"there is no step {step!r}: ingest, cold or warm")
    speak(reply, {"step": step, "load": load, **spoken})


def _output_for_replies_alone() -> int:
    """A descriptor of standard output, from which everything else is led away."""
    reply = os.dup(1)
    os.dup2(2, 1)
    return reply


def speak(descriptor: int, reply: dict[str, Any]) -> None:
    """Write the reply, and end at once: how long a library takes to shut down is not measured."""
    os.write(descriptor, (json.dumps(reply) + "\n").encode())
    sys.stderr.flush()
    os._exit(0)


def _ingest(peer: Peer, articles: Path) -> dict[str, Any]:
    began = time.perf_counter()
    encoded = peer.ingest()
    seconds = time.perf_counter() - began
    lengths = [len(text) for text in encoded]
    return {
        "articles": len(list(articles.glob("*.txt"))),
        "seconds": seconds,
        "passages": len(lengths),
        "characters": sum(lengths),
    }


def _cold(peer: Peer, question: str) -> dict[str, Any]:
    began = time.perf_counter()
    peer.open()
    opened = time.perf_counter()
    hits = peer.search(question)
    found = time.perf_counter()
    return {"open": opened - began, "search": found - opened, "hits": [asdict(h) for h in hits]}


def _warm(peer: Peer, questions: Sequence[str]) -> dict[str, Any]:
    peer.open()
    peer.search(questions[-1])
    milliseconds, hits = [], []
    for question in questions:
        began = time.perf_counter()
        found = peer.search(question)
        milliseconds.append(1000 * (time.perf_counter() - began))
        hits.append([asdict(hit) for hit in found])
    return {"ms": milliseconds, "hits": hits}


def parse_reply(output: str, step: str) -> dict[str, Any]:
    """The reply in a contender's standard output; raises `ReplyError` if there is none."""
    lines = output.strip().splitlines()
    try:
        reply = json.loads(lines[-1]) if lines else None
    except ValueError:
        reply = None
    if not isinstance(reply, dict) or reply.get("step") != step:
        raise ReplyError(f"no reply to {step!r} in {output[-200:]!r}")
    return reply


def read_texts(articles: Path) -> dict[str, str]:
    """The texts by file name, in order."""
    return {path.name: path.read_text("utf-8") for path in sorted(articles.glob("*.txt"))}
