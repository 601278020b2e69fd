"""Questions in the formats of other programs, one module a format, both ways.

No format holds all that a question of ours does, nor the other way round. What is left out of a
file is always told, one reason a question; docs/questions.md has what each format loses.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from embeddings.errors import AssistantError
from embeddings.splitting import split_sentences
from eval.text import states

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from embeddings.records import Article
    from eval.questions import Question

__all__ = [
    "Exported",
    "FormatError",
    "Imported",
    "LeftOut",
    "answered_row",
    "places_of",
    "row_of",
    "sentence_around",
    "unanswerable_row",
]

DATE = re.compile(
    r"\b(?:1[5-9]|20)\d\d\b|\b(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sep|Oct|Nov|Dec)"
)


class FormatError(AssistantError):
    """A file is not in the format that was named, or nothing of it can be taken."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A question that the other format cannot hold, and why."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Exported:
    """Files to write, by name, and what is not in them."""

    files: Mapping[str, str]
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """Rows of a question file, the documents that came with them, and what was not taken."""

    rows: tuple[dict[str, Any], ...]
    documents: Mapping[str, str] = field(default_factory=dict)
    """Text by article id; none where the format has no documents."""
    left_out: tuple[LeftOut, ...] = ()


def row_of(question: Question) -> dict[str, Any]:
    """The line of a question file that reads as this question."""
    row: dict[str, Any] = {
        "id": question.id,
        "kind": question.kind,
        "question": question.question,
        "answerable": question.answerable,
    }
    if question.history:
        row["history"] = [asdict(turn) for turn in question.history]
    if question.answerable:
        row["facts"] = [list(fact) for fact in question.facts]
        row["evidence"] = [
            asdict(evidence.places[0])
            | ({"also": [asdict(p) for p in evidence.places[1:]]} if evidence.places[1:] else {})
            for evidence in question.evidence
        ]
    else:
        row |= {"about": question.about, "why": question.why}
    if question.note:
        row["note"] = question.note
    if question.synthetic:
        row["synthetic"] = True
    return row


def places_of(question: Question) -> tuple[tuple[str, str], ...]:
    """Article id and quote of all places that state what is needed."""
    return tuple((p.article_id, p.quote) for e in question.evidence for p in e.places)


def answered_row(
    id_: str, question: str, facts: Sequence[Sequence[str]], articles: Iterable[Article], note: str
) -> dict[str, Any] | str:
    """A row whose every fact has a sentence of an article for evidence; else why there is none."""
    known = tuple(articles)
    evidence: list[dict[str, str]] = []
    for fact in facts:
        found = next((at for article in known for form in fact if (at := _at(form, article))), None)
        if found is None:
            return f"no article given states {fact[0][:60]!r} in so many words"
        if found not in evidence:
            evidence.append(found)
    return {
        "id": id_,
        "kind": _kind([form for fact in facts for form in fact], len(facts)),
        "question": question,
        "answerable": True,
        "facts": [list(fact) for fact in facts],
        "evidence": evidence,
        "note": note,
    }


def unanswerable_row(
    id_: str, question: str, about: str | None, why: str, note: str
) -> dict[str, Any]:
    """A row of a question that is not answered."""
    return {
        "id": id_,
        "kind": "unanswerable",
        "question": question,
        "answerable": False,
        "about": about,
        "why": why,
        "note": note,
    }


def sentence_around(text: str, start: int, end: int) -> str:
    """The sentence that holds these characters; they alone when they cross a sentence's end."""
    for left, right in split_sentences(text):
        if left <= start and end <= right:
            return text[left:right]
    return text[start:end]


def _at(form: str, article: Article) -> dict[str, str] | None:
    """Where an article states it, as evidence."""
    for match in re.finditer(re.escape(form), article.text, re.IGNORECASE):
        quote = sentence_around(article.text, *match.span())
        if states(quote, form):
            return {"article_id": article.id, "quote": quote}
    return None


def _kind(forms: Sequence[str], facts: int) -> str:
    """What kind of question has such answers: a guess, for the reports' tables."""
    if facts > 1:
        return "list"
    if any(DATE.search(form) for form in forms):
        return "date"
    return "number" if any(c.isdigit() for form in forms for c in form) else "fact"
