"""Fit the reader's decision (`assistant/calibration.json`) on public questions.

`python -m eval.calibrate BENCHMARKS` reads the questions that `embeddings.training` keeps back
(no article of theirs was trained on), asks them of corpora made of their own articles, with
the product's own retrieval, and fits two logistic models: which sentence answers, and how
likely the best one does. Each answerable question is asked a second time with its
article taken out of the corpus: then nothing answers. None of the questions is about the
articles that come with Footnote, and none is used to report.
"""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant import evidence
from assistant.reader import ANSWER_NAMES, Calibration, Logistic, answer_features, weigh
from assistant.retriever import Index, retrieve
from embeddings.corpus import Corpus
from embeddings.dense import DenseIndex
from embeddings.encoder import load_encoder
from embeddings.indexing import embedded_text
from embeddings.lexical import LexicalIndex
from embeddings.records import Article
from embeddings.splitting import split_article
from embeddings.training.examples import load_collection

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from assistant.reader import Candidate
    from embeddings.encoder import OnnxEncoder
    from embeddings.training.examples import Paragraph, Question

__all__ = ["Case", "collect", "fit", "main"]

SEED = 11
HITS = 12
PARAGRAPHS_AN_ARTICLE = 6
SOURCES = ("squad2", "clapnq", "ramdocs", "mtrag-un")
NEITHER = Logistic((), (), (), (), 0.0)


@dataclass(frozen=True, slots=True)
class Case:
    """One question asked: its candidates' features, and which of them answer."""

    source: str
    group: str
    """Article the question is about: cases of one group stay on one side of a fold."""
    kind: str
    """`answerable`, `adversarial` (asked of a text that does not say) or `removed`."""
    question: str
    candidates: tuple[Candidate, ...]
    right: tuple[bool, ...]
    best_cosine: float


def collect(benchmarks: Path, data: Path, per_source: int, *, verbose: bool = False) -> list[Case]:
    """Ask the kept-back questions; the heavy part, some minutes on two cores."""
    collection = load_collection(benchmarks, test=True)
    encoder = load_encoder("all-MiniLM-L6-v2", data)
    random = Random(SEED)
    cases: list[Case] = []
    for source in SOURCES:
        questions = [q for q in collection.questions if q.source == source]
        random.shuffle(questions)
        paragraphs = [p for p in collection.paragraphs if p.source == source]
        with tempfile.TemporaryDirectory() as folder:
            corpus = Corpus(Path(folder))
            places = _fill(corpus, paragraphs, encoder)
            index = _index(corpus)
            for number, question in enumerate(questions[:per_source]):
                cases += _ask(question, places, index, encoder, corpus)
                if verbose and number % 50 == 0:
                    typer.echo(f"{source}: {number} of {min(len(questions), per_source)}", err=True)
            corpus.close()
    return cases


def _fill(
    corpus: Corpus, paragraphs: list[Paragraph], encoder: OnnxEncoder
) -> dict[str, tuple[str, int]]:
    """Commit articles of a few paragraphs each; paragraph id → (article id, offset)."""
    by_article: dict[str, list[Paragraph]] = defaultdict(list)
    for paragraph in paragraphs:
        by_article[paragraph.article].append(paragraph)
    places: dict[str, tuple[str, int]] = {}
    for name, own in sorted(by_article.items()):
        for first in range(0, len(own), PARAGRAPHS_AN_ARTICLE):
            part = own[first : first + PARAGRAPHS_AN_ARTICLE]
            article_id, text = f"{name}/{first}", ""
            for paragraph in part:
                places[paragraph.id] = (article_id, len(text))
                text += paragraph.text + "\n\n"
            article = Article(article_id, text, title=part[0].title or None)
            passages = split_article(article)
            vectors = encoder.encode([embedded_text(p.title, p.text) for p in passages])
            corpus.put(article, passages, vectors, file_sha256="", indexed_as="")
    return places


def _index(corpus: Corpus) -> Index:
    generation, passages = corpus.snapshot()
    return Index(
        LexicalIndex.build(corpus, generation, passages),
        DenseIndex.build(corpus, generation, passages),
        generation,
    )


def _ask(
    question: Question,
    places: dict[str, tuple[str, int]],
    index: Index,
    encoder: OnnxEncoder,
    corpus: Corpus,
) -> list[Case]:
    retrieved = retrieve(question.text, HITS, index, encoder, corpus)
    candidates = tuple(weigh(retrieved, index, corpus.article))
    if question.paragraph.id not in places or not candidates:
        return []
    article_id, offset = places[question.paragraph.id]
    gold = [
        (offset + question.paragraph.sentences[i][0], offset + question.paragraph.sentences[i][1])
        for i in question.relevant
    ]
    right = tuple(
        c.article_id == article_id and any(c.start < end and c.end > start for start, end in gold)
        for c in candidates
    )
    group = f"{question.source}/{question.paragraph.article}"
    if not gold:
        return [Case(question.source, group, "adversarial", question.text, candidates, right,
                     retrieved.best_cosine)]  # fmt: skip
    cases = [Case(question.source, group, "answerable", question.text, candidates, right,
                  retrieved.best_cosine)]  # fmt: skip
    kept = [h for h in retrieved.hits if h.passage.article_id != article_id]
    rest = tuple(c for c in candidates if c.article_id != article_id)
    if rest and kept:
        cases.append(Case(question.source, group, "removed", question.text, rest,
                          (False,) * len(rest), retrieved.best_cosine))  # fmt: skip
    return cases


def fit(cases: list[Case], least_confidence: float) -> Calibration:
    """Both models, fitted on all `cases`."""
    sentence = _fit_sentence(cases)
    return Calibration(sentence, _fit_answer(cases, sentence), least_confidence)


def _fit_sentence(cases: list[Case]) -> Logistic:
    """Weights from pairs (the right sentence against a wrong one), then the bias from all."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    rows = np.array([c.features for case in cases for c in case.candidates])
    means, scales = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    differences = []
    for case in cases:
        good = [c for c, right in zip(case.candidates, case.right, strict=True) if right]
        bad = [c for c, right in zip(case.candidates, case.right, strict=True) if not right]
        for positive in good:
            for negative in bad:
                differences.append((np.array(positive.features) - negative.features) / scales)
    stacked = np.array(differences)
    both = np.concatenate([stacked, -stacked])
    labels = np.concatenate([np.ones(len(stacked)), np.zeros(len(stacked))])
    model = LogisticRegression(fit_intercept=False, C=1.0, max_iter=2000).fit(both, labels)
    weights = model.coef_[0]
    raw, truth = [], []
    for case in cases:
        scores = ((np.array([c.features for c in case.candidates]) - means) / scales) @ weights
        for position in np.argsort(-scores)[:3]:
            raw.append([scores[position]])
            truth.append(case.right[position])
    scale = LogisticRegression(C=100.0).fit(raw, truth)
    return Logistic(
        evidence.NAMES,
        _rounded(weights * scale.coef_[0][0]),
        _rounded(means),
        _rounded(scales),
        round(float(scale.intercept_[0]), 5),
    )


def _fit_answer(cases: list[Case], sentence: Logistic) -> Logistic:
    from sklearn.linear_model import LogisticRegression

    rows, labels = _answers(cases, sentence)
    means, scales = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    model = LogisticRegression(C=0.3, max_iter=5000).fit((rows - means) / scales, labels)
    bias = round(float(model.intercept_[0]), 5)
    names = ANSWER_NAMES
    return Logistic(names, _rounded(model.coef_[0]), _rounded(means), _rounded(scales), bias)


def _answers(
    cases: list[Case], sentence: Logistic
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Features of each case's best sentence, and whether it is right."""
    import numpy as np

    rows, labels = [], []
    for case in cases:
        scored = sorted(
            zip((c.scored(sentence) for c in case.candidates), case.right, strict=True),
            key=lambda pair: -pair[0].score,
        )
        rows.append(answer_features([c for c, _ in scored], case.best_cosine))
        labels.append(scored[0][1])
    return np.array(rows), np.array(labels)


def _rounded(values: Any) -> tuple[float, ...]:
    return tuple(round(float(value), 5) for value in values)


def measure(cases: list[Case], folds: int = 5) -> dict[str, float]:
    """Figures on folds by article: each case judged by models that have not seen its article."""
    import numpy as np
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import GroupKFold

    first, third, confidences, right, kinds = [], [], [], [], []
    groups = [case.group for case in cases]
    for train, test in GroupKFold(min(folds, len(set(groups)))).split(cases, groups=groups):
        calibration = fit([cases[i] for i in train], 0.5)
        for i in test:
            case = cases[i]
            ranked = sorted(
                zip((c.scored(calibration.sentence) for c in case.candidates), case.right,
                    strict=True), key=lambda pair: -pair[0].score)  # fmt: skip
            values = answer_features([c for c, _ in ranked], case.best_cosine)
            confidences.append(calibration.answer.log_odds(values))
            right.append(ranked[0][1])
            kinds.append(case.kind)
            if case.kind == "answerable":
                first.append(ranked[0][1])
                third.append(any(r for _, r in ranked[:3]))
    odds, kind = np.array(confidences), np.array(kinds)

    def auroc(other: str) -> float:
        chosen = (kind == "answerable") | (kind == other)
        return float(roc_auc_score(kind[chosen] == "answerable", odds[chosen]))

    return {
        "cases": len(cases),
        "right sentence first": float(np.mean(first)),
        "right sentence in three": float(np.mean(third)),
        "AUROC adversarial": auroc("adversarial"),
        "AUROC removed": auroc("removed"),
        "AUROC best is right": float(roc_auc_score(right, odds)),
    }


def main(
    benchmarks: Annotated[Path, typer.Argument(help="Folder with the public benchmarks.")],
    data_dir: Annotated[Path, typer.Option(help="Where the encoder is kept.")],
    out: Annotated[Path, typer.Option(help="File to write.")] = Path("assistant/calibration.json"),
    per_source: Annotated[int, typer.Option(help="Most questions of one benchmark.")] = 400,
    least_confidence: Annotated[float, typer.Option(help="Answer from this confidence on.")] = 0.5,
) -> None:
    """Fit the reader's decision on public questions and write it."""
    cases = collect(benchmarks, data_dir, per_source, verbose=True)
    for name, value in measure(cases).items():
        typer.echo(f"{name}: {value:.3f}")
    calibration = fit(cases, least_confidence)
    out.write_text(json.dumps(calibration.to_dict(), indent=1) + "\n", "utf-8")
    typer.echo(f"written: {out}")


if __name__ == "__main__":
    typer.run(main)
