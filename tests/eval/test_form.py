"""What an answer shows besides what it states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from assistant.answers import Answer, Citation
from embeddings.records import Article
from eval.form import brier, marks_short_answer, reading_order, whole_quotes
from eval.questions import Question
from eval.retrieval import Span

BUILT, SIGNED = "Sui built 300,600 vehicles.", "Chen signed in Beijing."
TEXT = """Head Office

Mr. Sui built 2.565 vehicles (so he said). "It was hot." He left；他走了。她也走了。
- a slogan without a full stop
1. First of all, the end. Then, at 10:30, more"""


@pytest.mark.parametrize(
    "quote",
    [
        "Head Office",
        "Mr. Sui built 2.565 vehicles (so he said).",
        '"It was hot."',
        "It was hot.",
        "He left；",
        "他走了。",
        "她也走了。",
        "a slogan without a full stop",
        "First of all, the end.",
        "Then, at 10:30, more",
        'Mr. Sui built 2.565 vehicles (so he said). "It was hot."',
    ],
)
def test_a_quote_from_the_start_of_a_sentence_to_an_end_is_whole(
    quote: str, answer: Callable[..., Answer]
) -> None:
    assert whole_quotes(answer("A [1]", _cited(quote)), lambda _: Article("t", TEXT)) == 1


@pytest.mark.parametrize(
    "quote",
    [
        "ead Office",
        "Head Offic",
        "Sui built 2.",
        "565 vehicles (so he said).",
        "Mr. Sui built 2.565 vehicles",
        "r. Sui built 2.565 vehicles (so he said).",
        "was hot.",
        "It was hot",
        "slogan without a full stop",
        "a slogan without a full",
        "30, more",
    ],
)
def test_a_quote_that_is_cut_is_not_whole(quote: str, answer: Callable[..., Answer]) -> None:
    assert whole_quotes(answer("A [1]", _cited(quote)), lambda _: Article("t", TEXT)) == 0


@pytest.mark.parametrize(
    ("words", "first", "last", "whole"),
    [
        (300, 0, 50, 1),
        (300, 50, 100, 1),
        (300, 250, 300, 1),
        (90, 0, 50, 0),
        (90, 50, 90, 0),
    ],
)
def test_what_is_longer_than_any_sentence_may_be_cut_between_words(
    words: int, first: int, last: int, whole: int, answer: Callable[..., Answer]
) -> None:
    spoken = [f"word{n:03}" for n in range(words)]
    text = f"It began. {' '.join(spoken)}. It ended."
    quote = " ".join(spoken[first:last])
    start = text.index(quote)

    def judged(left: int, right: int) -> float | None:
        cited = Citation(1, "t", "", None, None, start + left, start + right, quote, "")
        return whole_quotes(answer("A [1]", cited), lambda _: Article("t", text))

    assert judged(0, len(quote)) == whole
    assert judged(0, len(quote) - 2) == 0  # within a word


def test_whole_quotes_are_a_share_of_the_citations(answer: Callable[..., Answer]) -> None:
    two = answer("A [1] B [2]", _cited("Head Office"), _cited("Offic"))
    assert whole_quotes(two, lambda _: Article("t", TEXT)) == 0.5
    refusal = answer("Nothing.", refusal="not_stated")
    assert whole_quotes(refusal, lambda _: Article("t", TEXT)) is None


def test_evidence_of_one_article_stands_in_its_order_or_it_does_not(
    answer: Callable[..., Answer], cite: Callable[..., Citation]
) -> None:
    cited = [cite(1, BUILT), cite(2, SIGNED), cite(3, "It was hot.")]
    first, second, third = cited
    needed = [[Span("a.txt", one.start + 1, one.end)] for one in cited]
    assert reading_order(answer("", first, second, third), needed) == 1
    assert reading_order(answer("", third, second, first), needed) == 0
    assert reading_order(answer("", first, third, second), needed) == 0.5
    # What is shown besides the evidence may stand anywhere.
    assert reading_order(answer("", third, first, second), needed[:2]) == 1
    assert reading_order(answer("", third, second, first), needed[:1]) is None
    other = replace(second, article_id="b.txt")
    assert reading_order(answer("", other, first), needed) is None
    assert reading_order(answer("", first, second, refusal="not_stated"), needed) is None


def test_a_short_answer_is_marked_or_it_is_not(
    question: Callable[..., Question],
    answer: Callable[..., Answer],
    cite: Callable[..., Citation],
) -> None:
    one = question(["300,600"])
    marked = cite(1, BUILT, answer_start=10, answer_end=17)
    assert marks_short_answer(one, answer(f"{BUILT} [1]", marked)) == 1
    assert marks_short_answer(one, answer(f"{BUILT} [1]", cite(1, BUILT))) == 0
    assert marks_short_answer(one, answer("Nothing.", refusal="not_stated")) is None
    assert marks_short_answer(question(), answer(f"{BUILT} [1]", marked)) is None


def test_confidence_is_held_against_what_was_right(
    question: Callable[..., Question], answer: Callable[..., Answer]
) -> None:
    """The fixture's answers have a confidence of one half."""
    sure = question(["300,600"])
    assert brier(sure, answer(f"{BUILT} [1]")) == 0.25
    refusal = answer("Nothing.", refusal="not_stated")
    assert brier(sure, refusal) is None
    nobody = question(kind="unanswerable")
    assert brier(nobody, refusal) == brier(nobody, answer(f"{BUILT} [1]")) == 0.25


def _cited(quote: str) -> Citation:
    start = TEXT.index(quote)
    text = Article("t", TEXT)
    return Citation(1, "t", text.label, None, None, start, start + len(quote), quote, text.sha256)
