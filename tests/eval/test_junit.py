"""JUnit XML: a failure where the gate is closed, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from junitparser import JUnitXml

from assistant.answers import Answer
from eval.gate import Floor, check
from eval.junit import junit_xml
from eval.measures import measure_named
from eval.report import Report
from eval.run import Record


def results(xml: str) -> dict[tuple[str, str], str]:
    """What became of each case, by suite and name; "" is passed."""
    return {
        (suite.name, case.name): next((type(r).__name__ for r in case.result), "")
        for suite in JUnitXml.fromstring(xml.encode("utf-8"))
        for case in suite
    }


def test_an_open_gate_has_no_failure(records: tuple[Record, ...]) -> None:
    verdicts = check([Floor(measure_named("correctness"), 0.3)], records)
    xml = junit_xml(Report(records, verdicts))
    assert results(xml) == {
        ("gate", "correctness"): "",
        ("fact", "weather"): "Skipped",
        ("fact", "gone"): "Skipped",
        ("number", "vehicles"): "",
        ("list", "place"): "Skipped",
        ("unanswerable", "price"): "Skipped",
    }
    document = JUnitXml.fromstring(xml.encode("utf-8"))
    assert (document.tests, document.failures, document.errors, document.skipped) == (6, 0, 0, 4)


def test_a_closed_gate_fails_and_so_does_each_question_it_names(
    records: tuple[Record, ...],
) -> None:
    verdicts = check(
        [
            Floor(measure_named("correctness"), 0.9),
            Floor(measure_named("median_words"), 9, ("date",)),
        ],
        records,
    )
    xml = junit_xml(Report(records, verdicts))
    found = results(xml)
    assert found["gate", "correctness"] == "Failure"
    assert found["gate", "median_words (date)"] == "Skipped"
    assert found["fact", "weather"] == found["list", "place"] == "Failure"
    assert found["unanswerable", "price"] == "Skipped"
    assert "asked: What was built?" in xml


@pytest.mark.parametrize("said", ["\x00\x1b[31m", "<b>&amp;</b>]]>", "\ud800\uffff", "é\u2028"])
def test_any_text_makes_sound_xml(
    records: tuple[Record, ...], answer: Callable[..., Answer], said: str
) -> None:
    wrong = replace(records[1], answer=answer(f"Said: {said} [1]"))
    assert ("list", "place") in results(junit_xml(Report((wrong,))))
