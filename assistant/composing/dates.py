"""How old an answer is: what is asked as of now, and what to say when its article is old."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from assistant.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from embeddings.records import Article

__all__ = ["age_notes", "asks_latest"]

OLD_DAYS = 365
"""An article is old when it is so many days older than the newest one: no clock is asked, so that
the same question of the same articles has the same answer on every day."""

_NO_NOUN = (
    r"(?:of|in|at|on|to|for|from|by|with|through|between|across|under|over|during|after|before"
    r"|if|when|where|that|which|who|and|or|than|as|is|are|was|were|be|been|do|does|did|has|have|had"
    r"|can|could|will|would|may|might|must|shall|should|flows?|rises?|falls?)\b"
)
_LATEST = re.compile(
    r"\b(?:(?<!at the )latest|newest|most\s+recent(?:ly)?|currently|now(?:adays)?|today"
    rf"|at\s+present|(?:current|the\s+present)(?=\s+(?!{_NO_NOUN})\w)"
    r"|presently|so\s+far|up\s+to\s+date|these\s+days|still|as\s+of\s+(?:now|today))\b",
    re.IGNORECASE,
)
"""What is current or present stands before its noun: "the maximum current of …" is a noun itself,
as the latest is in "at the latest"."""
_PRESENT = re.compile(
    r"^\W*(?:(?:who|what|which|where|how\s+\w+(?:\s+(?!did\b|was\b|were\b|had\b)\w+){0,4}?)\s+(?:is|are|has|have|does|do)\b"
    r"|(?:who|what|where)['’]s\b|(?:is|are|does|do|has|have)\b)",
    re.IGNORECASE,
)


def asks_latest(question: str) -> bool:
    """Whether the question asks for what holds now: "the latest figure", "still"."""
    return _LATEST.search(question) is not None


def age_notes(question: str, cited: Iterable[Article], newest: str | None) -> tuple[str, ...]:
    """From when an answer is, where that matters: the question asks for now, the article is old.

    `newest` is the date of the newest article that is asked. An article without a date is told of
    only when the question says that it asks for the latest.
    """
    latest = asks_latest(question)
    if not latest and not _PRESENT.match(question):
        return ()
    notes: dict[str, None] = {}
    for article in cited:
        if article.date is None:
            if latest:
                note = say(
                    "“{title}” has no date, so this may no longer hold.", title=article.label
                )
                notes[note] = None
        elif newest and _days(article.date, newest) > OLD_DAYS:
            note = say(
                "This is as of {date}, the date of “{title}”.",
                date=article.date,
                title=article.label,
            )
            notes[note] = None
    return tuple(notes)


def _days(earlier: str, later: str) -> int:
    return (date.fromisoformat(later) - date.fromisoformat(earlier)).days
