"""The training mixture: an endless, seeded stream of question groups.

A group is the windows one question is asked of; the loss ranks all their sentences together.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random

from embeddings.training.cloze import cloze_question
from embeddings.training.examples import Collection, Paragraph, Question, words_of
from embeddings.training.negatives import (
    Neighbours,
    Similarity,
    misspelt,
    name_pool,
    near_miss,
    renamed,
)
from embeddings.training.removals import (
    answer_removed,
    other_word,
    something_else_removed,
    unstated_attribute,
)
from embeddings.training.windows import Example, alone, apart, crop, without_answer
from embeddings.training.written import CORPUS, DOCUMENTS, NEWS, WRITTEN

__all__ = ["Material", "Recipe", "form_of", "groups", "near_miss_weights"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What varies between one trial and the next."""

    sentences: int = 6
    """Most sentences of one window; 1 reads every sentence alone."""
    frozen: int = 0
    """Layers kept as MiniLM has them, from the bottom, beside the embeddings."""
    mined: bool = True
    """Windows of other articles that look like answers."""
    edits: bool = True
    """Near misses and counterfactuals."""
    removals: bool = True
    """Texts without the very answer, words swapped, and attributes that are not stated."""
    cloze: float = 0.3
    """Share of made questions at the start; a quarter of it at the end."""
    span: float = 0.5
    """Weight of the span loss; 0 leaves the span head out."""
    rate: float = 1.5e-4
    """Peak learning rate."""
    dropout: float = 0.0
    """Share of hidden values that a step leaves out."""
    sentence: float = 1.0
    """Weight of the absolute (sigmoid) loss of every sentence."""
    bfloat16: bool = False
    """The layers multiply in bfloat16: half the time on processors that know it."""


WEIGHTS = {
    ("squad2", True): 32.0,
    ("squad2", False): 24.0,
    ("canard", True): 9.0,
    ("canard", False): 1.5,
    ("clapnq", True): 6.0,
    ("clapnq", False): 4.0,
    ("ramdocs", True): 7.0,
    ("ramdocs", False): 2.0,
    ("scifact", True): 6.0,
    ("scifact", False): 2.0,
    ("multihop-rag", True): 3.0,
    ("mtrag-un", True): 0.5,
    (WRITTEN, True): 90.0,
    (WRITTEN, False): 36.0,
    (NEWS, True): 120.0,
    (NEWS, False): 70.0,
    (DOCUMENTS, True): 110.0,
    (DOCUMENTS, False): 66.0,
    (CORPUS, True): 30.0,
    (CORPUS, False): 10.0,
}
MISSPELT_SHARE = 0.06
ATTRIBUTE_SHARE = 0.06
"""Of the questions that are not made from sentences."""
WITH_SIBLINGS = frozenset(("squad2", "clapnq", "mtrag-un", NEWS, DOCUMENTS))
"""Sets with several paragraphs of one article."""
CLOZE_WEIGHTS = {
    "squad2": 4.0,
    "clapnq": 3.0,
    "ramdocs": 1.0,
    "mtrag-un": 1.5,
    "scifact": 0.15,
    "multihop-rag": 2.0,
}


def groups(
    collection: Collection, recipe: Recipe, seed: int, minilm: Path, start: int = 0
) -> Generator[list[Example], float, None]:
    """Groups from number `start` on; group n depends on the seed and n alone.

    `minilm` is the folder of the model that tells which sentences are like the question.

    The caller sends the share of training that is done (0..1), which thins the made questions out.
    """
    sources = _by_source(collection)
    kinds = [kind for kind in sorted(sources) if kind in WEIGHTS]
    weights = [WEIGHTS[kind] for kind in kinds]
    drawn = {
        (source, False): near_miss_weights(sources[source, True], sources[source, False])
        for source in (NEWS, DOCUMENTS, WRITTEN)
        if (source, True) in sources and (source, False) in sources
    }
    texts = [p for p in collection.paragraphs if p.source in CLOZE_WEIGHTS and len(p.sentences) > 1]
    text_weights: list[float] = []
    for paragraph in texts:
        text_weights.append(
            (text_weights[-1] if text_weights else 0.0) + CLOZE_WEIGHTS[paragraph.source]
        )
    material = Material(collection, minilm)
    number, done = start, 0.0
    while True:
        rng = Random(f"{seed}/{number}")
        number += 1
        question: Question | None
        if rng.random() < recipe.cloze * (1 - 0.75 * done):
            question = cloze_question(rng, rng.choices(texts, cum_weights=text_weights)[0])
        elif recipe.removals and rng.random() < ATTRIBUTE_SHARE:
            question = unstated_attribute(rng, rng.choices(texts, cum_weights=text_weights)[0])
        else:
            kind = rng.choices(kinds, weights)[0]
            question = rng.choices(sources[kind], drawn.get(kind))[0]
        if question is not None:
            done = (yield _group(rng, question, recipe, material)) or done


class Material:
    """What near misses are made of, gathered once."""

    def __init__(self, collection: Collection, minilm: Path) -> None:
        self.similarity = Similarity(minilm)
        self.names = name_pool(collection.paragraphs)
        self.neighbours = Neighbours(collection.paragraphs)
        asked = (w for q in collection.questions if q.source == "squad2" for w in words_of(q.text))
        self.words = tuple(sorted({w for w in asked if len(w) > 3 and w.isalpha()}))
        self.answering = {(q.text, q.paragraph.id) for q in collection.questions if q.relevant}
        self.siblings: dict[str, list[Paragraph]] = {}
        for paragraph in collection.paragraphs:
            if paragraph.source in WITH_SIBLINGS and paragraph.sentences:
                self.siblings.setdefault(paragraph.article, []).append(paragraph)

    def sibling(self, rng: Random, question: Question) -> Paragraph | None:
        """Another paragraph of the question's article that does not hold its short answer.

        Of our own stories it is known which articles answer.
        """
        known = question.source in (NEWS, DOCUMENTS)
        if not question.answers and not known:
            return None
        others = self.siblings.get(question.paragraph.article, [])
        for _ in range(min(4, len(others))):
            other = rng.choice(others)
            held = other.text.lower()
            if other is question.paragraph or (question.text, other.id) in self.answering:
                continue
            if known or not any(answer.lower() in held for answer in question.answers):
                return other
        return None


_ASKING = re.compile(
    r"\b(how (?:much|many|long|far|old|large|big|high|often)|how|who|when|where|why|which|what)\b"
)
_WANTED = re.compile(
    r"\b(?:(?P<money>costs?|prices?|pays?|paid|spen[dt]|budget|worth)|(?P<name>names?|called)"
    r"|(?P<share>per ?cent|percentage|share))\b"
)
MOST_WEIGHT = 10.0


def form_of(question: str) -> str:
    """How a question asks, roughly: its first asking word, and whether for a sum, name or share."""
    text = question.lower()
    asking, wanted = _ASKING.search(text), _WANTED.search(text)
    return f"{asking[1] if asking else ''} {wanted.lastgroup if wanted else ''}"


def near_miss_weights(answered: Sequence[Question], near: Sequence[Question]) -> list[float]:
    """How much of each near miss is drawn, so that each form is as frequent as among `answered`.

    Who writes near misses asks for what articles leave out, names and sums of money above all. A
    reader learns from that to refuse the form: the sixth run did (docs/reader-history.md).
    """
    with_answer = Counter(form_of(question.text) for question in answered)
    without = Counter(form_of(question.text) for question in near)
    scale = len(near) / len(answered)
    ratios = {form: scale * with_answer[form] / count for form, count in without.items()}
    return [
        min(max(ratios[form_of(question.text)], 1 / MOST_WEIGHT), MOST_WEIGHT) for question in near
    ]


def _by_source(collection: Collection) -> dict[tuple[str, bool], list[Question]]:
    sources: dict[tuple[str, bool], list[Question]] = {}
    for question in collection.questions:
        sources.setdefault((question.source, bool(question.relevant)), []).append(question)
    return sources


def _group(rng: Random, question: Question, recipe: Recipe, material: Material) -> list[Example]:
    most = recipe.sentences
    size = rng.randint(min(3, most), most) if rng.random() < 0.8 else rng.randint(1, most)
    likeness = partial(material.similarity.of, question.text, question.paragraph)
    main = crop(rng, question, size, likeness=likeness)
    group = [main]
    if main.relevant:
        if recipe.edits and rng.random() < 0.3:
            main = group[0] = renamed(rng, main, material.names)
        else:
            missing = without_answer(rng, question, size) if rng.random() < 0.35 else None
            if missing:
                group.append(missing)
            if recipe.mined and rng.random() < 0.35:
                group.append(_elsewhere(rng, question, size, material))
            if recipe.mined and rng.random() < 0.6:
                far = apart(rng, question, size, likeness)
                if far:
                    group.append(far)
            if recipe.removals and rng.random() < 0.5:
                removed = answer_removed(rng, main, question.answers)
                if removed:
                    group.append(removed)
            if recipe.removals and rng.random() < 0.3:
                main = group[0] = something_else_removed(rng, main)
        if recipe.edits and rng.random() < 0.3:
            missed = near_miss(rng, main, material.names)
            if missed:
                group.append(missed)
        if recipe.removals and rng.random() < 0.2:
            missed = other_word(rng, main, material.words)
            if missed:
                group.append(missed)
        if most == 1:
            group += alone(rng, question, 3)
    elif recipe.mined:
        if rng.random() < 0.2:
            group.append(_elsewhere(rng, question, size, material))
        if rng.random() < 0.4:
            far = apart(rng, question, size, likeness)
            if far:
                group.append(far)
    bare = rng.random() < 0.25
    return [_dressed(rng, e, bare) for e in group]


def _elsewhere(rng: Random, question: Question, size: int, material: Material) -> Example:
    """Of a paragraph that looks like it answers: of the same article, or of another."""
    sibling = material.sibling(rng, question) if rng.random() < 0.5 else None
    other = sibling or rng.choice(material.neighbours.of(question))
    likeness = partial(material.similarity.of, question.text, other)
    return crop(rng, question, size, other, likeness=likeness)


def _dressed(rng: Random, example: Example, bare: bool) -> Example:
    """Small variations that must not matter: no title, no question mark, a misspelt word."""
    question = example.question.rstrip("?").rstrip() if rng.random() < 0.2 else example.question
    question = misspelt(rng, question) if rng.random() < MISSPELT_SHARE else question
    return replace(example, question=question, title="" if bare else example.title)
