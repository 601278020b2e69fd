from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assistant.answers import Hit
from assistant.reading import evidence, support
from assistant.reading.reader import (
    ANSWER_NAMES,
    REPEATED,
    SENTENCES_READ,
    TOPIC_NAMES,
    Calibration,
    Candidate,
    answer_features,
    contradicted,
    headings,
    most_promising,
    of_named_rows,
    read,
    sentences_of,
    settled,
    support_of,
    topic_features,
)
from assistant.retrieval.retriever import Retrieved
from assistant.understanding.question import analyse
from embeddings.corpus import Corpus
from embeddings.index import build_index
from embeddings.indexing import index_articles
from embeddings.lexical import stems
from embeddings.records import Article
from embeddings.splitting import split_article
from tests.fakes import HashingEncoder

FINE = {"cosine": 0.6, "coverage_context": 0.8, "expected_present": 1.0}
SUPPORTED = dict.fromkeys(support.NAMES, 0.0)


def candidate(number: int, score: float, **features: float) -> Candidate:
    values = tuple((FINE | features).get(name, 0.0) for name in evidence.NAMES)
    text = f"sentence {number}"
    return Candidate("a.txt", number, number + 1, text, number, score, 0.5, values, (0, 1))


def supported(**features: float) -> tuple[float, ...]:
    return tuple((SUPPORTED | features)[name] for name in support.NAMES)


@pytest.mark.parametrize(
    ("features", "is_contradicted"),
    [
        ({}, False),
        ({"numbers_missing": 1.0}, True),
        ({"other_ordinal": 1.0}, True),
        ({"expected_present": 0.0}, False),
    ],
)
def test_what_contradicts_a_question(features: dict[str, float], is_contradicted: bool) -> None:
    assert contradicted(candidate(0, 1.0, **features), supported()) is is_contradicted


def test_a_year_that_is_missing_contradicts_and_a_name_does_not() -> None:
    assert contradicted(candidate(0, 1.0), supported(year_missing=1.0))
    assert contradicted(candidate(0, 1.0), supported(strangers=1.0))
    assert not contradicted(candidate(0, 1.0), supported(names_absent=1.0))


def test_a_contradicted_sentence_gives_way_to_the_next() -> None:
    first, second, third = candidate(0, 3.0), candidate(1, 2.0), candidate(2, 1.0)
    order, found = settled(
        [first, second, third],
        [supported(year_missing=1.0), supported(), supported()],
        [0.0] * 3,
    )
    assert [c.index for c in order] == [1, 0, 2]
    assert found == supported()


def test_when_all_are_contradicted_the_first_stays() -> None:
    wrong = supported(year_missing=1.0)
    order, found = settled([candidate(0, 3.0), candidate(1, 2.0)], [wrong, wrong], [0.0] * 2)
    assert [c.index for c in order] == [0, 1]
    assert found == wrong


def test_an_article_without_the_names_gives_way_to_one_that_has_them() -> None:
    elsewhere, here = supported(names_absent=1.0), supported()
    close = [candidate(0, 2.0), candidate(1, 1.0)]
    order, _ = settled(close, [elsewhere, here], [0.0] * 2)
    assert [c.index for c in order] == [1, 0]
    far = [candidate(0, 2.0), candidate(1, 0.0)]
    order, _ = settled(far, [elsewhere, here], [0.0] * 2)
    assert [c.index for c in order] == [0, 1]


def test_a_list_that_is_asked_for_comes_before_a_sentence_that_is_none() -> None:
    order, _ = settled(
        [candidate(0, 2.0), candidate(1, 1.5)], [supported(), supported()], [0.0, 1.0]
    )
    assert [c.index for c in order] == [1, 0]


def no_article(article_id: str) -> None:
    """For rows that need none: they name their columns."""


def test_a_row_without_the_names_gives_way_to_one_that_has_some() -> None:
    texts = (
        "city: Arle; founded: 1877.",
        "city: Senn; founded: 1342.",
        "It lies on the Hal.",
        "Note: it is small; see below.",  # no row: it has one pair only
    )
    rows = [replace(candidate(n, 1.0 - n), text=text) for n, text in enumerate(texts)]

    def kept(asked: str) -> tuple[Candidate, ...]:
        return of_named_rows(rows, frozenset(stems(asked)), no_article)

    assert kept("senn") == tuple(rows[1:])
    assert kept("senn arle") == tuple(rows), "both are asked about"
    assert kept("holm") == tuple(rows), "no row is about it"
    assert kept("") == tuple(rows)
    elsewhere = [replace(rows[0], article_id="b.txt"), rows[1]]
    assert of_named_rows(elsewhere, {"senn"}, no_article) == tuple(elsewhere), "another table"


def test_of_rows_with_cells_the_one_counts_that_names_most_of_what_is_asked() -> None:
    text = (
        "Speed limits\n\nArea of the south | Limit | Guard\nNorth pit | 20 km/h | Moe\n"
        "South pit | 15 km/h | Lie\nSheds | 5 km/h | Dahl\n\nThe pits are wide."
    )
    article = {"a.txt": Article("a.txt", text)}
    spans = sentences_of(text)
    head, north, south, sheds, prose = (
        replace(candidate(n, 1.0), start=spans[n][0], text=text[slice(*spans[n])])
        for n in range(1, 6)
    )
    rows = (head, north, south, sheds, prose)
    assert of_named_rows(rows, {"south", "pit"}, article.get) == (south, prose)
    assert of_named_rows(rows, {"pit"}, article.get) == (north, south, prose)
    assert of_named_rows(rows, {"area"}, article.get) == rows, "what the head says is said of all"


def confidence(candidates: list[Candidate], support: tuple[float, ...]) -> float:
    calibration = Calibration.load()
    return calibration.confidence(answer_features(candidates, support, calibration.topic))


def test_what_speaks_against_an_answer_takes_confidence_away() -> None:
    likely, other = candidate(0, 2.0, relevance=2.0, answerable=2.0), candidate(1, 0.0)
    sure = confidence([likely, other], supported())
    assert confidence([likely, other], supported(year_missing=1.0)) < sure - 0.1
    assert confidence([likely, other], supported(names_absent=1.0)) < sure - 0.1
    assert confidence([likely, other], supported(names_absent=0.5)) == sure
    unlike = candidate(0, 2.0, relevance=2.0, answerable=2.0, expected_present=0.0)
    assert confidence([unlike, other], supported()) < sure - 0.1


def test_what_no_article_is_about_takes_confidence_away() -> None:
    """Whatever the reader says: far in meaning, other words, and names that stand nowhere."""

    def sure_of(**features: float) -> float:
        best = candidate(0, 2.0, relevance=1.0, answerable=0.5, **features)
        return confidence([best, candidate(1, 0.0, **features)], supported())

    sure, far = sure_of(), {"cosine": 0.1, "coverage_context": 0.1, "names_missing": 1.0}
    for name, value in far.items():
        assert sure_of(**{name: value}) < sure
    assert sure_of(**far) < sure - 0.2


def test_the_topic_is_judged_by_the_best_of_all_that_was_read() -> None:
    one = candidate(0, 2.0, cosine=0.2, coverage_context=0.9, names_missing=0.5)
    other = candidate(1, 1.0, cosine=0.6, coverage_context=0.1, names_missing=0.2)
    found = dict(zip(TOPIC_NAMES, topic_features([one, other]), strict=True))
    assert (found["cosine"], found["coverage_context"], found["names_missing"]) == (0.6, 0.9, 0.2)


def test_quoted_questions_are_on_the_topic_of_what_was_found_beside_them() -> None:
    quoted = [candidate(0, 2.0, cosine=0.1, coverage_context=0.0, names_missing=1.0)]
    beside = [*quoted, candidate(1, 1.0)]
    topic = Calibration.load().topic
    alone, among = (
        dict(zip(ANSWER_NAMES, answer_features(quoted, supported(), topic, found), strict=True))
        for found in ((), beside)
    )
    assert among["off_topic"] > alone["off_topic"] + 1
    assert {**among, "off_topic": 0} == {**alone, "off_topic": 0}


def test_the_next_best_sentence_is_the_one_with_the_next_relevance() -> None:
    def next_relevance(*relevances: float) -> float:
        sentences = [candidate(n, -n, relevance=value) for n, value in enumerate(relevances)]
        features = answer_features(sentences, supported(), Calibration.load().topic)
        return dict(zip(ANSWER_NAMES, features, strict=True))["next_relevance"]

    assert next_relevance(3.0, -1.0, 1.5) == 1.5
    assert next_relevance(0.5, 1.5) == 0.5
    assert next_relevance(3.0, -9.0) == next_relevance(3.0) == -2.0


def test_the_shipped_calibration_fits_the_features() -> None:
    calibration = Calibration.load()
    assert calibration.sentence.names == evidence.NAMES
    assert calibration.topic.names == TOPIC_NAMES
    assert calibration.answer.names == ANSWER_NAMES
    assert 0 < calibration.least_confidence < 1


def plain(text: str, question: str, folder: Path) -> dict[str, dict[str, float]]:
    """The sentences of an article that the reader gets to read, with their plain features.

    Among them what `support` says of each.
    """
    article, corpus = Article("a.md", text), Corpus(folder)
    index_articles([article], corpus, HashingEncoder(256))
    lexical = build_index(corpus).lexical
    terms = lexical.terms(question)
    hits = tuple(Hit(passage, 1.0, 1) for passage in split_article(article))
    retrieved = Retrieved(question, tuple(terms), (), hits, (0.5,) * len(hits), 0.5)
    setting = evidence.setting_of(analyse(question), terms, (), lexical)
    found, _ = most_promising(retrieved, setting, lambda _: article)
    said = {}
    for (article_id, number), values in found.items():
        start, end = sentences_of(text)[number]
        one = Candidate(article_id, start, end, text[start:end], number, 0, 0, (), (0, 1))
        supported = support_of(one, setting, lambda _: article, [text])
        said[one.text] = dict(
            zip((*evidence.PLAIN_NAMES, *support.NAMES), (*values, *supported), strict=True)
        )
    return said


def test_what_has_no_words_of_its_own_is_not_read(tmp_path: Path) -> None:
    text = (
        "The keys are listed.\n\n| Key | Meaning |\n|:---|---:|\n| E01 | The tank is empty |\n"
        "| E02 | 3 |\n\n1. Oil it.\n\n2. Wait.\n\n* * *\n\nHow many rooms are there?\n\n12.\n\n"
        "Key | Meaning\n--- | ---\nE03 | It is full\n\nIt is late.\n\n---\n"
    )
    assert set(plain(text, "What does E01 mean?", tmp_path)) == {
        "The keys are listed.", "| E01 | The tank is empty |", "| E02 | 3 |", "Oil it.", "Wait.",
        "How many rooms are there?", "12.", "E03 | It is full", "It is late.",
    }  # fmt: skip


def test_what_was_just_said_stands_back_and_decides_nothing(tmp_path: Path) -> None:
    text = "The bridge was built in 1931. It cost 4 million. The new bridge was built in 1987."
    article, corpus = Article("a.md", text), Corpus(tmp_path)
    index_articles([article], corpus, HashingEncoder(256))
    index, question = build_index(corpus), "When was the bridge built?"
    hits = tuple(Hit(passage, 1.0, 1) for passage in split_article(article))
    terms = tuple(index.lexical.terms(question))
    retrieved = Retrieved(question, terms, (), hits, (0.5,) * len(hits), 0.5)
    plainly = read(retrieved, index, lambda _: article)
    assert plainly.candidates[0].text == "The bridge was built in 1931."
    again = read(retrieved, index, lambda _: article, said="The bridge was built in 1931. Yes.")
    scores = [{c.text: c.score for c in one.candidates} for one in (plainly, again)]
    lower = {text: round(scores[0][text] - scores[1][text], 4) for text in scores[0]}
    assert {text for text, less in lower.items() if less} == {"The bridge was built in 1931."}
    assert lower["The bridge was built in 1931."] == REPEATED
    assert [c.text for c in again.candidates if c.repeated] == ["The bridge was built in 1931."]
    assert again.candidates[0].text == "The new bridge was built in 1987."
    assert again.confidence == plainly.confidence


@pytest.mark.parametrize(
    ("question", "of_several", "is_read"),
    [
        ("What was the toll of a lane?", False, False),
        ("What was the toll of a lane?", True, True),
        ("How has the toll of a lane changed?", False, True),
        ("What do the articles say of the toll of a lane?", False, True),
        ("Why was the toll of two lanes raised?", False, False),
    ],
)
def test_where_several_are_asked_of_some_of_each_article_is_read(
    question: str, of_several: bool, is_read: bool, tmp_path: Path
) -> None:
    said = " ".join(f"The toll of lane {n} was first {n} crowns." for n in range(SENTENCES_READ))
    articles = {"a.md": Article("a.md", said), "b.md": Article("b.md", "Drivers pay 90 today.")}
    corpus = Corpus(tmp_path)
    index_articles([*articles.values()], corpus, HashingEncoder(256))
    lexical = build_index(corpus).lexical
    terms = lexical.terms(question)
    passages = [passage for one in articles.values() for passage in split_article(one)]
    hits = tuple(Hit(passage, 1.0, 1) for passage in passages)
    retrieved = Retrieved(question, tuple(terms), (), hits, (0.5,) * len(hits), 0.5)
    setting = evidence.setting_of(analyse(question), terms, (), lexical)
    found, _ = most_promising(retrieved, setting, articles.get, of_several=of_several)
    assert (("b.md", 0) in found) is is_read


CHANGES = """\
# Changes of Taskline

## 2.0.0 (2023)

### Added

- Dark mode came. It is dark.

### Removed

- The old importer is gone.

## 1.9.0 (2022)

- A calendar came.
- The view of Windows 7 is gone.

```
# 1.8.0 is no heading
```

It runs again.
"""


def test_a_sentence_stands_under_its_own_headings(tmp_path: Path) -> None:
    def missing(name: str, question: str) -> dict[str, float]:
        found = plain(CHANGES, question, tmp_path / question[:20])
        return {text: values[name] for text, values in found.items() if text.startswith("- ")}

    new = {"- Dark mode came.": 0.0, "- The old importer is gone.": 0.0}
    old = {"- A calendar came.": 0.0, "- The view of Windows 7 is gone.": 0.0}
    not_new, not_old = (dict.fromkeys(each, 1.0) for each in (new, old))
    of_new, of_old = "What is gone in 2.0.0?", "And what is gone in 1.9.0?"
    assert missing("numbers_missing", of_new) == {**new, **not_old}
    assert missing("numbers_missing", of_old) == {**old, **not_new}
    assert missing("year_missing", "What came in 2023?") == {**new, **not_old}
    assert missing("year_missing", "So what came in 2022?") == {**old, **not_new}


def test_what_stands_under_a_heading_is_covered_by_its_words(tmp_path: Path) -> None:
    found = plain(CHANGES, "What was removed?", tmp_path)
    covered = {text for text, values in found.items() if values["coverage_context"] > 0}
    assert covered == {"### Removed", "- The old importer is gone."}


def test_the_number_of_an_item_does_not_hide_what_stands_before_it(tmp_path: Path) -> None:
    found = plain("The tank is red.\n\n1. Oil it.\n\n2. Wait.\n", "Which tank?", tmp_path)
    covered = {text for text, values in found.items() if values["coverage_context"] > 0}
    assert covered == {"The tank is red.", "Oil it."}


def test_headings_are_those_above_and_none_of_a_section_before() -> None:
    assert [(CHANGES[at:][:9], above) for at, above in headings(CHANGES)] == [
        ("# Changes", "Changes of Taskline"),
        ("## 2.0.0 ", "Changes of Taskline 2.0.0 (2023)"),
        ("### Added", "Changes of Taskline 2.0.0 (2023) Added"),
        ("### Remov", "Changes of Taskline 2.0.0 (2023) Removed"),
        ("## 1.9.0 ", "Changes of Taskline 1.9.0 (2022)"),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_headings_may_be_underlined(end: str) -> None:
    text = (
        "---\ntitle: Taskline\n\ndate: 2023\n---\n\n"
        "Changes\n=======\n\n2.0.0\n-----\nDark mode came.\n\n"
        "A sentence above a rule.\n---\n\nThe last line\nof a paragraph\n---\n\n"
        "```\n\nCode\n----\n```\n\n### Removed\nIt is gone.\n\n1.9.0\n-----\nIt runs.\n"
    ).replace("\n", end)
    assert [(text[at:][:5], above) for at, above in headings(text)] == [
        ("Chang", "Changes"),
        ("2.0.0", "Changes 2.0.0"),
        ("### R", "Changes 2.0.0 Removed"),
        ("1.9.0", "Changes 1.9.0"),
    ]
