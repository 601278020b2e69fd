"""Sends the last exchange again to a page whose connection was lost meanwhile.

Chainlit 2.12 sends what happens to the connection that a page has at the moment. What happens
between two connections is lost: a phone that was locked, a laptop that changed its network. It
also tells every new connection that nothing is running, which takes the Stop button away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

__all__ = ["Replay", "follow_connections"]

Emit = Callable[[str, Any], Awaitable[object]]
SHOWN = frozenset({
    "new_message", "update_message", "delete_message", "stream_start", "stream_token", "element",
    "first_interaction", "window_message",
})  # fmt: skip
"""What a page shows, and may be told twice: all but tokens, which `stream_start` begins anew."""


def follow_connections(handlers: dict[str, Callable[..., Any]]) -> None:
    """Have what the socket handlers send remembered, and sent again to a page that comes back."""
    from chainlit.config import config
    from chainlit.session import WebsocketSession

    connect, connected = handlers["connect"], handlers["connection_successful"]
    client_message = handlers["client_message"]

    async def followed_connect(sid: str, environ: dict[str, Any], auth: object) -> object:
        accepted = await connect(sid, environ, auth)
        session = WebsocketSession.require(sid)
        session.emit = replay_of(session).through(session.emit)
        return accepted

    async def followed_connection(sid: str) -> None:
        session = WebsocketSession.require(sid)
        # Chainlit would take its start for the task that Stop ends, in place of a question: one
        # that was sent before the socket was open comes before this.
        first, session.chat_started = not session.chat_started, True
        await connected(sid)
        resumed = session.thread_id_to_resume and session.has_first_interaction
        if first and not resumed and config.code.on_chat_start is not None:
            await config.code.on_chat_start()
        if session.restored:
            await replay_of(session).again()
        running = session.current_task
        if running is not None and not running.done():
            await session.emit("task_start", {})

    async def followed_message(sid: str, payload: object) -> None:
        replay_of(WebsocketSession.require(sid)).begin()
        await client_message(sid, payload)

    handlers["connect"], handlers["connection_successful"] = followed_connect, followed_connection
    handlers["client_message"] = followed_message


def replay_of(session: Any) -> Replay:
    """What was sent to a page's session; it ends with the session."""
    replay: Replay = session.__dict__.setdefault("footnote_replay", Replay())
    return replay


class Replay:
    """What was sent of one page's last exchange."""

    def __init__(self) -> None:
        self._emit: Emit | None = None
        self._sent: list[tuple[str, Any]] = []
        self._lock = asyncio.Lock()

    def through(self, emit: Emit) -> Emit:
        """`emit` of a new connection, which remembers what it sends from now on."""
        self._emit = emit

        async def emitting(event: str, data: Any) -> None:
            async with self._lock:
                if event in SHOWN:
                    self._remember(event, data)
                await emit(event, data)

        return emitting

    def begin(self) -> None:
        """Forget the exchange before: a new question comes."""
        self._sent.clear()

    async def again(self) -> None:
        """Send all of it to the connection that there is now."""
        async with self._lock:
            for event, data in self._sent:
                assert self._emit is not None
                await self._emit(event, data)

    def _remember(self, event: str, data: Any) -> None:
        """Add it; a panel that grew takes the place of its former state."""
        if event == "element":
            for at, (before, former) in enumerate(self._sent):
                if before == "element" and former["id"] == data["id"]:
                    self._sent[at] = (event, data)
                    return
        self._sent.append((event, data))
