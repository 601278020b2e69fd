"""Questions that were written for this project, of its own articles and of the public paragraphs.

Public questions mostly repeat the words of the sentence that answers them. These are put in
other words, as people ask who have not read the text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from embeddings.readers import read_article
from embeddings.splitting import split_sentences
from embeddings.training.examples import Collection, Paragraph, Question, Span

__all__ = [
    "CORPUS",
    "DOCUMENTS",
    "NEWS",
    "WRITTEN",
    "load_articles",
    "load_corpus",
    "load_written",
]

CORPUS = "corpus"
"""Source of the questions of a corpus of our own."""
NEWS, DOCUMENTS = "news", "documents"
"""Source of the articles that were written to learn from, and of their questions."""
WRITTEN = "written"
"""Source of our questions of public paragraphs."""


def load_written(path: Path, paragraphs: Iterable[Paragraph]) -> Collection:
    """Our questions of those of `paragraphs` that are there; none of a paragraph that is not.

    A line holds `source` and `paragraph` (which text), `sentences` (the numbers of those that
    answer), `answer` (start and end of the short answer in the text, or null) and `question`.
    """
    texts = {(p.source, p.id): p for p in paragraphs}
    questions = []
    for row in _rows(path):
        paragraph = texts.get((row["source"], row["paragraph"]))
        if paragraph is None:
            continue
        relevant = tuple(row["sentences"])
        start, end = row["answer"] or (0, 0)
        span = (start, end) if end else None
        answers = (paragraph.text[start:end],) if span else ()
        questions.append(Question(WRITTEN, row["question"], paragraph, relevant, span, answers))
    return Collection(tuple(questions), ())


def load_articles(path: Path, source: str = NEWS, *, test: bool) -> Collection:
    """Invented articles, a line each, with their questions: one side of the split.

    `source` is NEWS, or DOCUMENTS for manuals, rules, guides and the like. A line holds `id`,
    `title`, `date`, `text`, `held_out`, `questions` and, where several articles tell one story,
    `story`: what one does not answer may stand in another. Each question has `question`,
    `sentences` (start and end of the stretches of the text that answer; none where the text does
    not say) and `answer` (start and end of the short answer, or null). A follow-up has besides
    how it was `typed`, the question that it came `after`, and the stretches that had `answered`
    that; its `question` is what the assistant made of them.
    """
    questions: list[Question] = []
    paragraphs = []
    for row in _rows(path):
        if row["held_out"] != test:
            continue
        text, id = row["text"], row["id"]
        sentences = tuple(split_sentences(text))
        paragraph = Paragraph(id, source, row.get("story", id), row["title"], text, sentences)
        paragraphs.append(paragraph)
        for asked in row["questions"]:
            relevant = _overlapping(sentences, asked["sentences"])
            span = tuple(asked["answer"]) if asked["answer"] else None
            answers = (text[slice(*span)],) if span else ()
            questions.append(
                Question(source, asked["question"], paragraph, relevant, span, answers)
            )
    return Collection(tuple(questions), tuple(paragraphs))


def _overlapping(sentences: Iterable[Span], stretches: Iterable[Span]) -> tuple[int, ...]:
    """Numbers of the sentences that share a character with one of the stretches."""
    wanted = [(start, end) for start, end in stretches]
    return tuple(
        number
        for number, (start, end) in enumerate(sentences)
        if any(start < last and first < end for first, last in wanted)
    )


def load_corpus(articles: Path, questions: Path) -> Collection:
    """Articles and questions in the form of the evaluation's; follow-ups are left out.

    An article is one paragraph. The part of its name before the first hyphen is its story:
    articles of one story tell the same things, and are never each other's wrong texts. Stories
    that no question is asked of are left out.
    """
    paragraphs = {path.name: _article(path) for path in sorted(articles.iterdir())}
    asked: list[Question] = []
    for row in _rows(questions):
        if not row.get("history"):
            asked += _questions(row, paragraphs)
    stories = {question.paragraph.article for question in asked}
    return Collection(tuple(asked), tuple(p for p in paragraphs.values() if p.article in stories))


def _article(path: Path) -> Paragraph:
    article = read_article(path.read_bytes(), path.name, path.name)
    sentences = tuple(split_sentences(article.text))
    story = path.stem.partition("-")[0]
    return Paragraph(path.name, CORPUS, story, article.title or "", article.text, sentences)


def _questions(row: dict[str, Any], paragraphs: dict[str, Paragraph]) -> Iterator[Question]:
    """One for every article that answers, or comes close."""
    text = row["question"]
    if not row["answerable"]:
        if row.get("about") in paragraphs:
            yield Question(CORPUS, text, paragraphs[row["about"]], ())
        return
    relevant: dict[str, set[int]] = {}
    for evidence in row["evidence"]:
        for place in (evidence, *evidence.get("also", ())):
            paragraph = paragraphs[place["article_id"]]
            start = paragraph.text.index(place["quote"])
            end = start + len(place["quote"])
            found = _overlapping(paragraph.sentences, [(start, end)])
            relevant.setdefault(paragraph.id, set()).update(found)
    accepted = row["facts"][0] if len(row["facts"]) == 1 else []
    for id, numbers in relevant.items():
        sentences = tuple(sorted(numbers))
        span = _span(paragraphs[id], sentences, accepted)
        answers = tuple(accepted) if span else ()
        yield Question(CORPUS, text, paragraphs[id], sentences, span, answers)


def _span(paragraph: Paragraph, sentences: Iterable[int], answers: Iterable[str]) -> Span | None:
    """Where the first answer that stands in one of the sentences does so."""
    for answer in answers:
        for index in sentences:
            start, end = paragraph.sentences[index]
            at = paragraph.text.find(answer, start, end)
            if at >= 0:
                return at, at + len(answer)
    return None


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)
