"""Near misses and counterfactuals: small edits that keep a question answered, or stop it being so.

A name, year or number that is changed in the question *and* in the text keeps the answer (the
network cannot lean on what it remembers of an article); changed in one of the two, it takes the
answer away (the right entity with the wrong year, the fact asked of another entity).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from random import Random
from string import ascii_lowercase
from typing import TYPE_CHECKING

from embeddings.training.examples import Paragraph, Question
from embeddings.training.windows import Example, replace_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Neighbours", "Similarity", "misspelt", "name_pool", "near_miss", "renamed"]

YEAR = re.compile(r"\b(?:1[0-9]{3}|20[0-3][0-9])\b")
NUMBER = re.compile(r"\b\d{1,3}(?:,\d{3})+\b|\b\d+(?:\.\d+)?\b")
NAME = re.compile(r"\b[A-Z][\w'’-]+(?:\s+(?:(?:of|the|de|and)\s+)?[A-Z][\w'’-]+){0,3}")
NOT_NAMES = frozenset(
    [
        "What",
        "Who",
        "When",
        "Where",
        "Which",
        "How",
        "Why",
        "In",
        "The",
        "A",
        "An",
        "On",
        "At",
        "By",
        "Of",
        "For",
        "From",
        "To",
        "During",
        "Whose",
        "Whom",
        "Is",
        "Are",
        "Was",
        "Were",
        "Did",
        "Do",
        "Does",
        "It",
        "He",
        "She",
        "They",
        "This",
        "That",
        "These",
        "Those",
        "If",
        "As",
        "And",
        "But",
        "Or",
        "After",
        "Before",
        "While",
        "With",
        "Under",
    ]
)
PAIRS = (
    "first/last largest/smallest highest/lowest most/least more/fewer before/after north/south "
    "east/west northern/southern eastern/western increase/decrease increased/decreased "
    "early/late earliest/latest old/new oldest/newest began/ended start/end started/stopped "
    "won/lost men/women male/female public/private internal/external minimum/maximum "
    "above/below import/export imports/exports rural/urban domestic/foreign opened/closed "
    "higher/lower larger/smaller longer/shorter spring/autumn winter/summer upper/lower "
    "total/average best/worst january/august march/november april/december june/october "
    "july/february"
)
OPPOSITES = [pair.partition("/") for pair in PAIRS.split()]
OPPOSITE = {a: b for a, _, b in OPPOSITES} | {b: a for a, _, b in OPPOSITES}


def names_of(text: str) -> list[str]:
    """Runs of capitalised words of `text`, without a leading function word."""
    found = []
    for match in NAME.finditer(text):
        words = match.group().split()
        while words and words[0] in NOT_NAMES:
            words.pop(0)
        if words and len(words[0]) > 2:
            found.append(" ".join(words))
    return found


def name_pool(paragraphs: Sequence[Paragraph]) -> tuple[str, ...]:
    """Names of the paragraphs, to put in another's place."""
    prose = ("squad2", "canard", "multihop-rag", "ramdocs")
    names = {
        n for p in paragraphs if p.source in prose for n in names_of(p.text[40:]) if " of " not in n
    }
    return tuple(sorted(n for n in names if n.isascii() and len(n.split()) <= 3))


def other_number(rng: Random, number: str) -> str:
    """A number of the same look that is not `number`."""
    if YEAR.fullmatch(number):
        return str(
            int(number) + rng.choice([-20, -11, -10, -7, -5, -3, -2, -1, 1, 2, 3, 4, 6, 10, 15, 21])
        )
    digits = [c for c in number if c.isdigit()]
    while True:
        new = [rng.choice("0123456789") for _ in digits]
        if new[0] == "0" and len(new) > 1:
            new[0] = rng.choice("123456789")
        if new != digits:
            fresh = iter(new)
            return "".join(next(fresh) if c.isdigit() else c for c in number)


def near_miss(rng: Random, example: Example, pool: Sequence[str]) -> Example | None:
    """The example with one edit that takes the answer away; None if no edit fits."""
    edits = [_other_year, _other_name, _opposite, _other_text]
    rng.shuffle(edits)
    for edit in edits:
        changed = edit(rng, example, pool)
        if changed is not None:
            return replace(changed, relevant=(), span=None)
    return None


def _other_year(rng: Random, example: Example, pool: Sequence[str]) -> Example | None:
    numbers = [n for n in NUMBER.findall(example.question) if n in example.text]
    if not numbers:
        return None
    old = rng.choice(numbers)
    new = other_number(rng, old)
    if new in example.text:
        return None
    return replace(
        example, question=re.sub(rf"(?<!\w){re.escape(old)}(?!\w)", new, example.question)
    )


def _other_name(rng: Random, example: Example, pool: Sequence[str]) -> Example | None:
    names = [n for n in names_of(example.question) if n in example.text]
    if not names:
        return None
    old = rng.choice(names)
    new = rng.choice(pool)
    inside = [
        n
        for n in names_of(example.text)
        if n not in example.question
        and (not example.span or n not in example.text[slice(*example.span)])
    ]
    if inside and rng.random() < 0.35:
        new = rng.choice(inside)
    if new == old or new in old or old in new:
        return None
    return replace(example, question=example.question.replace(old, new, 1))


def _opposite(rng: Random, example: Example, pool: Sequence[str]) -> Example | None:
    words = [w for w in re.findall(r"\w+", example.question) if OPPOSITE.get(w.lower())]
    words = [
        w
        for w in words
        if w.lower() in example.text.lower() and OPPOSITE[w.lower()] not in example.text.lower()
    ]
    if not words:
        return None
    old = rng.choice(words)
    new = OPPOSITE[old.lower()]
    return replace(example, question=re.sub(rf"\b{old}\b", new, example.question, count=1))


def _other_text(rng: Random, example: Example, pool: Sequence[str]) -> Example | None:
    """The text's side of a shared name or number is changed, the question stays."""
    hidden = example.text[slice(*example.span)] if example.span else ""
    shared = [
        n
        for n in names_of(example.question) + NUMBER.findall(example.question)
        if n in example.text
    ]
    shared = [n for n in shared if n not in hidden and n not in example.title]
    if not shared:
        return None
    old = rng.choice(shared)
    new = other_number(rng, old) if old[0].isdigit() else rng.choice(pool)
    changed = replace_words(replace(example, span=None), old, new)
    return None if changed.text == example.text or old in changed.text else changed


def renamed(rng: Random, example: Example, pool: Sequence[str]) -> Example:
    """The example with a name or number changed everywhere: still answered."""
    answer = example.text[slice(*example.span)] if example.span else ""
    numbers = NUMBER.findall(answer)
    if numbers and rng.random() < 0.5:
        old = rng.choice(numbers)
        if not re.search(rf"(?<!\w){re.escape(old)}(?!\w)", example.question):
            return replace_words(example, old, other_number(rng, old))
    shared = [
        n
        for n in names_of(example.question) + NUMBER.findall(example.question)
        if n in example.text
    ]
    shared = [n for n in shared if n not in answer]
    if not shared:
        return example
    old = rng.choice(shared)
    new = other_number(rng, old) if old[0].isdigit() else rng.choice(pool)
    changed = replace_words(example, old, new)
    if changed.text == example.text:
        return example
    pattern = rf"(?<!\w){re.escape(old)}(?!\w)"
    return replace(
        changed,
        question=re.sub(pattern, lambda _: new, example.question),
        title=re.sub(pattern, lambda _: new, example.title),
    )


def misspelt(rng: Random, question: str) -> str:
    """The question with one slip of the finger in a longer word: still answered, or still not."""
    words = list(re.finditer(r"[^\W\d_]{5,}", question))
    if not words:
        return question
    start, end = rng.choice(words).span()
    at = rng.randrange(start + 1, end - 1)
    one, two = question[at], question[at + 1]
    slip = rng.choice((two + one, two, one + one + two, rng.choice(ascii_lowercase) + two))
    return question[:at] + slip + question[at + 2 :]


class Similarity:
    """MiniLM's cosine of a question with each sentence of a paragraph, computed when asked for."""

    def __init__(self, minilm: Path) -> None:
        from sentence_transformers import SentenceTransformer

        self._model = SentenceTransformer(str(minilm), device="cpu")
        self._texts: dict[tuple[str, str], NDArray[np.float32]] = {}
        self._asked: dict[str, NDArray[np.float32]] = {}

    def of(self, question: str, paragraph: Paragraph) -> list[float]:
        """One cosine for each sentence."""
        key = paragraph.source, paragraph.id
        if key not in self._texts:
            self._texts[key] = self._encode([paragraph.text[s:e] for s, e in paragraph.sentences])
        if question not in self._asked:
            self._asked[question] = self._encode([question])[0]
        cosines: list[float] = (self._texts[key] @ self._asked[question]).tolist()
        return cosines

    def _encode(self, texts: list[str]) -> NDArray[np.float32]:
        vectors: NDArray[np.float32] = self._model.encode(
            texts, normalize_embeddings=True, show_progress_bar=False
        )
        return vectors


class Neighbours:
    """Paragraphs of other articles that look like they answer a question (TF-IDF cosine)."""

    def __init__(self, paragraphs: Sequence[Paragraph], k: int = 8) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._paragraphs = paragraphs
        self._k = k
        self._vectorizer = TfidfVectorizer(sublinear_tf=True, stop_words="english", min_df=1)
        self._matrix = self._vectorizer.fit_transform([f"{p.title} {p.text}" for p in paragraphs])
        self._found: dict[str, tuple[Paragraph, ...]] = {}

    def of(self, question: Question) -> tuple[Paragraph, ...]:
        """The `k` nearest paragraphs that are not of the question's own article, nearest first."""
        key = f"{question.paragraph.article}\n{question.text}"
        if key not in self._found:
            scores = (self._matrix @ self._vectorizer.transform([question.text]).T).toarray()[:, 0]
            own = question.paragraph.article
            others = (self._paragraphs[i] for i in scores.argsort(kind="stable")[::-1])
            found = islice((p for p in others if p.article != own and p.sentences), self._k)
            self._found[key] = tuple(found)
        return self._found[key]
