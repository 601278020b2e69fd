"""Articles that state different values for the same thing: all are shown, none is picked silently.

Each candidate sentence has a short answer, the reader's span. Another article differs from the best
one when its sentence answers nearly as well, its article speaks of all that the question names,
and its short answer is of the kind asked for and says something else (docs/answers.md).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from assistant.answer_types import AnswerType, asks_yes_or_no, holds
from assistant.evidence import NAMES
from assistant.question import analyse
from assistant.subjects import names_missing
from assistant.wording import listed, say
from embeddings.lexical import stems

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assistant.reader import Candidate
    from embeddings.records import Article

__all__ = ["DIFFER", "difference_note", "differing"]

DIFFER = "The articles differ on this"
"""How the note begins that tells of it."""
WITHIN = 2.0
"""Log-odds by which a sentence of another article may stay behind the best …"""
LEAST_ANSWERABLE = -1.0
"""… and the reader's logit that the text around it answers, at least. With these, four in five
questions whose sources differ are told of, and one in eleven others (docs/answers.md)."""
MOST_VALUES = 4
"""Different values that are shown."""

_NUMBER = re.compile(r"\d[\d,.]*\d|\d")
_OPEN = re.compile(
    r"\b(?:how\s+(?:do|does|did|can|could|should|would|is|are|was|were|to)|why)\b", re.I
)
"""A question that has many right answers, in any words."""


def differing(
    question: str, candidates: Sequence[Candidate], articles: Mapping[str, Article]
) -> tuple[Candidate, ...]:
    """The first of `candidates` and, of other articles, those that say otherwise; else nothing.

    One for each value, best first.
    """
    form = analyse(question)
    if form.expected is AnswerType.LIST or asks_yes_or_no(question) or _OPEN.search(question):
        return ()
    if not form.names:  # nothing says that two articles speak of the same thing
        return ()
    best = candidates[0]
    absent = names_missing(question, articles[best.article_id])
    if not _states_a_value(best, form.expected, question, least=0.5):
        return ()
    shown = [best]
    for other in candidates[1:]:
        if (
            all(other.article_id != one.article_id for one in shown)
            and best.score - other.score <= WITHIN
            and other.features[NAMES.index("answerable")] >= LEAST_ANSWERABLE
            and names_missing(question, articles[other.article_id]) <= absent
            and _states_a_value(other, form.expected, question, least=1)
            and all(_differ(one, other) for one in shown)
        ):
            shown.append(other)
    return tuple(shown[:MOST_VALUES]) if len(shown) > 1 else ()


def difference_note(shown: Sequence[Candidate], articles: Mapping[str, Article]) -> str:
    """What each of the articles states, and from when it is."""
    stated = []
    for candidate in shown:
        article = articles[candidate.article_id]
        value = " ".join(_value(candidate).split())
        when = article.date or say("undated")
        stated.append(
            say("“{value}” (“{title}”, {date})", value=value, title=article.label, date=when)
        )
    return say("The articles differ on this: {values}.", values=listed(stated))


def _value(candidate: Candidate) -> str:
    return candidate.text[slice(*candidate.span)]


def _states_a_value(candidate: Candidate, kind: AnswerType, question: str, *, least: float) -> bool:
    return kind is AnswerType.ANY or holds(kind, _value(candidate), question) >= least


def _differ(one: Candidate, other: Candidate) -> bool:
    """Whether neither sentence states the value of the other, as a whole."""
    mine, theirs = _tokens(_value(one)), _tokens(_value(other))
    if not mine or not theirs or mine <= theirs or theirs <= mine:
        return False
    return not mine <= _tokens(other.text) and not theirs <= _tokens(one.text)


def _tokens(text: str) -> frozenset[str]:
    """Stems, and numbers without their separators."""
    numbers = (number.replace(",", "").rstrip(".") for number in _NUMBER.findall(text))
    return frozenset((*stems(text), *numbers))
