"""Places in an order ("the second phase", "phase II" and "phase 2" are one), and its two ends."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ordinals", "other_end", "other_ordinal", "stages_in"]

_ORDINAL_WORDS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()
)
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9}
_STAGE = r"(?:phases?|stages?|parts?|rounds?|volumes?|chapters?|generations?|tiers?|classes)"
_STAGED = re.compile(
    rf"\b(?:(?:(?P<word>{'|'.join(_ORDINAL_WORDS)})|(?P<digit>\d{{1,3}})(?:st|nd|rd|th))\s+(?P<of>{_STAGE})"
    rf"|(?P<stage>{_STAGE})\s+(?P<after>\d{{1,2}}|[ivx]{{1,4}}|one|two|three|four))\b",
    re.IGNORECASE,
)
_ORDINAL = re.compile(
    rf"\b(?P<word>{'|'.join(_ORDINAL_WORDS)})\b|\b(?P<digit>\d{{1,3}})(?:st|nd|rd|th)\b"
    rf"|\b{_STAGE}\s+(?P<after>\d{{1,2}}|[ivx]{{1,4}}|one|two|three|four)\b",
    re.IGNORECASE,
)
_ENDS = tuple(
    (frozenset(one.split()), frozenset(other.split()))
    for one, other in (
        ("highest tallest", "lowest"),
        ("largest biggest greatest", "smallest"),
        ("maximum", "minimum"),
        ("longest", "shortest"),
        ("earliest", "latest"),
        ("best", "worst"),
        ("north northern", "south southern"),
        ("east eastern", "west western"),
        ("import imports imported", "export exports exported"),
    )
)
"""Of 41,022 answered questions one is answered by the other end alone, as
`benchmarks/answer_types.py` counts; of pairs that are missing here ("most" and "least", "before"
and "after") one in a hundred to one in ten."""
_CARDINALS = {"one": 1, "two": 2, "three": 3, "four": 4}


def ordinals(text: str) -> frozenset[int]:
    """Places in an order that `text` names: "second", "2nd", "phase II", "phase 2" are all 2."""
    return frozenset(filter(None, map(_place, _ORDINAL.finditer(text))))


def _place(match: re.Match[str]) -> int:
    """The place in an order that is named; 0 for letters that are no number: "part x"."""
    if match["word"]:
        return _ORDINAL_WORDS.index(match["word"].lower()) + 1
    if match["digit"]:
        return int(match["digit"])
    after = match["after"].lower()
    return {**_CARDINALS, **_ROMAN}.get(after) or (int(after) if after.isdigit() else 0)


def stages_in(text: str) -> Iterator[tuple[str, tuple[str, int]]]:
    """Numbered parts of a whole, as written, and which they are: "phase III", ("phase", 3)."""
    for match in _STAGED.finditer(text):
        noun = (match["of"] or match["stage"]).lower()
        if place := _place(match):
            yield match[0], (noun.removesuffix("es" if noun == "classes" else "s"), place)


def other_ordinal(question: str, sentence: str) -> bool:
    """Whether the question asks of one place in an order and the sentence tells of others only."""
    asked, told = ordinals(question), ordinals(sentence)
    return bool(asked and told) and not asked & told


def other_end(question: str, sentence: str) -> bool:
    """Whether the question asks of one end of an order and the sentence tells of the other only."""
    asked, told = _words(question), _words(sentence)
    return any(
        asked & end and not asked & other and told & other and not told & end
        for pair in _ENDS
        for end, other in (pair, pair[::-1])
    )


@lru_cache(maxsize=256)
def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z]+", text.lower()))
