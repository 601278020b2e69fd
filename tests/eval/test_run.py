"""A run keeps one judged record for each question, and is the same every time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from eval import intervals
from eval.questions import Question, QuestionFileError
from eval.report import Report
from eval.run import Answerer, Record, run


def test_outcomes(records: tuple[Record, ...]) -> None:
    assert [record.outcome for record in records] == [
        "correct", "partial", "refused_wrongly", "answered_wrongly", "error",
    ]  # fmt: skip


def test_an_error_has_no_scores_and_says_what_happened(
    fake: Callable[..., Answerer], questions: tuple[Question, ...]
) -> None:
    (record,) = run(questions[:1], fake("fails"))
    assert record.outcome == "error"
    assert record.scores == {}
    assert record.error == "CorpusError: the index is gone"


def test_a_follow_up_is_asked_with_its_history_and_scored_on_its_standalone_form(
    fake: Callable[..., Answerer], questions: tuple[Question, ...]
) -> None:
    follow_ups = [question for question in questions if question.kind == "follow_up"]
    records = list(run(follow_ups, fake()))
    assert {record.outcome for record in records} == {"correct"}
    assert {record.scores["recall_at_10"] for record in records} == {1.0}


def test_evidence_is_checked_before_anything_is_asked(
    fake: Callable[..., Answerer], questions: tuple[Question, ...]
) -> None:
    sound, *_ = questions
    place = replace(sound.evidence[0].places[0], quote="never written")
    false = replace(sound, evidence=(replace(sound.evidence[0], places=(place,)),))
    with pytest.raises(QuestionFileError, match="never written"):
        run([sound, false], fake("fails"))


def test_an_answer_to_an_unanswerable_question_still_has_its_citations_checked(
    fake: Callable[..., Answerer], questions: tuple[Question, ...]
) -> None:
    unanswerable = [question for question in questions if not question.answerable]
    (record,) = run(unanswerable[:1], fake("never_refuses"))
    assert record.outcome == "answered_wrongly"
    assert set(record.scores) == {
        "citation_validity", "citation_recall", "citation_precision", "refused", "answered",
        "selective_accuracy", "whole_quotes", "brier",
    }  # fmt: skip


def test_two_runs_differ_in_latency_only(
    fake: Callable[..., Answerer], questions: tuple[Question, ...]
) -> None:
    def untimed() -> dict[str, object]:
        intervals._figure.cache_clear()
        records = tuple(replace(r, latency_ms=None) for r in run(questions, fake()))
        return Report(records).to_dict()

    assert untimed() == untimed()
