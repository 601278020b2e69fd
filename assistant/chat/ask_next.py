"""Questions to ask next, below an answer: each was asked before it is offered.

They are made from the articles that the answer cites, without a language model: from what is
known of them (`starters.json`), the people whom they introduce by a role, the abbreviations that
they define, the names that other articles mention too, and their titles. One is offered only if,
asked at this point of the conversation, it is taken as it stands, is answered with what it asks
for, and tells something that the answer and the others do not.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from assistant.aliases import definitions
from assistant.chat.starters import KNOWN
from assistant.digest import request_of
from assistant.roles import introductions, names_a_role
from embeddings.lexical import stems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from assistant.answers import Answer
    from assistant.chat.opening import Answerer, Turn
    from assistant.chat.preferences import Preferences
    from embeddings.records import Article

__all__ = ["MOST_OFFERED", "Candidate", "candidates", "pick_next"]

MOST_OFFERED = 3
MOST_ASKED = 9
"""Candidates that are tried …"""
MOST_SECONDS = 6.0
"""… and the time after which no further one is."""
LONGEST = 120
"""Characters of a question: it is to fit on a button."""
OF_ONE_KIND = 4
ARTICLES_LOOKED_AT = 3
_BODY = re.compile(r"\b(?:of|at|for)\s+(?:the\s+)?[A-Z]")
_NAME = re.compile(
    r"\b(?:in|to|of|from|by|with|at|for|and) (?:the )?"
    r"(?P<name>[A-Z][\w-]{2,}(?: [A-Z][\w-]+){0,3})(?!’?\w| [a-z]+ [A-Z])"
)
"""A name where a sentence says what it has to do with it."""
_NO_NAME = re.compile(
    r"\b(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Mr|Mrs|Ms|Dr)\b"
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question, and what its answer must hold to be one."""

    question: str
    holds: str = ""
    """Words that stand in the answer."""
    articles: int = 1
    """So many articles are cited at least."""


def pick_next(
    assistant: Answerer,
    answer: Answer,
    said: Sequence[Turn],
    preferences: Preferences,
    stopped: Callable[[], bool],
) -> tuple[str, ...]:
    """Up to `MOST_OFFERED` questions that are answered after what was `said`; takes seconds."""
    begun = time.monotonic()
    cited = dict.fromkeys(c.article_id for c in answer.citations)
    articles = [assistant.article(each) for each in [*cited][:ARTICLES_LOOKED_AT]]
    asked = [turn["content"] for turn in said if turn["role"] == "user"]
    asked += [answer.question, answer.standalone_question]
    told = _places(answer)
    offered: list[str] = []
    tried = 0
    for candidate in candidates(answer, articles):
        late = time.monotonic() - begun > MOST_SECONDS
        if len(offered) == MOST_OFFERED or tried == MOST_ASKED or late or stopped():
            break
        if any(_same(candidate.question, each) for each in (*asked, *offered)):
            continue
        tried += 1
        found = assistant.ask(
            candidate.question,
            said,
            filters=preferences.filters,
            detailed=preferences.detailed,
            llm=False,
        )
        if _keeps(candidate, found) and not _places(found) <= told:
            offered.append(candidate.question)
            told |= _places(found)
    return () if stopped() else tuple(offered)


def candidates(answer: Answer, articles: Sequence[Article]) -> Iterator[Candidate]:
    """Questions about what the answer cites, one of each kind after the other."""
    kinds = (
        _known(articles),
        _roles(articles),
        _abbreviations(articles),
        _titles(answer, articles),
        _names(answer),
    )
    lists = [[c for c in kind if len(c.question) <= LONGEST][:OF_ONE_KIND] for kind in kinds]
    for several in zip_longest(*lists):
        yield from filter(None, several)


def _known(articles: Iterable[Article]) -> Iterator[Candidate]:
    present = {article.sha256 for article in articles}
    for known in json.loads(KNOWN.read_text("utf-8")):
        if known["sha256"] in present:
            yield Candidate(known["question"])


def _roles(articles: Iterable[Article]) -> Iterator[Candidate]:
    """Who has a role, where the article says of what: "the Mayor of Oslo"."""
    for article in articles:
        for role, name in introductions(article.text):
            role = role.strip(" ,")
            if _BODY.search(role) and " and " not in role.lower():
                yield Candidate(f"Who is the {role}?", holds=name)


def _names(answer: Answer) -> Iterator[Candidate]:
    """Where else something is mentioned that the answer names."""
    for citation in answer.citations:
        for name in dict.fromkeys(match["name"] for match in _NAME.finditer(citation.quote)):
            if not _NO_NAME.search(name) and not names_a_role(name):
                yield Candidate(f"Which articles mention {name}?", holds=name, articles=2)


def _abbreviations(articles: Iterable[Article]) -> Iterator[Candidate]:
    for article in articles:
        for long_form, short in definitions(article.text):
            yield Candidate(f"What does {short} stand for?", holds=long_form)


def _titles(answer: Answer, articles: Iterable[Article]) -> Iterator[Candidate]:
    """What an article is about, where that was not the question."""
    asked = request_of(answer.standalone_question)
    for article in articles:
        if article.title and (asked is None or asked.kind != "summary"):
            yield Candidate(f"What is “{' '.join(article.title.split())}” about?")


def _keeps(candidate: Candidate, found: Answer) -> bool:
    """Whether the answer holds what the candidate asks for, and the question was left alone."""
    return (
        found.answered
        and found.standalone_question == candidate.question
        and candidate.holds in found.text
        and len({c.article_id for c in found.citations}) >= candidate.articles
    )


def _places(answer: Answer) -> set[tuple[str, int]]:
    return {(citation.article_id, citation.start) for citation in answer.citations}


def _same(question: str, other: str) -> bool:
    """Whether one asks for nothing that the other does not ask for."""
    wanted, there = frozenset(stems(question)), frozenset(stems(other))
    return wanted <= there or there <= wanted
