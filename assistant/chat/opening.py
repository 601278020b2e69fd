"""The one Assistant of the process: opened in the background, asked in threads.

Opening and asking take processor time; the event loop that serves the browser never does it.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from typing import TYPE_CHECKING, Protocol, TypeVar

from assistant.chat.overload import ANSWERED_AT_ONCE
from assistant.chat.starters import Starter, pick_starters

if TYPE_CHECKING:
    from assistant.answers import Answer, Event
    from assistant.chat.preferences import Preferences
    from assistant.retrieval.filters import Filter
    from embeddings.catalog import CatalogPage, CatalogQuery
    from embeddings.records import Article
    from embeddings.stored import StoredFile

__all__ = ["SOON_SECONDS", "Answerer", "Opening", "Turn", "View"]

LOOKS_AT_ONCE = 4
"""Threads for what takes milliseconds, so that it never waits for an answer to be composed."""
SOON_SECONDS = 1.0
"""How long what a page shows may wait for the articles; it asks again once all is there."""
T = TypeVar("T")
Turn = dict[str, str]
"""One turn of the conversation: `role` ("user" or "assistant") and `content`."""


class Answerer(Protocol):
    """What the chat needs of an Assistant."""

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        filters: Filter | None = None,
        llm: bool = True,
        detailed: bool = False,
    ) -> Answer:
        """The answer to a question."""

    def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        filters: Filter | None = None,
        explain: bool = False,
        llm: bool = True,
        detailed: bool = False,
        stop: Callable[[], bool] | None = None,
    ) -> Iterable[Event]:
        """The same answer, as it is composed; `stop` ends it early."""

    def article(self, article_id: str, sha256: str | None = None) -> Article:
        """One article; the one with a text, where another has its id by now."""

    def known(self, article_id: str, sha256: str | None = None) -> Article | StoredFile | None:
        """An article, else what became of the file of that name; None if there was none."""

    def catalog(self, query: CatalogQuery) -> CatalogPage:
        """One page of the articles that match."""

    def close(self) -> None:
        """Let go of files and memory."""


View = Callable[[Answerer], AbstractContextManager[Answerer]]


class Opening:
    """An Assistant that may still be opening; safe to ask from the event loop."""

    def __init__(self, open_assistant: Callable[[], Answerer]) -> None:
        self._view: View = nullcontext
        self._threads = ThreadPoolExecutor(LOOKS_AT_ONCE, thread_name_prefix="footnote")
        self._composing = ThreadPoolExecutor(ANSWERED_AT_ONCE, thread_name_prefix="answer")
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="aside")
        self._opened: Future[Answerer] = self._threads.submit(open_assistant)
        self._starters: Future[tuple[Starter, ...]] = self._threads.submit(
            lambda: pick_starters(self._opened.result())
        )

    def check(self) -> None:
        """Raise what opening raised, if it is known already."""
        if self._opened.done():
            self._opened.result()

    @property
    def ready(self) -> bool:
        """True once questions are answered without waiting for the opening."""
        return self._opened.done() and self._opened.exception() is None

    async def settle(self) -> int:
        """Wait until all is there, or has failed; how many starters there are to offer."""
        await asyncio.wait([asyncio.wrap_future(self._starters)])
        return 0 if self._starters.exception() else len(self._starters.result())

    async def assistant(self) -> Answerer:
        """The Assistant, once it is open; raises what opening raised."""
        return await asyncio.shield(asyncio.wrap_future(self._opened))

    async def soon(self) -> Answerer:
        """The same, for a page that asks again: raises `TimeoutError` while it takes longer."""
        return await asyncio.wait_for(self.assistant(), SOON_SECONDS)

    async def starters(self) -> tuple[Starter, ...]:
        """Questions that have an answer."""
        return await asyncio.shield(asyncio.wrap_future(self._starters))

    def within(self, view: View) -> Opening:
        """The same, asked by what `view` makes of the Assistant, for as long as it is used."""
        seen = copy(self)
        seen._view = view
        return seen

    async def call(self, function: Callable[[Answerer], T]) -> T:
        """What `function` makes of the Assistant, worked out in a thread."""
        assistant = await self.assistant()

        def viewed() -> T:
            with self._view(assistant) as seen:
                return function(seen)

        # A thread of the pool has a context of its own, without the language that was chosen.
        run = contextvars.copy_context().run
        return await asyncio.wrap_future(self._threads.submit(run, viewed))

    async def aside(self, function: Callable[[Answerer], T]) -> T:
        """The same for what takes long and nobody waits for: one after the other."""
        assistant = await self.assistant()

        def viewed() -> T:
            with self._view(assistant) as seen:
                return function(seen)

        return await asyncio.wrap_future(self._aside.submit(viewed))

    async def stream(
        self, question: str, history: Sequence[Turn], preferences: Preferences
    ) -> AsyncGenerator[Event, None]:
        """The events of an answer, as a thread composes it; who leaves sets the thread free."""
        assistant = await self.assistant()
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[Event | Exception | None] = asyncio.Queue()
        stopped = threading.Event()

        def compose() -> None:
            last: Exception | None = None
            try:
                with self._view(assistant) as seen:
                    for event in seen.stream(
                        question,
                        history=history,
                        filters=preferences.filters,
                        explain=True,
                        llm=preferences.llm,
                        detailed=preferences.detailed,
                        stop=stopped.is_set,
                    ):
                        if stopped.is_set():
                            return
                        loop.call_soon_threadsafe(queue.put_nowait, event)
            except Exception as error:
                last = error
            loop.call_soon_threadsafe(queue.put_nowait, last)

        composing = self._composing.submit(compose)
        try:
            while (item := await queue.get()) is not None:
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            stopped.set()
            composing.cancel()

    def close(self) -> None:
        """Close the Assistant, if it was opened."""
        for threads in (self._threads, self._composing, self._aside):
            threads.shutdown(wait=False, cancel_futures=True)
        if self.ready:
            self._opened.result().close()
