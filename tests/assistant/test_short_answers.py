from __future__ import annotations

import pytest

from assistant.composing.short_answers import short_answer


def answered(sentence: str, found: str, question: str) -> str | None:
    """The short answer when the reader found `found` in the sentence."""
    start = sentence.index(found)
    span = short_answer(sentence, (start, start + len(found)), question)
    return None if span is None else sentence[slice(*span)]


@pytest.mark.parametrize(
    ("sentence", "found", "question", "answer"),
    [
        ("The quay cost 40 million crowns.", "40 million crowns", "How much did the quay cost?",
         "40 million crowns"),
        ("The mill was built in 1870.", "in 1870", "When was the mill built?", "in 1870"),
        ("Kari Holm opened it, and Per Lund sang.", "Per Lund", "Who sang?", "Per Lund"),
        ("It was begun in 1870 and ended in 1874.", "1874", "When was it ended?", "1874"),
    ],
)  # fmt: skip
def test_what_the_reader_found_is_the_answer(
    sentence: str, found: str, question: str, answer: str
) -> None:
    assert answered(sentence, found, question) == answer


@pytest.mark.parametrize(
    ("sentence", "found", "question", "answer"),
    [
        ("The mill was built in 1870.", "The mill", "When was the mill built?", "1870"),
        ("Date: 2022-05-01", "Date: 2022-05-01", "When was it published?", "2022-05-01"),
        ("It was on 13 May 2019 that she came.", "she", "When did she come?", "13 May 2019"),
        ("The quay holds 12 boats at night.", "at night", "How many boats does it hold?", "12"),
    ],
)
def test_the_one_thing_of_the_kind_that_is_asked_for_stands_in(
    sentence: str, found: str, question: str, answer: str
) -> None:
    assert answered(sentence, found, question) == answer


def test_of_several_none_is_picked() -> None:
    sentence = "It was begun in 1870 and ended in 1874."
    assert answered(sentence, "It", "When was it ended?") is None


def test_of_several_numbers_it_has_to_be_the_one_that_is_counted() -> None:
    sentence = "The quay holds 12 boats and 300 barrels."
    assert answered(sentence, "12", "How many boats does the quay hold?") == "12"
    assert answered(sentence, "300", "How many boats does the quay hold?") is None


def test_two_numbers_are_no_answer_to_how_many() -> None:
    sentence = "Of 300 barrels 12 barrels leaked."
    assert answered(sentence, "300 barrels 12", "How many barrels leaked?") is None


@pytest.mark.parametrize(
    "question",
    ["Why was the mill sold?", "What are the parts of the mill?", "Is the mill from 1870?"],
)
def test_where_no_kind_is_asked_for_the_sentence_is_the_answer(question: str) -> None:
    assert answered("The mill was built in 1870.", "1870", question) is None


def test_a_long_find_is_no_short_answer() -> None:
    sentence = "In 1870 a rich man came by boat with his wife and six sons, and in 1874 he left."
    found = sentence.partition(", and")[0]
    assert answered(sentence, found, "When did the rich man come?") is None
    assert answered(sentence, "In 1870", "When did the rich man come?") == "In 1870"


def test_the_whole_sentence_is_no_part_of_it() -> None:
    assert answered("Kari Holm.", "Kari Holm.", "Who opened it?") == "Kari Holm"
    assert answered("In Sundvik.", "In Sundvik.", "What is its temperature?") is None
    assert answered("A warm 4 degrees.", "A warm 4 degrees.", "What is its temperature?") is None
