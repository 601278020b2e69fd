"""Sentences of a text that is still being written, each as soon as it is surely complete.

What comes out does not depend on how the text was cut into pieces on its way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from embeddings.splitting import split_sentences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Written", "sentences"]

LOOKAHEAD = 24
"""Characters after a full stop that decide whether it ended a sentence: "Dr." did not."""
LONGEST = 2_000
"""Characters without an end after which a sentence is cut, so that memory stays small."""

_MARKER = r"\[\^?\d{1,4}(?:\s*[,;]\s*\^?\d{1,4})*\]"
_MARKERS = re.compile(_MARKER)
_BEFORE_MARKER = re.compile(rf"\s*{_MARKER}")
_END = re.compile(rf"[.!?。！？…]+[\"'”’»)*_]*(?:[ \t]*{_MARKER})*[ \t]+(?=[^\s\[])")
_STOPPED = re.compile(r"[.!?。！？…][\"'”’»)*_]*\s*$")
_THINKING, _THOUGHT = "<think>", "</think>"


@dataclass(frozen=True, slots=True)
class Written:
    """A sentence as it was written, without its markers, and the numbers in them."""

    text: str
    numbers: tuple[int, ...]


def sentences(pieces: Iterable[str]) -> Iterator[Written]:
    """The sentences, lines and list items of a text that comes in pieces.

    A model's thinking before its answer, in `<think>` tags, is left out. When the text breaks
    off with an error, what was not yet complete is left out as well.
    """
    waiting = ""
    for piece in _without_thinking(pieces):
        waiting += piece.replace("\r", "")
        while (end := _end_of_first(waiting)) is not None:
            yield from _written(waiting[:end])
            waiting = waiting[end:]
    while waiting:
        end = _end_of_first(waiting + "\n") or len(waiting)
        yield from _written(waiting[:end])
        waiting = waiting[end:]


def _end_of_first(text: str) -> int | None:
    """Where the first sentence of the text ends, if what follows makes that sure."""
    line, newline, _ = text.partition("\n")
    for match in _END.finditer(line[: LONGEST + LOOKAHEAD]):
        following = match.end() + LOOKAHEAD
        if following > len(line) and not newline:
            return None
        if _is_boundary(line[:following], match.end()):
            return match.end()
    if len(line) > LONGEST + LOOKAHEAD:
        return LONGEST
    return len(line) + 1 if newline else None


def _is_boundary(text: str, at: int) -> bool:
    """Whether a sentence begins at `at`, with markers taken out of the way."""
    plain, done = "", 0
    for match in _MARKERS.finditer(text):
        plain += text[done : match.start()]
        # After a full stop it is nothing; before one it is a word, so that the stop ends more.
        plain += (" " if _STOPPED.search(plain) else "x") * len(match[0])
        done = match.end()
    spans = split_sentences(plain + text[done:])
    return any(start >= at and not text[at:start].strip(" \"'") for start, _ in spans)


def _written(text: str) -> Iterator[Written]:
    numbers = [int(n) for marker in _MARKERS.findall(text) for n in re.findall(r"\d+", marker)]
    plain = _BEFORE_MARKER.sub("", text).strip()
    if plain or numbers:
        yield Written(plain, tuple(dict.fromkeys(numbers)))


def _without_thinking(pieces: Iterable[str]) -> Iterator[str]:
    held, deciding, thinking = "", True, False
    for piece in pieces:
        if not deciding and not thinking:
            yield piece
            continue
        held += piece
        if deciding:
            held = held.lstrip()
            if len(held) < len(_THINKING) and _THINKING.startswith(held):
                continue
            deciding, thinking = False, held.startswith(_THINKING)
        if not thinking:
            yield held
        elif _THOUGHT in held:
            thinking = False
            yield held.partition(_THOUGHT)[2]
        else:
            held = held[-len(_THOUGHT) :] if not held.startswith(_THINKING) else held
    if deciding:
        yield held
