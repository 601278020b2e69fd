from __future__ import annotations

import pytest

from assistant.language.roles import introductions, people_meant
from assistant.retrieval.aliases import aliases_in

OSLO = (
    "On Monday the Mayor of Oslo, Anna Berg, opened the quay. Mrs. Berg praised the crew. "
    "Berg left at noon."
)
HAVN = "Per Lund, head of the harbour office in Havn, spoke. Chairman Ole Dahl listened."


def test_people_are_introduced_in_three_ways() -> None:
    assert list(introductions(OSLO)) == [("Mayor of Oslo,", "Anna Berg")]
    assert set(introductions(HAVN)) == {
        ("Chairman", "Ole Dahl"),
        ("head of the harbour office in Havn", "Per Lund"),
    }


def test_a_body_is_no_person() -> None:
    assert list(introductions("The director of the Harbour Office Board, City Council, met.")) == []


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("What did the mayor of Oslo praise?", [("the mayor of Oslo", "Berg")]),
        ("What did Oslo's mayor praise?", [("Oslo's mayor", "Berg")]),
        ("Whom did the mayor praise?", [("the mayor", "Berg")]),
        ("What did the mayor of Bergen praise?", []),
        ("Who is the mayor of Oslo?", []),
        ("What is the name of the mayor of Oslo?", []),
        ("What did the mayor Anna Berg praise?", []),
        ("My head hurts, what did Oslo do?", []),
        ("What did the bishop of Oslo praise?", []),
    ],
)
def test_a_role_in_a_question_means_a_person(question: str, meant: list[tuple[str, str]]) -> None:
    assert [(p.written, p.name) for p in people_meant(question, [OSLO])] == meant


def test_a_boss_may_be_a_chairman_and_a_mayor_is_not_a_head() -> None:
    assert people_meant("What did the boss hear?", [HAVN])[0].name == "Ole Dahl"
    assert people_meant("What did the mayor hear?", [HAVN]) == ()


def test_the_name_is_another_name_for_the_role() -> None:
    alias = aliases_in("What did the mayor of Oslo praise?", (), [OSLO])[0]
    assert alias.put_into("What did the mayor of Oslo praise?") == "What did Berg praise?"
