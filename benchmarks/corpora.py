"""What the benchmark indexes and asks: texts of the project's own, the same for every contender.

The articles of `seeds/` and of `eval/corpora/larkmere` as plain text files, the development
questions of both, and for ingest made-up articles of any number: sentences of those texts in
random order with other numbers in them, so that no two passages are equal.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embeddings.splitting import split_sentences
from eval.articles import read_articles
from eval.questions import load
from eval.retrieval import Span, holds

__all__ = ["Asked", "asked", "made_up", "recall", "write_texts"]

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT / "seeds"
FOLDERS = (SEEDS, ROOT / "eval" / "corpora" / "larkmere" / "articles")
QUESTIONS = (
    ROOT / "eval" / "questions" / "development.jsonl",
    ROOT / "eval" / "corpora" / "larkmere" / "questions" / "development.jsonl",
)
SEED = 8
PARAGRAPH = 4
"""Sentences in a paragraph of a made-up article."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and for each thing its answer needs the places that state it."""

    question: str
    needed: tuple[tuple[Span, ...], ...]


def write_texts(folder: Path, sources: Sequence[Path] = FOLDERS) -> dict[str, str]:
    """Write the articles as text files; the texts by file name."""
    texts = {
        file_name(article.id): article.text
        for source in sources
        for article in read_articles(source).values()
    }
    folder.mkdir(parents=True)
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8", newline="")
    return texts


def file_name(article_id: str) -> str:
    """Name of an article's text file."""
    return article_id if article_id.endswith(".txt") else f"{article_id}.txt"


def asked(texts: Mapping[str, str], most: int | None = None) -> list[Asked]:
    """Answerable questions about these texts that stand alone; at most so many, chosen by seed."""
    questions = []
    for question in load(QUESTIONS):
        quotes = [
            [(file_name(place.article_id), place.quote) for place in evidence.places]
            for evidence in question.evidence
        ]
        known = all(name in texts for places in quotes for name, _ in places)
        if question.answerable and quotes and known and not question.history:
            needed = tuple(
                tuple(span for name, quote in places for span in _spans(texts, name, quote))
                for places in quotes
            )
            questions.append(Asked(question.question, needed))
    if most is not None and most < len(questions):
        questions = random.Random(SEED).sample(questions, most)
    return questions


def recall(hits: Sequence[Mapping[str, Any]], one: Asked, texts: Mapping[str, str]) -> float:
    """Share of what is needed that the hits deliver: more than half of the shorter is shared.

    `hits` are `Found`s as a contender's reply has them; their `text` is looked for in the article
    where it has no `start`. The rule is that of `eval.retrieval`.
    """
    places = [span for hit in hits for span in _places(hit, texts)]
    found = [any(holds(p, span) for p in places for span in spans) for spans in one.needed]
    return sum(found) / len(found)


def _places(hit: Mapping[str, Any], texts: Mapping[str, str]) -> list[Span]:
    name, words, start = hit["article"], hit["text"], hit["start"]
    if start is not None:
        return [Span(name, start, start + len(words))]
    return _spans(texts, name, words)


def _spans(texts: Mapping[str, str], name: str, words: str) -> list[Span]:
    """Wherever the words stand in the text; raises `ValueError` when they do not."""
    text, spans = texts[name], []
    start = text.find(words)
    while start >= 0:
        spans.append(Span(name, start, start + len(words)))
        start = text.find(words, start + 1)
    if not spans:
        raise ValueError(f"these words do not stand in {name}: {words[:60]!r}")
    return spans


def made_up(folder: Path, texts: Mapping[str, str], number: int) -> None:
    """Write so many articles, as long as the real ones, in new words by seed."""
    chance = random.Random(SEED)
    sentences = [
        re.sub(r"\s+", " ", text[start:end])
        for text in texts.values()
        for start, end in split_sentences(text)
    ]
    lengths = [len(split_sentences(text)) for text in texts.values()]
    folder.mkdir(parents=True)
    for n in range(number):
        chosen = [
            _other_numbers(one, chance)
            for one in chance.sample(sentences, lengths[n % len(lengths)])
        ]
        paragraphs = (
            " ".join(chosen[first : first + PARAGRAPH])
            for first in range(0, len(chosen) - PARAGRAPH + 1, PARAGRAPH)
        )
        title = f"Report {n}: {chance.choice(sentences)[:60].strip()}"
        (folder / f"{n:06}.txt").write_text("\n\n".join((title, *paragraphs)) + "\n", "utf-8")


def _other_numbers(sentence: str, chance: random.Random) -> str:
    return re.sub(r"\d", lambda _: str(chance.randint(1, 9)), sentence)
