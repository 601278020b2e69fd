"""Questions to start from: only such as the articles answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from embeddings.catalog import CatalogQuery

if TYPE_CHECKING:
    from assistant.chat.opening import Answerer
    from embeddings.records import Article

__all__ = ["Starter", "pick_starters"]

STARTERS = 4
TRIES = 12
LOOKED_AT = 100
"""Articles, the first by name, that a question may be offered about."""
LONGEST_LABEL = 60
KNOWN = Path(__file__).parent / "starters.json"
"""Questions written for particular articles, which are named by the SHA-256 of their text."""


@dataclass(frozen=True, slots=True)
class Starter:
    """A question to offer, and the short text of its button."""

    label: str
    question: str
    articles: tuple[str, ...] = ()
    """Ids of the articles that its answer cites."""


def pick_starters(assistant: Answerer) -> tuple[Starter, ...]:
    """Up to four questions, each asked once to be sure that it is answered.

    No language model is asked what nobody has asked: that may cost money, and it may be down.
    """
    articles = assistant.catalog(CatalogQuery(order="file", size=LOOKED_AT)).articles
    picked: list[Starter] = []
    for tried, starter in enumerate(candidates(articles)):
        if len(picked) == STARTERS or tried == TRIES:
            break
        answer = assistant.ask(starter.question, llm=False)
        if answer.answered:
            cited = dict.fromkeys(citation.article_id for citation in answer.citations)
            picked.append(replace(starter, articles=tuple(cited)))
    return tuple(picked)


def candidates(articles: tuple[Article, ...]) -> Iterator[Starter]:
    """Questions written for these articles, then questions made from their titles."""
    present = {article.sha256 for article in articles}
    for known in json.loads(KNOWN.read_text("utf-8")):
        if known["sha256"] in present:
            yield Starter(label=known["question"], question=known["question"])
    for article in articles:
        if article.title:
            label = f"What is “{shortened(article.title)}” about?"
            yield Starter(label=label, question=f"What is “{article.title}” about?")


def shortened(title: str) -> str:
    """A title that fits on a button."""
    if len(title) <= LONGEST_LABEL:
        return title
    return title[:LONGEST_LABEL].rsplit(" ", 1)[0] + "…"
