"""Fit the reader's decision (`assistant/reading/calibration.json`).

`python -m eval.calibrate` asks the project's development questions, with the product's own
retrieval, and fits two logistic models: which sentence answers, and how likely the best one does.
With `--news embeddings/training/news.jsonl` it asks some questions of the news that was kept from
the reader, too. With a folder of public benchmarks it asks those of their questions too that
`embeddings.training` keeps back (no article of theirs was trained on), each of a corpus of its own
articles, and each answerable one a second time with its article taken out of the corpus.
The held-out questions (`eval/questions/heldout.jsonl`) are never read here: they report.
"""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.reading import evidence
from assistant.reading.reader import (
    ANSWER_NAMES,
    CALIBRATION_FILE,
    CONSIDERED,
    PASSAGES_READ,
    Calibration,
    Logistic,
    answer_features,
    beside_the_point,
    setting_of,
    settled,
    support_of,
    weigh,
)
from assistant.retrieval.aliases import read_synonyms
from assistant.retrieval.retriever import retrieve
from assistant.understanding.conversation import stand_alone
from embeddings.corpus import Corpus
from embeddings.encoder import DEFAULT_ENCODER, load_encoder
from embeddings.index import Index, build_index
from embeddings.indexing import index_articles, index_folders
from embeddings.records import Article
from embeddings.training.examples import load_collection
from embeddings.training.negatives import misspelt
from embeddings.training.written import load_news
from eval.questions import load
from eval.text import states

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.reading.evidence import Setting
    from assistant.reading.reader import Candidate
    from embeddings.encoder import OnnxEncoder
    from embeddings.training.examples import Paragraph, Question

__all__ = ["Case", "collect", "fit", "main"]

ROOT = Path(__file__).resolve().parent.parent
SEED = 11
MOST_REFUSED = 0.06
"""Share of the answerable questions that may be refused; the floor of the gate is at 0.10."""
PARAGRAPHS_AN_ARTICLE = 6
SOURCES = ("squad2", "clapnq", "ramdocs")
NEWS_QUESTIONS = 150
"""About half as many as of the development set. With 400 the right sentence of the development
questions comes first less often (0.721 of folds, against 0.739 without and 0.726 with 150)."""

MISSPELT_SHARE = 0.1
"""Of the questions of the news: about as many as of the development questions."""


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
    supports: tuple[tuple[float, ...], ...]
    right: tuple[bool, ...]
    best_cosine: float


def collect(benchmarks: Path, data: Path, per_source: int, *, verbose: bool = False) -> list[Case]:
    """Ask the kept-back questions; the heavy part, some minutes on two cores."""
    collection = load_collection(benchmarks, test=True)
    random = Random(SEED)
    cases: list[Case] = []
    for source in SOURCES:
        questions = [q for q in collection.questions if q.source == source]
        random.shuffle(questions)
        paragraphs = [p for p in collection.paragraphs if p.source == source]
        cases += _asked(questions[:per_source], paragraphs, data, verbose=verbose)
    return cases


def news(path: Path, data: Path, *, verbose: bool = False) -> list[Case]:
    """Ask some questions of news that the reader has not seen, among all the news there is.

    Some are misspelt, as questions are: else a word that no article knows would count as a sign
    that the article does not say.
    """
    kept, seen = load_news(path, test=True), load_news(path, test=False)
    random = Random(SEED)
    questions = [
        replace(q, text=misspelt(random, q.text)) if random.random() < MISSPELT_SHARE else q
        for q in random.sample(kept.questions, NEWS_QUESTIONS)
    ]
    cases = _asked(questions, (*kept.paragraphs, *seen.paragraphs), data, verbose=verbose)
    return [case for case in cases if case.kind != "removed"]


def _asked(
    questions: Sequence[Question], paragraphs: Sequence[Paragraph], data: Path, *, verbose: bool
) -> list[Case]:
    """The cases of `questions`, asked of a corpus of `paragraphs`."""
    encoder = load_encoder(DEFAULT_ENCODER, data)
    cases: list[Case] = []
    with tempfile.TemporaryDirectory() as folder:
        corpus = Corpus(Path(folder))
        places = _fill(corpus, paragraphs, encoder)
        index = build_index(corpus)
        for number, question in enumerate(questions):
            cases += _ask(question, places, index, encoder, corpus)
            if verbose and number % 50 == 0:
                typer.echo(f"{question.source}: {number} of {len(questions)}", err=True)
        corpus.close()
    return cases


def development(data: Path) -> list[Case]:
    """The development questions, asked of the seeds."""
    encoder = load_encoder(DEFAULT_ENCODER, data)
    seeds = ROOT / "seeds"
    synonyms = read_synonyms([seeds])
    cases = []
    with tempfile.TemporaryDirectory() as folder:
        corpus = Corpus(Path(folder))
        index_folders([seeds], corpus, lambda: encoder, lambda: encoder.fingerprint)
        index = build_index(corpus)
        for question in load([ROOT / "eval" / "questions" / "development.jsonl"]):
            history = [{"role": turn.role, "content": turn.content} for turn in question.history]
            asked = stand_alone(question.question, history)
            retrieved = retrieve(asked, PASSAGES_READ, index, encoder, corpus, synonyms)
            setting = setting_of(retrieved, index)
            candidates = tuple(weigh(retrieved, setting, corpus.article))
            stated = [
                sum(any(states(c.text, wanted) for wanted in fact) for fact in question.facts)
                for c in candidates
            ]
            most = max(stated, default=0)
            cases.append(
                Case(
                    "seeds",
                    f"seeds/{question.id}",
                    "answerable" if question.answerable else "adversarial",
                    asked,
                    candidates,
                    _supports(candidates, setting, encoder, corpus),
                    tuple(0 < count == most for count in stated),
                    retrieved.best_cosine,
                )
            )
        corpus.close()
    return [case for case in cases if case.candidates]


def _supports(
    candidates: Sequence[Candidate],
    setting: Setting,
    encoder: OnnxEncoder,
    corpus: Corpus,
) -> tuple[tuple[float, ...], ...]:
    return tuple(support_of(c, setting, encoder, corpus.article) for c in candidates)


def _fill(
    corpus: Corpus, paragraphs: Sequence[Paragraph], encoder: OnnxEncoder
) -> dict[str, tuple[str, int]]:
    """Commit articles of a few paragraphs each; paragraph id → (article id, offset)."""
    by_article: dict[str, list[Paragraph]] = defaultdict(list)
    for paragraph in paragraphs:
        by_article[paragraph.article].append(paragraph)
    places: dict[str, tuple[str, int]] = {}
    articles = []
    for name, own in sorted(by_article.items()):
        for first in range(0, len(own), PARAGRAPHS_AN_ARTICLE):
            part = own[first : first + PARAGRAPHS_AN_ARTICLE]
            article_id, text = f"{name}/{first}", ""
            for paragraph in part:
                places[paragraph.id] = (article_id, len(text))
                text += paragraph.text + "\n\n"
            articles.append(Article(article_id, text, title=part[0].title or None))
    index_articles(articles, corpus, encoder)
    return places


def _ask(
    question: Question,
    places: dict[str, tuple[str, int]],
    index: Index,
    encoder: OnnxEncoder,
    corpus: Corpus,
) -> list[Case]:
    retrieved = retrieve(question.text, PASSAGES_READ, index, encoder, corpus)
    setting = setting_of(retrieved, index)
    candidates = tuple(weigh(retrieved, setting, corpus.article))
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
    supports = _supports(candidates, setting, encoder, corpus)
    kind = "answerable" if gold else "adversarial"
    whole = Case(
        question.source,
        f"{question.source}/{question.paragraph.article}",
        kind,
        question.text,
        candidates,
        supports,
        right,
        retrieved.best_cosine,
    )
    rest = [n for n, c in enumerate(candidates) if c.article_id != article_id]
    if not gold or not rest:
        return [whole]
    removed = replace(
        whole,
        kind="removed",
        candidates=tuple(candidates[n] for n in rest),
        supports=tuple(supports[n] for n in rest),
        right=(False,) * len(rest),
    )
    return [whole, removed]


def fit(cases: list[Case], least_confidence: float) -> Calibration:
    """Both models, fitted on all `cases`."""
    sentence = _fit_sentence(cases)
    return Calibration(sentence, _fit_answer(cases, sentence), least_confidence)


def _fit_sentence(cases: list[Case]) -> Logistic:
    """Weights from pairs (the right sentence against a wrong one), then the bias from all."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    rows = np.array([c.features for case in cases for c in case.candidates])
    means, scales = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-3)
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
    model = LogisticRegression(fit_intercept=False, C=0.05, max_iter=2000).fit(both, labels)
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
    """Weights from whether anything answers; scale and bias from whether the best sentence does.

    Only cases that no contradiction decides already are fitted.
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    cases = [case for case in cases if not beside_the_point(_answer(case, sentence)[0])]
    answers = [_answer(case, sentence) for case in cases]
    rows = np.array([values for values, _ in answers])
    means, scales = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-3)
    scaled = (rows - means) / scales
    answerable = [case.kind == "answerable" for case in cases]
    weights = LogisticRegression(C=0.005, max_iter=5000).fit(scaled, answerable).coef_[0]
    right = [any(ranked[:2]) for _, ranked in answers]
    scale = LogisticRegression(C=100.0).fit((scaled @ weights)[:, None], right)
    return Logistic(
        ANSWER_NAMES,
        _rounded(weights * scale.coef_[0][0]),
        _rounded(means),
        _rounded(scales),
        round(float(scale.intercept_[0]), 5),
    )


def _answer(case: Case, sentence: Logistic) -> tuple[tuple[float, ...], list[bool]]:
    """Features of a case's answer, and which of its ranked candidates are right."""
    scored = [c.scored(sentence) for c in case.candidates]
    order = sorted(range(len(scored)), key=lambda n: -scored[n].score)
    supports = [case.supports[n] for n in order[:CONSIDERED]]
    right = {(c.article_id, c.start): r for c, r in zip(scored, case.right, strict=True)}
    ranked, supported = settled(
        [scored[n] for n in order], supports, [0.0] * len(supports), case.best_cosine
    )
    values = answer_features(ranked, case.best_cosine, supported)
    return values, [right[c.article_id, c.start] for c in ranked]


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
            values, ranked = _answer(case, calibration.sentence)
            confidences.append(calibration.confidence(values))
            right.append(ranked[0])
            kinds.append(case.kind)
            if case.kind == "answerable":
                first.append(ranked[0])
                third.append(any(ranked[:3]))
    odds, kind = np.array(confidences), np.array(kinds)

    def auroc(other: str) -> float:
        chosen = (kind == "answerable") | (kind == other)
        if not (kind == other).any():
            return float("nan")
        return float(roc_auc_score(kind[chosen] == "answerable", odds[chosen]))

    read: dict[str, list[bool]] = defaultdict(list)
    for case in cases:
        if case.kind == "answerable":
            read[case.source].append(any(case.right))
    reached = {f"right sentence read, {source}": float(np.mean(of)) for source, of in read.items()}
    return {
        "cases": len(cases),
        **reached,
        "right sentence first": float(np.mean(first)),
        "right sentence in three": float(np.mean(third)),
        "AUROC adversarial": auroc("adversarial"),
        "AUROC removed": auroc("removed"),
        "AUROC best is right": float(roc_auc_score(right, odds)),
    }


def main(
    data_dir: Annotated[Path, typer.Option(help="Where the encoder is kept.")],
    benchmarks: Annotated[
        Path | None, typer.Option(help="Folder with the public benchmarks, to fit on those too.")
    ] = None,
    written: Annotated[
        Path | None, typer.Option("--news", help="The news to train on, to fit on what was kept.")
    ] = None,
    out: Annotated[Path, typer.Option(help="File to write.")] = CALIBRATION_FILE,
    per_source: Annotated[int, typer.Option(help="Most questions of one benchmark.")] = 400,
    least_confidence: Annotated[
        float | None, typer.Option(help="Answer from this confidence on; fitted when not given.")
    ] = None,
) -> None:
    """Fit the reader's decision and write it."""
    cases = development(data_dir)
    if written:
        cases += news(written, data_dir, verbose=True)
    if benchmarks:
        cases += collect(benchmarks, data_dir, per_source, verbose=True)
    for name, value in measure(cases).items():
        typer.echo(f"{name}: {value:.3f}")
    calibration = fit(cases, least_confidence or 0.0)
    if least_confidence is None:
        calibration = replace(calibration, least_confidence=threshold(cases, calibration))
    out.write_text(json.dumps(calibration.to_dict(), indent=1) + "\n", "utf-8")
    typer.echo(f"answers from confidence {calibration.least_confidence}; written: {out}")


def threshold(cases: list[Case], calibration: Calibration) -> float:
    """The confidence below which MOST_REFUSED of the answerable questions lie."""
    import numpy as np

    answered = [case for case in cases if case.kind == "answerable"]
    confidences = [calibration.confidence(_answer(c, calibration.sentence)[0]) for c in answered]
    return round(float(np.quantile(confidences, MOST_REFUSED)), 3)


if __name__ == "__main__":
    typer.run(main)
