"""The short answer inside a sentence: the reader's span, where it is of the kind that was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.language.answer_forms import holds, plain_forms
from assistant.language.answer_types import AnswerType, answer_type
from embeddings.lexical import stems

if TYPE_CHECKING:
    from embeddings.splitting import Span

__all__ = ["short_answer"]

_COUNTED = frozenset((AnswerType.NUMBER, AnswerType.PERCENT, AnswerType.MONEY))
FOLLOWING = 4
"""Words after a number that say what it counts."""
MOST_WORDS = 10
"""A longer span says no more than its sentence."""


def short_answer(sentence: str, span: Span, question: str) -> Span | None:
    """Where in `sentence` the answer to `question` stands, or None when it is the whole.

    `span` is what the reader found. When it holds nothing of the kind that is asked for, and one
    thing in the sentence is of that kind, that thing is the answer; with several, none is.
    """
    kind = answer_type(question)
    if kind in (AnswerType.ANY, AnswerType.LIST):
        return None
    start, end = span
    words = sentence[start:end]
    forms = plain_forms(kind, sentence, question)
    inside = [form for form in forms if start < form[1] and form[0] < end]
    part = len(words.strip()) < len(sentence.strip())
    if part and 0 < len(words.split()) <= MOST_WORDS and holds(kind, words, question) == 1:
        if len(forms) == 1 or kind not in _COUNTED:
            return start, end
        return (start, end) if len(inside) == 1 and _counts(sentence[end:], question) else None
    return forms[0] if len(forms) == 1 else None


def _counts(after: str, question: str) -> bool:
    """Whether what follows a number is what the question counts, of several numbers."""
    following = stems(" ".join(after.split()[:FOLLOWING]))
    return bool(frozenset(following) & frozenset(stems(question)))
