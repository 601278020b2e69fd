from __future__ import annotations

import pytest

from assistant.composing.dates import OLD_DAYS, age_notes, asks_latest
from embeddings.records import Article

NEWEST = "2022-06-01"


def article(date: str | None) -> Article:
    return Article("quay.txt", "The quay is long.", title="The quay", date=date)


@pytest.mark.parametrize(
    "question",
    [
        "What is the latest count of boats?",
        "Who leads the office now?",
        "How many boats are there currently?",
        "Does the mill still run?",
        "Who was the present mayor married to?",
        "How many boats came so far?",
        "Who is the current mayor?",
        "What is the current CO2 level?",
    ],
)
def test_a_question_may_ask_for_what_holds_now(question: str) -> None:
    assert asks_latest(question)


@pytest.mark.parametrize(
    "question",
    [
        "Who leads the office?",
        "Who was present at the opening?",
        "What did she present to the mayor?",
        "Who knows the quay?",
        "Who gave the present to the mayor?",
        "What is the maximum current of the motor?",
        "What current does the motor draw?",
        "How strong is the current?",
        "When is the fare due at the latest?",
    ],
)
def test_most_questions_do_not_say_so(question: str) -> None:
    assert not asks_latest(question)


@pytest.mark.parametrize(
    "question",
    [
        "Who is the mayor of Sundvik?",
        "Who's the mayor of Sundvik?",
        "How many boats does Sundvik have?",
        "How many people are in Sundvik?",
        "Is the mill open?",
        "What did the mayor say of the latest plan?",
    ],
)
def test_an_old_article_is_dated_where_now_is_asked_of(question: str) -> None:
    assert age_notes(question, [article("2019-03-01")], NEWEST) == (
        "This is as of 2019-03-01, the date of “The quay”.",
    )


@pytest.mark.parametrize(
    "question",
    [
        "Who was the mayor of Sundvik?",
        "When did the mill open?",
        "How many boats did Sundvik have?",
        "How many people had boats in Sundvik?",
    ],
)
def test_the_past_does_not_grow_old(question: str) -> None:
    assert age_notes(question, [article("2019-03-01")], NEWEST) == ()


@pytest.mark.parametrize(
    ("date", "old"), [("2021-06-01", False), ("2021-05-31", True), (NEWEST, False)]
)
def test_old_is_what_is_a_year_older_than_the_newest_article(date: str, old: bool) -> None:
    assert OLD_DAYS == 365
    assert bool(age_notes("Who is the mayor?", [article(date)], NEWEST)) is old


def test_where_nothing_has_a_date_nothing_is_old() -> None:
    assert age_notes("Who is the mayor?", [article("2019-03-01")], None) == ()


def test_an_article_without_a_date_is_told_of_when_the_latest_is_asked_for() -> None:
    notes = age_notes("Who is the mayor now?", [article(None)], NEWEST)
    assert notes == ("“The quay” has no date, so this may no longer hold.",)
    assert age_notes("Who is the mayor?", [article(None)], NEWEST) == ()


def test_what_holds_of_two_articles_is_told_of_each_and_once() -> None:
    mill = Article("mill.txt", "It runs.", title="The mill", date="2018-01-01")
    cited = [article("2019-03-01"), mill, mill]
    assert age_notes("Is the mill open?", cited, NEWEST) == (
        "This is as of 2019-03-01, the date of “The quay”.",
        "This is as of 2018-01-01, the date of “The mill”.",
    )
