"""Question + hits → sentences, best first, each with the probability that it answers.

Every sentence of the retrieved passages is weighed by its evidence (`assistant.evidence`).
Two logistic models turn evidence into numbers: one orders the sentences, one says how likely
the best of them answers at all. Their weights lie in `calibration.json`, fitted by
`python -m eval calibrate` on public questions, none of them about the articles asked.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from assistant import evidence
from assistant.question import analyse
from embeddings.lexical import stems
from embeddings.splitting import split_sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assistant.retriever import Index, Retrieved
    from embeddings.encoder import Encoder
    from embeddings.records import Article
    from embeddings.splitting import Span

__all__ = ["ANSWER_NAMES", "Calibration", "Candidate", "Reading", "answer_features", "read"]

PASSAGES_READ = 12
"""Passages whose sentences are weighed."""
DIGITS = 4
"""Digits kept of a score, so that the last bits of a sum never decide an order."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of an article, and how well it answers."""

    article_id: str
    start: int
    end: int
    text: str
    index: int
    """Which sentence of the article it is, from 0."""
    score: float
    """Log-odds that this sentence answers, among the candidates; higher is better."""
    probability: float
    """Probability that it answers, judged by itself, 0..1."""
    features: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading the hits brought: the candidates, best first."""

    candidates: tuple[Candidate, ...]
    confidence: float
    """Probability that the best candidate answers the question, 0..1."""


@dataclass(frozen=True, slots=True)
class Logistic:
    """A logistic model: log-odds = bias + Σ weight × (value − mean) / scale."""

    names: tuple[str, ...]
    weights: tuple[float, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    bias: float

    def log_odds(self, values: Sequence[float]) -> float:
        """Log-odds for one vector of features."""
        terms = zip(self.weights, values, self.means, self.scales, strict=True)
        return self.bias + sum(w * (v - m) / s for w, v, m, s in terms)


@dataclass(frozen=True, slots=True)
class Calibration:
    """The fitted models, and the least confidence with which an answer is given."""

    sentence: Logistic
    answer: Logistic
    least_confidence: float

    @classmethod
    @cache
    def load(cls) -> Calibration:
        """The calibration that ships with this package."""
        fields = json.loads(Path(__file__).with_name("calibration.json").read_text("utf-8"))
        return cls(
            _logistic(fields["sentence"]), _logistic(fields["answer"]), fields["least_confidence"]
        )


def _logistic(fields: dict[str, object]) -> Logistic:
    def numbers(name: str) -> tuple[float, ...]:
        values = fields[name]
        assert isinstance(values, list)
        return tuple(map(float, values))

    names = fields["names"]
    assert isinstance(names, list)
    return Logistic(
        tuple(map(str, names)),
        numbers("weights"),
        numbers("means"),
        numbers("scales"),
        float(str(fields["bias"])),
    )


def read(
    retrieved: Retrieved,
    index: Index,
    encoder: Encoder,
    article: Callable[[str], Article | None],
    calibration: Calibration | None = None,
) -> Reading:
    """Weigh the sentences of the best hits. Deterministic."""
    calibration = calibration or Calibration.load()
    found = _candidates(retrieved, index, encoder, article)
    scored = sorted(
        (
            Candidate(
                c.article_id,
                c.start,
                c.end,
                c.text,
                c.index,
                score := round(calibration.sentence.log_odds(c.features), DIGITS),
                _probability(score),
                c.features,
            )
            for c in found
        ),
        key=lambda c: (-c.score, c.article_id, c.start),
    )
    candidates = tuple(scored)
    if not candidates:
        return Reading((), 0.0)
    values = answer_features(candidates, retrieved.best_cosine)
    return Reading(candidates, _probability(calibration.answer.log_odds(values)))


ANSWER_NAMES = (*evidence.NAMES, "score", "margin", "best_cosine")
"""Features of the answer model: the best sentence's own, and how it stands among the others."""


def answer_features(candidates: Sequence[Candidate], best_cosine: float) -> tuple[float, ...]:
    """Features of whether the best of `candidates` answers, in the order of `ANSWER_NAMES`."""
    best = candidates[0]
    margin = best.score - candidates[1].score if len(candidates) > 1 else 0.0
    return (*best.features, best.score, margin, best_cosine)


def _probability(log_odds: float) -> float:
    return round(1 / (1 + math.exp(-max(min(log_odds, 30.0), -30.0))), DIGITS)


def _candidates(
    retrieved: Retrieved,
    index: Index,
    encoder: Encoder,
    article: Callable[[str], Article | None],
) -> list[Candidate]:
    """Each sentence that a hit touches, once, with its features."""
    places: dict[tuple[str, int], float] = {}
    articles: dict[str, Article] = {}
    for hit in retrieved.hits[:PASSAGES_READ]:
        passage = hit.passage
        if passage.article_id not in articles:
            found = article(passage.article_id)
            if found is None:
                continue
            articles[passage.article_id] = found
        spans = sentences_of(articles[passage.article_id].text)
        for number, (start, end) in enumerate(spans):
            if start < passage.end and end > passage.start:
                place = (passage.article_id, number)
                places[place] = max(places.get(place, 0.0), hit.score)
    best = max(places.values(), default=1.0) or 1.0
    ordered = sorted(places)
    settings = evidence.setting_of(
        analyse(retrieved.question), retrieved.terms, retrieved.aliases, index.lexical
    )
    in_place = [_in_place(articles[name], number) for name, number in ordered]
    texts = [s.text for s in in_place]
    contexts = [f"{s.title}\n{s.before} {s.text}".strip() for s in in_place]
    cosines = _cosines(retrieved, encoder, texts)
    context_cosines = _cosines(retrieved, encoder, contexts)
    candidates = []
    for place, sentence, cosine, context_cosine in zip(
        ordered, in_place, cosines, context_cosines, strict=True
    ):
        start, end = sentences_of(articles[place[0]].text)[place[1]]
        values = evidence.features(
            settings,
            sentence,
            cosine=cosine,
            cosine_context=context_cosine,
            passage_score=places[place] / best,
            has=_stem_set,
        )
        candidates.append(
            Candidate(place[0], start, end, sentence.text, place[1], 0.0, 0.0, values)
        )
    return candidates


def _in_place(article: Article, number: int) -> evidence.SentenceInPlace:
    text, spans = article.text, sentences_of(article.text)

    def at(index: int) -> str:
        return text[slice(*spans[index])] if 0 <= index < len(spans) else ""

    return evidence.SentenceInPlace(
        at(number), at(number - 1), at(number + 1), article.title or "", article.date
    )


def _cosines(retrieved: Retrieved, encoder: Encoder, texts: Sequence[str]) -> list[float]:
    """Cosine of each text with the question; a text's vector is kept for the next question."""
    cache = _vectors(encoder.fingerprint)
    fresh = [text for text in dict.fromkeys(texts) if text not in cache]
    if len(cache) + len(fresh) > MOST_VECTORS:
        cache.clear()
        fresh = list(dict.fromkeys(texts))
    # A vector depends a little (1e-7) on what it is batched with; rounding hides that.
    for text, vector in zip(fresh, encoder.encode(fresh) if fresh else (), strict=True):
        cache[text] = vector
    return [round(float(cache[text] @ retrieved.vector), DIGITS) for text in texts]


MOST_VECTORS = 20_000


@cache
def _vectors(fingerprint: str) -> dict[str, object]:
    return {}


@lru_cache(maxsize=256)
def sentences_of(text: str) -> tuple[Span, ...]:
    """Sentence spans of an article's text, kept for the next question."""
    return split_sentences(text)


@lru_cache(maxsize=50_000)
def _stem_set(text: str) -> frozenset[str]:
    return frozenset(stems(text))
