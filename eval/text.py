"""Reading an answer's text: its sentences and markers, its words, and whether it states a fact."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

__all__ = ["CitedSentence", "cited_sentences", "normalise", "states", "strip_markers", "word_count"]

MARKERS = re.compile(r"(?:\s*,?\s*\[\d+\])+")
NUMBER_IN_MARKER = re.compile(r"\[(\d+)\]")
CLOSING = re.compile(r"""[.!?,;:"'”’)\]]*""")
THIN_SEPARATOR = re.compile(r"(?<=\d)[\u2009\u202f](?=\d{3}(?!\d))")
THOUSANDS_COMMA = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
MONTH_DAY = re.compile(r"\b[a-z]{3,9} \d{1,2}$")
TYPOGRAPHY = str.maketrans(
    {"‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "‑": "-"}
)


@dataclass(frozen=True, slots=True)
class CitedSentence:
    """A stretch of answer text up to its markers; `markers` is empty for a tail that has none."""

    text: str
    markers: tuple[int, ...]


def normalise(text: str) -> str:
    """`text` with the differences removed that do not change what it says.

    Unicode NFKC, case folded, typographic quotes and dashes made plain, white space
    collapsed, thousands separators dropped: `300,600` and `300600` are one number.
    `2.565` keeps its point, and a list such as `4, 5` its comma.
    """
    text = THIN_SEPARATOR.sub("", text)
    text = unicodedata.normalize("NFKC", text).translate(TYPOGRAPHY).casefold()
    return " ".join(THOUSANDS_COMMA.sub("", text).split())


def states(text: str, wanted: str) -> bool:
    """Whether `text` holds `wanted` as whole words and whole numbers, after `normalise`.

    `10 projects` is not stated by `110 projects`, nor `2.5` by `2.565`; a day such as `July 16`
    is stated by `July 16th`.
    """
    needle = normalise(wanted)
    if not needle:
        return False
    before = r"(?<!\w)(?<!\d\.)" if _is_word(needle[0]) else ""
    after = r"(?!\w)(?!\.\d)" if _is_word(needle[-1]) else ""
    if MONTH_DAY.search(needle):
        after = r"(?:st|nd|rd|th)?" + after
    return re.search(before + re.escape(needle) + after, normalise(text)) is not None


def cited_sentences(text: str) -> tuple[CitedSentence, ...]:
    """Cut an answer after each group of markers (`… [1]`, `… [1][2].`); a tail has no markers."""
    sentences: list[CitedSentence] = []
    start = 0
    for group in MARKERS.finditer(text):
        closing = CLOSING.match(text, group.end())
        end = closing.end() if closing else group.end()
        stretch = (text[start : group.start()] + text[group.end() : end]).strip()
        numbers = tuple(int(number) for number in NUMBER_IN_MARKER.findall(group.group()))
        sentences.append(CitedSentence(stretch, numbers))
        start = end
    tail = text[start:].strip()
    return (*sentences, CitedSentence(tail, ())) if tail else tuple(sentences)


def strip_markers(text: str) -> str:
    """`text` without its `[1]` markers."""
    return MARKERS.sub("", text)


def word_count(text: str) -> int:
    """Words of `text`, split at white space, markers not counted."""
    return len(strip_markers(text).split())


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
