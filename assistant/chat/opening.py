"""The one Assistant of the process: opened in the background, asked in threads.

Opening and asking take processor time; the event loop that serves the browser never does it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol, TypeVar

from assistant.chat.starters import Starter, pick_starters

if TYPE_CHECKING:
    from assistant.answers import Answer, Event
    from embeddings.catalog import CatalogPage, CatalogQuery
    from embeddings.corpus import StoredFile
    from embeddings.records import Article

__all__ = ["Answerer", "Opening", "Turn"]

THREADS = 4
T = TypeVar("T")
Turn = dict[str, str]
"""One turn of the conversation: `role` ("user" or "assistant") and `content`."""


class Answerer(Protocol):
    """What the chat needs of an Assistant."""

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """The answer to a question."""

    def stream(
        self, question: str, history: Sequence[Turn] = (), *, explain: bool = False
    ) -> Iterable[Event]:
        """The same answer, as it is composed."""

    def articles(self) -> tuple[Article, ...]:
        """All articles, ordered by id."""

    def article(self, article_id: str) -> Article:
        """One article."""

    def known(self, article_id: str) -> Article | StoredFile | None:
        """An article, else what became of the file of that name; None if there was none."""

    def catalog(self, query: CatalogQuery) -> CatalogPage:
        """One page of the articles that match."""

    def close(self) -> None:
        """Let go of files and memory."""


class Opening:
    """An Assistant that may still be opening; safe to ask from the event loop."""

    def __init__(self, open_assistant: Callable[[], Answerer]) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="footnote")
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

    async def starters(self) -> tuple[Starter, ...]:
        """Questions that have an answer."""
        return await asyncio.shield(asyncio.wrap_future(self._starters))

    async def call(self, function: Callable[[Answerer], T]) -> T:
        """What `function` makes of the Assistant, worked out in a thread."""
        assistant = await self.assistant()
        return await asyncio.wrap_future(self._threads.submit(function, assistant))

    async def stream(self, question: str, history: Sequence[Turn]) -> AsyncGenerator[Event, None]:
        """The events of an answer, as a thread composes it."""
        assistant = await self.assistant()
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[Event | Exception | None] = asyncio.Queue()
        stopped = threading.Event()

        def compose() -> None:
            last: Exception | None = None
            try:
                for event in assistant.stream(question, history=history, explain=True):
                    if stopped.is_set():
                        return
                    loop.call_soon_threadsafe(queue.put_nowait, event)
            except Exception as error:
                last = error
            loop.call_soon_threadsafe(queue.put_nowait, last)

        self._threads.submit(compose)
        try:
            while (item := await queue.get()) is not None:
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            stopped.set()

    def close(self) -> None:
        """Close the Assistant, if it was opened."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        if self.ready:
            self._opened.result().close()
