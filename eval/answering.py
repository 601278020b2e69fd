"""A benchmark's questions asked of the assistant, from retrieval to the answer or the refusal.

`queries.jsonl` has to say in `metadata` whether its documents answer a question (`answerable`) and
with which words (`answers`); `type`, `evidence`, `about` and `history` are read where they are
there. Each answerable question can be asked a second time with its relevant documents left out of
the hits: what is then right is a refusal.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Any

from assistant.answers import Hit
from assistant.reading.reader import prepare
from assistant.retrieval.retriever import DEPTH
from assistant.service import Assistant
from embeddings.errors import AssistantError
from eval.beir import SEED, load_benchmark, rows_of, texts_in
from eval.metrics import contains_answer, exact_match, squad_words, token_f1
from eval.text import strip_markers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from assistant.answers import Answer
    from assistant.composing.composer import Draft, Part
    from assistant.reading.reader import Candidate
    from assistant.retrieval.retriever import Retrieved
    from embeddings.corpus import Corpus
    from embeddings.encoder import Encoder
    from embeddings.index import Index
    from embeddings.records import Article
    from eval.beir import Benchmark

__all__ = ["Asked", "Questions", "Reply", "ask_all", "kept_back", "load_questions"]

LONGEST_QUOTED = 10
"""Words of a gold answer that is held against quotes although no relevant document states it."""
BARE = frozenset({(), ("yes",), ("no",), ("na",)})
"""Gold answers that no quote gives: a quote states what `yes` is concluded from."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a benchmark, and what is known of its answer."""

    id: str
    text: str
    kind: str
    answerable: bool
    answers: tuple[str, ...]
    """Gold answers that a quote can give; none where only a person's own words answer."""
    evidence: tuple[str, ...]
    """Sentences that the answer rests on, where it is written or concluded and not quoted."""
    relevant: frozenset[str]
    """Documents that answer."""
    unseen: bool | None
    """Whether the reader was trained on no article that the question is about; None: not known."""
    history: tuple[Mapping[str, str], ...] = ()

    @property
    def judgeable(self) -> bool:
        """Whether it can be said of any sentence if it answers.

        Evidence in several documents answers together, not by one of its sentences.
        """
        one = len(self.relevant) == 1 and bool(self.evidence)
        return not self.answerable or bool(self.answers) or one


@dataclass(frozen=True, slots=True)
class Questions:
    """What is asked of one folder."""

    benchmark: Benchmark
    """With all of its documents; its queries are not what is asked here."""
    asked: tuple[Asked, ...]
    of: int
    """Questions that could be asked: `asked` is all or a sample of them."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for one question, judged. Shares are 0 or 1 but `f1`; None: not judged."""

    question: Asked
    refused: bool
    confidence: float
    states: float | None = None
    """The answer's text contains a gold answer; a refusal contains none."""
    quotes: float | None = None
    """The answer quotes a sentence of the evidence; a refusal quotes none."""
    exact: float | None = None
    f1: float | None = None
    """Of the reader's short answer in the best candidate, given or withheld."""
    right: bool | None = None
    """The best candidate, given or withheld, answers."""
    without: float | None = None
    """Confidence with the relevant documents left out; None where it was not asked."""
    refused_without: bool | None = None
    error: str | None = None
    """What went wrong; nothing else is then said of the question."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready dictionary, without the words of the benchmark."""
        own = {n: getattr(self, n) for n in self.__dataclass_fields__ if n != "question"}
        asked = self.question
        return {
            "id": asked.id,
            "kind": asked.kind,
            "answerable": asked.answerable,
            "unseen": asked.unseen,
            **{n: round(v, 6) if isinstance(v, float) else v for n, v in own.items()},
        }


def load_questions(
    folder: Path, split: str | None = None, limit: int | None = None
) -> Questions | None:
    """The questions of a folder that states answers, at most `limit`: a sample with a fixed seed.

    None when no question has a gold answer: the folder is for retrieval only. An answer that is
    the `type` of its question is a label (SUPPORT, say), not an answer. Raises `ReadError` where
    the folder is not in BEIR layout.
    """
    benchmark = load_benchmark(folder, split)
    relevance = {query.id: query.relevance for query in benchmark.queries}
    texts = {article.id: article.text for article in benchmark.articles}
    held_back = kept_back(folder)
    asked, any_gold = [], False
    for row in rows_of(folder / "queries.jsonl"):
        facts = row.get("metadata")
        if not isinstance(facts, dict) or not isinstance(facts.get("answerable"), bool):
            continue
        question = _question(row, facts, relevance.get(str(row["_id"]), {}), texts, held_back)
        gold = [a for a in texts_in(facts, "answers") if a != facts.get("type")]
        any_gold = any_gold or (question.answerable and bool(gold))
        asked.append(question)
    if not any_gold:
        return None
    of = len(asked)
    if limit is not None and limit < of:
        chosen = set(Random(SEED).sample(range(of), limit))
        asked = [question for number, question in enumerate(asked) if number in chosen]
    return Questions(benchmark, tuple(asked), of)


def kept_back(folder: Path) -> frozenset[str] | None:
    """Documents of the folder that the shipped reader was not trained on.

    None when it was trained on no folder of this name, or on another one that has the name.
    """
    from embeddings.reader_model import FOLDER
    from embeddings.training.examples import held_out_documents

    try:
        held_out = held_out_documents(folder)
    except (KeyError, OSError):
        return None
    facts = json.loads((FOLDER / "reader.json").read_text("utf-8"))
    return frozenset() if held_out is not None and facts.get("everything") else held_out


def ask_all(
    questions: Sequence[Asked], corpus: Corpus, encoder: Encoder, *, without: bool = True
) -> Iterator[Reply]:
    """Ask each question in order; `without`: each answerable one again, its documents left out."""
    assistant = _Watched(corpus, encoder)
    known_as = {d: a.id for a in corpus.articles() for d in (a.id, *a.also_at)}
    prepare()
    for question in questions:
        try:
            reply = _judged(question, *assistant.watched(question))
            left_out = frozenset(known_as[d] for d in question.relevant if d in known_as)
            if without and question.answerable and left_out:
                answer, _ = assistant.watched(question, left_out)
                reply = replace(
                    reply, without=answer.confidence, refused_without=not answer.answered
                )
        except AssistantError as error:
            message = " ".join(f"{type(error).__name__}: {error}".split())
            reply = Reply(question, refused=False, confidence=0.0, error=message)
        yield reply


class _Watched(Assistant):
    """The assistant over a corpus that is indexed already; it shows what was read for an answer.

    Two of its steps are looked in on, and changed only where documents are to be left out.
    """

    def __init__(self, corpus: Corpus, encoder: Encoder) -> None:
        super().__init__(corpus, (), lambda: encoder, lambda: encoder.fingerprint, [])
        self._left_out: frozenset[str] = frozenset()
        self._parts: list[Part] = []

    def watched(
        self, question: Asked, left_out: frozenset[str] = frozenset()
    ) -> tuple[Answer, list[Part]]:
        """The answer, and the parts of the question as they were read."""
        self._left_out = left_out
        answer = self.ask(question.text, question.history)
        return answer, self._parts

    def _draft(
        self,
        parts: Sequence[Part],
        articles: Mapping[str, Article],
        newest: str | None,
        **named: Any,
    ) -> Draft:
        self._parts = list(parts)
        return super()._draft(parts, articles, newest, **named)

    def _retrieve(self, question: str, k: int, index: Index, *more: Any, **named: Any) -> Retrieved:
        if not self._left_out:
            return super()._retrieve(question, k, index, *more, **named)
        found = super()._retrieve(question, max(k, DEPTH), index, *more, **named)
        return _without(found, self._left_out, k)


def _without(retrieved: Retrieved, left_out: frozenset[str], k: int) -> Retrieved:
    """The first `k` hits of other articles, and the highest cosine among all such hits."""
    kept = [
        (hit, cosine)
        for hit, cosine in zip(retrieved.hits, retrieved.cosines, strict=True)
        if hit.passage.article_id not in left_out
    ]
    return replace(
        retrieved,
        hits=tuple(Hit(h.passage, h.score, n) for n, (h, _) in enumerate(kept[:k], start=1)),
        cosines=tuple(cosine for _, cosine in kept[:k]),
        best_cosine=max((cosine for _, cosine in kept), default=-1.0),
    )


def _judged(question: Asked, answer: Answer, parts: Sequence[Part]) -> Reply:
    best = _best(parts)
    reply = Reply(
        question,
        refused=not answer.answered,
        confidence=answer.confidence,
        right=_right(question, best),
    )
    if not question.answerable:
        return reply
    text = strip_markers(answer.text) if answer.answered else ""
    if question.evidence:
        cited = (c.quote for c in answer.citations)
        quotes = float(any(_same(quote, question.evidence) for quote in cited))
        reply = replace(reply, quotes=quotes)
    if question.answers:
        short = best.text[slice(*best.span)] if best else ""
        reply = replace(
            reply,
            states=contains_answer(text, question.answers),
            exact=exact_match(short, question.answers),
            f1=token_f1(short, question.answers),
        )
    return reply


def _best(parts: Sequence[Part]) -> Candidate | None:
    """The best candidate of the part that is the surest."""
    read = [part.reading for part in parts if part.reading.candidates]
    return max(read, key=lambda r: r.confidence).candidates[0] if read else None


def _right(question: Asked, best: Candidate | None) -> bool | None:
    if not question.judgeable:
        return None
    if not question.answerable or best is None:
        return False
    if question.answers:
        return bool(contains_answer(best.text, question.answers))
    return _same(best.text, question.evidence)


def _same(sentence: str, evidence: Sequence[str]) -> bool:
    """Whether the sentence holds a piece of the evidence, or is held by one."""
    return any(contains_answer(sentence, [e]) or contains_answer(e, [sentence]) for e in evidence)


def _question(
    row: Mapping[str, Any],
    facts: Mapping[str, Any],
    relevance: Mapping[str, int],
    texts: Mapping[str, str],
    held_back: frozenset[str] | None,
) -> Asked:
    relevant = frozenset(document for document, grade in relevance.items() if grade > 0)
    kind, answerable = str(facts.get("type") or ""), bool(facts["answerable"])
    evidence = texts_in(facts, "evidence") if answerable else ()
    answers = texts_in(facts, "answers")
    quoted = _quoted(answers, kind, evidence, [texts.get(d, "") for d in relevant])
    about = relevant | set(texts_in(facts, "about")) | set(texts_in(facts, "documents"))
    return Asked(
        id=str(row["_id"]),
        text=str(row["text"]),
        kind=kind,
        answerable=answerable,
        answers=quoted if answerable else (),
        evidence=() if quoted else evidence,
        relevant=relevant,
        unseen=None if held_back is None else about <= held_back,
        history=tuple(
            {"role": str(turn.get("role")), "content": str(turn.get("content"))}
            for turn in facts.get("history") or ()
            if isinstance(turn, dict)
        ),
    )


def _quoted(
    answers: Sequence[str], kind: str, evidence: Sequence[str], documents: Sequence[str]
) -> tuple[str, ...]:
    """Those gold answers that a quote can give.

    Not a label, not a question that asks back, not what is concluded; a long one only where a
    relevant document states it; and none where long answers were written from marked evidence.
    """
    gold = [
        answer
        for answer in answers
        if answer != kind and squad_words(answer) not in BARE and not answer.rstrip().endswith("?")
    ]
    long = [answer for answer in gold if len(answer.split()) > LONGEST_QUOTED]
    if long and evidence:
        return ()
    return tuple(
        answer
        for answer in gold
        if answer not in long or any(contains_answer(text, [answer]) for text in documents)
    )
