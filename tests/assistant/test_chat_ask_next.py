"""What can be asked next: asked before it is offered, by the assistant itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant import Assistant
from assistant.answers import Answer, Citation
from assistant.chat.opening import Turn
from assistant.chat.preferences import Preferences
from assistant.chat.replies.ask_next import MOST_OFFERED, candidates, pick_next
from embeddings.records import Article

BRIDGE = """The bridge over the Wend

The bridge over the Wend was opened on 3 May 2021 by the Mayor of Elvestad, Anna Berg. It is 240
metres long and carries trains to Norvik. The Elvestad Rail Authority (ERA) paid for it.
"""
FERRY = """A ferry to Norvik

The ferry to Norvik has stopped since the bridge was opened. Its captain now sails to Lusk.
"""
ASKED = "How long is the bridge over the Wend?"


@pytest.fixture(scope="module")
def assistant(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("articles")
    (folder / "bridge.txt").write_text(BRIDGE, "utf-8")
    (folder / "ferry.txt").write_text(FERRY, "utf-8")
    with Assistant.open(folder, data_dir=exported) as opened:
        yield opened


def said(answer: Answer) -> list[Turn]:
    return [
        {"role": "user", "content": answer.question},
        {"role": "assistant", "content": answer.text},
    ]


def offered(
    assistant: Assistant, question: str = ASKED, preferences: Preferences | None = None
) -> tuple[str, ...]:
    answer = assistant.ask(question)
    assert answer.answered
    return pick_next(assistant, answer, said(answer), preferences or Preferences(), lambda: False)


def test_what_is_offered_is_answered_when_it_is_asked(assistant: Assistant) -> None:
    questions = offered(assistant)
    assert 0 < len(questions) <= MOST_OFFERED
    history = said(assistant.ask(ASKED))
    told = {citation.quote for citation in assistant.ask(ASKED).citations}
    for question in questions:
        answer = assistant.ask(question, history)
        assert answer.answered, question
        assert answer.standalone_question == question
        assert {citation.quote for citation in answer.citations} - told, question


class Scripted:
    """Answers each question from another place of the one article, but for what a test changes."""

    def __init__(self, **changes: Any) -> None:
        self.changes = changes
        self.asked: list[str] = []

    def article(self, article_id: str, sha256: str | None = None) -> Article:
        return ARTICLE

    def ask(self, question: str, *_: Any, **__: Any) -> Answer:
        self.asked.append(question)
        place = cite(len(self.asked))
        told = Answer(question, question, " ".join(BRIDGE.split()), None, 0.9, (place,))
        return replace(told, **self.changes)


ARTICLE = Article("bridge.txt", BRIDGE, "The bridge over the Wend")


def cite(start: int) -> Citation:
    quote = BRIDGE[start : start + 9]
    return Citation(
        1, ARTICLE.id, ARTICLE.label, None, None, start, start + 9, quote, ARTICLE.sha256
    )


GIVEN = Answer(ASKED, ASKED, "It is 240 metres long.", None, 0.9, (cite(0),))


def tried(scripted: Scripted, *before: str, stopped: Callable[[], bool] = bool) -> tuple[str, ...]:
    turns: list[Turn] = [{"role": "user", "content": question} for question in before]
    return pick_next(scripted, GIVEN, turns, Preferences(), stopped)  # type: ignore[arg-type]


def test_what_was_asked_before_is_not_tried_again() -> None:
    fresh = Scripted()
    first, *_ = tried(fresh)
    again = Scripted()
    assert first not in tried(again, first)
    assert first in fresh.asked
    assert first not in again.asked


@pytest.mark.parametrize(
    "changes",
    [
        {"refusal": "not_stated"},
        {"citations": GIVEN.citations},
        {"standalone_question": "Something else?"},
        {"text": "Nobody knows."},
    ],
    ids=["refused", "nothing new", "taken for another", "not what it asks for"],
)
def test_what_does_not_pass_is_not_offered(changes: dict[str, Any]) -> None:
    sound, other = tried(Scripted()), tried(Scripted(**changes))
    assert len(sound) == MOST_OFFERED
    assert [question for question in other if "about?" not in question] == []


def test_it_is_asked_of_the_articles_that_are_asked(assistant: Assistant) -> None:
    everywhere = "Which articles mention Norvik?"
    answer = assistant.ask("Where does the bridge over the Wend carry trains?")
    assert everywhere in {c.question for c in candidates(answer, [])}
    question = answer.question
    assert everywhere in offered(assistant, question)
    assert everywhere not in offered(assistant, question, Preferences(articles=("bridge.txt",)))


def test_kinds_take_turns_and_say_what_their_answers_hold(assistant: Assistant) -> None:
    answer = assistant.ask(ASKED)
    article = assistant.article("bridge.txt")
    found = {candidate.question: candidate for candidate in candidates(answer, [article])}
    assert found["Who is the Mayor of Elvestad?"].holds == "Anna Berg"
    assert found["What does ERA stand for?"].holds == "Elvestad Rail Authority"
    assert found["Which articles mention Norvik?"].articles == 2
    assert "What is “The bridge over the Wend” about?" in found


MILL = """The mill of Harrow

The old mill of Harrow was bought in March 2019. Its owners planted 1,200 apple trees, and sold
40 tons of flour. Anna Weller runs it. Anna Weller says that it pays. Anna Weller is its miller.
"""


def test_numbers_days_and_names_become_questions(assistant: Assistant) -> None:
    answer = assistant.ask(ASKED)
    article = Article(id="mill.txt", text=MILL, title="The mill of Harrow")
    found = {candidate.question: candidate.holds for candidate in candidates(answer, [article])}
    assert found["How many apple trees were planted?"] == "1,200"
    assert found["When was the old mill of Harrow bought?"] == "March 2019"
    assert found["What do the articles say about Anna Weller?"] == "Anna Weller"
    assert not any("tons" in question for question in found), "a measure is no thing"


def test_of_a_book_what_is_near_the_citation_is_looked_at() -> None:
    chapter = "The chronicle of the town tells of its bridges, and of who built them. " * 20_000
    text = f"{BRIDGE}\n{chapter}\n{MILL}"
    start = text.index("Its owners planted")
    answer = replace(GIVEN, citations=(replace(cite(0), article_id="book.txt", start=start),))
    begun = time.perf_counter()
    found = {c.question for c in candidates(answer, [Article("book.txt", text, "The book")])}
    assert time.perf_counter() - begun < 2.0
    assert "How many apple trees were planted?" in found
    assert "What does ERA stand for?" not in found, "a million characters away"
    assert "What is “The book” about?" in found


def test_a_day_of_the_articles_is_offered(assistant: Assistant) -> None:
    questions = offered(assistant, "Who paid for the bridge over the Wend?")
    assert "When was the bridge over the Wend opened?" in questions


def test_a_digest_is_not_followed_by_itself(assistant: Assistant) -> None:
    answer = assistant.ask("Summarise the article about the ferry")
    article = assistant.article("ferry.txt")
    assert not any("about?" in c.question for c in candidates(answer, [article]))


def test_it_stops_when_the_next_question_comes(assistant: Assistant) -> None:
    answer = assistant.ask(ASKED)
    assert pick_next(assistant, answer, said(answer), Preferences(), lambda: True) == ()
    scripted = Scripted()
    assert tried(scripted, stopped=lambda: bool(scripted.asked)) == ()
    assert len(scripted.asked) == 1, "it goes on though nobody waits for it"
