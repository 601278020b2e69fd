"""Questions to ask next, below an answer: each was asked before it is offered.

They are made from the articles that the answer cites and that come closest to the question, without
a language model: from what is known of them (`starters.json`), the things that they count, the days
on which something was done, the people whom they introduce by a role, the abbreviations that they
define, the names that they mention again and again or that other articles mention too, and their
titles. One is offered only if, asked at this point of the conversation, it is taken as it stands,
is answered with what it asks for, and tells something that the answer and the others do not.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import TYPE_CHECKING

from assistant.chat.starters import KNOWN
from assistant.composing.digest import request_of
from assistant.language.roles import introductions, names_a_role
from assistant.retrieval.aliases import definitions
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
LOOKED_AT = 100_000
"""Characters of an article, around what is cited of it: one may be a book, and nobody else is
served while a regular expression runs."""
_BODY = re.compile(r"\b(?:of|at|for)\s+(?:the\s+)?[A-Z]")
_NAME = re.compile(
    r"\b(?:in|to|of|from|by|with|at|for|and) (?:the )?"
    r"(?P<name>[A-Z][\w-]{2,}(?: [A-Z][\w-]+){0,3})(?!’?\w| [a-z]+ [A-Z])"
)
"""A name where a sentence says what it has to do with it."""
_DONE = r"(?:[a-z]{2,14}ed|built|held|made|sold|won|found|sent|bought)"
"""Verbs whose participle is their past: "produced 40 cars", thus "40 cars were produced"."""
_COUNTED = re.compile(
    rf"\b(?P<done>{_DONE}) (?:a total of |about |around |nearly |over |more than )?"
    r"(?P<number>\d[\d,]{0,14}) (?P<things>(?:[a-z][a-z-]{1,19} ){0,4}[a-z-]{2,19}s)\b"
)
_MEASURES = re.compile(
    r"\b(?:seconds|minutes|hours|days|weeks|months|years|times|tons|tonnes|units|percents|points"
    r"|met(?:er|re)s|kilomet(?:er|re)s|miles|square|cubic|dollars|euros|pounds|has|was|is)\b"
)
_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
)
_DATED = re.compile(
    r"(?:^|[.\n] ?)(?P<the>The |An? )?(?P<subject>[A-Z]?[\w’'-][^.,;:\n]{2,60}?) (?P<was>was|were) "
    rf"(?:\w+ly )?(?P<done>{_DONE}) (?:on|in) "
    rf"(?P<day>\d{{1,2}} {_MONTH}(?: \d{{4}})?|{_MONTH}(?: \d{{1,2}})?(?:,? \d{{4}})?|\d{{4}})\b"
)
"""What a sentence begins with, and when that was done."""
_PROPER = re.compile(r"\b[A-Z][a-z]{2,19}(?: [A-Z][a-z]{2,19}){1,3}\b")
MENTIONS = 3
"""So often an article mentions a name that more may be said of it."""
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
    near = dict.fromkeys(c.article_id for c in answer.citations)
    near |= dict.fromkeys(hit.passage.article_id for hit in answer.hits)
    articles = [assistant.article(each) for each in [*near][:ARTICLES_LOOKED_AT]]
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
    texts = [_near(answer, article) for article in articles]
    kinds = (
        _known(articles),
        _counts(texts),
        _days(texts),
        _roles(texts),
        _abbreviations(texts),
        _mentions(texts),
        _names(answer),
        _titles(answer, articles),
    )
    fitting = ((c for c in kind if len(c.question) <= LONGEST) for kind in kinds)
    for several in zip_longest(*(islice(kind, OF_ONE_KIND) for kind in fitting)):
        yield from filter(None, several)


def _near(answer: Answer, article: Article) -> str:
    """The text around the first place of the article that is cited, or that was found."""
    places = [cited.start for cited in answer.citations if cited.article_id == article.id]
    found = [hit.passage for hit in answer.hits if hit.passage.article_id == article.id]
    first = next(iter((*places, *(passage.start for passage in found))), 0)
    start = max(0, min(first - LOOKED_AT // 2, len(article.text) - LOOKED_AT))
    return article.text[start : start + LOOKED_AT]


def _known(articles: Iterable[Article]) -> Iterator[Candidate]:
    present = {article.sha256 for article in articles}
    for known in json.loads(KNOWN.read_text("utf-8")):
        if known["sha256"] in present:
            yield Candidate(known["question"])


def _counts(texts: Iterable[str]) -> Iterator[Candidate]:
    """How many of something an article counts: "produced 40 cars"."""
    for text in texts:
        for match in _COUNTED.finditer(text):
            if not _MEASURES.search(match["things"]):
                question = f"How many {match['things']} were {match['done']}?"
                yield Candidate(question, holds=match["number"])


def _days(texts: Iterable[str]) -> Iterator[Candidate]:
    """When something was done of which an article tells the day."""
    for text in texts:
        for match in _DATED.finditer(text):
            subject = (match["the"] or "").lower() + match["subject"]
            if match["the"] or _PROPER.match(subject):
                question = f"When {match['was']} {subject} {match['done']}?"
                yield Candidate(question, holds=match["day"])


def _mentions(texts: Iterable[str]) -> Iterator[Candidate]:
    """What is said of a name that an article mentions again and again."""
    for text in texts:
        names = Counter(match[0] for match in _PROPER.finditer(text))
        for name, count in names.most_common(OF_ONE_KIND):
            if count >= MENTIONS and not _NO_NAME.search(name) and not names_a_role(name):
                yield Candidate(f"What do the articles say about {name}?", holds=name)


def _roles(texts: Iterable[str]) -> Iterator[Candidate]:
    """Who has a role, where the article says of what: "the Mayor of Oslo"."""
    for text in texts:
        for role, name in introductions(text):
            role = role.strip(" ,")
            if _BODY.search(role) and " and " not in role.lower():
                yield Candidate(f"Who is the {role}?", holds=name)


def _names(answer: Answer) -> Iterator[Candidate]:
    """Where else something is mentioned that the answer names."""
    for citation in answer.citations:
        for name in dict.fromkeys(match["name"] for match in _NAME.finditer(citation.quote)):
            if not _NO_NAME.search(name) and not names_a_role(name):
                yield Candidate(f"Which articles mention {name}?", holds=name, articles=2)


def _abbreviations(texts: Iterable[str]) -> Iterator[Candidate]:
    for text in texts:
        for long_form, short in definitions(text):
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
