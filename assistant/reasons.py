"""What speaks for a sentence as an answer and what against it, in plain words.

The words say what the features of `assistant.evidence` and `assistant.support` count, and which
of the question's words they counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.answer_types import AnswerType
from assistant.evidence import NAMES
from assistant.question import analyse
from assistant.reader import LEAST_QUANTITY_MATCH, sentences_of
from assistant.support import NAMES as SUPPORT_NAMES
from embeddings.lexical import stems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from assistant.composer import Part
    from assistant.question import QuestionForm
    from assistant.reader import Candidate, Logistic
    from assistant.retriever import Retrieved
    from embeddings.records import Article

__all__ = ["Asked", "reasons"]

TELLING = 0.3
"""Log-odds by which meaning moves a sentence, from where it is worth a word."""
METADATA = "it is where the article states its own date"

_MEANING = ("cosine", "passage_score")
_ASKING = frozenset(("many", "much"))
_KINDS = {
    AnswerType.PERSON: "a person",
    AnswerType.DATE: "a date",
    AnswerType.NUMBER: "a number",
    AnswerType.MONEY: "a sum of money",
    AnswerType.PERCENT: "a percentage",
    AnswerType.TEMPERATURE: "a temperature",
    AnswerType.AREA: "an area",
    AnswerType.DURATION: "a duration",
}
"""Kinds of answers that a sentence can be seen to hold."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a part asks for, and which of its words stand in and around a sentence."""

    form: QuestionForm
    present: frozenset[str]
    """Stems of the sentence, its neighbours and its article's title, and of their other names."""
    words: tuple[tuple[str, frozenset[str]], ...]
    """Content words of the question, each with the stems that stand for it."""

    @classmethod
    def of(
        cls, part: Part, retrieved: Retrieved | None, article: Article | None, index: int
    ) -> Asked:
        """Look for the words of `part` around the sentence with this index of its article."""
        around = ""
        if article is not None:
            spans = sentences_of(article.text)[max(index - 1, 0) : index + 2]
            texts = [article.text[start:end] for start, end in spans]
            around = " ".join((*texts, article.title or "", article.date or ""))
        present = frozenset(stems(around))
        for alias in retrieved.aliases if retrieved else ():
            if alias.other_stems and alias.other_stems <= present:
                present |= alias.written_stems
        terms = retrieved.terms if retrieved else ()
        words = tuple(
            (term.word, frozenset((term.stem, *term.alternatives)))
            for term in terms
            if term.word.lower() not in _ASKING
        )
        return cls(analyse(part.question), present, words)

    def found(self, among: Sequence[str] | None = None) -> list[str]:
        """Words of the question that are there; those of `among` only, when it is given."""
        return [word for word, forms in self._of(among) if forms & self.present]

    def missing(self, among: Sequence[str] | None = None) -> list[str]:
        """Words of the question that are not there."""
        return [word for word, forms in self._of(among) if not forms & self.present]

    def _of(self, among: Sequence[str] | None) -> Iterator[tuple[str, frozenset[str]]]:
        wanted = None if among is None else {stem for word in among for stem in stems(word)}
        for word, forms in self.words:
            if wanted is None or forms & wanted:
                yield word, forms


def reasons(
    candidate: Candidate, asked: Asked, supported: Sequence[float], model: Logistic
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(What speaks for the candidate, what speaks against it), the weightiest first.

    `supported` are its features by `support.NAMES`, empty where none were worked out; `model` is
    the one that scored it.
    """
    if not any(candidate.features):  # an article's own metadata are not weighed
        return (METADATA,), ()
    value = dict(zip(NAMES, candidate.features, strict=False))
    value |= dict(zip(SUPPORT_NAMES, supported, strict=False))
    weighed = (*_by_reader(candidate, value), *_by_meaning(candidate, model))
    good = (*(said for said, better in weighed if better), *_for(asked, value))
    bad = (*_against(asked, value), *(said for said, better in weighed if not better))
    return good, bad


def _by_reader(candidate: Candidate, value: Mapping[str, float]) -> Iterator[tuple[str, bool]]:
    """What the reader says, in words, and whether that speaks for the candidate."""
    if value.get("relevance", 0.0) > 0:
        start, end = candidate.span
        yield f"the reader takes it for an answer: “{candidate.text[start:end]}”", True
    else:
        yield "the reader does not take it for an answer", False
    if value.get("answerable", 0.0) <= 0:
        yield "the reader finds no answer around it either", False


def _by_meaning(candidate: Candidate, model: Logistic) -> Iterator[tuple[str, bool]]:
    """What the cosine adds to its score, against that of an average candidate."""
    columns = (model.names, model.weights, candidate.features, model.means, model.scales)
    moved = sum(
        weight * (value - mean) / scale
        for name, weight, value, mean, scale in zip(*columns, strict=False)
        if name in _MEANING
    )
    if abs(moved) >= TELLING:
        near = "near" if moved > 0 else "far from"
        yield f"it is {near} the question in meaning", moved > 0


def _for(asked: Asked, value: Mapping[str, float]) -> Iterator[str]:
    found = asked.found()
    if found:
        yield f"it, or what stands around it, mentions: {', '.join(found)}"
    kind = _KINDS.get(asked.form.expected)
    if kind and value.get("expected_present"):
        yield f"it states {kind}, as is asked for"


def _against(asked: Asked, value: Mapping[str, float]) -> Iterator[str]:
    """What rules a sentence out comes first."""
    form = asked.form
    if value.get("expected_present") == 0:
        kind = _KINDS.get(form.expected, f"a {form.expected.value}").split(" ", 1)[1]
        yield f"it states no {kind}, though one is asked for"
    names = asked.missing(form.names)
    numbers = asked.missing(form.numbers)
    if value.get("numbers_missing"):
        yield f"it lacks a number of the question: {', '.join(numbers or form.numbers)}"
    elif value.get("year_missing"):
        yield "it lacks a year or a month that the question names"
    if value.get("other_ordinal"):
        yield "it tells of another in the order than the one that is asked for"
    if value.get("quantity_match", 1.0) < LEAST_QUANTITY_MATCH:
        yield f"it counts something else than: {' '.join(form.focus)}"
    if names:
        # Shares of the same names: what is missing around it and in its whole article.
        nowhere = value.get("names_absent", 0.0) >= value.get("names_missing", 0.0) - 1e-3
        speaks = "neither it nor its article mentions" if nowhere else "it does not mention"
        yield f"{speaks}: {', '.join(names)}"
    others = [word for word in asked.missing() if word not in (*names, *numbers)]
    if others:
        yield f"not near it: {', '.join(others)}"
    if value.get("is_question"):
        yield "it is a question itself"
    if value.get("is_heading"):
        yield "it does not end like a sentence"
