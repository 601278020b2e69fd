"""Retrieval figures against numbers worked by hand; relevance is defined on evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import log2

import pytest

from assistant.answers import Hit
from embeddings.records import Article, Passage
from eval.questions import Question, QuestionFileError
from eval.retrieval import Span, delivered, locate, retrieval_scores

FIRST, SECOND = (Span("a", 0, 10),), (Span("a", 50, 70), Span("b", 5, 15))
NEEDED = (FIRST, SECOND)


def hit(rank: int, start: int, end: int, article_id: str = "a") -> Hit:
    return Hit(Passage(article_id, start, end, "x" * (end - start)), 1 / rank, rank)


def test_hand_worked_ranking() -> None:
    # nothing, first item, a repeat of it, second item
    hits = [hit(1, 20, 30), hit(2, 0, 10), hit(3, 2, 12), hit(4, 50, 70)]
    scores = retrieval_scores(hits, NEEDED)
    assert scores["recall_at_1"] == 0
    assert scores["recall_at_5"] == 1
    assert scores["mrr"] == pytest.approx(1 / 2)
    dcg, ideal = 1 / log2(3) + 1 / log2(5), 1 / log2(2) + 1 / log2(3)
    assert scores["ndcg_at_10"] == pytest.approx(dcg / ideal)


def test_one_passage_that_holds_two_items_is_a_perfect_ranking() -> None:
    scores = retrieval_scores([hit(1, 0, 80), hit(2, 90, 99)], NEEDED)
    assert scores == {
        "recall_at_1": 1, "recall_at_5": 1, "recall_at_10": 1, "mrr": 1, "ndcg_at_10": 1,
    }  # fmt: skip


def test_what_is_never_found_stays_in_the_denominator() -> None:
    scores = retrieval_scores([hit(1, 0, 10)], NEEDED)
    assert scores["recall_at_10"] == 0.5
    assert scores["mrr"] == 1
    assert scores["ndcg_at_10"] == pytest.approx(1 / (1 + 1 / log2(3)))


def test_no_hits_is_zero_not_missing() -> None:
    assert set(retrieval_scores([], NEEDED).values()) == {0.0}


def test_hits_below_the_tenth_do_not_count() -> None:
    hits = [*(hit(n, 20, 30) for n in range(1, 11)), hit(11, 0, 10)]
    assert set(retrieval_scores(hits, NEEDED).values()) == {0.0}


def test_the_tenth_hit_counts_even_behind_one_that_holds_two_items() -> None:
    needed = (*NEEDED, (Span("c", 0, 10),))
    hits = [hit(1, 0, 80), *(hit(n, 20, 30) for n in range(2, 10)), hit(10, 0, 10, "c")]
    assert retrieval_scores(hits, needed)["recall_at_10"] == 1


def test_either_place_of_an_item_delivers_it() -> None:
    assert delivered([hit(1, 5, 15, "b")], NEEDED) == [[1]]


@pytest.mark.parametrize(
    ("start", "end", "delivers"),
    [
        (5, 25, False),  # half of the quote is not more than half
        (4, 24, True),  # six of its ten characters
        (0, 3, True),  # a passage smaller than the quote, wholly inside it
        (8, 12, False),  # half of the passage
        (10, 20, False),  # next to it
    ],
)
def test_more_than_half_of_the_shorter_must_be_shared(start: int, end: int, delivers: bool) -> None:
    assert (delivered([hit(1, start, end)], (FIRST,)) == [[0]]) is delivers
    assert delivered([hit(1, start, end, "other")], (FIRST,)) == [[]]


def test_locate_finds_the_quote_in_the_article(
    question: Callable[..., Question], lookup: Callable[[str], Article]
) -> None:
    located = locate(question(["hot"], quotes=["It was hot."]), lookup)
    assert located == ((Span("a.txt", 52, 63),),)


def test_evidence_in_a_copy_is_that_of_the_article_that_is_kept(
    question: Callable[..., Question], article: Article
) -> None:
    """Hits name the article by the id it is kept under, whichever of its files a question names."""
    (place,) = locate(question(["hot"], quotes=["It was hot."]), lambda _: replace(article, id="b"))
    assert place == (Span("b", 52, 63),)


def test_locate_names_the_line_of_a_quote_that_does_not_stand(
    question: Callable[..., Question], lookup: Callable[[str], Article]
) -> None:
    with pytest.raises(QuestionFileError, match=r"mine\.jsonl:1: quote 'It was cold"):
        locate(question(["cold"], quotes=["It was cold."]), lookup)


def test_locate_names_the_line_of_an_article_that_is_not_there(
    question: Callable[..., Question],
) -> None:
    def find(article_id: str) -> Article:
        raise KeyError(article_id)

    with pytest.raises(QuestionFileError, match=r"mine\.jsonl:1: article 'a\.txt'"):
        locate(question(["hot"]), find)
