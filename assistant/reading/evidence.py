"""How well a sentence, in its place in its article, speaks to a question: plain features.

Each feature is a number that says the same thing in every corpus, so that weights learned
on one serve on another. `NAMES` is their order: what the reader says first, then what is plain
without it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from assistant.language.answer_forms import holds
from assistant.language.lists import asks_for_questions, is_question
from assistant.language.naming import other_rank, unnamed, unnamed_kind
from assistant.language.orders import other_end, other_ordinal
from embeddings.lexical import stems, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assistant.retrieval.aliases import Alias
    from assistant.understanding.question import QuestionForm
    from embeddings.lexical import LexicalIndex, Term

__all__ = [
    "NAMES",
    "PLAIN_NAMES",
    "SentenceInPlace",
    "Setting",
    "features",
    "promise",
    "setting_of",
]

PLAIN_NAMES = (
    "cosine",
    "passage_score",
    "coverage",
    "coverage_context",
    "rarest_missing",
    "unknown_words",
    "names_missing",
    "numbers_missing",
    "focus_missing",
    "expected_present",
    "other_ordinal",
    "is_question",
    "is_heading",
    "log_words",
)
_TELLS_OF_ANOTHER = (other_ordinal, other_end, other_rank, unnamed, unnamed_kind)
NAMES = ("relevance", "answerable", "span_score", *PLAIN_NAMES)


@dataclass(frozen=True, slots=True)
class SentenceInPlace:
    """A sentence and what stands around it."""

    text: str
    before: str
    after: str
    title: str
    date: str | None
    article: str = ""
    """The whole text that it stands in."""
    headings: str = ""
    """What it stands under."""

    @property
    def around(self) -> str:
        """All that says what it speaks of, itself among it."""
        return " ".join((self.before, self.text, self.after, self.title, self.headings))


@dataclass(frozen=True, slots=True)
class Setting:
    """A question's terms, weighed by how rare they are in this corpus."""

    form: QuestionForm
    weights: tuple[tuple[Term, float], ...]
    """Inverse document frequency of each term: log(1 + (N - n + 0.5) / (n + 0.5)), as in BM25."""
    aliases: tuple[tuple[frozenset[str], frozenset[str]], ...]
    """Stems of a name in the question, stems of another name for it."""
    most: float
    """The weight that a term found in one passage only would have."""


def setting_of(
    form: QuestionForm, terms: Sequence[Term], aliases: Sequence[Alias], lexical: LexicalIndex
) -> Setting:
    """Weigh the terms of a question by the corpus it is asked of."""
    size = max(lexical.size, 1)

    def weight(count: int) -> float:
        return math.log(1 + (size - count + 0.5) / (count + 0.5))

    weighed = []
    for term in terms:
        count = max(map(lexical.document_frequency, (term.stem, *term.alternatives)))
        weighed.append((term, weight(max(count, 1))))
    named = tuple((alias.written_stems, alias.other_stems) for alias in aliases)
    return Setting(form, tuple(weighed), named, weight(1))


def features(
    setting: Setting,
    sentence: SentenceInPlace,
    *,
    cosine: float,
    passage_score: float,
    has: Callable[[str], frozenset[str]],
) -> tuple[float, ...]:
    """The features of one sentence, in the order of `PLAIN_NAMES`.

    `has` gives the stems of a text (callers cache it).
    """
    own = has(sentence.text)
    beside = (sentence.before, sentence.after, sentence.title, sentence.headings)
    context = own.union(*map(has, beside))
    own, context = _with_aliases(own, setting), _with_aliases(context, setting)
    around = sentence.around
    total = sum(weight for _, weight in setting.weights) or 1.0
    covered = sum(weight for term, weight in setting.weights if _in(term, own))
    covered_context = sum(weight for term, weight in setting.weights if _in(term, context))
    missing = [weight for term, weight in setting.weights if not _in(term, context)]
    unknown = sum(
        weight
        for term, weight in setting.weights
        if not term.alternatives and not _in(term, context) and weight >= setting.most
    )
    form = setting.form
    names = [stem for name in form.names for stem in stems(name)]
    focus = {stem for word in form.focus for stem in stems(word)}
    spellings = {term.stem: term.alternatives for term, _ in setting.weights}
    absent = sum(
        1 for stem in names if stem not in context and not context & set(spellings.get(stem, ()))
    )
    dated = around + " " + (sentence.date or "")
    # What a whole article is about, it need not name in every sentence.
    named = [_names(code, f"{sentence.title} {sentence.article or around}") for code in form.codes]
    return (
        cosine,
        passage_score,
        covered / total,
        covered_context / total,
        max(missing, default=0.0) / max(setting.most, 1e-9),
        unknown / total,
        absent / len(names) if names else 0.0,
        float(form.lacks([*(_states(number, dated) for number in form.numbers), *named])),
        float(bool(focus) and not focus & context),
        holds(form.expected, sentence.text, form.text),
        float(any(rule(form.text, sentence.text) for rule in _TELLS_OF_ANOTHER)),
        float(is_question(sentence.text) and not asks_for_questions(form.text)),
        float(not re.search(r"[.!?:;。！？…][\"'”’)\]]*$", sentence.text)),
        math.log(1 + len(words_of(sentence.text))),
    )


_PROMISE = {
    "coverage": 1.0,
    "coverage_context": 0.5,
    "cosine": 1.0,
    "expected_present": 0.3,
    "other_ordinal": -0.3,
    "is_heading": -0.5,
}
"""Set by hand, not fitted: they decide what is read, not what is said."""


def promise(values: Sequence[float]) -> float:
    """How much a sentence with these `features` promises to answer: who is read first."""
    value = dict(zip(PLAIN_NAMES, values, strict=True))
    return sum(weight * value[name] for name, weight in _PROMISE.items())


def _with_aliases(present: frozenset[str], setting: Setting) -> frozenset[str]:
    """What is present, and the question's names for what is present under another name."""
    for written, other in setting.aliases:
        if other and other <= present:
            present |= written
    return present


def _in(term: Term, present: frozenset[str]) -> bool:
    return term.stem in present or any(stem in present for stem in term.alternatives)


def _names(code: str, text: str) -> bool:
    """Whether a name with a number in it stands in the text: "FM-300", "FM 300" or "fm300"."""
    return re.search(rf"(?<![a-z\d]){re.escape(_joined(code))}(?!\d)", _joined(text)) is not None


@lru_cache(maxsize=256)
def _joined(text: str) -> str:
    return re.sub(r"(?<=[a-z])[ -](?=\d)", "", text.lower())


def _states(number: str, text: str) -> bool:
    """Whether the number stands in the text as a whole, with or without thousands separators."""
    plain = number.replace(",", "").rstrip(".")
    return any(
        found.replace(",", "").rstrip(".") == plain for found in re.findall(r"\d[\d,.]*", text)
    )
