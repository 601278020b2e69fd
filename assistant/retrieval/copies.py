"""Near-copies among ranked passages: of each, the best one stays.

A text that was printed in twelve places would else fill the hits by itself. Two texts are
taken for copies by how many of their runs of five words they share: containment of shingles, in
Broder, "On the resemblance and containment of documents", SEQUENCES 1997. The share is a choice,
not fitted: for whole pages Manning, Raghavan and Schütze name 0.9 (Introduction to Information
Retrieval, 19.6); a passage is short, and three changes in a hundred words leave 0.85 of its runs.

A copy that disagrees is not a copy. Where a number, a name or a "not" stands that the better
passage does not have, or one word stands in the place of another (rose, fell), both stay.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embeddings.records import Passage

__all__ = ["distinct", "repeats"]

SHINGLE = 5
CONTAINED = 0.8

_TOKEN = re.compile(r"\d+(?:[.,:/-]\d+)*\w*|\w+(?:[’'-]\w+)*|[$€£¥%]|(?<!\w)[-−](?=\d)")
_WEIGHTLESS = frozenset("a an the and of to in on at for with that which by as is was".split())
_NUMBERS = frozenset(
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety "
    "hundred hundreds thousand thousands million millions billion billions trillion trillions "
    "dozen dozens half third quarter twice double triple first second fourth fifth sixth seventh "
    "eighth ninth tenth".split()
)
_DENIALS = frozenset("no not never none nor neither nobody nothing without cannot".split())


def distinct(
    ranked: Sequence[tuple[int, float]], passages: Mapping[int, Passage], most: int
) -> list[tuple[int, float]]:
    """The first `most` of `ranked` (passage number, score) without what a better one repeats.

    Passages of one article overlap where they meet, and are not copies. Of copies with equal
    scores the newest stays.
    """
    kept: list[tuple[int, float]] = []
    for number, score in ranked:
        if len(kept) == most:
            break
        own = passages[number]
        for place, (better, better_score) in enumerate(kept):
            other = passages[better]
            if own.article_id == other.article_id or not repeats(own.text, other.text):
                continue
            newer = score == better_score and (own.date or "") > (other.date or "")
            if newer and repeats(other.text, own.text):
                kept[place] = number, score
            break
        else:
            kept.append((number, score))
    return kept


def repeats(text: str, better: str) -> bool:
    """Whether `better` says all that `text` says, in nearly the same words."""
    if text == better:
        return True
    runs = _runs_of(text)
    if not runs or len(runs & _runs_of(better)) < CONTAINED * len(runs):
        return False
    own, other = _TOKEN.findall(text), _TOKEN.findall(better)
    folded, others = [t.casefold() for t in own], [t.casefold() for t in other]
    for tag, left, right, first, last in SequenceMatcher(
        None, others, folded, autojunk=False
    ).get_opcodes():
        if tag == "equal":
            continue
        gone, come = other[left:right], own[first:last]
        if tag == "replace" and not all(map(_is_weightless, gone + come)):
            return False
        if any(map(_tells_apart, come)) or any(map(_denies, gone)):
            return False
    return True


@lru_cache(maxsize=256)
def _runs_of(text: str) -> frozenset[tuple[str, ...]]:
    """The runs of a text, kept: each hit is compared with all that are better."""
    return frozenset(_runs([token.casefold() for token in _TOKEN.findall(text)]))


def _runs(tokens: Sequence[str]) -> set[tuple[str, ...]]:
    """All runs of SHINGLE words; of a shorter text, the whole."""
    count = max(len(tokens) - SHINGLE + 1, 1)
    return {tuple(tokens[at : at + SHINGLE]) for at in range(count)} if tokens else set()


def _is_weightless(token: str) -> bool:
    return token.casefold() in _WEIGHTLESS


def _tells_apart(token: str) -> bool:
    """Whether a number, a name, an amount or a denial is said."""
    return not _is_weightless(token) and (
        not token[0].islower()
        or any(character.isdigit() for character in token)
        or any(part in _NUMBERS for part in token.split("-"))
        or _denies(token)
    )


def _denies(token: str) -> bool:
    folded = token.casefold()
    return folded in _DENIALS or folded.endswith(("n't", "n’t"))
