from __future__ import annotations

import pytest

from assistant.language.answer_forms import holds
from assistant.language.answer_types import AnswerType, answer_type, counted
from assistant.language.naming import other_rank, unnamed, unnamed_kind
from assistant.language.orders import ordinals, other_end, other_ordinal


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
        ("What sort of companies signed?", "any"),
        ("Which local newspaper reported it?", "name"),
        ("What does the company plan?", "any"),
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
    ("question", "sentence", "other"),
    [
        ("What was the lowest temperature in May?", "The highest temperature was 31 °C.", True),
        ("What was the highest temperature in May?", "The highest temperature was 31 °C.", False),
        ("What was the lowest temperature?", "Lowest at 4 °C, highest at 31 °C.", False),
        ("What are the highest and the lowest fares?", "The lowest fare is 2 crowns.", False),
        ("What does the north harbour cost?", "The south harbour costs 3 million.", True),
        ("How many cars were exported?", "The imports were 300 cars.", True),
        ("How warm was it?", "The highest temperature was 31 °C.", False),
    ],
)
def test_one_end_of_an_order_is_not_the_other(question: str, sentence: str, other: bool) -> None:
    assert other_end(question, sentence) is other


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
        ("Who is the general manager of Hollin?", "On Monday the mayor, Kari Holm, saw Hollin."),
        ("Who is the chairman of Hollin?", "Kari Holm came to Hollin."),
        ("Who is the transport minister?", "Kari Holm, who has led the authority, was there."),
        (
            "name of the deputy mayor in charge of ferries",
            "Ada Moe, director of the trade office, said that a group for ferries had been set up, "
            "led by the deputy mayor of the town.",
        ),
    ],
)
def test_who_holds_an_office_is_not_told_by_a_name_that_holds_another(
    question: str, sentence: str
) -> None:
    assert other_rank(question, sentence)


@pytest.mark.parametrize(
    ("question", "sentence", "there"),
    [
        ("What are the names of the five firms in Nord Park?", "Nord Park has five firms.", False),
        ("names of the five firms in nord park", "Nord Park has five firms.", False),
        ("What are the firms in Nord Park called?", "Nord Park has five firms.", False),
        ("who runs hollin magnesium", "Hollin magnesium is a listed company.", False),
        ("What are the names of the firms in Nord Park?", "Nord Park: Moe & Lind, Karst.", True),
        ("What is the wheel of a ship called?", "It is called the helm.", True),
        ("Who chairs the club?", "Then she became its chairwoman.", True),
        ("Were the names of the firms read out?", "The list was not read out.", True),
        ("Who pays for the bridge?", "The fare is paid by all who cross.", True),
    ],
)
def test_where_a_name_is_asked_for_there_has_to_be_one(
    question: str, sentence: str, *, there: bool
) -> None:
    assert unnamed(question, sentence) is not there


@pytest.mark.parametrize(
    ("question", "sentence", "unnamed"),
    [
        ("Which judge stopped the sale?", "On Monday a judge stopped the sale.", True),
        ("Which judge stopped the sale?", "A judge in Sundvik stopped the sale.", True),
        ("Which judge stopped the sale?", "A judge, Ada Moe, stopped the sale.", False),
        ("Which judge stopped the sale?", "The judge stopped the sale.", False),
        ("Which two companies signed?", "Two companies signed.", True),
        ("Which city is it?", "It is one of several cities.", True),
        ("Which hotel sent blankets?", "A young judge sent blankets.", False),
        ("What kind of hotel is it?", "It is a hotel without a name.", False),
        ("Is there a judge which hotel owners fear?", "A hotel stood there.", False),
    ],
)
def test_one_of_a_kind_is_not_named(question: str, sentence: str, unnamed: bool) -> None:
    assert unnamed_kind(question, sentence) is unnamed


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("names of the two mayors", "name"),
        ("cost of dredging the basin", "money"),
        ("total investment for phase 2", "money"),
        ("ferry terminal phase 1 battery capacity MWh", "measure"),
        ("number of workers on the site", "number"),
        ("length of the bridge", "number"),
        ("What is the length of the bridge?", "number"),
        ("date of the opening", "date"),
        ("opening of the bridge", "any"),
    ],
)
def test_what_a_fragment_asks_for(question: str, expected: str) -> None:
    assert answer_type(question).value == expected


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
        ("Who is the head of the school?", "Its principal, Ada Moe, was there."),
        ("Who is secretary of the anglers now?", "Her successor is Ada Moe."),
        ("Who is the mayor?", "Now he is mayor."),
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
