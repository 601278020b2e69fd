"""Whatever is typed: each rule of language takes it, from a single word to a soup of them."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import assistant.composing
import assistant.language
import assistant.understanding
from assistant import Assistant, QuestionError
from assistant.understanding.conversation import stand_alone

PIECES = (
    "who what when where why how which many is are did the a of in to and or but also both than "
    "Oslo Acme NEV Holm Mr. mayor head May July 2019 5 1,000 3rd III first latest summarise "
    "articles about tell me news mentions list all each compare it he she they then since until "
    "other one again please thanks no sources shorter cost $5 5% km what's I’m A é 谢谢 ² "
    ", ? ; : . ! ( ) ’s - “ ” ' …"
).split()
QUESTIONS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map(" ".join)
_unhurried = settings(deadline=None)


def rules(package: Any) -> Iterator[Callable[..., Any]]:
    """What a package offers that needs nothing but one or two texts."""
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        loaded = importlib.import_module(module.name)
        for name in getattr(loaded, "__all__", ()):
            rule = getattr(loaded, name)
            if inspect.isfunction(rule):
                parameters = inspect.signature(rule).parameters.values()
                needed = [p.annotation for p in parameters if p.default is p.empty]
                if needed in (["str"], ["str", "str"]):
                    yield rule


RULES = [
    *rules(assistant.language),
    *rules(assistant.understanding),
    *rules(assistant.composing),
]


@_unhurried
@given(QUESTIONS, QUESTIONS)
@example("Oslo", "Oslo?")
def test_every_rule_takes_any_question(question: str, other: str) -> None:
    assert len(RULES) > 25, "the search for rules looks in the wrong place"
    for rule in RULES:
        needed = sum(p.default is p.empty for p in inspect.signature(rule).parameters.values())
        with suppress(QuestionError):  # marks alone are no question
            rule(*(question, other)[:needed])


@_unhurried
@given(QUESTIONS, st.lists(QUESTIONS, max_size=4))
def test_every_follow_up_is_resolved(question: str, said: list[str]) -> None:
    roles = ("user", "assistant")
    turns = [{"role": roles[n % 2], "content": turn} for n, turn in enumerate(said)]
    assert stand_alone(question, turns)


@pytest.mark.parametrize("question", ["bridge", "Oslo?", "1", "why", "and", "A, B and C", "“”x"])
def test_a_word_is_a_question(question: str, opened: Assistant) -> None:
    answer = opened.ask(question)
    assert all(finding.ok for finding in opened.verify(answer.to_dict()))


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, exported: Path) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("articles")
    (folder / "bridge.txt").write_text(
        "The bridge\n\nThe bridge of Oslo was opened by Kari Holm in 2019. It cost 5 million.",
        "utf-8",
    )
    with Assistant.open(folder, data_dir=exported) as assistant:
        yield assistant
