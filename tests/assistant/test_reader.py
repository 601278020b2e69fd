from __future__ import annotations

import pytest

from assistant.reading import evidence, support
from assistant.reading.reader import (
    ANSWER_NAMES,
    TOPIC_NAMES,
    Calibration,
    Candidate,
    answer_features,
    contradicted,
    settled,
    topic_features,
)

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
