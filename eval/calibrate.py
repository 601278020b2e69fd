"""Fit the reader's decision (`assistant/reading/calibration.json`).

`python -m eval.calibrate` asks the project's development questions and some of the news and the
documents that were kept from the reader, with the product's own retrieval, and fits three logistic
models: which sentence answers, how likely the best one does, and how likely any article is about
the question. That is how what ships was made. With a folder of public benchmarks it asks those of
their questions too that `embeddings.training` keeps back (no article of theirs was trained on),
each of a corpus of its own articles, and each answerable one a second time with its article taken
out of the corpus.
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
    TOPIC_NAMES,
    Calibration,
    Logistic,
    answer_features,
    setting_of,
    settled,
    support_of,
    texts_found,
    topic_features,
    weigh,
)
from assistant.reading.support import NAMES as SUPPORT_NAMES
from assistant.retrieval.aliases import read_synonyms
from assistant.retrieval.filters import scope_of
from assistant.retrieval.retriever import retrieve
from assistant.settings import Settings
from assistant.understanding.conversation import stand_alone
from embeddings.corpus import Corpus
from embeddings.encoder import DEFAULT_ENCODER, load_encoder
from embeddings.index import Index, build_index
from embeddings.indexing import index_articles, index_folders
from embeddings.records import Article
from embeddings.training.examples import load_collection
from embeddings.training.negatives import misspelt
from embeddings.training.written import DOCUMENTS, load_articles
from eval.questions import load
from eval.text import states

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from assistant.reading.evidence import Setting
    from assistant.reading.reader import Candidate
    from assistant.retrieval.retriever import Retrieved
    from embeddings.encoder import OnnxEncoder
    from embeddings.training.examples import Collection, Paragraph, Question
    from eval.questions import Question as OwnQuestion

__all__ = ["Case", "collect", "confidence_of", "documents", "fit", "main", "news"]

ROOT = Path(__file__).resolve().parent.parent
WRITTEN = ROOT / "embeddings" / "training"
"""What was written for the reader: a part of it is kept from it."""
SEED = 11
MOST_REFUSED = 0.055
"""Share of the answerable questions that may be refused; the floor of the gate is at 0.10."""
PARAGRAPHS_AN_ARTICLE = 6
SOURCES = ("squad2", "clapnq", "ramdocs")
OWN, DEVELOPMENT = "seeds", ("development.jsonl", "aimed.jsonl")
NEWS_QUESTIONS = 1200
REMOVED = 400
"""Of the questions of a set of articles, those that are asked of the others alone, too."""
OTHERS_WEIGHT = 0.2
"""Of a question that is not of the development set: 1,200 of the news count as 240 of its own."""
SCALE_WEIGHT = 0.1
"""Of the same, for the scale of the confidence. The more it is, the less is claimed of the five
articles, where more is right than is claimed, and of others, where less is."""
TOPIC_COUNTS = defaultdict[str, float](lambda: 0.3, {OWN: 1.0, DOCUMENTS: 0.6})
"""What a question counts for the topic model, by its source."""
OFF_TOPIC = 0.5
"""Of the logarithm of how likely an article is about the question, what is added to the log-odds
of an answer, before these are scaled (docs/refusal.md)."""
SHRINKAGE = 1e-3
"""Of the weights of the sentence model: what their squares add to the mean loss of a question."""

MISSPELT_SHARE = 0.1
"""Of the questions of the news: about as many as of the development questions."""


@dataclass(frozen=True, slots=True)
class Case:
    """One question asked: its candidates' features, and which of them answer."""

    source: str
    group: str
    """Article the question is about: cases of one group stay on one side of a fold."""
    kind: str
    """`answerable`, `adversarial` (its article does not say) or `removed` (no such article)."""
    question: str
    candidates: tuple[Candidate, ...]
    supports: tuple[tuple[float, ...], ...]
    right: tuple[bool, ...]

    @property
    def of_strangers(self) -> bool:
        """Whether it names several that no article mentions which was found."""
        return any(support[SUPPORT_NAMES.index("strangers")] for support in self.supports)

    @property
    def weight(self) -> float:
        """How much it counts: questions of the project's own articles have people's words."""
        return 1.0 if self.source == OWN else OTHERS_WEIGHT


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
    """Ask some questions of news that the reader has not seen, among all the news there is."""
    kept, seen = load_articles(path, test=True), load_articles(path, test=False)
    return unseen(kept.questions, (kept, seen), NEWS_QUESTIONS, data, verbose=verbose)


def documents(path: Path, data: Path, *, fitted: bool, verbose: bool = False) -> list[Case]:
    """Ask questions of manuals, rules and guides that the reader has not seen, among all there are.

    Every other document that was kept is `fitted` on; the others are for figures.
    """
    kept, seen = (load_articles(path, DOCUMENTS, test=test) for test in (True, False))
    names = {paragraph.article: place for place, paragraph in enumerate(kept.paragraphs)}
    own = [q for q in kept.questions if (names[q.paragraph.article] % 2 == 0) is fitted]
    return unseen(own, (kept, seen), len(own), data, verbose=verbose)


def unseen(
    questions: Sequence[Question],
    collections: Sequence[Collection],
    count: int,
    data: Path,
    *,
    verbose: bool = False,
) -> list[Case]:
    """Ask `count` of the questions of all articles, and some of all but those they are about.

    The first of the collections has these. Some questions are misspelt, as questions are: else a
    word that no article knows would count as a sign that the article does not say.
    """
    random = Random(SEED)
    asked = [
        replace(q, text=misspelt(random, q.text)) if random.random() < MISSPELT_SHARE else q
        for q in random.sample(questions, count)
    ]
    paragraphs = [paragraph for each in collections for paragraph in each.paragraphs]
    others = [paragraph for each in collections[1:] for paragraph in each.paragraphs]
    return [
        *_asked(asked, paragraphs, data, verbose=verbose),
        *_asked(asked[:REMOVED], others, data, verbose=verbose),
    ]


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
    """The development questions, asked of the seeds as the product asks them.

    Not those for a digest, which is made without the reader.
    """
    encoder = load_encoder(DEFAULT_ENCODER, data)
    seeds = ROOT / "seeds"
    files = [ROOT / "eval" / "questions" / name for name in DEVELOPMENT]
    with tempfile.TemporaryDirectory() as folder:
        corpus = Corpus(Path(folder))
        index_folders([seeds], corpus, lambda: encoder, lambda: encoder.fingerprint)
        index, synonyms = build_index(corpus), read_synonyms([seeds])
        cases = [
            _own(question, index, encoder, corpus, synonyms)
            for question in load(files)
            if question.kind != "digest"
        ]
        corpus.close()
    return [case for case in cases if case.candidates]


def _own(
    question: OwnQuestion,
    index: Index,
    encoder: OnnxEncoder,
    corpus: Corpus,
    synonyms: Sequence[Sequence[str]],
) -> Case:
    """One question of the project's, with the sentences that state most of its facts."""
    history = [{"role": turn.role, "content": turn.content} for turn in question.history]
    scope = scope_of(stand_alone(question.question, history), None, corpus.outlines())
    allowed = None if scope.keys is None else corpus.passage_numbers(scope.keys)
    retrieved = retrieve(
        scope.question,
        PASSAGES_READ,
        index,
        encoder,
        corpus,
        synonyms,
        allowed=allowed,
        newest=scope.newest,
    )
    candidates = tuple(weigh(retrieved, setting_of(retrieved, index), corpus.article))
    stated = [
        sum(any(states(c.text, wanted) for wanted in fact) for fact in question.facts)
        for c in candidates
    ]
    most = max(stated, default=0)
    return Case(
        OWN,
        f"{OWN}/{question.id}",
        "answerable" if question.answerable else "adversarial",
        scope.question,
        candidates,
        _supports(candidates, setting_of(retrieved, index), corpus, retrieved),
        tuple(0 < count == most for count in stated),
    )


def _supports(
    candidates: Sequence[Candidate], setting: Setting, corpus: Corpus, retrieved: Retrieved
) -> tuple[tuple[float, ...], ...]:
    texts = texts_found(retrieved, corpus.article)
    return tuple(support_of(c, setting, corpus.article, texts) for c in candidates)


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
    """The case of a question, or nothing where nothing is found for it."""
    retrieved = retrieve(question.text, PASSAGES_READ, index, encoder, corpus)
    setting = setting_of(retrieved, index)
    candidates = tuple(weigh(retrieved, setting, corpus.article))
    if not candidates:
        return []
    article_id, offset = places.get(question.paragraph.id, ("", 0))
    gold = [
        (offset + question.paragraph.sentences[i][0], offset + question.paragraph.sentences[i][1])
        for i in question.relevant
    ]
    right = tuple(
        c.article_id == article_id and any(c.start < end and c.end > start for start, end in gold)
        for c in candidates
    )
    kind = "answerable" if gold else "adversarial"
    return [
        Case(
            question.source,
            f"{question.source}/{question.paragraph.article}",
            kind if article_id else "removed",
            question.text,
            candidates,
            _supports(candidates, setting, corpus, retrieved),
            right,
        )
    ]


def fit(cases: list[Case], least_confidence: float) -> Calibration:
    """The models, fitted on all `cases`; the topic model stays where no article was removed.

    The documents count for the topic alone: with them, more is lost of news than is won of them.
    """
    removed = any(case.kind == "removed" for case in cases)
    topic = _fit_topic(cases) if removed else Calibration.load().topic
    there = [case for case in cases if case.kind != "removed" and case.source != DOCUMENTS]
    sentence = _fit_sentence(there)
    return Calibration(sentence, topic, _fit_answer(there, sentence, topic), least_confidence)


def _fit_topic(cases: list[Case]) -> Logistic:
    """Whether any article is about the question: those of removed articles against all others.

    Also against those that no article answers: what they are about is there.
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    cases = [case for case in cases if not case.of_strangers]
    rows = np.array([topic_features(case.candidates) for case in cases])
    means, scales = rows.mean(axis=0), np.maximum(rows.std(axis=0), 0.05)
    there = [case.kind != "removed" for case in cases]
    counts = [TOPIC_COUNTS[case.source] for case in cases]
    model = LogisticRegression(C=0.2).fit((rows - means) / scales, there, counts)
    return Logistic(
        TOPIC_NAMES,
        _rounded(model.coef_[0]),
        _rounded(means),
        _rounded(scales),
        round(float(model.intercept_[0]), 5),
    )


def _fit_sentence(cases: list[Case]) -> Logistic:
    """Weights from each question's right sentences among all it has; then the bias.

    The loss of a question is the negative log of the share, in the softmax over its candidates,
    that goes to those that are right (ListNet's top-one loss: Cao et al., ICML 2007). Every
    question counts the same, however many sentences it has, which pairs of sentences do not.
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    rows = np.array([c.features for case in cases for c in case.candidates])
    means, scales = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-3)

    def scaled(case: Case) -> NDArray[np.float64]:
        values: NDArray[np.float64] = np.array([c.features for c in case.candidates])
        return np.asarray((values - means) / scales)

    with_answer = [case for case in cases if any(case.right)]
    weights = _listwise(
        [scaled(case) for case in with_answer],
        [np.array(case.right) for case in with_answer],
        np.array([case.weight for case in with_answer]),
    )
    raw, truth, counts = [], [], []
    for case in cases:
        scores = scaled(case) @ weights
        for position in np.argsort(-scores)[:3]:
            raw.append([scores[position]])
            truth.append(case.right[position])
            counts.append(case.weight)
    scale = LogisticRegression(C=100.0).fit(raw, truth, counts)
    return Logistic(
        evidence.NAMES,
        _rounded(weights * scale.coef_[0][0]),
        _rounded(means),
        _rounded(scales),
        round(float(scale.intercept_[0]), 5),
    )


def _listwise(
    features: list[NDArray[np.float64]], right: list[NDArray[np.bool_]], counts: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The weights with the least loss: `features` are (sentences, features), one per question."""
    import numpy as np
    from scipy.optimize import minimize
    from scipy.special import log_softmax, softmax

    total = counts.sum()

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        value = SHRINKAGE * float(weights @ weights)
        slope: NDArray[np.float64] = 2 * SHRINKAGE * weights
        for rows, good, count in zip(features, right, counts, strict=True):
            scores = rows @ weights
            value -= count / total * float(np.logaddexp.reduce(log_softmax(scores)[good]))
            among = np.zeros(len(scores))
            among[good] = softmax(scores[good])
            slope = slope + count / total * ((softmax(scores) - among) @ rows)
        return value, slope

    start = np.zeros(features[0].shape[1])
    found: NDArray[np.float64] = minimize(loss, start, jac=True, method="L-BFGS-B").x
    return found


def _fit_answer(cases: list[Case], sentence: Logistic, topic: Logistic) -> Logistic:
    """Weights from whether anything answers; scale and bias from whether the best sentence does.

    The weights are fitted on the development questions, whose near misses are people's: those of
    the news are more alike, and other articles' were told less well with them. The scale is
    fitted on all, so that the confidence does not claim for other articles what holds of these.
    Questions about strangers are left out of both: the few there are have no near miss either,
    and would make a contradiction count for less than it does among near misses. What being off
    the topic weighs is set: no development question is.
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    cases = [case for case in cases if not case.of_strangers]
    answers = [_answer(case, sentence, topic) for case in cases]
    rows = np.array([values for values, _ in answers])
    means, scales = rows.mean(axis=0), np.maximum(rows.std(axis=0), 0.05)
    scaled = (rows - means) / scales
    own = np.array([case.source == OWN for case in cases])
    answerable = np.array([case.kind == "answerable" for case in cases])
    near = scaled[:, :-1]  # all but whether it is on the topic
    model = LogisticRegression(C=0.2, max_iter=5000).fit(near[own], answerable[own])
    weights = np.append(model.coef_[0], OFF_TOPIC * scales[-1])
    right = [any(ranked[:2]) for _, ranked in answers]
    counts = np.where(own, 1.0, SCALE_WEIGHT)
    scale = LogisticRegression(C=100.0).fit((scaled @ weights)[:, None], right, counts)
    return Logistic(
        ANSWER_NAMES,
        _rounded(weights * scale.coef_[0][0]),
        _rounded(means),
        _rounded(scales),
        round(float(scale.intercept_[0]), 5),
    )


def _answer(
    case: Case, sentence: Logistic, topic: Logistic
) -> tuple[tuple[float, ...], list[bool]]:
    """Features of a case's answer, and which of its ranked candidates are right."""
    scored = [c.scored(sentence) for c in case.candidates]
    order = sorted(range(len(scored)), key=lambda n: -scored[n].score)
    supports = [case.supports[n] for n in order[:CONSIDERED]]
    right = {(c.article_id, c.start): r for c, r in zip(scored, case.right, strict=True)}
    ranked, supported = settled([scored[n] for n in order], supports, [0.0] * len(supports))
    values = answer_features(ranked, supported, topic)
    return values, [right[c.article_id, c.start] for c in ranked]


def confidence_of(case: Case, calibration: Calibration) -> float:
    """With which confidence a case is answered, or its answer withheld."""
    return calibration.confidence(_answer(case, calibration.sentence, calibration.topic)[0])


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
            values, ranked = _answer(case, calibration.sentence, calibration.topic)
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
    data_dir: Annotated[
        Path | None, typer.Option(help="Where the encoder is kept. Default: the data folder.")
    ] = None,
    benchmarks: Annotated[
        Path | None, typer.Option(help="Folder with the public benchmarks, to fit on those too.")
    ] = None,
    written: Annotated[
        Path, typer.Option("--news", help="The news to train on, to fit on what was kept.")
    ] = WRITTEN / "news.jsonl",
    manuals: Annotated[
        Path, typer.Option("--documents", help="The same of the documents to train on.")
    ] = WRITTEN / "documents.jsonl",
    out: Annotated[Path, typer.Option(help="File to write.")] = CALIBRATION_FILE,
    per_source: Annotated[int, typer.Option(help="Most questions of one benchmark.")] = 400,
    least_confidence: Annotated[
        float | None, typer.Option(help="Answer from this confidence on; fitted when not given.")
    ] = None,
) -> None:
    """Fit the reader's decision and write it."""
    data = Settings(data_dir=data_dir).resolved_data_dir()
    cases = development(data)
    cases += news(written, data, verbose=True)
    cases += documents(manuals, data, fitted=True, verbose=True)
    if benchmarks:
        cases += collect(benchmarks, data, per_source, verbose=True)
    for name, value in measure(cases).items():
        typer.echo(f"{name}: {value:.3f}")
    calibration = fit(cases, least_confidence or 0.0)
    if least_confidence is None:
        calibration = replace(calibration, least_confidence=threshold(cases, calibration))
    out.write_text(json.dumps(calibration.to_dict(), indent=1) + "\n", "utf-8")
    typer.echo(f"answers from confidence {calibration.least_confidence}; written: {out}")


def threshold(cases: list[Case], calibration: Calibration) -> float:
    """The confidence below which MOST_REFUSED of the answerable development questions lie."""
    import numpy as np

    answered = [case for case in cases if case.kind == "answerable" and case.source == OWN]
    confidences = [confidence_of(case, calibration) for case in answered]
    return round(float(np.quantile(confidences, MOST_REFUSED)), 3)


if __name__ == "__main__":
    typer.run(main)
