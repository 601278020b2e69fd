"""Articles → questions made by program, each checked against all of them.

They say what the articles say in the articles' own words, so they measure less than questions
that people ask: see docs/questions.md. What is made is marked `synthetic`.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import zip_longest
from random import Random
from typing import TYPE_CHECKING, Any

from embeddings.folders import find_files
from embeddings.splitting import split_sentences
from eval.articles import articles_of, sampled
from eval.sentences import TITLES, YEAR, names_in, proposals
from eval.text import states

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from embeddings.records import Article
    from eval.sentences import Proposal

__all__ = ["NearMiss", "Proposed", "near_miss", "propose", "proposed_of"]

FILES_PER_QUESTION = 5
"""Files that are read for each question that is wanted; where there are more, a sample."""
LEAST_FILES = 50
SPARE = 3
"""Questions that are made for each that is wanted: many do not survive the checks."""
UNANSWERABLE_SHARE = 0.2
ALIKE = 80
"""Percent of characters from which two questions are too much alike for one set."""
TELLING_WORDS = 4
"""Words beside an answer by which its sentence is known in another article."""
STEPS = range(-9, 3)
"""Years by which a year is changed: a later one would often be in the future."""
TITLED = re.compile(rf"\b(?:{TITLES})\.? [A-Z][a-z]+\b(?! [A-Z])")


@dataclass(frozen=True, slots=True)
class Proposed:
    """A question with its answer in an article, and the other articles that say the same."""

    article_id: str
    quote: str
    proposal: Proposal
    also: tuple[str, ...] = ()

    @property
    def answer(self) -> str:
        """The words that answer."""
        return self.quote[self.proposal.start : self.proposal.end]

    @property
    def telling(self) -> str:
        """The longer part of the sentence beside its answer."""
        sides = self.quote[: self.proposal.start], self.quote[self.proposal.end :]
        return max(sides, key=len).strip(" .,")

    def row(self) -> dict[str, Any]:
        """Its line in a question file."""
        place: dict[str, Any] = {"article_id": self.article_id, "quote": self.quote}
        if self.also:
            place["also"] = [{"article_id": id_, "quote": self.quote} for id_ in self.also]
        return {
            "id": _id(self.proposal.question),
            "kind": self.proposal.kind,
            "question": self.proposal.question,
            "answerable": True,
            "facts": [[self.answer]],
            "evidence": [place],
            "synthetic": True,
            "note": f"synthetic: {self.proposal.form}",
        }


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A question of which one word was changed, so that no article answers it."""

    question: str
    about: str
    old: str
    new: str
    anchors: tuple[str, ...] = field(default=())
    """Names it keeps: an article that has one of them and the new word may answer after all."""

    def row(self) -> dict[str, Any]:
        """Its line in a question file."""
        beside = f" beside {' or '.join(self.anchors)}" if self.anchors else ""
        return {
            "id": _id(self.question),
            "kind": "unanswerable",
            "question": self.question,
            "answerable": False,
            "about": self.about,
            "why": f"{self.old} was changed to {self.new}, which no article names{beside}.",
            "synthetic": True,
            "note": "synthetic: near miss",
        }


def propose(folder: Path, count: int, seed: int) -> tuple[dict[str, Any], ...]:
    """At most `count` rows of a question file, spread over the folder's articles.

    All files are read once, in the end, to see what else they say; the same seed and articles
    give the same rows. Raises `ReadError` when the folder is not there.
    """
    rng = Random(seed)
    files = sampled(folder, max(LEAST_FILES, FILES_PER_QUESTION * count), rng)
    made: list[list[Proposed]] = []
    titled: set[str] = set()
    for article in articles_of(files):
        own = list(proposed_of(article))
        rng.shuffle(own)
        made.append(sorted(own, key=lambda one: one.proposal.form != "span"))
        titled.update(TITLED.findall(article.text))
    rng.shuffle(made)
    spread = [one for turn in zip_longest(*made) for one in turn if one is not None]
    chosen = _unlike(spread, most=SPARE * count)
    missed = [near_miss(one, sorted(titled), rng) for one in chosen]
    sound, misses = _against_all(folder, chosen, [miss for miss in missed if miss is not None])
    few = max(1, round(UNANSWERABLE_SHARE * min(count, len(sound) / (1 - UNANSWERABLE_SHARE))))
    unanswerable = misses[:few]
    asked = _mixed(sound, count - len(unanswerable))
    return (*(one.row() for one in asked), *(one.row() for one in unanswerable))


def proposed_of(article: Article) -> Iterator[Proposed]:
    """Every sound question of an English article, or one that does not say what it is in.

    The answer stands once in the whole article, and not in the question.
    """
    if article.language and not article.language.lower().startswith("en"):
        return
    for start, end in split_sentences(article.text):
        sentence = article.text[start:end]
        for proposal in proposals(sentence):
            one = Proposed(article.id, sentence, proposal)
            once = len(re.findall(rf"(?<!\w){re.escape(one.answer)}(?!\w)", article.text)) == 1
            if once and states(sentence, one.answer) and not states(proposal.question, one.answer):
                yield one


def near_miss(one: Proposed, titled: Sequence[str], rng: Random) -> NearMiss | None:
    """The question with another year, or another person; None when it has neither."""
    question = one.proposal.question
    match = re.search(rf"\b{YEAR}\b", question)
    if match is not None:
        year = int(match[0])
        others = [str(year + step) for step in STEPS if step]
    else:
        match = TITLED.search(question)
        others = list(titled)
    others = [other for other in others if match and other.split()[-1] not in one.quote]
    if match is None or not others:
        return None
    new = rng.choice(others)
    text = f"{question[: match.start()]}{new}{question[match.end() :]}"
    anchors = tuple(name for name in names_in(question) if name not in match[0])
    return NearMiss(text, one.article_id, match[0], new, anchors)


def _against_all(
    folder: Path, chosen: Sequence[Proposed], misses: Sequence[NearMiss]
) -> tuple[list[Proposed], list[NearMiss]]:
    """What no article speaks against."""
    also: dict[Proposed, list[str]] = {one: [] for one in chosen}
    stated: set[NearMiss] = set()
    for article in articles_of(find_files([folder])):
        for one in [one for one in also if one.article_id != article.id]:
            if one.quote in article.text:
                also[one].append(article.id)
            elif len(one.telling.split()) >= TELLING_WORDS and one.telling in article.text:
                del also[one]  # the same sentence, with another answer
        for miss in misses:
            if miss.new.split()[-1] in article.text and (
                article.id == miss.about
                or not miss.anchors
                or any(name in article.text for name in miss.anchors)
            ):
                stated.add(miss)
    sound = [replace(one, also=tuple(ids)) for one, ids in also.items()]
    return sound, [miss for miss in misses if miss not in stated]


def _unlike(proposed: Iterable[Proposed], most: int) -> list[Proposed]:
    """The first of them, without what asks nearly the same or of a sentence that is asked of."""
    from rapidfuzz import fuzz, process

    chosen: list[Proposed] = []
    asked: list[str] = []
    quotes: set[str] = set()
    for one in proposed:
        question = one.proposal.question
        if one.quote not in quotes and not process.extractOne(
            question, asked, scorer=fuzz.token_sort_ratio, score_cutoff=ALIKE
        ):
            chosen.append(one)
            asked.append(question)
            quotes.add(one.quote)
        if len(chosen) == most:
            break
    return chosen


def _mixed(proposed: Sequence[Proposed], most: int) -> list[Proposed]:
    """So many of them: from each article in turn, the kind that there is least of so far."""
    kept: list[Proposed] = []
    left = list(proposed)
    kinds: Counter[str] = Counter()
    articles: Counter[str] = Counter()
    while left and len(kept) < most:
        one = min(left, key=lambda p: (articles[p.article_id], kinds[p.proposal.kind]))
        left.remove(one)
        kept.append(one)
        kinds[one.proposal.kind] += 1
        articles[one.article_id] += 1
    return kept


def _id(question: str) -> str:
    return f"synthetic-{sha256(question.encode()).hexdigest()[:10]}"
