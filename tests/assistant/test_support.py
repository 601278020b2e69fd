from __future__ import annotations

from pathlib import Path

import pytest

from assistant.reading.evidence import SentenceInPlace, setting_of
from assistant.reading.support import NAMES, support
from assistant.retrieval.aliases import Alias
from assistant.understanding.question import analyse
from embeddings.corpus import Corpus
from embeddings.index import build_index
from embeddings.indexing import index_articles
from embeddings.lexical import LexicalIndex
from embeddings.records import Article
from tests.fakes import HashingEncoder

TEXT = "The Volvo plant in Oslo built 5,000 new cars in 2021. Its mayor is Kari Holm."
ENCODER = HashingEncoder(256)


@pytest.fixture
def lexical(tmp_path: Path) -> LexicalIndex:
    corpus = Corpus(tmp_path)
    index_articles([Article("a.txt", TEXT)], corpus, ENCODER)
    return build_index(corpus).lexical


def features(lexical: LexicalIndex, question: str, *aliases: Alias) -> dict[str, float]:
    setting = setting_of(analyse(question), lexical.terms(question), aliases, lexical)
    sentence = SentenceInPlace(TEXT.split(". ")[0] + ".", "", TEXT.split(". ")[1], "", None)
    return dict(zip(NAMES, support(setting, sentence, TEXT, [TEXT]), strict=True))


def test_a_question_in_the_words_of_the_text_is_supported(lexical: LexicalIndex) -> None:
    found = features(lexical, "How many cars did the Volvo plant in Oslo build in 2021?")
    assert (found["names_absent"], found["year_missing"]) == (0.0, 0.0)


def test_a_near_miss_lacks_what_matters(lexical: LexicalIndex) -> None:
    assert features(lexical, "How many cars did Volvo build in 2019?")["year_missing"] == 1.0
    assert features(lexical, "How many cars did Volvo build in July?")["year_missing"] == 1.0
    assert features(lexical, "Did Volvo build cars before 2022?")["year_missing"] == 0.0
    assert features(lexical, "How many cars did Volvo and Saab build?")["names_absent"] == 0.5


def test_what_is_told_goes_on_in_the_month_that_was_named_last(lexical: LexicalIndex) -> None:
    question = "How many cars were built in July?"
    setting = setting_of(analyse(question), lexical.terms(question), (), lexical)
    sentence = SentenceInPlace("It built 30 cars.", "It rained.", "", "", None)

    def missing(before: str) -> float:
        text = f"{before} It rained. {sentence.text} In July it closed."
        return dict(zip(NAMES, support(setting, sentence, text, [text]), strict=True))[
            "year_missing"
        ]

    assert missing("The plant opened in July.") == 0.0
    assert missing("The plant opened in July, and a second one in August.") == 1.0
    assert missing("The plant opened.") == 1.0


def test_where_years_are_compared_one_of_them_is_enough(lexical: LexicalIndex) -> None:
    compared = "How many cars did Volvo build in 2019 and in 2021?"
    assert features(lexical, compared)["year_missing"] == 0.0
    assert features(lexical, "Compare the cars of 2018 and of 2019")["year_missing"] == 1.0
    assert features(lexical, "Did Volvo build cars in 2019 or 2021?")["year_missing"] == 0.0


def test_a_month_that_is_mentioned_is_no_name_that_is(lexical: LexicalIndex) -> None:
    setting = setting_of(analyse("How many cars did Saab build in May?"), (), (), lexical)
    sentence = SentenceInPlace("It built 30 cars in May.", "", "", "", None)
    found = support(setting, sentence, sentence.text, [sentence.text])
    assert dict(zip(NAMES, found, strict=True))["names_absent"] == 1.0


def test_a_name_known_by_another_is_not_absent(lexical: LexicalIndex) -> None:
    question = "How many cars did Saab build?"
    assert features(lexical, question)["names_absent"] == 1.0
    assert features(lexical, question, Alias("Saab", "Volvo"))["names_absent"] == 0.0
    question = "How many cars did Saab of Scania build?"
    assert features(lexical, question)["strangers"] == 1.0
    assert features(lexical, question, Alias("Saab", "Volvo"))["strangers"] == 0.0


@pytest.mark.parametrize(
    ("question", "found", "strangers"),
    [
        ("Did Volvo sell the plant to Saab and Scania?", "", 1.0),
        ("Did Volvo sell the plant to Saab and Scania?", "Saab has been sold.", 0.0),
        ("Did Volvo sell the plant to Saab?", "", 0.0),  # one alone may be misspelt
        ("Did Volvo build cars in May or on a Monday in June?", "", 0.0),  # times are no names
        ("Did Volvo, Oslo, Kari Holm, Volvo, the Oslo Plant and Saab of Scania agree?", "", 0.0),
    ],
)
def test_several_names_that_no_article_mentions_are_strangers(
    lexical: LexicalIndex, question: str, found: str, strangers: float
) -> None:
    setting = setting_of(analyse(question), lexical.terms(question), (), lexical)
    sentence = SentenceInPlace(TEXT.split(". ")[0] + ".", "", TEXT.split(". ")[1], "", None)
    values = support(setting, sentence, TEXT, [TEXT, found])
    assert values[NAMES.index("strangers")] == strangers
