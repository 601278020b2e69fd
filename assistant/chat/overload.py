"""What happens when more is asked than can be done: a fair queue, and a clear "no" beyond it."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from assistant.chat.texts.language import N_

if TYPE_CHECKING:
    from types import TracebackType

    from assistant.chat.access.hardening import App, Receive, Scope, Send

__all__ = ["ANSWERED_AT_ONCE", "BUSY", "Capacity", "FairQueue", "Place"]

ANSWERED_AT_ONCE = 4
"""Of the extractive answers two would fill two cores; a language model is mostly waited for."""
MOST_WAITING = 40
"""Questions that wait. The last of them is answered after some ten seconds on two cores."""
MOST_OF_ONE = 5
"""Of these, one user's."""
MOST_REQUESTS = 500
"""HTTP requests that are served at a time. A page makes about ten."""
MOST_SOCKETS = 1_000
"""Open pages. Each takes about 50 KB."""

BUSY = N_("Too many questions are waiting just now. Ask again in a few seconds.")


class FairQueue:
    """So many are admitted at once; the others wait, and users take turns. For one event loop."""

    def __init__(
        self,
        at_once: int = ANSWERED_AT_ONCE,
        most_waiting: int = MOST_WAITING,
        most_of_one: int = MOST_OF_ONE,
    ) -> None:
        self._at_once = at_once
        self._most_waiting = most_waiting
        self._most_of_one = most_of_one
        self._admitted = 0
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        """By user, who is next first; each one's own in the order in which they came."""

    def join(self, user: str) -> Place | None:
        """A place, to be used in a `with` statement at once; None when no more may wait."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._admitted < self._at_once:
            self._admit(turn)
            return Place(self, user, turn)
        waiting = sum(map(len, self._waiting.values()))
        own = self._waiting.get(user, deque())
        if waiting >= self._most_waiting or len(own) >= self._most_of_one:
            return None
        self._waiting.setdefault(user, own).append(turn)
        return Place(self, user, turn)

    def leave(self, user: str, turn: asyncio.Future[None]) -> None:
        """Give a place back, and admit the next if it was one of those admitted."""
        own = self._waiting.get(user)
        if own is not None and turn in own:
            own.remove(turn)
            if not own:
                del self._waiting[user]
            return
        self._admitted -= 1
        if self._waiting:
            following, turns = next(iter(self._waiting.items()))
            del self._waiting[following]
            self._admit(turns.popleft())
            if turns:
                self._waiting[following] = turns  # at the end: the others come first

    def _admit(self, turn: asyncio.Future[None]) -> None:
        self._admitted += 1
        if not turn.done():  # who stopped waiting gives the place back by leaving
            turn.set_result(None)


class Place:
    """One question's place in the queue; leaving the `with` statement gives it back."""

    def __init__(self, queue: FairQueue, user: str, turn: asyncio.Future[None]) -> None:
        self._queue, self._user, self._turn = queue, user, turn

    async def admitted(self) -> None:
        """Wait for the turn."""
        await self._turn

    def __enter__(self) -> Place:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._queue.leave(self._user, self._turn)


class Capacity:
    """ASGI middleware: answers 503 at once while so many requests or sockets are open."""

    def __init__(
        self, app: App, requests: int = MOST_REQUESTS, sockets: int = MOST_SOCKETS
    ) -> None:
        self.app = app
        self._free = {"http": requests, "websocket": sockets}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, or refuse it before any of its body is read."""
        from assistant.chat.access.hardening import refuse

        kind = scope["type"]
        if kind not in self._free:
            await self.app(scope, receive, send)
            return
        if not self._free[kind]:
            reason = N_("This server is busy; try again in a moment.")
            await refuse(scope, receive, send, 503, reason)
            return
        self._free[kind] -= 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._free[kind] += 1
