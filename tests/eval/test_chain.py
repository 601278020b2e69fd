"""Where a question is lost: at the first stage that does not keep all of its evidence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from eval.chain import STAGES, chain, held_by, lost_at
from eval.questions import Question
from eval.report import Report
from eval.run import Answerer, run

FIRST, SECOND = (
    {"article_id": "a.txt", "start": 10, "end": 50},
    {"article_id": "b.txt", "start": 100, "end": 140},
)


def row(**changes: Any) -> dict[str, Any]:
    """A question with two pieces of evidence, both found, read and cited, and stated."""
    sound = {
        "id": "q",
        "outcome": "correct",
        "needed": [[FIRST], [SECOND, {**FIRST, "article_id": "copy.txt"}]],
        "retrieved": [hit(FIRST, 1), hit(SECOND, 2)],
        "answer": {"refusal": None, "citations": [FIRST, SECOND]},
    }
    return {**sound, **changes}


def hit(place: dict[str, Any], rank: int, *, read: bool = True, off: int = 0) -> dict[str, Any]:
    moved = {"start": place["start"] + off, "end": place["end"] + off}
    return {**place, **moved, "rank": rank, "read": read}


@pytest.mark.parametrize(
    ("stage", "changes"),
    [
        (None, {}),
        ("article", {"retrieved": [hit(FIRST, 1)]}),
        ("passage", {"retrieved": [hit(FIRST, 1), hit(SECOND, 2, off=30)]}),
        ("read", {"retrieved": [hit(FIRST, 1), hit(SECOND, 2, read=False)]}),
        ("answered", {"answer": {"refusal": "not_stated", "citations": []}}),
        ("cited", {"answer": {"refusal": None, "citations": [FIRST]}}),
        ("stated", {"outcome": "partial"}),
    ],
)
def test_the_first_stage_that_does_not_keep_all(stage: str | None, changes: dict[str, Any]) -> None:
    assert lost_at(row(**changes)) == stage


def test_any_place_of_an_evidence_will_do() -> None:
    copy = {**FIRST, "article_id": "copy.txt"}
    found = [hit(FIRST, 1), hit(copy, 2)]
    cited = {"refusal": None, "citations": [FIRST, copy]}
    assert lost_at(row(retrieved=found, answer=cited)) is None
    assert held_by(copy, row()) == (2,)
    assert held_by({**copy, "end": 11}, row()) == (2,)  # all of it is evidence
    assert held_by({**copy, "start": 0, "end": 25}, row()) == (2,)
    assert held_by({**copy, "start": 0, "end": 20}, row()) == ()


def test_stages_count_down_and_tell_what_is_right_all_the_same() -> None:
    stages = chain(
        [
            row(id="sound"),
            row(id="elsewhere", retrieved=[hit(FIRST, 1)]),
            row(id="half", outcome="partial"),
            row(id="failed", answer=None, outcome="error"),
            row(id="unanswerable", needed=[]),
        ]
    )
    assert [(one.name, one.reached, one.lost, one.right) for one in stages] == [
        ("article", 2, ("elsewhere",), ("elsewhere",)),
        ("passage", 2, (), ()),
        ("read", 2, (), ()),
        ("answered", 2, (), ()),
        ("cited", 2, (), ()),
        ("stated", 1, ("half",), ()),
    ]
    assert chain([]) == ()


def test_a_run_says_what_its_stages_need(
    fake: Callable[..., Answerer], questions: tuple[Question, ...]
) -> None:
    some = questions[::10]

    def of(sabotage: str) -> dict[str, int]:
        records = Report(tuple(run(some, fake(sabotage)))).to_dict()["records"]
        return {stage.name: len(stage.lost) for stage in chain(records)}

    answerable = sum(question.answerable for question in some)
    assert of("") == dict.fromkeys(STAGES, 0)
    assert of("always_refuses")["read"] == answerable  # its refusals say nothing of what they read
    assert of("offset_by_one") == dict.fromkeys(STAGES, 0)  # nearly all of the evidence is cited
    assert sum(of("drops_best_hit").values()) > answerable / 2
