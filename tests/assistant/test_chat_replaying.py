"""What is sent again to a page that lost its connection, without a server."""

from __future__ import annotations

import asyncio
from typing import Any

from assistant.chat.history.replaying import Replay

Sent = list[tuple[str, Any]]


def test_the_exchange_is_sent_again_as_it_stands_now() -> None:
    async def run() -> tuple[Sent, Sent]:
        first: Sent = []
        second: Sent = []

        async def to_first(event: str, data: Any) -> None:
            first.append((event, data))

        async def to_second(event: str, data: Any) -> None:
            second.append((event, data))

        replay = Replay()
        emit = replay.through(to_first)
        await emit("new_message", {"id": "old"})
        replay.begin()
        await emit("element", {"id": "panel", "sources": 1})
        await emit("stream_token", {"id": "a", "token": "One. "})
        await emit("task_end", {})
        await emit("element", {"id": "panel", "sources": 2})
        replay.through(to_second)
        await replay.again()
        return first, second

    first, second = asyncio.run(run())
    assert len(first) == 5
    assert second == [
        ("element", {"id": "panel", "sources": 2}),
        ("stream_token", {"id": "a", "token": "One. "}),
    ]


def test_what_comes_meanwhile_comes_after_it() -> None:
    async def run() -> list[str]:
        order: list[str] = []

        async def slowly(event: str, data: Any) -> None:
            await asyncio.sleep(0)
            order.append(data)

        replay = Replay()
        emit = replay.through(slowly)
        for token in ("one", "two"):
            await emit("stream_token", token)
        order.clear()
        await asyncio.gather(replay.again(), emit("stream_token", "three"))
        return order

    assert asyncio.run(run()) == ["one", "two", "three"]
