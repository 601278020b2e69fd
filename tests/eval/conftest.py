"""A small real assistant over the seeds: it knows the passages, and can be broken on purpose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import pytest

from assistant.answers import Answer, Citation, Hit
from embeddings.errors import CorpusError
from embeddings.indexing import IndexReport
from embeddings.records import Article, Passage
from embeddings.splitting import split_sentences
from eval.questions import Evidence, Kind, Question, Quote, load
from eval.run import Record, judge
from eval.sets import load_sets, named

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class FakeAssistant:
    """Retrieves the evidence of the questions it was given, then fillers; answers in quotes.

    `sabotage` breaks one thing: `drops_best_hit`, `offset_by_one`, `swaps_markers`,
    `never_refuses`, `always_refuses`, `forgets_history`, `fails`.
    """

    articles: Mapping[str, Article]
    known: Mapping[str, Question]
    sabotage: str = ""
    report: IndexReport = field(default_factory=IndexReport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        """Nothing is open."""

    def article(self, article_id: str, /) -> Article:
        if article_id not in self.articles:
            raise CorpusError(f"no article {article_id}")
        return self.articles[article_id]

    def retrieve(self, question: str, /, *, k: int = 10) -> tuple[Hit, ...]:
        known = self.known.get(question)
        places = [e.places[0] for e in known.evidence] if known else []
        spans = [self._whole(place) for place in places]
        for article in self.articles.values():
            line = article.text.strip().split("\n")[0][:40]
            spans.append((article.id, article.text.find(line), line))
        if self.sabotage == "drops_best_hit":
            spans = spans[1:]
        return tuple(
            Hit(Passage(article_id, start, start + len(text), text), 1 / rank, rank)
            for rank, (article_id, start, text) in enumerate(spans[:k], start=1)
        )

    def _whole(self, place: Quote) -> tuple[str, int, str]:
        """The sentences that hold a quote."""
        text = self.article(place.article_id).text
        start = text.find(place.quote)
        end = start + len(place.quote)
        holding = [s for s in split_sentences(text) if s[0] < end and s[1] > start]
        start, end = min(start, *(s[0] for s in holding)), max(end, *(s[1] for s in holding))
        return place.article_id, start, text[start:end]

    def ask(self, question: str, /, *, history: Sequence[Mapping[str, str]] = ()) -> Answer:
        if self.sabotage == "fails":
            raise CorpusError("the index is gone")
        said = () if self.sabotage == "forgets_history" else history
        standalone = " → ".join([*(turn["content"] for turn in said), question])
        found = self.known.get(standalone)
        refuses = found is None or not found.answerable
        if self.sabotage == "always_refuses" or (refuses and self.sabotage != "never_refuses"):
            return Answer(question, standalone, "The articles do not say.", "not_stated", 0.1)
        hits = self.retrieve(standalone)[: max(1, len(found.evidence) if found else 1)]
        facts = [fact for accepted in found.facts for fact in accepted] if found else []
        citations = tuple(self._citation(hit, facts) for hit in hits)
        numbers = [c.number for c in citations]
        if self.sabotage == "swaps_markers":
            numbers = numbers[::-1]
        text = " ".join(f"{hit.passage.text} [{n}]" for hit, n in zip(hits, numbers, strict=True))
        return Answer(question, standalone, text, None, 0.9, citations, hits, corpus="fake")

    def _citation(self, hit: Hit, facts: Sequence[str]) -> Citation:
        passage, article = hit.passage, self.article(hit.passage.article_id)
        slip = 1 if self.sabotage == "offset_by_one" else 0
        short = next((fact for fact in facts if fact in passage.text), None)
        begins = None if short is None else passage.start + passage.text.index(short)
        ends = None if short is None or begins is None else begins + len(short)
        return Citation(
            hit.rank, article.id, article.label, None, None,
            passage.start + slip, passage.end + slip, passage.text, article.sha256,
            answer_start=begins, answer_end=ends,
        )  # fmt: skip


@pytest.fixture(scope="session")
def articles() -> dict[str, Article]:
    """The five seeds, by id."""
    paths = sorted((ROOT / "seeds").glob("*.txt"))
    return {path.name: Article(path.name, path.read_text(encoding="utf-8")) for path in paths}


@pytest.fixture(scope="session")
def questions() -> tuple[Question, ...]:
    """The committed questions that are asked by default."""
    return load(named(None, load_sets()).questions)


@pytest.fixture(scope="session")
def fake(
    articles: dict[str, Article], questions: tuple[Question, ...]
) -> Callable[..., FakeAssistant]:
    """Make a fake assistant, sound or with one `sabotage`."""
    known = {" → ".join([*(t.content for t in q.history), q.question]): q for q in questions}

    def make(sabotage: str = "") -> FakeAssistant:
        return FakeAssistant(articles, known, sabotage)

    return make


TEXT = "Sui built 300,600 vehicles. Chen signed in Beijing. It was hot."


@pytest.fixture
def article() -> Article:
    """An article of three sentences."""
    return Article("a.txt", TEXT, "A")


@pytest.fixture
def lookup(article: Article) -> Callable[[str], Article]:
    """Finds the one article, raises for any other."""

    def find(article_id: str) -> Article:
        if article_id != article.id:
            raise CorpusError(f"no article {article_id}")
        return article

    return find


@pytest.fixture
def cite(article: Article) -> Callable[..., Citation]:
    """A sound citation of words of the article, with fields replaced at will."""

    def make(number: int, quote: str, **changes: Any) -> Citation:
        start = article.text.index(quote)
        sound = Citation(
            number, article.id, article.label, None, None,
            start, start + len(quote), quote, article.sha256,
        )  # fmt: skip
        return replace(sound, **changes)

    return make


@pytest.fixture
def question() -> Callable[..., Question]:
    """An answerable question with the given facts, or an unanswerable one."""

    def make(
        *facts: Sequence[str], kind: Kind = "fact", id: str = "q", quotes: Sequence[str] = (TEXT,)
    ) -> Question:
        return Question(
            id=id,
            kind=kind,
            question="What was built?",
            answerable=kind != "unanswerable",
            origin="mine.jsonl:1",
            facts=tuple(tuple(fact) for fact in facts),
            evidence=tuple(Evidence((Quote("a.txt", quote),)) for quote in quotes if facts),
            why="" if facts else "It is not stated.",
        )

    return make


@pytest.fixture
def answer() -> Callable[..., Answer]:
    """An answer with that text and those citations, or a refusal."""

    def make(text: str, *citations: Citation, refusal: Any = None) -> Answer:
        return Answer("What was built?", "What was built?", text, refusal, 0.5, citations)

    return make


@pytest.fixture
def records(
    question: Callable[..., Question],
    answer: Callable[..., Answer],
    cite: Callable[..., Citation],
    fake: Callable[..., FakeAssistant],
    article: Article,
) -> tuple[Record, ...]:
    """Five records worked by hand: right, half right, refused wrongly, answered wrongly, failed."""
    one = FakeAssistant({article.id: article}, {})
    built, signed = "Sui built 300,600 vehicles.", "Chen signed in Beijing."
    right = answer(f"{built} [1]", cite(1, built))
    half = answer(f"{signed} [1]", cite(1, signed))
    refusal = answer("The articles do not say.", refusal="not_stated")
    judged: Iterable[tuple[Question, Answer]] = (
        (question(["300,600", "300 600"], id="vehicles", kind="number"), right),
        (question(["Beijing"], ["Sui"], id="place", kind="list"), half),
        (question(["hot"], id="weather"), refusal),
        (question(id="price", kind="unanswerable"), half),
    )
    done = [judge(q, a, (), (), one) for q, a in judged]
    failed = Record(question(["hot"], id="gone"), "error", {}, error="CorpusError: index gone")
    timed = (replace(r, latency_ms=10.0 * n) for n, r in enumerate(done, start=1))
    return (*timed, failed)
