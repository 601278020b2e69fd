"""What speaks for a sentence as an answer and what against it, in plain words.

The words say what the features of `assistant.reading.evidence` and `assistant.reading.support`
count, and which of the question's words they counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.language.answer_types import AnswerType
from assistant.reading.evidence import NAMES
from assistant.reading.reader import in_place
from assistant.reading.support import NAMES as SUPPORT_NAMES
from assistant.understanding.question import analyse
from assistant.wording import say
from embeddings.lexical import stems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from assistant.composing.composer import Part
    from assistant.reading.reader import Candidate, Logistic
    from assistant.retrieval.retriever import Retrieved
    from assistant.understanding.question import QuestionForm
    from embeddings.records import Article

__all__ = ["Asked", "reasons"]

TELLING = 0.3
"""Log-odds by which meaning moves a sentence, from where it is worth a word."""
TAKEN = -1.75
"""The reader's log-odds, not calibrated, above which three in four of the right sentences of the
development questions lie."""
METADATA = say("it is where the article states its own date")
REPEATED = say("the answer before has quoted it, and the question goes on from there")

_MEANING = ("cosine", "passage_score")
_ASKING = frozenset(("many", "much"))
_KINDS = {
    AnswerType.PERSON: (say("it states a person"), say("it states no person")),
    AnswerType.DATE: (say("it states a date"), say("it states no date")),
    AnswerType.NUMBER: (say("it states a number"), say("it states no number")),
    AnswerType.MEASURE: (say("it states a number"), say("it states no number")),
    AnswerType.MONEY: (say("it states a sum of money"), say("it states no sum of money")),
    AnswerType.PERCENT: (say("it states a percentage"), say("it states no percentage")),
    AnswerType.TEMPERATURE: (say("it states a temperature"), say("it states no temperature")),
    AnswerType.AREA: (say("it states an area"), say("it states no area")),
    AnswerType.DURATION: (say("it states a duration"), say("it states no duration")),
}
"""Kinds of answers that a sentence can be seen to hold: how to say that it does, or does not."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a part asks for, and which of its words stand in and around a sentence."""

    form: QuestionForm
    present: frozenset[str]
    """Stems of the sentence, of its neighbours, its headings and its article's title, and of their
    other names."""
    words: tuple[tuple[str, frozenset[str]], ...]
    """Content words of the question, each with the stems that stand for it."""

    @classmethod
    def of(
        cls, part: Part, retrieved: Retrieved | None, article: Article | None, index: int
    ) -> Asked:
        """Look for the words of `part` around the sentence with this index of its article."""
        around = ""
        if article is not None:
            around = f"{in_place(article, index).around} {article.date or ''}"
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
    repeated = (REPEATED,) if candidate.repeated else ()
    bad = (*repeated, *_against(asked, value), *(s for s, better in weighed if not better))
    return good, bad


def _by_reader(candidate: Candidate, value: Mapping[str, float]) -> Iterator[tuple[str, bool]]:
    """What the reader says, in words, and whether that speaks for the candidate."""
    if value.get("relevance", 0.0) > TAKEN:
        start, end = candidate.span
        words = candidate.text[start:end]
        yield say("the reader takes it for an answer: “{words}”", words=words), True
    else:
        yield say("the reader does not take it for an answer"), False
    if value.get("answerable", 0.0) <= TAKEN:
        yield say("the reader finds no answer around it either"), False


def _by_meaning(candidate: Candidate, model: Logistic) -> Iterator[tuple[str, bool]]:
    """What the cosine adds to its score, against that of an average candidate."""
    columns = (model.names, model.weights, candidate.features, model.means, model.scales)
    moved = sum(
        weight * (value - mean) / scale
        for name, weight, value, mean, scale in zip(*columns, strict=False)
        if name in _MEANING
    )
    if abs(moved) >= TELLING:
        if moved > 0:
            yield say("it is near the question in meaning"), True
        else:
            yield say("it is far from the question in meaning"), False


def _for(asked: Asked, value: Mapping[str, float]) -> Iterator[str]:
    found = asked.found()
    if found:
        yield say("it, or what stands around it, mentions: {words}", words=", ".join(found))
    kind = _KINDS.get(asked.form.expected)
    if kind and value.get("expected_present"):
        yield say("{states}, as is asked for", states=kind[0])


def _against(asked: Asked, value: Mapping[str, float]) -> Iterator[str]:
    """What rules a sentence out comes first."""
    form = asked.form
    if value.get("expected_present") == 0:
        kind = _KINDS.get(form.expected)
        states = kind[1] if kind else say("it states no {kind}", kind=form.expected.value)
        yield say("{states}, though one is asked for", states=states)
    names = asked.missing(form.names)
    numbers = asked.missing((*form.numbers, *form.codes))
    if value.get("numbers_missing"):
        lacking = ", ".join(numbers or (*form.numbers, *form.codes))
        yield say("it lacks a number of the question: {numbers}", numbers=lacking)
    elif value.get("year_missing"):
        yield say("it lacks a year or a month that the question names")
    if value.get("strangers"):
        yield say("no article that was found mentions several names of the question")
    if value.get("other_ordinal"):
        yield say("it tells of another one than is asked for, or does not say which")
    if names:
        # Shares of the same names: what is missing around it and in its whole article.
        nowhere = value.get("names_absent", 0.0) >= value.get("names_missing", 0.0) - 1e-3
        absent = ", ".join(names)
        if nowhere:
            yield say("neither it nor its article mentions: {words}", words=absent)
        else:
            yield say("it does not mention: {words}", words=absent)
    others = [word for word in asked.missing() if word not in (*names, *numbers)]
    if others:
        yield say("not near it: {words}", words=", ".join(others))
    if value.get("is_question"):
        yield say("it is a question itself")
    if value.get("is_heading"):
        yield say("it does not end like a sentence")
