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
LOOKBEHIND = 600
"""Characters before it that do. Most sentences are shorter; a line of full stops is not."""
LONGEST = 2_000
"""Characters without an end after which a sentence is cut, so that memory stays small."""

_MARKER = r"\[\^?\d{1,4}(?:\s*[,;]\s*\^?\d{1,4})*\]"
_MARKERS = re.compile(_MARKER)
_BEFORE_MARKER = re.compile(rf"(?<!\s)\s*+{_MARKER}")
_STOPS, _CLOSING = ".!?。！？…", "\"'”’»)*_"
_END = re.compile(
    rf"[{_STOPS}](?<![{_STOPS}]{{2}})[{_STOPS}]*+[{_CLOSING}]*+"
    rf"(?:[ \t]*+{_MARKER})*+[ \t]++(?=[^\s\[])"
)
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
    waiting = _Waiting()
    for piece in _without_thinking(pieces):
        waiting.add(piece.replace("\r", ""))
        while (sentence := waiting.first()) is not None:
            yield from _written(sentence)
    waiting.add("\n")
    while (sentence := waiting.first()) is not None:
        yield from _written(sentence)


class _Waiting:
    """Text whose sentences are not all complete. No full stop of it is judged twice."""

    def __init__(self) -> None:
        self._text = ""
        self._judged = 0
        """Up to here no full stop ends the first sentence."""

    def add(self, piece: str) -> None:
        """Put what was written next behind it."""
        self._text += piece

    def first(self) -> str | None:
        """The first sentence, which is then not waited with any more; None if it may go on."""
        end = self._end_of_first()
        if end is None:
            return None
        sentence, self._text, self._judged = self._text[:end], self._text[end:], 0
        return sentence

    def _end_of_first(self) -> int | None:
        """Where the first sentence ends, if what follows makes that sure."""
        text, most = self._text, LONGEST + LOOKAHEAD
        newline = text.find("\n", 0, most + LOOKAHEAD + 1)
        end = len(text) if newline < 0 else newline
        for match in _END.finditer(text, self._judged, min(end, most)):
            following = match.end() + LOOKAHEAD
            if following > end and newline < 0:
                return None
            low = max(0, match.end() - LOOKBEHIND)
            if low:
                low = max(low, text.find(" ", low, match.start()) + 1)
            if _is_boundary(text[low : min(following, end)], match.end() - low):
                return match.end()
            self._judged = match.end()
        if end > most:
            return LONGEST
        return None if newline < 0 else newline + 1


def _is_boundary(text: str, at: int) -> bool:
    """Whether a sentence begins at `at`, with markers taken out of the way."""
    plain, done = "", 0
    for match in _MARKERS.finditer(text):
        plain += text[done : match.start()]
        # After a full stop it is nothing; before one it is a word, so that the stop ends more.
        stopped = plain.rstrip().rstrip(_CLOSING).endswith(tuple(_STOPS))
        plain += (" " if stopped else "x") * len(match[0])
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
            held = held[-len(_THOUGHT) :]
    if deciding:
        yield held
