from __future__ import annotations

import pytest

from assistant.reading import evidence, support
from assistant.reading.reader import (
    ANSWER_NAMES,
    Calibration,
    Candidate,
    Logistic,
    answer_features,
    beside_the_point,
    settled,
)

FINE = {"expected_present": 1.0}
SUPPORTED = dict.fromkeys(support.NAMES, 0.0) | {"quantity_match": 1.0}


def candidate(number: int, score: float, **features: float) -> Candidate:
    values = tuple((FINE | features).get(name, 0.0) for name in evidence.NAMES)
    text = f"sentence {number}"
    return Candidate("a.txt", number, number + 1, text, number, score, 0.5, values, (0, 1))


def supported(**features: float) -> tuple[float, ...]:
    return tuple((SUPPORTED | features)[name] for name in support.NAMES)


def values(**features: float) -> tuple[float, ...]:
    return tuple((FINE | SUPPORTED | features).get(name, 0.0) for name in ANSWER_NAMES)


@pytest.mark.parametrize(
    ("features", "ruled_out"),
    [
        ({}, False),
        ({"year_missing": 1.0}, True),
        ({"numbers_missing": 1.0}, True),
        ({"expected_present": 0.0}, True),
        ({"quantity_match": 0.3}, True),
        ({"quantity_match": 0.7}, False),
        ({"names_absent": 1.0}, False),
    ],
)
def test_what_contradicts_a_question(features: dict[str, float], ruled_out: bool) -> None:
    assert beside_the_point(values(**features)) is ruled_out


def test_a_contradicted_sentence_gives_way_to_the_next() -> None:
    first, second, third = candidate(0, 3.0), candidate(1, 2.0), candidate(2, 1.0)
    order, found = settled(
        [first, second, third],
        [supported(year_missing=1.0), supported(), supported()],
        [0.0] * 3,
        0.5,
    )
    assert [c.index for c in order] == [1, 0, 2]
    assert found == supported()


def test_when_all_are_contradicted_the_first_stays() -> None:
    wrong = supported(year_missing=1.0)
    order, found = settled([candidate(0, 3.0), candidate(1, 2.0)], [wrong, wrong], [0.0] * 2, 0.5)
    assert [c.index for c in order] == [0, 1]
    assert found == wrong


def test_an_article_without_the_names_gives_way_to_one_that_has_them() -> None:
    elsewhere, here = supported(names_absent=1.0), supported()
    close = [candidate(0, 2.0), candidate(1, 1.0)]
    order, _ = settled(close, [elsewhere, here], [0.0] * 2, 0.5)
    assert [c.index for c in order] == [1, 0]
    far = [candidate(0, 2.0), candidate(1, 0.0)]
    order, _ = settled(far, [elsewhere, here], [0.0] * 2, 0.5)
    assert [c.index for c in order] == [0, 1]


def test_a_list_that_is_asked_for_comes_before_a_sentence_that_is_none() -> None:
    order, _ = settled(
        [candidate(0, 2.0), candidate(1, 1.5)], [supported(), supported()], [0.0, 1.0], 0.5
    )
    assert [c.index for c in order] == [1, 0]


def test_a_contradiction_takes_the_confidence_away() -> None:
    flat = Logistic(ANSWER_NAMES, (0.0,) * len(ANSWER_NAMES), (0.0,) * len(ANSWER_NAMES),
                    (1.0,) * len(ANSWER_NAMES), 1.0)  # fmt: skip
    calibration = Calibration(flat, flat, 0.5)
    assert calibration.confidence(values()) == pytest.approx(0.731, abs=1e-3)
    assert calibration.confidence(values(year_missing=1.0)) == pytest.approx(0.119, abs=1e-3)


def test_the_margin_is_how_far_the_best_is_ahead() -> None:
    found = answer_features([candidate(0, 3.0), candidate(1, 2.5)], 0.4, supported())
    named = dict(zip(ANSWER_NAMES, found, strict=True))
    assert (named["score"], named["margin"], named["best_cosine"]) == (3.0, 0.5, 0.4)


def test_the_shipped_calibration_fits_the_features() -> None:
    calibration = Calibration.load()
    assert calibration.sentence.names == evidence.NAMES
    assert calibration.answer.names == ANSWER_NAMES
    assert 0 < calibration.least_confidence < 1
