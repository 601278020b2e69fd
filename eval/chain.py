"""Where on the way from the articles to the answer the answerable questions of a run are lost.

Each stage can only keep what the one before it brought, so a question is lost at the first stage
that does not hold all of its evidence. That is the ablation that a finished run allows: it says
how many more would be right if a stage, and all after it, were perfect. What the retriever's own
parts are worth, one without the other, is measured by `python -m eval bench`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eval.retrieval import Span, holds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Row = Mapping[str, Any]
    """One of the `records` of `latest.json`."""

__all__ = ["STAGES", "Stage", "chain", "held_by", "lost_at"]

STAGES = {
    "article": "an article with it is among those found",
    "passage": "a passage with it is among the ten found",
    "read": "that passage is among those whose sentences are weighed",
    "answered": "there is an answer, and no refusal",
    "cited": "the sentence with it is cited",
    "stated": "every fact is stated",
}
"""The stages in order, and what each must do with every piece of evidence of a question."""


@dataclass(frozen=True, slots=True)
class Stage:
    """How the questions fared that came as far as this stage."""

    name: str
    what: str
    reached: int
    """Questions that this stage and all before it kept."""
    lost: tuple[str, ...]
    """Ids of those that this stage lost."""
    right: tuple[str, ...]
    """Ids of those lost that are right all the same: the facts stand elsewhere too."""


def chain(records: Iterable[Row]) -> tuple[Stage, ...]:
    """The stages over all questions that have evidence and did not fail; none without such."""
    followed = [row for row in records if row.get("needed") and row["answer"] is not None]
    ends = [(row, lost_at(row)) for row in followed]
    left = len(followed)
    stages = []
    for name, what in STAGES.items():
        lost = [row for row, end in ends if end == name]
        left -= len(lost)
        right = tuple(row["id"] for row in lost if row["outcome"] == "correct")
        stages.append(Stage(name, what, left, tuple(row["id"] for row in lost), right))
    return tuple(stages) if followed else ()


def lost_at(row: Row) -> str | None:
    """The first stage that does not keep all the evidence; None where all of them do."""
    hits, needed = row["retrieved"], _spans(row)
    articles = {hit["article_id"] for hit in hits}
    read = [hit for hit in hits if hit["read"]]
    kept = {
        "article": all(any(s.article_id in articles for s in places) for places in needed),
        "passage": _all_in(hits, needed),
        "read": _all_in(read, needed),
        "answered": row["answer"]["refusal"] is None,
        "cited": _all_in(row["answer"]["citations"], needed),
        "stated": row["outcome"] == "correct",
    }
    return next((name for name in STAGES if not kept[name]), None)


def held_by(place: Row, row: Row) -> tuple[int, ...]:
    """Numbers, from 1, of the evidence of a record that a hit or a citation holds."""
    found = _span(place)
    return tuple(
        number
        for number, places in enumerate(_spans(row), start=1)
        if any(holds(found, span) for span in places)
    )


def _all_in(found: Sequence[Row], needed: Sequence[Sequence[Span]]) -> bool:
    spans = [_span(one) for one in found]
    return all(any(holds(f, s) for f in spans for s in places) for places in needed)


def _spans(row: Row) -> list[list[Span]]:
    return [[_span(place) for place in places] for places in row.get("needed", ())]


def _span(place: Row) -> Span:
    return Span(place["article_id"], place["start"], place["end"])
