"""Why an answer is what it is: what each stage found, what spoke for and against, the decision.

It is told from the records that the stages left behind, so that nothing is worked out twice and
nothing about the answer changes for being explained.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import reduce
from typing import TYPE_CHECKING, Any

from assistant.composing.composer import answering, of_something_else
from assistant.reading.evidence import NAMES
from assistant.reading.reader import contradicted
from assistant.showing.reasons import Asked, reasons
from assistant.wording import Said, listed, say, say_count

if TYPE_CHECKING:
    from assistant.answers import Answer, Citation, Refusal
    from assistant.composing.composer import Draft, LookedAt, Part
    from assistant.reading.reader import Calibration, Candidate
    from assistant.retrieval.retriever import Retrieved
    from embeddings.records import Article

__all__ = [
    "DigestExplanation",
    "Explanation",
    "FoundPassage",
    "OtherName",
    "PartExplanation",
    "PreferredTime",
    "Trace",
    "WeighedSentence",
    "explain",
]

SENTENCES = 3
"""Candidates that are explained: those whose words the reader compares one by one."""
PASSAGES_SHOWN = 5
REASONS = 2
ARTICLES_SHOWN = 12

_REFUSED: dict[Refusal, str] = {
    "no_articles": say("there are no articles to answer from"),
    "nothing_relevant": say(
        "no passage is near the question in meaning, or shares enough of its words"
    ),
    "not_stated": say("no sentence is likely enough to answer"),
    "sources_disagree": say("the articles contradict each other"),
}


_STAGES = {
    "resolve": say("resolve"),
    "filter": say("filter"),
    "open": say("open"),
    "retrieve": say("retrieve"),
    "read": say("read"),
    "compose": say("compose"),
    "prove": say("prove"),
}


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage, and how it fared in each stage of the search. Ranks start at 1."""

    rank: int
    score: float
    """What it was ranked by in the end; higher is better, here and below."""
    article_id: str
    title: str | None
    start: int
    end: int
    lexical_rank: int | None = None
    """By BM25; None when the lexical search did not bring it."""
    bm25: float | None = None
    dense_rank: int | None = None
    """By cosine; None when the dense search did not bring it."""
    cosine: float | None = None
    fused: float | None = None
    """Score of both; `score` differs where the time that a question names was preferred."""


@dataclass(frozen=True, slots=True)
class WeighedSentence:
    """A sentence that might answer, and what speaks for and against it, in words."""

    article_id: str
    start: int
    end: int
    text: str
    cited: bool
    score: float
    """Log-odds that it answers, among the candidates."""
    probability: float
    """Probability that it answers, judged by itself, 0..1."""
    relevance: float
    """The reader's log-odds that this very sentence answers."""
    answerable: float
    """The reader's log-odds that the text around it answers at all."""
    evidence_for: tuple[str, ...]
    evidence_against: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OtherName:
    """A name in the question, and another that was searched for too."""

    written: str
    other: str


@dataclass(frozen=True, slots=True)
class PreferredTime:
    """Words of the question that name a time, whose passages were preferred."""

    words: str
    since: str | None
    """First day, ISO 8601; None where it is open, as below."""
    until: str | None


@dataclass(frozen=True, slots=True)
class PartExplanation:
    """One question of the question."""

    question: str
    aliases: tuple[OtherName, ...]
    periods: tuple[PreferredTime, ...]
    passages: tuple[FoundPassage, ...]
    best_cosine: float
    sentences: tuple[WeighedSentence, ...]
    confidence: float
    """Probability that the best sentence answers, 0..1."""
    why: str
    """Why it is answered with this sentence, or why it is not, without a full stop."""


@dataclass(frozen=True, slots=True)
class DigestExplanation:
    """What a digest was chosen from, and how."""

    articles: tuple[LookedAt, ...]
    """Those that were looked at, those that are cited among them."""
    chosen_by: str
    """How its sentences were chosen, without a full stop; empty when there are none."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an answer is what it is."""

    question: str
    standalone_question: str
    filters: tuple[str, ...]
    """Which articles were asked, when not all of them."""
    parts: tuple[PartExplanation, ...]
    confidence: float
    least_confidence: float
    """The confidence from which an answer is given."""
    decision: str
    timings_ms: Mapping[str, float] = field(default_factory=dict, compare=False)
    """Milliseconds by stage: different every time, so no part of what makes two equal."""
    digest: DigestExplanation | None = None
    """Of an answer from whole articles; `parts` is empty then."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Sentences of a language model that are not shown: how many, by why."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready dictionary of all fields, with lists where the fields are tuples."""
        own = replace(self, left_out={}, timings_ms={})
        return {
            **json.loads(json.dumps(asdict(own))),
            "left_out": dict(self.left_out),
            "timings_ms": dict(self.timings_ms),
        }

    def outline(self) -> Iterator[tuple[int, str]]:
        """The same for people: lines, each with its depth from 0."""
        yield 0, self.decision
        if self.standalone_question != self.question:
            yield 0, say("Understood as: {question}", question=self.standalone_question)
        for applied in self.filters:
            yield 0, applied
        for part in self.parts:
            several = len(self.parts) > 1
            if several:
                yield 0, say("Part: {question}", question=part.question)
                yield 1, say("{reason}.", reason=_capitalized(part.why))
            yield from ((depth + several, line) for depth, line in _outline(part))
        if self.digest is not None:
            yield from _digest_outline(self.digest)
        for why, count in self.left_out.items():
            yield (
                0,
                say_count(
                    "Left out: {count} sentence of the language model, because {why}",
                    "Left out: {count} sentences of the language model, because {why}",
                    count,
                    why=why,
                ),
            )
        took = [
            say("{stage} {time}", stage=_STAGES.get(name, name), time=f"{value:.1f}")
            for name, value in self.timings_ms.items()
        ]
        if took:
            by_stage = reduce(lambda one, other: say("{one}, {other}", one=one, other=other), took)
            yield 0, say("Milliseconds: {by_stage}", by_stage=by_stage)


class Trace:
    """What is noted while an answer is made: what was found for each part, and how long it took."""

    def __init__(self) -> None:
        self.filters: tuple[str, ...] = ()
        self.retrieved: dict[str, Retrieved] = {}
        """By the question that was asked."""
        self.milliseconds: dict[str, float] = {}
        self.left_out: Counter[str] = Counter()
        """Sentences of a language model that were dropped, by why."""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time that the block takes to that of the stage."""
        began = time.perf_counter()
        try:
            yield
        finally:
            spent = 1000 * (time.perf_counter() - began)
            self.milliseconds[name] = self.milliseconds.get(name, 0.0) + spent


def explain(
    answer: Answer,
    parts: Sequence[Part],
    trace: Trace,
    articles: Mapping[str, Article],
    calibration: Calibration,
    digest: Draft | None = None,
) -> Explanation:
    """Tell from the records why `answer` is what it is. `articles` holds those of the hits.

    `digest` is the draft of an answer from whole articles.
    """
    stated = answering(parts, calibration.least_confidence)
    told = tuple(
        _part(
            part,
            trace.retrieved.get(part.question),
            answer.citations if part in stated else (),
            articles,
            calibration,
            elsewhere=part not in stated and of_something_else(part),
        )
        for part in parts
    )
    return Explanation(
        answer.question,
        answer.standalone_question,
        trace.filters,
        told,
        answer.confidence,
        calibration.least_confidence,
        _decision(answer, told, len(stated)),
        {name: round(value, 3) for name, value in trace.milliseconds.items()},
        DigestExplanation(digest.looked_at, digest.chosen_by)
        if digest and digest.looked_at
        else None,
        dict(trace.left_out),
    )


def _part(
    part: Part,
    retrieved: Retrieved | None,
    citations: Sequence[Citation],
    articles: Mapping[str, Article],
    calibration: Calibration,
    *,
    elsewhere: bool,
) -> PartExplanation:
    def is_quoted(candidate: Candidate) -> bool:  # of an item of a list, as one of its sentences
        return any(
            one.article_id == candidate.article_id
            and one.start <= candidate.start
            and candidate.end <= one.end
            for one in citations
        )

    sentences = []
    for place, candidate in enumerate(part.reading.candidates):
        cited = is_quoted(candidate)
        if place < SENTENCES or cited:
            article = articles.get(candidate.article_id)
            asked = Asked.of(part, retrieved, article, candidate.index)
            supported = part.reading.supported if place == 0 else ()
            said = reasons(candidate, asked, supported, calibration.sentence)
            sentences.append(_sentence(candidate, cited, said))
    return PartExplanation(
        part.question,
        tuple(OtherName(a.written, a.other) for a in retrieved.aliases) if retrieved else (),
        tuple(PreferredTime(p.words, p.since, p.until) for p in retrieved.periods)
        if retrieved
        else (),
        _passages(part, retrieved),
        part.best_cosine,
        tuple(sentences),
        part.reading.confidence,
        _why(part, sentences, calibration.least_confidence, elsewhere=elsewhere),
    )


def _passages(part: Part, retrieved: Retrieved | None) -> tuple[FoundPassage, ...]:
    hits, ranked = (retrieved.hits, retrieved.ranks) if retrieved else ((), ())
    ranks = {hit.passage: stood for hit, stood in zip(hits, ranked, strict=False)}
    found = []
    for hit in part.hits:
        passage, stood = hit.passage, ranks.get(hit.passage)
        plain = FoundPassage(
            hit.rank, hit.score, passage.article_id, passage.title, passage.start, passage.end
        )
        found.append(
            plain
            if stood is None
            else replace(
                plain,
                lexical_rank=stood.lexical,
                bm25=stood.bm25,
                dense_rank=stood.dense,
                cosine=stood.cosine,
                fused=stood.fused,
            )
        )
    return tuple(found)


def _sentence(
    candidate: Candidate, cited: bool, reasons: tuple[tuple[str, ...], tuple[str, ...]]
) -> WeighedSentence:
    value = dict(zip(NAMES, candidate.features, strict=False))
    return WeighedSentence(
        candidate.article_id,
        candidate.start,
        candidate.end,
        candidate.text,
        cited,
        candidate.score,
        candidate.probability,
        value.get("relevance", 0.0),
        value.get("answerable", 0.0),
        *reasons,
    )


def _why(
    part: Part, sentences: Sequence[WeighedSentence], least_confidence: float, *, elsewhere: bool
) -> str:
    """Why this sentence, or why none, as the rest of a sentence.

    `elsewhere`: the best sentence answers another part, from an article without this one's names.
    """
    reading = part.reading
    if not sentences:
        return say("no sentence was weighed by itself")
    reached = say(
        "the best sentence reaches a confidence of {confidence}",
        confidence=f"{reading.confidence:.3f}",
    )
    least = f"{least_confidence:.3f}"
    if reading.confidence < least_confidence:
        best = reading.candidates[0]
        ruled_out = bool(reading.supported) and contradicted(best, reading.supported)
        below = (
            say("{reached}, below {least}, for a plain contradiction", reached=reached, least=least)
            if ruled_out
            else say("{reached}, below {least}", reached=reached, least=least)
        )
        return _because(below, sentences[0].evidence_against)
    if elsewhere:
        return say("{reached}, but its article mentions no name of this part", reached=reached)
    cited = next((sentence for sentence in sentences if sentence.cited), None)
    if cited is None:
        return say("{reached}, and other sentences than the best are cited", reached=reached)
    enough = say("{reached}, and {least} is needed", reached=reached, least=least)
    return _because(enough, cited.evidence_for)


def _because(said: str, evidence: Sequence[str]) -> str:
    if not evidence:
        return said
    return say("{statement}: {evidence}", statement=said, evidence=listed(evidence[:REASONS]))


def _capitalized(text: str) -> str:
    return text.capitalized() if isinstance(text, Said) else text


def _decision(answer: Answer, parts: Sequence[PartExplanation], enough: int) -> str:
    """Why this answer, or why none, in one sentence; `enough` of the parts are answered."""
    why = (
        parts[0].why
        if len(parts) == 1
        else say("{enough} of {all} parts have an answer", enough=enough, all=len(parts))
    )
    if answer.refusal is not None:
        reason = _REFUSED[answer.refusal]
        if not parts:
            return say("Refused, because {reason}.", reason=reason)
        return say("Refused, because {reason}: {details}.", reason=reason, details=why)
    if answer.composer == "llm":
        return say("Answered in a language model's words: {reason}.", reason=why)
    if not parts:
        return say("Answered: it asks about the articles themselves.")
    return say("Answered: {reason}.", reason=why)


def _outline(part: PartExplanation) -> Iterator[tuple[int, str]]:
    """What was found and weighed for one part."""
    for alias in part.aliases:
        yield (
            0,
            say("Also searched for: {other}, for {name}", other=alias.other, name=alias.written),
        )
    for period in part.periods:
        yield (
            0,
            say(
                "Time that was preferred: {words} ({since} to {until})",
                words=period.words,
                since=period.since or "…",
                until=period.until or "…",
            ),
        )
    if part.passages:
        yield 0, say("Passages, best first ({count} found)", count=len(part.passages))
    for passage in part.passages[:PASSAGES_SHOWN]:
        yield 1, _passage_line(passage)
    if part.sentences:
        yield 0, say("Sentences, best first")
    for sentence in part.sentences:
        yield 1, _sentence_line(sentence)
        for said in sentence.evidence_for:
            yield 2, say("for: {reason}", reason=said)
        for said in sentence.evidence_against:
            yield 2, say("against: {reason}", reason=said)


def _digest_outline(digest: DigestExplanation) -> Iterator[tuple[int, str]]:
    """What a digest looked at, and how its sentences were chosen."""
    if digest.articles:
        yield 0, say("Articles that were looked at ({count})", count=len(digest.articles))
    for one in digest.articles[:ARTICLES_SHOWN]:
        date = one.date or say("undated")
        yield 1, say("“{title}” ({date}): {why}", title=one.title, date=date, why=one.why)
    if digest.chosen_by:
        yield 0, say("Sentences: {rule}", rule=digest.chosen_by)


def _passage_line(passage: FoundPassage) -> str:
    where = f"{passage.title or passage.article_id}, {passage.start}–{passage.end}"
    stages: list[str] = [say("score {score}", score=f"{passage.score:.3f}")]
    if passage.fused is not None and passage.cosine is not None:
        lexical = _place(passage.lexical_rank)
        if passage.bm25 is not None:
            bm25 = f"{passage.bm25:.2f}"
            stages.append(say("by words {place}, BM25 {score}", place=lexical, score=bm25))
        else:
            stages.append(say("by words {place}", place=lexical))
        dense, cosine = _place(passage.dense_rank), f"{passage.cosine:.2f}"
        stages.append(say("by meaning {place}, cosine {score}", place=dense, score=cosine))
        if passage.fused != passage.score:
            fused = f"{passage.fused:.3f}"
            stages.append(say("fused {score}, then preferred for its time", score=fused))
    return say("{passage}: {stages}", passage=where, stages=listed(stages))


def _place(rank: int | None) -> Said:
    return say("not found") if rank is None else say("no. {rank}", rank=rank)


def _sentence_line(sentence: WeighedSentence) -> str:
    weighed = say(
        "log-odds {score}, probability {probability}; the reader's log-odds {relevance}, "
        "of the text around it {answerable}",
        score=f"{sentence.score:.2f}",
        probability=f"{sentence.probability:.2f}",
        relevance=f"{sentence.relevance:.2f}",
        answerable=f"{sentence.answerable:.2f}",
    )
    text = " ".join(sentence.text.split())
    if sentence.cited:
        return say("“{sentence}” (cited, {weighed})", sentence=text, weighed=weighed)
    return say("“{sentence}” ({weighed})", sentence=text, weighed=weighed)
