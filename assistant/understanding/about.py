"""Questions about an article itself, which its metadata answers: when was it published?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embeddings.records import Article
    from embeddings.splitting import Span

__all__ = ["asks_publication_date", "stated_date"]

_TEXT = (
    r"(?:article|report|story|piece|news|item|text|page|press\s+release|announcement|write-?up"
    r"|dispatch|coverage)"
)
_ASKS = re.compile(
    rf"\b(?:when|what\s+(?:date|day|time)|which\s+(?:date|day|year))\b.*\b{_TEXT}\b.*\b"
    r"(?:published|posted|released|dated|written|issued|printed|uploaded|appear|come\s+out"
    r"|(?:put|go|went|come|came)\s+(?:online|on\s?line))\b"
    rf"|\b(?:publication|publishing|posting)\s+date\b|\bdate\s+of\s+(?:the|this|that)\s+{_TEXT}\b"
    rf"|\bhow\s+old\s+is\s+(?:the|this|that)\s+(?:news\s+)?{_TEXT}\b"
    rf"|\b(?:when|what\s+date)\b.*\b(?:published|posted|dated)\s+(?:the|this|that)\s+{_TEXT}\b",
    re.IGNORECASE,
)
HEAD_SENTENCES = 12


def asks_publication_date(question: str) -> bool:
    """Whether the question asks when an article was published, not when something happened."""
    return _ASKS.search(question) is not None


def stated_date(article: Article, sentences: Sequence[Span]) -> int | None:
    """Number of the sentence, near the head, in which the article states its date."""
    from embeddings.readers.metadata import find_metadata

    for number, (start, end) in enumerate(sentences[:HEAD_SENTENCES]):
        if article.date and find_metadata(article.text[start:end]).date == article.date:
            return number
    return None
