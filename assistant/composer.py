"""Readings → the sentences of an answer, or the reason for a refusal. Nothing is reworded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.answer_types import AnswerType
from assistant.evidence import NAMES
from assistant.question import analyse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assistant.answers import Hit, Refusal
    from assistant.reader import Candidate, Reading
    from embeddings.records import Article
    from embeddings.splitting import Span

__all__ = ["Draft", "Part", "asks_of_several", "compose", "refusal_text"]

SECOND_WITHIN = 1.5
"""A further sentence joins the best when its log-odds are at most this much lower …"""
SECOND_AT_LEAST = 0.15
"""… and it would pass for an answer by itself."""
MOST_SENTENCES = 2
MOST_LISTED = 4
LEAST_COSINE = 0.3
LEAST_COVERAGE = 0.3
"""Below both, no article is about the question at all."""

_ORDINAL = re.compile(
    r"(?:^|[,;:]\s*|\bthat\s+)(first|firstly|second|secondly|third|thirdly|fourth|fourthly|fifth"
    r"|fifthly|finally|lastly)\s*(?:,|of all|\b)",
    re.IGNORECASE,
)
_LATER = re.compile(
    r"^\W*(?:second|third|fourth|fifth)(?:ly)?\b\s*,?|^\W*(?:finally|lastly)\b", re.IGNORECASE
)
_REACH = 8  # sentences after "first" in which "secondly" is looked for


@dataclass(frozen=True, slots=True)
class Part:
    """One question of the question, and what was read for it."""

    question: str
    reading: Reading
    hits: tuple[Hit, ...]
    best_cosine: float


@dataclass(frozen=True, slots=True)
class Draft:
    """What an answer will be made of, before it is cited."""

    refusal: Refusal | None
    confidence: float
    spans: tuple[tuple[str, int, int], ...] = ()
    """(article id, start, end) of each sentence, in the order they are shown."""
    notes: tuple[str, ...] = ()


def asks_of_several(part: Part) -> bool:
    """Whether no one sentence, in its place, speaks of all that the question names."""
    if not part.reading.candidates:
        return False
    return _feature(part.reading.candidates[0], "names_missing") > 0


def compose(
    parts: Sequence[Part],
    least_confidence: float,
    sentences: Callable[[str], tuple[str, Sequence[Span]]],
) -> Draft:
    """Choose the sentences that answer, or refuse.

    `sentences` gives an article's text and sentence spans.
    """
    spans: list[tuple[str, int, int]] = []
    notes: list[str] = []
    answered: list[float] = []
    for part in parts:
        if part.reading.confidence >= least_confidence and part.reading.candidates:
            answered.append(part.reading.confidence)
            for span in _chosen(part, sentences):
                if span not in spans:
                    spans.append(span)
        elif len(parts) > 1:
            notes.append(f"The articles do not state an answer to: {part.question}")
    if spans:
        return Draft(None, min(answered), tuple(spans), tuple(notes))
    confidence = max((part.reading.confidence for part in parts), default=0.0)
    relevant = any(_relevant(part) for part in parts)
    return Draft("not_stated" if relevant else "nothing_relevant", confidence)


def _relevant(part: Part) -> bool:
    if part.best_cosine >= LEAST_COSINE:
        return True
    return any(_feature(c, "coverage_context") >= LEAST_COVERAGE for c in part.reading.candidates)


def _feature(candidate: Candidate, name: str) -> float:
    return candidate.features[NAMES.index(name)]


def _chosen(
    part: Part, sentences: Callable[[str], tuple[str, Sequence[Span]]]
) -> list[tuple[str, int, int]]:
    """Spans of the best candidate and of what belongs to it."""
    candidates = part.reading.candidates
    best = candidates[0]
    expected = analyse(part.question).expected
    if expected in (AnswerType.LIST, AnswerType.ANY):
        enumerated = _enumeration(best, *sentences(best.article_id))
        if enumerated:
            return enumerated
    most = MOST_LISTED if expected is AnswerType.LIST else MOST_SENTENCES
    chosen = [best]
    for candidate in candidates[1:]:
        if len(chosen) == most or abs(best.score - candidate.score) > SECOND_WITHIN:
            break
        if candidate.probability >= SECOND_AT_LEAST:
            chosen.append(candidate)
    return [(c.article_id, c.start, c.end) for c in chosen]


def _enumeration(best: Candidate, text: str, spans: Sequence[Span]) -> list[tuple[str, int, int]]:
    """The sentences of "first … Secondly … Thirdly …" when `best` is one of them, else nothing."""

    def at(index: int) -> str:
        return text[slice(*spans[index])]

    opening = best.index
    if _LATER.match(at(opening)):
        while opening > 0 and best.index - opening < _REACH and not _opens(at(opening)):
            opening -= 1
    if not _opens(at(opening)):
        return []
    later = [
        index
        for index in range(opening + 1, min(opening + 1 + _REACH, len(spans)))
        if _LATER.match(at(index))
    ]
    if not later:
        return []
    return [(best.article_id, *spans[index]) for index in (opening, *later)]


def _opens(sentence: str) -> bool:
    return any(m[1].lower().startswith("first") for m in _ORDINAL.finditer(sentence))


def refusal_text(
    reason: Refusal, hits: Sequence[Hit], article: Callable[[str], Article | None]
) -> str:
    """A refusal in words: that it is one, why, and what comes closest."""
    if reason == "no_articles":
        return (
            "There are no articles to answer from. "
            "Add a folder of articles with: assistant index FOLDER"
        )
    if reason == "nothing_relevant":
        return "None of the articles is about this, so there is nothing to cite."
    closest = article(hits[0].passage.article_id) if hits else None
    if closest is None:
        return "The articles do not state this."
    when = closest.date or "undated"
    return f"The articles do not state this. The closest is “{closest.label}” ({when})."
