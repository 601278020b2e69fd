"""What an answer shows besides what it states: whole quotes, their order, how sure it is.

Each is a metric as those in `eval.metrics`: a function over one question, None where there is
nothing to judge. None of them asks the product where a sentence ends, which it may have wrong.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from embeddings.errors import AssistantError
from eval.metrics import correctness, short_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assistant.answers import Answer
    from embeddings.records import Article
    from eval.questions import Question
    from eval.retrieval import Span

__all__ = ["brier", "marks_short_answer", "reading_order", "whole_quotes"]

OPENING, CLOSING = "\"'“‘«(*_#>|•[-", "\"'”’»)*_|]"
WIDE = "。！？：；"
"""After these a sentence begins without a space."""
ENDS = f".!?:;…{WIDE}"
LONG = 800
"""A stretch of more characters without an end of a sentence may be cut between two words."""
END = re.compile(rf"[{re.escape(ENDS)}][{re.escape(CLOSING)}]*(?=\s)|[{WIDE}\r\n]")
LINE_BEFORE = re.compile(rf"(?:^|[\r\n])[\s\d.{re.escape(OPENING)}]*$")
LINE_AFTER = re.compile(rf"[\s{re.escape(CLOSING)}]*?(?:$|[\r\n])")


def whole_quotes(answer: Answer, article: Callable[[str], Article]) -> float | None:
    """Citations that quote from the start of a sentence to the end of one / citations.

    A sentence starts after a mark that ends one, or a line; it ends in such a mark, or with its
    line. What goes on for longer than any sentence is whole between any two words. None for a
    refusal, and without a citation.
    """
    if not answer.answered or not answer.citations:
        return None
    whole = 0
    for citation in answer.citations:
        try:
            text = article(citation.article_id).text
        except (AssistantError, KeyError):
            continue
        whole += _starts(text, citation.start) and _ends(text, citation.end)
    return whole / len(answer.citations)


def reading_order(answer: Answer, needed: Sequence[Sequence[Span]]) -> float | None:
    """Neighbouring quotes that hold evidence and stand in their article's order / such neighbours.

    `needed` are the places of each evidence. None for a refusal, and where no two neighbours are
    of one article.
    """
    holding = [
        citation
        for citation in answer.citations
        if any(
            citation.article_id == span.article_id
            and citation.start < span.end
            and citation.end > span.start
            for places in needed
            for span in places
        )
    ]
    pairs = [
        one.start < other.start
        for one, other in pairwise(holding)
        if one.article_id == other.article_id
    ]
    return sum(pairs) / len(pairs) if answer.answered and pairs else None


def marks_short_answer(question: Question, answer: Answer) -> float | None:
    """1 if a part of a quote is marked as the short answer, else 0; None for a refusal."""
    if len(question.facts) != 1 or not answer.answered:
        return None
    return float(short_answer(answer) is not None)


def brier(question: Question, answer: Answer) -> float | None:
    """(confidence − right)², right being 1 or 0; lower is better.

    Brier, Monthly Weather Review 78 (1950). What was withheld from an answerable question is
    judged neither way, as in `eval.measures.confidences_of`.
    """
    if question.answerable and not answer.answered:
        return None
    return (answer.confidence - (correctness(question, answer) or 0.0)) ** 2


def _starts(text: str, start: int) -> bool:
    before = text[:start]
    if LINE_BEFORE.search(before) or _is_endless(text, start):
        return True
    bare = before.rstrip().rstrip(OPENING).rstrip()
    return (before != bare or bare[-1] in WIDE) and bare.rstrip(CLOSING).endswith(tuple(ENDS))


def _ends(text: str, end: int) -> bool:
    bare = text[:end].rstrip().rstrip(CLOSING)
    if bare.endswith(tuple(ENDS)):
        return bare[-1] in WIDE or not text[end : end + 1].isalnum()
    return LINE_AFTER.match(text, end) is not None or _is_endless(text, end)


def _is_endless(text: str, at: int) -> bool:
    """Whether no sentence ends within LONG characters around a place between two words."""
    if text[at - 1 : at].isalnum() and text[at : at + 1].isalnum():
        return False
    before = max((found.end() for found in END.finditer(text, max(0, at - LONG), at)), default=0)
    after = END.search(text, at, at + LONG)
    end = after.start() if after else min(len(text), at + LONG)
    return end - max(before, at - LONG) >= LONG
