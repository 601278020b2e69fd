"""What the lexical search ranks first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from embeddings import lexical
from embeddings.corpus import Corpus
from embeddings.index import build_index
from embeddings.indexing import index_articles
from embeddings.lexical import LexicalIndex, near_spellings, searched
from embeddings.records import Article
from tests.fakes import HashingEncoder

ENCODER = HashingEncoder(64)
OTHERS = [
    f"The manual of part {n} is found in the drawer; it can be found there." for n in range(9)
]
FOUNDED = "Ingrid Moe is who founded the yard, and she ran its dock for years."
FOUNDED_NUMBER = len(OTHERS) + 1
"""Passages are numbered from 1."""


@pytest.fixture
def index_of(tmp_path: Path) -> Callable[..., LexicalIndex]:
    def made(*texts: str, name: str = "c") -> LexicalIndex:
        corpus = Corpus(tmp_path / name)
        index_articles([Article(f"{n}.txt", text) for n, text in enumerate(texts)], corpus, ENCODER)
        return build_index(corpus).lexical

    return made


def scores(index: LexicalIndex, question: str) -> dict[int, float]:
    return dict(index.search(index.terms(question), 20))


def test_a_word_in_the_form_of_the_question_weighs_more(
    index_of: Callable[..., LexicalIndex], monkeypatch: pytest.MonkeyPatch
) -> None:
    """ "Founded" has the stem of "found"; which one stands in the question still counts."""
    index = index_of(*OTHERS, FOUNDED)
    best, second, *_ = scores(index, "Who founded it?").items()
    assert (best[0], best[1] > 1.5 * second[1]) == (FOUNDED_NUMBER, True)
    monkeypatch.setattr(lexical, "FORM_BOOST", 0.0)
    assert (
        max(scores(index, "Who founded it?").items(), key=lambda hit: hit[1])[0] != FOUNDED_NUMBER
    )


def test_another_form_still_finds_it(index_of: Callable[..., LexicalIndex]) -> None:
    index = index_of("The founders of the yard have left.", "It rained on the bridge.")
    assert list(scores(index, "Which founder left?")) == [1]


def test_each_form_of_the_question_counts_once(index_of: Callable[..., LexicalIndex]) -> None:
    index = index_of("The limit of max_open_files is 9.", "It was found where it was founded.")
    forms = [
        (word, weight)
        for field, word, weight in searched(
            index.terms("Which max_open_files did those find who found what others founded?")
        )
        if field == "word"
    ]
    assert {weight for _, weight in forms} == {lexical.FORM_BOOST}
    words = [word for word, _ in forms]
    assert len(words) == len(set(words))
    assert {"max", "open", "files", "find", "found", "founded"} <= set(words)


def test_a_misspelt_name_may_have_a_genitive_without_its_apostrophe() -> None:
    def known(start: str) -> list[str]:
        return [word for word in ("sundvik", "sundries", "sold") if word.startswith(start)]

    assert near_spellings("sundvk", known) == ("sundvik",)
    assert near_spellings("sundvks", known) == ("sundvik",)
    assert near_spellings("sandviks", known) == ("sundvik",)
    assert near_spellings("sxxxxs", known) == ()
