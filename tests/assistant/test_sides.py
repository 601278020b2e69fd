from __future__ import annotations

import pytest

from assistant.understanding.question import split_parts
from assistant.understanding.sides import put_side_by_side


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        (
            "How many boats were there in May and how many in the week of the storm?",
            (
                "How many boats were there in May?",
                "How many boats were there in the week of the storm?",
            ),
        ),
        (
            "how tall was the mast to be at first, and how tall after it was cut down",
            (
                "how tall was the mast to be at first?",
                "how tall was the mast to be after it was cut down?",
            ),
        ),
        (
            "What does it cost for lorries, for motorcycles and for cyclists?",
            (
                "What does it cost for lorries?",
                "What does it cost for motorcycles?",
                "What does it cost for cyclists?",
            ),
        ),
        (
            "What is it called by the mayor in Moss, and what by the head of the port?",
            (
                "What is it called by the mayor in Moss?",
                "What is it called by the head of the port?",
            ),
        ),
        (
            "How do the police and the organisers differ on how many came?",
            (
                "How do the police differ on how many came?",
                "How do the organisers differ on how many came?",
            ),
        ),
        (
            "Which was seen by more people, the first play or the other one?",
            (
                "Which was seen by more people the first play?",
                "Which was seen by more people the other one?",
            ),
        ),
        ("weekend ticket 2025 vs 2026", ("weekend ticket 2025?", "weekend ticket 2026?")),
        (
            "What's the difference between a source and a binary package?",
            ("What is a source?", "What is a binary package?"),
        ),
    ],
)
def test_each_side_is_asked_of_alone(question: str, asked: tuple[str, ...]) -> None:
    assert tuple(side.question for side in put_side_by_side(question)) == asked


@pytest.mark.parametrize(
    "question",
    [
        "When did it open?",
        "Who was born in Oslo and on which day did he leave?",
        "When did the mayor come to Moss and when was the briefing?",
        "How did it change between 2019 and 2021?",
        "Is it safe and quick?",
        "In May and in June?",
        "and the",
    ],
)
def test_what_is_no_side_is_not_asked_of_alone(question: str) -> None:
    assert put_side_by_side(question) == ()


def test_a_question_of_another_side_is_no_part() -> None:
    twice = "How many came in May, and how many in the week of the storm?"
    assert split_parts(twice) == (twice,)
    assert split_parts("How many came in May and how many in June, and who paid for it?") == (
        "How many came in May and how many in June?",
        "who paid for it?",
    )
