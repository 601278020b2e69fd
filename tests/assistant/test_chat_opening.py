"""Opening in the background and asking in threads, with an assistant of a few lines."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest

from assistant.answers import Answer, Event
from assistant.chat.opening import Opening
from assistant.chat.overload import ANSWERED_AT_ONCE
from assistant.chat.preferences import Preferences
from assistant.chat.starters import Starter, candidates, pick_starters
from embeddings.catalog import CatalogPage, CatalogQuery
from embeddings.errors import CorpusError, QuestionError
from embeddings.records import Article

ARTICLES = (
    Article(id="a.txt", text="Text of a.", title="Alpha opens"),
    Article(id="b.txt", text="Text of b.", title="Beta closes"),
    Article(id="c.txt", text="Text of c."),
)


class Parrot:
    """Answers questions about Alpha with themselves, and refuses the rest."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.with_llm: set[object] = set()
        self.threads: set[str] = set()
        self.closed = False
        self.gate = threading.Event()

    def article(self, article_id: str, sha256: str | None = None) -> Article:
        return next(article for article in ARTICLES if article.id == article_id)

    def known(self, article_id: str, sha256: str | None = None) -> Article:
        return self.article(article_id)

    def catalog(self, query: CatalogQuery) -> CatalogPage:
        return CatalogPage(ARTICLES, (), len(ARTICLES), 1, 1, 0)

    def close(self) -> None:
        self.closed = True

    def ask(
        self, question: str, history: Sequence[Mapping[str, str]] = (), **preferences: object
    ) -> Answer:
        self.asked.append(question)
        self.with_llm.add(preferences.get("llm", True))
        refusal = None if "Alpha" in question else "not_stated"
        return Answer(question, question, question, refusal, 0.5)  # type: ignore[arg-type]

    def stream(
        self,
        question: str,
        history: Sequence[Mapping[str, str]] = (),
        *,
        stop: Callable[[], bool] | None = None,
        **preferences: object,
    ) -> Iterator[Event]:
        self.threads.add(threading.current_thread().name)
        if not question:
            raise QuestionError("the question is empty; type one")
        yield Event("resolved", text=question)
        for turn in history:
            yield Event("sentence", text=turn["content"])
        if question == "wait":
            self.gate.wait(10)
            yield Event("sentence", text="never seen")
        while question == "hang":
            if stop is not None and stop():
                return
            time.sleep(0.01)
        yield Event("answer", answer=self.ask(question))


def test_events_come_in_order_from_another_thread() -> None:
    parrot = Parrot()

    async def ask() -> list[str]:
        opening = Opening(lambda: parrot)
        history = [{"role": "user", "content": "before"}]
        return [event.kind async for event in opening.stream("Alpha?", history, Preferences())]

    assert asyncio.run(ask()) == ["resolved", "sentence", "answer"]
    assert threading.current_thread().name not in parrot.threads


def test_errors_of_an_answer_reach_the_caller() -> None:
    async def ask() -> None:
        async for _ in Opening(Parrot).stream("", [], Preferences()):
            pass

    with pytest.raises(QuestionError):
        asyncio.run(ask())


def test_a_reader_who_leaves_stops_the_answer() -> None:
    parrot = Parrot()

    async def leave() -> None:
        opening = Opening(lambda: parrot)
        events = opening.stream("wait", [], Preferences())
        assert (await anext(events)).kind == "resolved"
        await events.aclose()
        parrot.gate.set()
        await opening.starters()

    asyncio.run(leave())
    assert "wait" not in parrot.asked


async def answered_at_once(opening: Opening) -> list[str]:
    """What is said to the next question, for which a thread has to be free; closes the opening."""
    async with asyncio.timeout(10):
        said: list[str] = [
            event.kind async for event in opening.stream("Alpha?", [], Preferences())
        ]
    opening.close()
    return said


def test_who_stops_while_nothing_comes_sets_the_thread_free() -> None:
    """As many as there are threads, and more that wait for one; then another asks."""
    parrot = Parrot()

    async def ask() -> list[str]:
        opening = Opening(lambda: parrot)

        async def hang() -> None:
            async for _ in opening.stream("hang", [], Preferences()):
                pass

        hanging = [asyncio.create_task(hang()) for _ in range(3 * ANSWERED_AT_ONCE)]
        while len(parrot.threads) < ANSWERED_AT_ONCE:
            await asyncio.sleep(0.01)
        for each in hanging:
            each.cancel()
        return await answered_at_once(opening)

    assert asyncio.run(ask()) == ["resolved", "answer"]


def test_who_stops_while_an_event_is_shown_sets_the_thread_free() -> None:
    parrot = Parrot()

    async def ask() -> list[str]:
        opening = Opening(lambda: parrot)

        async def hang() -> None:
            async for _ in opening.stream("hang", [], Preferences()):
                await asyncio.sleep(60)

        for _ in range(ANSWERED_AT_ONCE):
            showing = asyncio.create_task(hang())
            await asyncio.sleep(0.1)
            showing.cancel()
        return await answered_at_once(opening)

    assert asyncio.run(ask()) == ["resolved", "answer"]


def test_an_opening_that_fails_says_so_to_everyone() -> None:
    def fail() -> Parrot:
        raise CorpusError("the folder is not there; name another")

    async def ask() -> None:
        opening = Opening(fail)
        assert await opening.settle() == 0
        assert not opening.ready
        with pytest.raises(CorpusError):
            opening.check()
        with pytest.raises(CorpusError):
            await opening.assistant()
        with pytest.raises(CorpusError):
            await opening.starters()
        opening.close()

    asyncio.run(ask())


def test_nobody_waits_for_a_slow_opening_but_who_asks() -> None:
    parrot, gate = Parrot(), threading.Event()

    def slowly() -> Parrot:
        gate.wait(10)
        return parrot

    async def ask() -> None:
        opening = Opening(slowly)
        opening.check()
        assert [opening.ready] == [False]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(opening.assistant(), 0.01)
        gate.set()
        assert (
            await opening.call(lambda assistant: assistant.catalog(CatalogQuery()).articles)
            == ARTICLES
        )
        assert opening.ready
        assert await opening.settle() == 1
        opening.close()

    asyncio.run(ask())
    assert parrot.closed


def test_starters_are_questions_that_have_an_answer() -> None:
    assert [starter.question for starter in candidates(ARTICLES)] == [
        "What is “Alpha opens” about?",
        "What is “Beta closes” about?",
    ]
    question = "What is “Alpha opens” about?"
    parrot = Parrot()
    assert pick_starters(parrot) == (Starter(label=question, question=question),)
    assert parrot.with_llm == {False}, "nobody has asked, so no language model is"


def test_a_long_title_is_cut_on_the_button_and_not_in_the_question() -> None:
    title = "Municipal " * 20 + "end"
    (starter,) = candidates((Article(id="x", text="t", title=title),))
    assert len(starter.label) < 90
    assert title in starter.question
