from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.conversation import stand_alone


def history(*turns: str) -> list[dict[str, str]]:
    roles = ("user", "assistant")
    return [{"role": roles[n % 2], "content": turn} for n, turn in enumerate(turns)]


@pytest.mark.parametrize(
    ("asked", "answer", "follow_up", "expected"),
    [
        ("When did Oslo sign an agreement with ACME?", "On May 3.", "Where was it signed?",
         "Where was the agreement with ACME signed?"),
        ("How many cars did Volvo build?", "It built 5 cars.[1]", "And when did it stop?",
         "When did Volvo stop?"),
        ("Who is the mayor of Bergen?", "The Mayor of Bergen, Kari Holm, opened the bridge.[1]",
         "When did she take office?", "When did Kari Holm take office?"),
        ("How many cars did Volvo build in 2021?", "5 cars.", "And in 2022?",
         "How many cars did Volvo build in 2022?"),
        ("How many cars did Volvo build?", "5 cars.", "What about Saab?",
         "How many cars did Saab build?"),
        ("Who spoke in Oslo?", "Kari Holm spoke.", "And in Bergen?", "Who spoke in Bergen?"),
        ("What was built in the first phase of Harbour Park?", "A hall.", "What about the second?",
         "What was built in the second phase of Harbour Park?"),
        ("What does ACME make?", "Anvils.", "What are its plans?", "What are ACME's plans?"),
        ("What does ACME make?", "Anvils.", "How many per year?",
         "How many per year (ACME make)?"),
        ("What does ACME make?", "Anvils.", "Why?", "Why: ACME make?"),
    ],
)  # fmt: skip
def test_a_follow_up_takes_its_subject_from_the_conversation(
    asked: str, answer: str, follow_up: str, expected: str
) -> None:
    assert stand_alone(follow_up, history(asked, answer)) == expected


@pytest.mark.parametrize(
    "question",
    [
        "Who is the chairman of ACME?",
        "Which company makes the batteries for the new electric buses?",
        "When did Saab say it would stop building cars?",
        "Will it rain in Oslo tomorrow?",
    ],
)
def test_a_question_with_a_subject_of_its_own_inherits_nothing(question: str) -> None:
    assert stand_alone(question, history("What does Volvo make?", "Cars.")) == question


def test_thanks_and_a_change_of_topic_are_left_out() -> None:
    past = history("What does Volvo make?", "Cars.")
    asked = stand_alone("Thanks. Different topic: who is the chairman of ACME?", past)
    assert asked == "Who is the chairman of ACME?"


def test_the_subject_is_carried_over_several_turns() -> None:
    past = history("What does ACME make?", "Anvils.", "Where is its factory?", "In Oslo.")
    assert stand_alone("When was it built?", past) == "When was ACME built?"


def test_without_a_history_nothing_changes() -> None:
    assert stand_alone("Where was it signed?") == "Where was it signed?"
    assert stand_alone("And it?", [{"role": "assistant", "content": "Hello!"}]) == "And it?"


@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=4))
def test_any_text_is_taken(question: str, turns: list[str]) -> None:
    assert isinstance(stand_alone(question, history(*turns)), str)
