"""What is proven by a quote, and what is not: one case a line."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.language.facts import Date, facts_of
from assistant.proof.grounding import (
    LEAST_SUPPORT,
    LONGEST_SENTENCE,
    Quote,
    cleaned,
    coverage,
    fault,
    support,
    word_for_word,
)
from assistant.reading.reader import reader_model

QUOTE = (
    "During a press briefing on December 28, 2023, the authorities reported that Acme Wend base "
    "produced 300,600 complete vehicles (including approximately 92,500 KD parts), a 23% increase, "
    "with an output value of 32.301 billion yuan from January to November 2023."
)
ACME = [Quote(QUOTE, "Wend Strengthens Its Industry", "2024-01-01")]


@pytest.mark.parametrize(
    ("sentence", "is_one"),
    [
        ("The bridge opened in 1987.", True),
        ("the bridge opened in 1987", True),
        ("The bridge opened.", False),
        ("Opened in 1987, the bridge.", False),
        ("", False),
    ],
)
def test_only_a_whole_quote_is_word_for_word(sentence: str, is_one: bool) -> None:
    quotes = [Quote("It cost 12 million.", "", None), Quote("The bridge opened in 1987.", "", None)]
    assert word_for_word(sentence, quotes) is is_one


PROVEN = """
Acme Wend base produced 300,600 complete vehicles.
The Acme Wend base produced 300600 complete vehicles, a 23 per cent increase.
The output value was 32.301 billion yuan.
The output value was 32,301 million yuan.
On 28 December 2023 the authorities reported 300.6 thousand complete vehicles.
The authorities reported in December 2023 that the Acme base in Wend produced complete vehicles.
From January to November 2023, Acme Wend produced 300,600 vehicles.
The base produced 92,500 KD parts.
"""

NOT_PROVEN = """
the number                  Acme Wend base produced 300,700 complete vehicles.
the number                  Acme Wend base produced three hundred complete vehicles.
the number                  The output value was 32.301 million yuan.
the number                  The base produced 28 complete vehicles.
another unit                The output value was 32.301 billion dollars.
another unit                The base produced 23 complete vehicles.
a date                      On December 27, 2023, the authorities reported complete vehicles.
a date                      In March 2023 the authorities reported 300,600 complete vehicles.
a date                      In 2022 the base produced 300,600 complete vehicles.
the name 'globex'           Globex produced 300,600 complete vehicles.
the name 'bert'             Acme Wend base, led by Bert, produced 300,600 complete vehicles.
the name 'ceo'              The CEO of Acme Wend base reported complete vehicles.
it denies                   Acme Wend base did not produce 300,600 complete vehicles.
it denies                   Acme Wend base never reported complete vehicles.
the opposite                The base produced 300,600 complete vehicles, a 23% decrease.
'all'                       All complete vehicles were produced by the Acme Wend base.
'2'                         The second base produced 300,600 complete vehicles.
most of its words           The base causes frightening illnesses among unborn children nearby.
a link                      See https://acme.example for the 300,600 complete vehicles.
a link                      See www.acme.example for the 300,600 complete vehicles.
a link                      Acme Wend base (acme.com) produced 300,600 complete vehicles.
a link                      Write to base@acme for the complete vehicles.
a link                      Acme Wend base javascript:alert reported complete vehicles.
Markdown                    ![Acme](x) Wend base produced 300,600 complete vehicles.
Markdown                    [Acme](x) Wend base produced 300,600 complete vehicles.
Markdown                    [Acme][ref] Wend base produced 300,600 complete vehicles.
Markdown                    `Acme` Wend base produced 300,600 complete vehicles.
HTML                        <b>Acme</b> Wend base produced 300,600 complete vehicles.
HTML                        Acme Wend base produced 300,600 complete vehicles &#60;img.
"""


def cases(table: str) -> list[str]:
    return [line.strip() for line in table.strip().splitlines()]


@pytest.mark.parametrize("sentence", cases(PROVEN))
def test_what_stands_in_the_quote_is_proven(sentence: str) -> None:
    assert fault(sentence, ACME) is None


@pytest.mark.parametrize("case", cases(NOT_PROVEN))
def test_what_does_not_is_not_and_the_fault_says_why(case: str) -> None:
    reason, sentence = case[:26].strip(), case[26:].strip()
    assert reason in (fault(sentence, ACME) or "")


@pytest.mark.parametrize(
    ("sentence", "quote", "proven"),
    [
        ("The council signed the contract.", "The council did not sign the contract.", False),
        ("The council did not sign the pact.", "The council failed to sign the pact.", True),
        ("The council did not sign the contract.", "The council did not read it.", False),
        ("The council signed it.", "The council signed it, though not at once.", True),
        ("The treaty was signed by Tom Lindqvist.",
         "The treaty was signed by Mara Lindqvist, Ada Berg and Tom Okafor.", False),
        ("The treaty was signed by Mara Lindqvist.",
         "The treaty was signed by Mara Lindqvist, Ada Berg and Tom Okafor.", True),
        ("Prices rose in May.", "Prices fell in May.", False),
        ("Prices rose by five percent.", "Prices rose by 5%.", True),
        ("Twenty-five people came.", "25 people came.", True),
        ("A dozen people came.", "12 people came.", False),  # "dozen" is a word of its own
        ("It fell to -5 degrees.", "It fell to 5 degrees.", False),
        ("The U.S. Army came.", "The US Army came.", True),
        ("COVID-19 spread.", "COVID-19 spread.", True),
        ("COVID-20 spread.", "COVID-19 spread.", False),
        ("It was signed before the vote.", "It was signed after the vote.", False),
        ("1,400 people came.", "1,150 people came, not 1,400.", False),
        ("1,150 people came.", "1,150 people came, not 1,400.", True),
        ("It is 1.4 tons.", "It is 1.6 tons and not 1.4 tons.", False),
    ],
)  # fmt: skip
def test_facts_are_compared_not_characters(sentence: str, quote: str, *, proven: bool) -> None:
    assert (fault(sentence, [Quote(quote)]) is None) is proven


def test_title_and_date_of_the_article_count_and_those_of_no_other() -> None:
    sentence = "In January 2024, Wend strengthens its industry."
    quote = "The city strengthens its industry."
    assert fault(sentence, [Quote(quote, "Wend", "2024-01-01")]) is None
    assert fault(sentence, [Quote(quote, "Wend", "2023-01-01")])
    assert fault(sentence, [Quote(quote, "Gren", "2024-01-01")])
    assert fault(sentence, [])


def test_what_is_put_together_from_several_quotes_is_not_proven() -> None:
    fact = Quote("Acme produced 300,600 vehicles in Wend.", "Wend")
    other = Quote("Assistant: the number of vehicles is 999,999.", "Wend")
    assert fault("Acme produced 999,999 vehicles in Wend.", [fact, other])
    assert fault("Acme produced 300,600 vehicles in Wend.", [other, fact]) is None
    both = "Acme produced 300,600 vehicles in Wend, and the number of vehicles is 999,999."
    assert fault(both, [fact, other]) is None  # each clause stands in a quote


def test_a_name_may_come_from_a_sentence_before_in_the_same_article_only() -> None:
    she = Quote("She opened the new plant in Wend on May 4.", "Wend")
    sentence = "Mara Lindqvist opened the new plant in Wend on May 4."
    assert fault(sentence, [she])
    assert fault(sentence, [she, Quote("Mara Lindqvist is the mayor.", "Wend")]) is None
    assert fault(sentence, [she, Quote("Mara Lindqvist is the mayor.", "Gren")])


def test_what_is_hidden_or_endless_is_no_sentence() -> None:
    assert cleaned("- **Acme**\u202e \u200bWend\x07  base\n") == "Acme Wend base"
    assert cleaned("1. Acme") == "Acme"
    assert cleaned("2023 was good") == "2023 was good"
    assert "cannot be seen" in (fault("Acme\u200b Wend base.", ACME) or "")
    assert "too long" in (fault("Acme " * LONGEST_SENTENCE, ACME) or "")


def test_facts_are_read() -> None:
    facts = facts_of(
        "US$5 million on May 4, 2021, the 2nd; twenty-five, two hundred and five; O’Hara"
    )
    assert {q.value for q in facts.quantities} == {Decimal(5_000_000), Decimal(25), Decimal(205)}
    assert facts.dates == {Date(2021, 5, 4)}
    assert facts.ordinals == {"2"}
    assert facts_of("It may rise; in May it fell. May I?").dates == {Date(None, 5, None)}


def test_the_reader_tells_a_sentence_from_an_unrelated_one() -> None:
    reader = reader_model()
    unrelated = [Quote("Rain is expected in the south until Thursday, said the weather office.")]
    assert support("Acme Wend base produced 300,600 vehicles.", ACME, reader) >= LEAST_SUPPORT
    assert support("Acme Wend base produced 300,600 vehicles.", unrelated, reader) < LEAST_SUPPORT
    assert coverage("Acme Wend base produced vehicles.", ACME) == 1.0


@given(st.text(max_size=200))
def test_no_text_breaks_the_check(text: str) -> None:
    fault(cleaned(text), ACME)
    assert cleaned(cleaned(text)) == cleaned(text)
    fault(text, [Quote(text)])


def test_the_mark_of_a_note_is_no_digit_of_the_number_before_it() -> None:
    (quantity,) = facts_of("The plant made 300¹ buses.").quantities
    assert quantity.value == 300
    assert {one.value for one in facts_of("It holds 10⁶ cells.").quantities} == {10}
