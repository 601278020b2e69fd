from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from assistant.composing.disagreement import (
    DIFFER,
    LEAST_ANSWERABLE,
    MOST_VALUES,
    WITHIN,
    difference_note,
    differing,
)
from assistant.reading.evidence import NAMES
from assistant.reading.reader import Candidate
from embeddings.records import Article

QUESTION = "When was the ferry Svale built?"
OLD = Article("old.txt", "The ferry Svale was built in 1962.", title="Boats", date="1990-01-01")
NEW = Article("new.txt", "Svale was built in 1964, and is a ferry.", date="2020-01-01")
SAME = Article("same.txt", "In 1962 the ferry Svale was built.", date="2021-01-01")
OTHER = Article("other.txt", "Falk was built in 1971, and is a ferry.")


def read(article: Article, value: str, *, score: float = 2.0, answerable: float = 1.0) -> Candidate:
    """A candidate that is the whole of its article, with `value` as its short answer."""
    features = [0.0] * len(NAMES)
    features[NAMES.index("answerable")] = answerable
    start = article.text.index(value)
    span = (start, start + len(value))
    end = len(article.text)
    return Candidate(article.id, 0, end, article.text, 0, score, 0.9, tuple(features), span)


def known(*articles: Article) -> Mapping[str, Article]:
    return {article.id: article for article in articles}


def values(candidates: Sequence[Candidate], question: str = QUESTION) -> list[str]:
    """The values that are shown to differ."""
    found = differing(question, candidates, known(OLD, NEW, SAME, OTHER))
    return [candidate.text[slice(*candidate.span)] for candidate in found]


def test_two_articles_that_state_other_values_differ() -> None:
    assert values([read(OLD, "1962"), read(NEW, "1964")]) == ["1962", "1964"]


def test_the_best_comes_first_whoever_it_is() -> None:
    assert values([read(NEW, "1964", score=3.0), read(OLD, "1962")]) == ["1964", "1962"]


def test_one_value_in_other_words_is_one_value() -> None:
    assert values([read(OLD, "1962"), read(SAME, "In 1962")]) == []


def test_a_value_is_shown_once_and_a_false_copy_drowns_nothing() -> None:
    true, again, false = read(OLD, "1962"), read(SAME, "1962"), read(NEW, "1964", score=3.0)
    assert values([false, true, again]) == ["1964", "1962"]
    assert values([true, again, false]) == ["1962", "1964"]


def test_a_sentence_that_states_both_values_differs_from_neither() -> None:
    both = Article("same.txt", "Svale, a ferry, was begun in 1962 and ended in 1964.")
    found = differing(QUESTION, [read(OLD, "1962"), read(both, "1964")], known(OLD, both))
    assert found == ()


def test_numbers_are_compared_without_their_separators() -> None:
    one = Article("one.txt", "The ferry Svale cost 1,500 crowns.")
    two = Article("two.txt", "For the ferry Svale 1500 crowns were paid.")
    pair = [read(one, "1,500 crowns"), read(two, "1500 crowns")]
    assert differing("How much did the ferry Svale cost?", pair, known(one, two)) == ()


@pytest.mark.parametrize(
    ("question", "one", "other", "differ"),
    [
        ("How long is the ferry Svale?", "40 metres", "three weeks", False),
        ("How long is the ferry Svale?", "40 metres", "38 metres", True),
        ("What is the fee of the ferry Svale?", "£95 a year", "£90", True),
        ("When did the ferry Svale sail?", "Friday", "July 2024", False),
        ("When did the ferry Svale sail?", "14 June", "2025", False),
        ("When did the ferry Svale sail?", "14 June", "15 June 2025", True),
        ("When did the ferry Svale sail?", "in the 1640s", "1700", True),
        ("When did the ferry Svale sail?", "autumn 2026", "autumn 2027", True),
    ],
)
def test_values_differ_only_where_both_cannot_hold(
    question: str, one: str, other: str, differ: bool
) -> None:
    first = Article("one.txt", f"The ferry Svale: {one}, it says.")
    second = Article("two.txt", f"The ferry Svale, we hear: {other}.")
    pair = [read(first, one), read(second, other)]
    assert bool(differing(question, pair, known(first, second))) is differ


@pytest.mark.parametrize(
    ("title", "text", "differ"),
    [
        ("Boats", "It follows the ferry Svale-1 and costs 50 crowns.", True),
        ("Boats", "The ferry itself costs 50 crowns.", True),
        ("Boats", "The ferry Svale-2 costs 50 crowns.", False),
        ("Svale-2", "The ferry itself costs 50 crowns.", False),
    ],
)
def test_what_is_told_of_another_model_does_not_differ(title: str, text: str, differ: bool) -> None:
    first = Article("one.txt", "The ferry Svale-1 costs 40 crowns.", title="Svale-1")
    second = Article("two.txt", text, title=f"{title} after Svale and 1")
    pair = [read(first, "40 crowns"), read(second, "50 crowns")]
    asked = "How much does the ferry Svale-1 cost?"
    assert bool(differing(asked, pair, known(first, second))) is differ


def test_an_article_does_not_differ_from_itself() -> None:
    text = "The ferry Svale was built in 1962. The ferry Svale was built in 1964."
    both = Article("old.txt", text)
    first, second = (
        Candidate("old.txt", start, start + 34, text[start : start + 34], number, 2.0, 0.9,
                  (0.0,) * len(NAMES), (29, 33))
        for number, start in enumerate((0, 35))
    )  # fmt: skip
    assert (first.text[29:33], second.text[29:33]) == ("1962", "1964")
    assert differing(QUESTION, [first, second], known(both)) == ()


@pytest.mark.parametrize(
    ("score", "answerable", "shown"),
    [
        (2.0 - WITHIN, LEAST_ANSWERABLE, True),
        (2.0 - WITHIN - 0.1, LEAST_ANSWERABLE, False),
        (2.0 - WITHIN, LEAST_ANSWERABLE - 0.1, False),
    ],
)
def test_the_other_sentence_answers_nearly_as_well(
    score: float, answerable: float, shown: bool
) -> None:
    pair = [read(OLD, "1962"), read(NEW, "1964", score=score, answerable=answerable)]
    assert bool(values(pair)) is shown


def test_an_article_about_something_else_does_not_differ() -> None:
    assert values([read(OLD, "1962"), read(OTHER, "1971")]) == []


def test_where_an_article_lacks_a_name_nothing_says_that_both_speak_of_one_thing() -> None:
    pair = [read(OLD, "1962"), read(NEW, "1964")]
    assert values(pair, "When was the Rederi ferry Svale built?") == []


@pytest.mark.parametrize(
    "question",
    [
        "When was the ferry built?",
        "Was the ferry Svale built in 1962?",
        "Why was the ferry Svale built?",
        "How was the ferry Svale built?",
        "In what way was the ferry Svale built?",
        "Tell me about the ferry Svale",
        "What is the Svale?",
        "And the Svale",
        "List the years of the ferry Svale.",
        "Name the years of the ferry Svale.",
        "Which years did the ferry Svale sail?",
        "What did the ferry Svale and the ferry Moss each cost?",
    ],
)
def test_without_a_name_or_with_many_right_answers_nothing_differs(question: str) -> None:
    assert values([read(OLD, "1962"), read(NEW, "1964")], question) == []


def test_what_is_not_of_the_kind_that_was_asked_for_is_no_value() -> None:
    yard = Article("new.txt", "The ferry Svale came from the yard in Nordvik in 1964.")
    for pair in (
        [read(OLD, "1962"), read(yard, "yard in Nordvik")],
        [read(yard, "yard in Nordvik"), read(OLD, "1962")],
    ):
        assert differing(QUESTION, pair, known(OLD, yard)) == ()
    assert differing(QUESTION, [read(OLD, "1962"), read(yard, "1964")], known(OLD, yard))


def test_so_many_values_are_shown_and_no_more() -> None:
    boats = [
        Article(f"{n}.txt", f"The ferry Svale was built in {1950 + n}.")
        for n in range(MOST_VALUES + 2)
    ]
    found = differing(
        QUESTION, [read(boat, str(1950 + n)) for n, boat in enumerate(boats)], known(*boats)
    )
    assert [c.article_id for c in found] == [boat.id for boat in boats[:MOST_VALUES]]


def test_the_note_names_each_value_its_article_and_its_date() -> None:
    undated = Article("undated.txt", "Svale, the ferry, was built\nin 1971.", title="The fleet")
    shown = [read(OLD, "1962"), read(undated, "built\nin 1971")]
    assert difference_note(shown, known(OLD, undated)) == (
        f"{DIFFER}: “1962” (“Boats”, 1990-01-01); “built in 1971” (“The fleet”, undated)."
    )


@pytest.mark.parametrize(
    "question",
    ["What is the ferry Svale for?", "What does the ferry Svale do?", "What does Svale mean?"],
)
def test_what_something_is_for_has_many_right_answers(question: str) -> None:
    one = Article("one.txt", "The ferry Svale carries cars.")
    two = Article("two.txt", "The ferry Svale takes people to the island.")
    assert differing(question, [read(one, "cars"), read(two, "people")], known(one, two)) == ()


ONE_SAYS = Article("one.txt", "Holm will freeze the fares of the ferry Svale.")
TWO_SAYS = Article("two.txt", "Holm will lengthen the quay for the ferry Svale.")


@pytest.mark.parametrize(
    "question",
    [
        "What does Holm say about the ferry Svale?",
        "What did Holm promise?",
        "What did Holm announce on 15 January?",
        "What has Holm decided about the Svale?",
        "What was decided about the Svale?",
        "What will be announced by Holm?",
    ],
)
def test_what_somebody_said_or_decided_is_many_things(question: str) -> None:
    pair = [read(ONE_SAYS, "freeze the fares"), read(TWO_SAYS, "lengthen the quay")]
    assert differing(question, pair, known(ONE_SAYS, TWO_SAYS)) == ()


@pytest.mark.parametrize(
    "question",
    [
        "What did Holm say the ferry Svale costs?",
        "What was the promised use of the Svale by Holm?",
        "What did the wanted Holm build for the Svale?",
        "What does Holm want to build for the Svale?",
    ],
)
def test_what_somebody_said_of_one_thing_may_differ(question: str) -> None:
    pair = [read(ONE_SAYS, "freeze the fares"), read(TWO_SAYS, "lengthen the quay")]
    assert len(differing(question, pair, known(ONE_SAYS, TWO_SAYS))) == 2


@pytest.mark.parametrize(
    "question", ["What was the ferry Svale sold for?", "What price was the ferry Svale sold for?"]
)
def test_what_something_was_sold_for_has_one(question: str) -> None:
    one = Article("one.txt", "The ferry Svale was sold for 40 million crowns.")
    two = Article("two.txt", "The ferry Svale went for 45 million crowns.")
    pair = [read(one, "40 million crowns"), read(two, "45 million crowns")]
    assert len(differing(question, pair, known(one, two))) == 2


def test_a_description_is_no_value() -> None:
    question = "What hangs in the saloon of the ferry Svale?"
    one = Article("one.txt", "In the saloon of the ferry Svale hangs a portrait.")
    two = Article("two.txt", "In the ferry Svale's saloon hangs a clock.")
    three = Article(
        "three.txt", "In Svale's, the ferry's, saloon hangs what is left of the old mast."
    )
    pair = [read(one, "a portrait"), read(two, "a clock")]
    assert differing(question, pair, known(one, two)) == tuple(pair)
    wordy = [read(one, "a portrait"), read(three, "what is left of the old mast")]
    assert differing(question, wordy, known(one, three)) == ()
