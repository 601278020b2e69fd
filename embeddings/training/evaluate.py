"""Figures of a reader on articles it was not trained on, beside MiniLM's cosine and BM25."""

from __future__ import annotations

import math
import re
import string
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from embeddings.reader_model import ReaderModel, Window
from embeddings.training.examples import Collection, Paragraph, Question, words_of
from embeddings.training.written import DOCUMENTS, NEWS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Candidate", "Pool", "evaluate", "interval"]

CANDIDATES = 12
RESAMPLES = 1000
RRF = 60


@dataclass(frozen=True, slots=True)
class Candidate:
    """One sentence of one paragraph."""

    paragraph: Paragraph
    index: int

    @property
    def text(self) -> str:
        """The sentence's own text."""
        start, end = self.paragraph.sentences[self.index]
        return self.paragraph.text[start:end]


def window_of(paragraph: Paragraph, first: int, last: int) -> Window:
    """The sentences `first..last` (included) of a paragraph, as the reader takes them."""
    begin = paragraph.sentences[first][0]
    spans = tuple((s - begin, e - begin) for s, e in paragraph.sentences[first : last + 1])
    return Window(
        paragraph.title or None, None, paragraph.text[begin : paragraph.sentences[last][1]], spans
    )


class Pool:
    """Sentences to choose candidates from, with BM25 and MiniLM cosine for each of them."""

    def __init__(
        self, paragraphs: Sequence[Paragraph], minilm: Path, *, cache: Path | None = None
    ) -> None:
        self.items = [Candidate(p, i) for p in paragraphs for i in range(len(p.sentences))]
        self._minilm = minilm
        self._words = [Counter(words_of(item.text)) for item in self.items]
        self._lengths = [sum(words.values()) for words in self._words]
        self._mean = sum(self._lengths) / len(self._lengths)
        frequency = Counter(word for words in self._words for word in words)
        self._idf = {
            w: math.log(1 + (len(self.items) - n + 0.5) / (n + 0.5)) for w, n in frequency.items()
        }
        self._vectors = self.encode([item.text for item in self.items])

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """MiniLM vectors, float32 `(n, 384)`, rows unit-norm."""
        from sentence_transformers import SentenceTransformer

        if not hasattr(self, "_model"):
            self._model = SentenceTransformer(str(self._minilm), device="cpu")
        vectors: NDArray[np.float32] = self._model.encode(
            list(texts), normalize_embeddings=True, batch_size=64
        )
        return vectors

    def cosine(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cosine of every sentence with one question."""
        scores: NDArray[np.float32] = self._vectors @ vector
        return scores

    def bm25(self, question: str) -> NDArray[np.float32]:
        """BM25 of every sentence (k1 = 0.9, b = 0.4, as in Anserini)."""
        import numpy as np

        asked = set(words_of(question))
        scores = np.zeros(len(self.items), dtype=np.float32)
        for row, words in enumerate(self._words):
            for word in asked & words.keys():
                n = words[word]
                scores[row] += (
                    self._idf[word]
                    * n
                    * 1.9
                    / (n + 0.9 * (0.6 + 0.4 * self._lengths[row] / self._mean))
                )
        return scores

    def choose(
        self, bm25: NDArray[np.float32], cosine: NDArray[np.float32], allowed: NDArray[np.bool_]
    ) -> list[int]:
        """The best `CANDIDATES` rows by reciprocal rank fusion of the two."""
        import numpy as np

        fused = np.zeros(len(self.items))
        for scores in (bm25, cosine):
            masked = np.where(allowed, scores, -9.0)
            ranks = np.empty(len(scores))
            ranks[(-masked).argsort(kind="stable")] = np.arange(len(scores))
            fused += 1 / (RRF + ranks)
        fused[~allowed] = -1
        return [int(i) for i in (-fused).argsort(kind="stable")[:CANDIDATES]]


def interval(
    values: Sequence[Any], figure: Callable[[list[Any]], float], seed: int = 7
) -> dict[str, float]:
    """The figure with its 95 % percentile bootstrap interval over questions."""
    rng = Random(seed)
    drawn = sorted(figure(rng.choices(values, k=len(values))) for _ in range(RESAMPLES))
    low, high = drawn[int(0.025 * RESAMPLES)], drawn[int(0.975 * RESAMPLES) - 1]
    return {
        "value": round(figure(list(values)), 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "n": len(values),
    }


def share(values: Sequence[float]) -> float:
    """Mean of the values."""
    return sum(values) / len(values)


def auroc(pairs: Sequence[tuple[bool, float]]) -> float:
    """Chance that an answered case scores above an unanswered one; ties count half."""
    import numpy as np

    answered = np.array([score for label, score in pairs if label])
    other = np.sort([score for label, score in pairs if not label])
    if not len(answered) or not len(other):
        return 0.5
    below, upto = (np.searchsorted(other, answered, side) for side in ("left", "right"))
    return float((below + upto).mean() / 2 / len(other))


def token_f1(predicted: str, golds: Sequence[str]) -> float:
    """SQuAD's token F1, best over the gold answers (Rajpurkar et al. 2016)."""
    best = 0.0
    for gold in golds:
        a, b = _normal(predicted), _normal(gold)
        shared = sum((Counter(a) & Counter(b)).values())
        if shared:
            best = max(best, 2 * shared / (len(a) + len(b)))
        elif a == b:
            best = 1.0
    return best


def _normal(text: str) -> list[str]:
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return re.sub(r"\b(?:a|an|the)\b", " ", text).split()


def evaluate(
    reader: ReaderModel,
    test: Collection,
    pool: Pool,
    *,
    most: int | None = None,
    twelve: int = 250,
    alone: bool = False,
) -> dict[str, Any]:
    """All figures on held-out questions.

    `most` samples the questions asked of their paragraph, `twelve` those asked of twelve
    candidates; `alone` shows the reader single sentences.
    """
    squad = [q for q in test.questions if q.source == "squad2"]
    Random(7).shuffle(squad)
    squad = squad[:most] if most else squad
    answered = [q for q in squad if q.relevant][:twelve]
    figures = {
        "paragraph": _paragraphs(reader, squad, pool, alone=alone),
        "twelve": _twelve(reader, answered, pool, alone=alone),
    }
    for source in ("clapnq", NEWS, DOCUMENTS):
        asked = [q for q in test.questions if q.source == source]
        if asked:
            figures[source] = _evidence(reader, asked, alone=alone)
    return figures


def _read_paragraph(reader: ReaderModel, question: Question, *, alone: bool) -> list[Any]:
    count = len(question.paragraph.sentences)
    step = 1 if alone else 5
    windows = [
        window_of(question.paragraph, i, min(i + step, count) - 1) for i in range(0, count, step)
    ]
    return [reading for readings in reader.read(question.text, windows) for reading in readings]


def _paragraphs(
    reader: ReaderModel, questions: Sequence[Question], pool: Pool, *, alone: bool
) -> dict[str, Any]:
    rows = {(item.paragraph.id, item.index): row for row, item in enumerate(pool.items)}
    vectors = pool.encode([q.text for q in questions])
    first: dict[str, list[float]] = {"reader": [], "cosine": [], "bm25": []}
    apart: dict[str, list[tuple[bool, float]]] = {
        "relevance": [],
        "answerable": [],
        "sum": [],
        "cosine": [],
        "bm25": [],
    }
    f1, exact = [], []
    for question, vector in zip(questions, vectors, strict=True):
        sentences = [
            Candidate(question.paragraph, i) for i in range(len(question.paragraph.sentences))
        ]
        readings = _read_paragraph(reader, question, alone=alone)
        mine = [rows[question.paragraph.id, c.index] for c in sentences]
        scores = {
            "reader": [r.relevance for r in readings],
            "cosine": list(pool.cosine(vector)[mine]),
            "bm25": list(pool.bm25(question.text)[mine]),
        }
        label = bool(question.relevant)
        apart["relevance"].append((label, max(scores["reader"])))
        apart["answerable"].append((label, max(r.answerable for r in readings)))
        apart["sum"].append((label, max(r.answerable + r.relevance for r in readings)))
        apart["cosine"].append((label, float(max(scores["cosine"]))))
        apart["bm25"].append((label, float(max(scores["bm25"]))))
        if not label:
            continue
        for name, values in scores.items():
            best = sentences[max(range(len(values)), key=values.__getitem__)]
            first[name].append(float(_holds(best.text, question.answers)))
        best_index = max(range(len(readings)), key=lambda i: readings[i].relevance)
        reading, text = readings[best_index], sentences[best_index].text
        f1.append(token_f1(text[reading.start : reading.end], question.answers))
        exact.append(float(f1[-1] == 1.0))
    return {
        "right sentence first": {name: interval(values, share) for name, values in first.items()},
        "span F1": interval(f1, share),
        "span exact": interval(exact, share),
        "AUROC adversarial": {name: interval(pairs, auroc) for name, pairs in apart.items()},
    }


def _holds(text: str, answers: Sequence[str]) -> bool:
    return any(answer.lower() in text.lower() for answer in answers)


def _twelve(
    reader: ReaderModel, questions: Sequence[Question], pool: Pool, *, alone: bool
) -> dict[str, Any]:
    import numpy as np

    articles = np.array([item.paragraph.article for item in pool.items])
    vectors = pool.encode([q.text for q in questions])
    first: dict[str, list[float]] = {"reader": [], "reader+cosine": [], "cosine": [], "bm25": []}
    apart: dict[str, list[tuple[bool, float]]] = {
        "relevance": [],
        "answerable": [],
        "sum": [],
        "cosine": [],
        "bm25": [],
    }
    for question, vector in zip(questions, vectors, strict=True):
        cosine, bm25 = pool.cosine(vector), pool.bm25(question.text)
        for own in (True, False):
            allowed = (
                np.ones(len(pool.items), dtype=bool)
                if own
                else articles != question.paragraph.article
            )
            chosen = pool.choose(bm25, cosine, allowed)
            if own and not any(_gold(pool.items[i], question) for i in chosen):
                chosen[-1] = next(i for i, c in enumerate(pool.items) if _gold(c, question))
            readings = _read_candidates(
                reader, question.text, [pool.items[i] for i in chosen], alone=alone
            )
            scores = {
                "reader": [r.relevance for r in readings],
                "reader+cosine": [
                    r.relevance + 6 * float(cosine[i])
                    for r, i in zip(readings, chosen, strict=True)
                ],
                "cosine": [float(cosine[i]) for i in chosen],
                "bm25": [float(bm25[i]) for i in chosen],
            }
            apart["relevance"].append((own, max(scores["reader"])))
            apart["answerable"].append((own, max(r.answerable for r in readings)))
            apart["sum"].append((own, max(r.answerable + r.relevance for r in readings)))
            apart["cosine"].append((own, max(scores["cosine"])))
            apart["bm25"].append((own, max(scores["bm25"])))
            if own:
                for name, values in scores.items():
                    best = pool.items[chosen[max(range(len(values)), key=values.__getitem__)]]
                    first[name].append(float(_gold(best, question)))
    return {
        "right sentence first": {name: interval(values, share) for name, values in first.items()},
        "AUROC article removed": {name: interval(pairs, auroc) for name, pairs in apart.items()},
    }


def _gold(item: Candidate, question: Question) -> bool:
    return item.paragraph.id == question.paragraph.id and _holds(item.text, question.answers)


def _read_candidates(
    reader: ReaderModel, question: str, items: Sequence[Candidate], *, alone: bool
) -> list[Any]:
    windows, places = [], []
    for item in items:
        first = item.index if alone else max(0, item.index - 1)
        last = item.index if alone else min(len(item.paragraph.sentences) - 1, item.index + 1)
        windows.append(window_of(item.paragraph, first, last))
        places.append(item.index - first)
    return [
        readings[place]
        for readings, place in zip(reader.read(question, windows), places, strict=True)
    ]


def _evidence(reader: ReaderModel, questions: Sequence[Question], *, alone: bool) -> dict[str, Any]:
    first, apart = [], []
    for question in questions:
        readings = _read_paragraph(reader, question, alone=alone)
        best = max(range(len(readings)), key=lambda i: readings[i].relevance)
        apart.append((bool(question.relevant), max(r.answerable + r.relevance for r in readings)))
        if question.relevant:
            first.append(float(best in question.relevant))
    return {"evidence first": interval(first, share), "AUROC unanswerable": interval(apart, auroc)}
