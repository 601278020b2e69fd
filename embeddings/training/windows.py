"""What the network is shown: a question over a few consecutive sentences of one article."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

from embeddings.training.examples import Paragraph, Question, Span

__all__ = ["Example", "Likeness", "alone", "apart", "crop", "replace_words", "without_answer"]

MAX_CHARACTERS = 720
TEMPTING_SHARE = 0.7
"""Of the windows that do not answer: those around the sentence most like the question."""
Likeness = Callable[[], Sequence[float]]
"""Tells how like the question each sentence of a paragraph is; asked only where that counts."""


@dataclass(frozen=True, slots=True)
class Example:
    """One question over one window; offsets count characters of `text`."""

    question: str
    title: str
    text: str
    sentences: tuple[Span, ...]
    relevant: tuple[int, ...] = ()
    span: Span | None = None


def crop(
    rng: Random,
    question: Question,
    sentences: int,
    paragraph: Paragraph | None = None,
    *,
    likeness: Likeness | None = None,
) -> Example:
    """A window of at most `sentences` sentences, around an answer when the paragraph holds one.

    Where it holds none, mostly around the sentence of the highest `likeness` to the question:
    retrieval brings just that one before the reader.
    """
    other = paragraph is not None
    paragraph = paragraph or question.paragraph
    count = len(paragraph.sentences)
    relevant = () if other else question.relevant
    if relevant:
        centre = rng.choice(relevant)
    elif likeness is not None and rng.random() < TEMPTING_SHARE:
        centre = max(range(count), key=likeness().__getitem__)
    else:
        centre = rng.randrange(count)
    if relevant and question.span:
        centre = relevant[0]
    size = min(sentences, count)
    first = rng.randint(max(0, centre - size + 1), min(centre, count - size))
    last = first + size
    while (
        last - first > 1
        and paragraph.sentences[last - 1][1] - paragraph.sentences[first][0] > MAX_CHARACTERS
    ):
        if last - 1 - centre >= centre - first and last - 1 > centre:
            last -= 1
        else:
            first += 1
    return _cut(question, paragraph, range(first, last), relevant, None if other else question.span)


def without_answer(rng: Random, question: Question, sentences: int) -> Example | None:
    """The same paragraph with the sentences that answer taken out: the nearest miss there is."""
    count = len(question.paragraph.sentences)
    left = [i for i in range(count) if i not in question.relevant]
    if question.answers:
        answer = question.answers[0].lower()
        text, spans = question.paragraph.text, question.paragraph.sentences
        left = [i for i in left if answer not in text[spans[i][0] : spans[i][1]].lower()]
    if not left:
        return None
    near = sorted(left, key=lambda i: (abs(i - question.relevant[0]), rng.random()))[:sentences]
    return _cut(question, question.paragraph, sorted(near), (), None)


def apart(rng: Random, question: Question, sentences: int, likeness: Likeness) -> Example | None:
    """Another stretch of a long paragraph, mostly around the sentence most like the question."""
    paragraph = question.paragraph
    count = len(paragraph.sentences)
    free = [
        first
        for first in range(count - sentences + 1)
        if not any(first <= index < first + sentences for index in question.relevant)
    ]
    if count < 2 * sentences or not free:
        return None
    if rng.random() < TEMPTING_SHARE:
        like = likeness()
        first = max(free, key=lambda first: (max(like[first : first + sentences]), rng.random()))
    else:
        first = rng.choice(free)
    return _cut(question, paragraph, range(first, first + sentences), (), None)


def alone(rng: Random, question: Question, most: int) -> list[Example]:
    """Up to `most` sentences of the paragraph that do not answer, each in a window of its own."""
    left = [i for i in range(len(question.paragraph.sentences)) if i not in question.relevant]
    rng.shuffle(left)
    return [_cut(question, question.paragraph, [i], (), None) for i in left[:most]]


def _cut(
    question: Question,
    paragraph: Paragraph,
    keep: range | list[int],
    relevant: tuple[int, ...],
    span: Span | None,
) -> Example:
    pieces: list[str] = []
    spans: list[Span] = []
    moved: Span | None = None
    at = 0
    for index in keep:
        start, end = paragraph.sentences[index]
        end = min(end, start + MAX_CHARACTERS)
        pieces.append(paragraph.text[start:end])
        spans.append((at, at + end - start))
        if span and start <= span[0] and span[1] <= end:
            moved = (span[0] - start + at, span[1] - start + at)
        at += end - start + 1
    kept = list(keep)
    new_relevant = tuple(kept.index(i) for i in relevant if i in kept)
    return Example(
        question.text, paragraph.title, " ".join(pieces), tuple(spans), new_relevant, moved
    )


def replace_words(example: Example, old: str, new: str) -> Example:
    """Every whole-word `old` of the text becomes `new`, with all offsets moved along."""
    places = [m.span() for m in re.finditer(rf"(?<!\w){re.escape(old)}(?!\w)", example.text)]
    grown = len(new) - len(old)

    def moved(at: int, *, closing: bool) -> int:
        return at + grown * sum(
            1 for start, end in places if (end <= at if closing else start < at)
        )

    pieces, last = [], 0
    for start, end in places:
        pieces += [example.text[last:start], new]
        last = end
    pieces.append(example.text[last:])
    sentences = tuple(
        (moved(s, closing=False), moved(e, closing=True)) for s, e in example.sentences
    )
    span = example.span
    if span and any(s < span[0] < e or s < span[1] < e for s, e in places):
        return example
    if span:
        span = (moved(span[0], closing=False), moved(span[1], closing=True))
    return replace(example, text="".join(pieces), sentences=sentences, span=span)
