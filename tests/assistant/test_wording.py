"""Sentences that remember what they are made of."""

from __future__ import annotations

import json
import pickle

from assistant.wording import Said, listed, say, say_count, translated

GERMAN = {
    "{name} has no date.": "{name} ist ohne Datum.",
    "undated": "ohne Datum",
    "{before}; {last}": "{before} | {last}",
    "“{title}” ({date})": "„{title}“ ({date})",
    "{count} articles": "{count} Artikel",
    "{count} article": "{count} einziger Artikel",
}


def in_german(text: str) -> str:
    return translated(
        text,
        lambda one: GERMAN.get(one, one),
        lambda one, other, n: GERMAN[one if n == 1 else other],
    )


def test_it_is_the_english_text() -> None:
    said = say("{name} has no date.", name="“The bridge”")
    assert said == "“The bridge” has no date."
    assert hash(said) == hash("“The bridge” has no date.")
    assert json.loads(json.dumps([said])) == ["“The bridge” has no date."]


def test_the_template_is_translated_and_not_what_an_article_says() -> None:
    assert in_german(say("{name} has no date.", name="undated")) == "undated ist ohne Datum."
    assert in_german("undated") == "undated"


def test_parts_are_translated_too() -> None:
    dated = say("“{title}” ({date})", title="The {date} bridge", date="2021-05-04")
    undated = say("“{title}” ({date})", title="undated", date=say("undated"))
    text = listed([dated, undated, "the last"])
    assert text == "“The {date} bridge” (2021-05-04); “undated” (undated); the last"
    assert in_german(text) == "„The {date} bridge“ (2021-05-04) | „undated“ (ohne Datum) | the last"


def test_numbers_choose_their_template() -> None:
    for count, english, german in [
        (1, "1 article", "1 einziger Artikel"),
        (2, "2 articles", "2 Artikel"),
    ]:
        said = say_count("{count} article", "{count} articles", count)
        assert said == english
        assert in_german(said) == german


def test_its_parts_are_kept_as_json_and_make_it_again() -> None:
    for said in (
        say("“{title}” ({date})", title="A {bridge}", date=say("undated")),
        say_count("{count} article", "{count} articles", 1),
        say("the rest is {more}.", more=say("none")).capitalized(),
    ):
        again = Said.of(json.loads(json.dumps(said.parts())))
        assert again.lower() == said.lower()
        assert in_german(again) == in_german(said)
        copied = pickle.loads(pickle.dumps(said))
        assert copied == said
        assert in_german(copied) == in_german(said)


def test_a_capital_at_the_start_is_of_english_only() -> None:
    said = say("{name} has no date.", name="it").capitalized()
    assert said == "It has no date."
    assert in_german(said) == "it ist ohne Datum."
