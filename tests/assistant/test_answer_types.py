from __future__ import annotations

import pytest

from assistant.language.answer_types import (
    AnswerType,
    answer_type,
    counted,
    holds,
    ordinals,
    other_ordinal,
    other_rank,
)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How many cars were built?", "number"),
        ("What was the number of visitors?", "number"),
        ("When was it signed?", "date"),
        ("In which year did it open?", "date"),
        ("Who chairs the group?", "person"),
        ("Where was it signed?", "place"),
        ("What are the three demands?", "list"),
        ("How much does a ticket cost?", "money"),
        ("What was the company's revenue?", "money"),
        ("What was the revenue of Volvo?", "money"),
        ("Volvo share price?", "money"),
        ("What percentage of homes is heated by gas?", "percent"),
        ("What was the highest temperature in May?", "temperature"),
        ("How many hectares does the park cover?", "area"),
        ("How long did the strike last?", "duration"),
        ("Which companies signed?", "name"),
        ("Which bank's name was on the letter?", "name"),
        ("What are the company's values?", "list"),
        ("What are the two mayors called?", "name"),
        ("Why did it stop?", "any"),
        # The first asking word counts, and a question for yes or no asks for no kind of thing.
        ("What is it called when water freezes?", "any"),
        ("When it rains, what do snails do?", "any"),
        ("Are there days when it opens late?", "any"),
        ("Compared to whom were they better?", "person"),
    ],
)
def test_what_is_asked_for(question: str, expected: str) -> None:
    assert answer_type(question) is AnswerType(expected)


@pytest.mark.parametrize(
    ("question", "sentence", "strength"),
    [
        ("How many cars in 2021?", "It built 5,000 cars in 2021.", 1.0),
        ("How many cars in 2021?", "It built several cars in 2021.", 0.5),
        ("How many cars in 2021?", "It built cars in 2021.", 0.0),
        ("When did it open?", "It opened on May 3.", 1.0),
        ("When did it open?", "It opened after the war.", 0.5),
        ("When did it open?", "It opened to applause.", 0.0),
        ("Who opened it?", "The mayor, Kari Holm, opened it.", 1.0),
        ("Who opened it?", "It was opened by Pelé.", 0.5),
        ("Who opened it?", "It was opened with applause.", 0.0),
        ("Who opened the Volvo plant?", "The Volvo plant was opened with applause.", 0.0),
        ("How much does a car cost?", "A car costs 20,000 dollars.", 1.0),
        ("How much does a car cost?", "The plant built 20,000 cars.", 0.0),
        ("What was the temperature?", "It was 37 °C.", 1.0),
        ("What was the temperature?", "It was 37 miles away.", 0.0),
        ("Which companies signed with Oslo?", "Volvo signed with Oslo.", 1.0),
        ("Which companies signed with Oslo?", "Oslo signed 10 projects in May.", 0.0),
        ("Why did it open?", "It opened to applause.", 1.0),
    ],
)
def test_a_sentence_holds_what_is_asked_for(question: str, sentence: str, strength: float) -> None:
    assert holds(answer_type(question), sentence, question) == strength


def test_a_number_inside_a_word_of_the_question_is_not_said_by_it() -> None:
    question = "How many networks were there?"
    assert holds(answer_type(question), "There were two.", question) == 1.0


@pytest.mark.parametrize("text", ["the second phase", "the 2nd phase", "phase II", "phase 2"])
def test_places_in_an_order_are_one_however_they_are_written(text: str) -> None:
    assert ordinals(text) == {2}


def test_another_place_in_the_order_is_a_contradiction() -> None:
    question = "How large is the second phase?"
    assert other_ordinal(question, "The first phase has 55,000 square metres.")
    assert not other_ordinal(question, "Phase II has 55,000 square metres, phase I half of that.")
    assert not other_ordinal(question, "The hall has 55,000 square metres.")
    assert not other_ordinal("How large is it?", "The first phase has 55,000 square metres.")


@pytest.mark.parametrize(
    ("question", "count"),
    [
        ("What three things did she demand?", 3),
        ("Which two towns signed?", 2),
        ("Name the 4 stages.", 4),
        ("What are the three aims?", 3),
        ("Which towns signed?", None),
        ("How many towns signed?", None),
        ("What one thing mattered?", None),
    ],
)
def test_how_many_things_are_asked_for_is_said_in_the_question(
    question: str, count: int | None
) -> None:
    assert counted(question) == count


def test_a_counted_question_asks_for_a_list() -> None:
    assert answer_type("Which two towns signed?") is AnswerType.LIST
    assert answer_type("What 5 percent was lost?") is not AnswerType.LIST


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (
            "Who is the director of the trade office?",
            "Mara Lind, deputy director of the trade office, spoke.",
        ),
        (
            "Who is the party secretary of Sundvik?",
            "Ola Berg, Deputy Secretary and Mayor of Sundvik, led the visit.",
        ),
        ("What is the name of the deputy mayor?", "The mayor, Kari Holm, spoke first."),
    ],
)
def test_who_holds_an_office_is_not_told_by_its_deputy(question: str, sentence: str) -> None:
    assert other_rank(question, sentence)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (
            "Who is the mayor of Sundvik?",
            "Ola Berg, Deputy Secretary and Mayor of Sundvik, led the visit.",
        ),
        ("Who is the director?", "Deputy director Lind spoke for the director, Ada Moe."),
        ("Who was the prime minister?", "Deputy Prime Minister Moe and Prime Minister Lind came."),
        ("Whom did the director accuse?", "The deputy director was accused."),
        ("Who is the director?", "Ada Moe runs the office."),
    ],
)
def test_an_office_that_is_there_or_not_spoken_of_rules_nothing_out(
    question: str, sentence: str
) -> None:
    assert not other_rank(question, sentence)


def test_a_question_that_names_its_unit_wants_a_number() -> None:
    thin = "How thin is the foil of Hollin, in micrometres?"
    assert answer_type(thin) is AnswerType.MEASURE
    assert holds(AnswerType.MEASURE, "Hollin makes the first ultra-thin foil.", thin) == 0
    assert holds(AnswerType.MEASURE, "Its foil is 4 micrometres thin.", thin) == 1
    assert answer_type("How large is the hall, in square metres?") is AnswerType.AREA
    assert answer_type("Who lives in Inverness?") is AnswerType.PERSON
