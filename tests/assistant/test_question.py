from __future__ import annotations

import pytest

from assistant.question import (
    LONGEST_QUESTION,
    analyse,
    cleaned,
    split_names,
    split_parts,
)
from embeddings.errors import QuestionError


def test_a_question_is_put_in_one_line() -> None:
    assert cleaned("  What\x00 is\n\tthis\u200b?\x1b[31m ") == "What is this ? [31m"


@pytest.mark.parametrize("question", ["", "   ", "\n\t\x00", "???", "\u200b"])
def test_nothing_is_no_question(question: str) -> None:
    with pytest.raises(QuestionError, match="empty"):
        cleaned(question)


def test_a_book_is_no_question() -> None:
    with pytest.raises(QuestionError, match="100,000 characters"):
        cleaned("x" * 100_000)
    assert cleaned("x" * LONGEST_QUESTION)


def test_names_and_numbers_of_a_question() -> None:
    form = analyse("How many cars did Volvo's Gothenburg plant build in 2021?")
    assert form.names == ("volvo", "gothenburg")
    assert form.numbers == ("2021",)
    assert analyse("Which plant is it?").names == ()
    assert analyse("How large is the 1st hall?").numbers == ()
    assert analyse("Did Volvo build more than 5,000 cars?").numbers == ()


def test_two_questions_in_one_are_told_apart() -> None:
    assert split_parts("Who is the mayor and when did he take office?") == (
        "Who is the mayor?", "when did he take office?",
    )  # fmt: skip
    assert split_parts("Where are salt and pepper grown?") == ("Where are salt and pepper grown?",)


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("When were Oslo and Bergen founded?",
         ("When were Oslo founded?", "When were Bergen founded?")),
        ("What do the mayor of Oslo and the head of Acme each want?",
         ("What do the mayor of Oslo want?", "What do the head of Acme want?")),
        ("What happened in Oslo and in Bergen?",
         ("What happened in Oslo?", "What happened in Bergen?")),
        ("What is the agreement between Oslo and Bergen?", ()),
        ("Where are salt and pepper grown?", ()),
    ],
)  # fmt: skip
def test_two_joined_names_are_asked_about_one_by_one(question: str, parts: tuple[str, ...]) -> None:
    assert split_names(question) == parts
