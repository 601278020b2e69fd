"""How long passages should be, how much they should overlap, and what their vectors are made of.

`python -m benchmarks.passage_sizes` indexes the project's own training articles once for each
encoder, size and weight of the parts beside a passage's own, and asks a seeded sample of their
questions. Told are the processor time of indexing, how much of the evidence the best passages hold,
and for how many questions a sentence that answers is among those the reader gets to read. No reader
runs: nothing is measured that one has learned.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.reading import reader
from assistant.retrieval.retriever import retrieve
from assistant.settings import Settings
from embeddings import passages as making
from embeddings import splitting
from embeddings.corpus import Corpus
from embeddings.encoder import DEFAULT_ENCODER, MINILM, Encoder, load_encoder
from embeddings.index import build_index
from embeddings.indexing import index_articles
from embeddings.records import Article

ARTICLES = Path(__file__).resolve().parent.parent / "embeddings" / "training" / "news.jsonl"
VARIANTS = (
    (MINILM, 600, 300, 0.3),
    (DEFAULT_ENCODER, 600, 300, 0.3),
    (DEFAULT_ENCODER, 600, 300, 0.0),
    (DEFAULT_ENCODER, 600, 300, 0.5),
    (DEFAULT_ENCODER, 600, 300, 1.0),
    (DEFAULT_ENCODER, 600, 150, 0.3),
    (DEFAULT_ENCODER, 600, 450, 0.3),
    (DEFAULT_ENCODER, 400, 300, 0.3),
    (DEFAULT_ENCODER, 800, 300, 0.3),
)
"""Encoder, characters of a part, characters by which a passage may be wider on either side, and
weight of the parts beside its own (`embeddings.passages.BESIDE`)."""
DEPTH = 24
SEED = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, its article, and the stretches of it that answer."""

    text: str
    article_id: str
    stretches: tuple[splitting.Span, ...]


def main() -> None:
    """Print a Markdown table, a line as soon as it is measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.passage_sizes", description=__doc__)
    parser.add_argument(
        "--questions", type=int, default=600, help="how many are asked (default %(default)s)"
    )
    parser.add_argument("--data-dir", type=Path, help="where the encoders are kept")
    options = parser.parse_args()
    data = Settings(data_dir=options.data_dir).resolved_data_dir()
    rows = [json.loads(line) for line in ARTICLES.read_text("utf-8").splitlines()]
    articles = [Article(r["id"], r["text"], title=r["title"], date=r["date"]) for r in rows]
    every = [
        Asked(q["question"], row["id"], tuple((start, end) for start, end in q["sentences"]))
        for row in rows
        for q in row["questions"]
        if q["sentences"] and "typed" not in q
    ]
    questions = random.Random(SEED).sample(every, min(options.questions, len(every)))
    print(f"{len(articles)} articles, {len(questions)} questions\n")
    print("| encoder | characters | overlap | beside | passages | indexing, processor s |", end="")
    print(f" recall@5 | @12 | @24 | a right sentence is read |\n|---|{9 * '--:|'}")
    for name, characters, overlap, beside in VARIANTS:
        encoder = load_encoder(name, data)
        splitting.PASSAGE_CHARACTERS, splitting.OVERLAP_CHARACTERS = characters, overlap
        making.BESIDE = beside
        passages, seconds, shares = measured(articles, questions, encoder)
        cells = [name, characters, overlap, beside, passages, f"{seconds:.0f}"]
        print("|", " | ".join(map(str, [*cells, *(f"{s:.3f}" for s in shares)])), "|", flush=True)


def measured(
    articles: Sequence[Article], questions: Sequence[Asked], encoder: Encoder
) -> tuple[int, float, list[float]]:
    """Passages, processor seconds of indexing, and recall@5, @12, @24 and among what is read."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = Corpus(Path(folder))
        began = time.process_time()
        index_articles(articles, corpus, encoder)
        seconds = time.process_time() - began
        index = build_index(corpus)
        found = []
        for question in questions:
            retrieved = retrieve(question.text, DEPTH, index, encoder, corpus)
            spans = [(h.passage.article_id, h.passage.start, h.passage.end) for h in retrieved.hits]
            recalls = [recall(question, spans[:k]) for k in (5, 12, DEPTH)]
            setting = reader.setting_of(retrieved, index)
            chosen, read = reader.most_promising(retrieved, setting, corpus.article)
            sentences = ((id, *reader.sentences_of(read[id].text)[number]) for id, number in chosen)
            found.append((*recalls, float(any(holds(question, each) for each in sentences))))
        _, passages = corpus.count()
        corpus.close()
    return passages, seconds, [sum(column) / len(found) for column in zip(*found, strict=True)]


def recall(question: Asked, passages: Iterable[tuple[str, int, int]]) -> float:
    """The share of the question's stretches that lie whole in one of the passages."""
    own = [(start, end) for id, start, end in passages if id == question.article_id]
    held = [any(s <= first and last <= e for s, e in own) for first, last in question.stretches]
    return sum(held) / len(held)


def holds(question: Asked, sentence: tuple[str, int, int]) -> bool:
    """Whether a sentence shares a character with a stretch that answers."""
    id, start, end = sentence
    return id == question.article_id and any(s < end and start < e for s, e in question.stretches)


if __name__ == "__main__":
    main()
