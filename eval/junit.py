"""A run as JUnit XML, which CI systems show beside the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eval.comparison import GOOD
from eval.gate import broken
from eval.measures import by_kind
from eval.report import failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from junitparser import TestCase

    from eval.report import Report
    from eval.run import Record

__all__ = ["junit_xml"]


def junit_xml(report: Report) -> str:
    """A suite of the gate, a case a floor; and one of each kind of question, a case a question.

    A question fails when a closed gate names it. One that went wrong and closes nothing is
    skipped, with what went wrong: an open gate has no failure.
    """
    from junitparser import JUnitXml, TestSuite

    gate = TestSuite("gate")
    for verdict in report.verdicts:
        gate.add_testcase(_case("gate", verdict.floor.name, *_gate_result(verdict.state),
                                text=str(verdict)))  # fmt: skip
    closed: dict[str, list[str]] = {}
    for verdict in broken(report.verdicts):
        for one in verdict.lost:
            closed.setdefault(one, []).append(verdict.floor.name)
    document = JUnitXml("eval")
    document.add_testsuite(gate)
    for kind, records in by_kind(report.records)[:-1]:
        suite = TestSuite(kind)
        for record in records:
            suite.add_testcase(_question(kind, record, closed.get(record.question.id, [])))
        document.add_testsuite(suite)
    document.update_statistics()
    return str(document.tostring().decode("utf-8"))


def _gate_result(state: str) -> tuple[str, str]:
    if state == "holds":
        return "", ""
    if state == "not_judged":
        return "skipped", "the set has no question that this is about"
    return "failure", "the gate is closed"


def _question(kind: str, record: Record, floors: Sequence[str]) -> TestCase:
    name, told = record.question.id, failure(record)
    seconds = None if record.latency_ms is None else record.latency_ms / 1000
    if record.error is not None:
        result = "error" if floors else "skipped"
        return _case(kind, name, result, record.error, text=told, seconds=seconds)
    if floors:
        return _case(
            kind, name, "failure", f"lost: {'; '.join(floors)}", text=told, seconds=seconds
        )
    if record.outcome not in GOOD or record.faults:
        return _case(kind, name, "skipped", record.outcome, text=told, seconds=seconds)
    return _case(kind, name, "", "", seconds=seconds)


def _case(
    suite: str,
    name: str,
    result: str,
    message: str,
    *,
    text: str = "",
    seconds: float | None = None,
) -> TestCase:
    from junitparser import Error, Failure, Skipped, TestCase

    case = TestCase(_sound(name), suite, seconds)
    if result:
        kind = {"error": Error, "failure": Failure, "skipped": Skipped}[result]
        outcome = kind(_sound(message), result)
        outcome.text = _sound(text)
        case.result = [outcome]
    return case


def _sound(text: str) -> str:
    """The text without the characters that XML 1.0 cannot hold."""
    return (
        "".join(
            letter
            if letter in "\t\n\r" or (letter >= " " and letter not in "\ufffe\uffff")
            else " "
            for letter in text
        )
        .encode("utf-8", "replace")
        .decode("utf-8")
    )
