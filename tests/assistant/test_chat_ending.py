"""A request that the server cancels when it ends is answered, and raises nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from assistant.chat.ending import Ending

START = {"type": "http.response.start", "status": 200, "headers": []}


def cancelled(app: Any, kind: str = "http", language: bytes = b"en") -> list[Any]:
    """What is sent to whom the server cancels while `app` serves them."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def run() -> None:
        scope = {"type": kind, "path": "/", "headers": [(b"accept-language", language)]}
        task = asyncio.create_task(Ending(app)(scope, None, send))  # type: ignore[arg-type]
        await asyncio.sleep(0.01)
        task.cancel()
        await task

    asyncio.run(run())
    return sent


async def hang(scope: Any, receive: Any, send: Any) -> None:
    await asyncio.Event().wait()


async def begin_and_hang(scope: Any, receive: Any, send: Any) -> None:
    await send(START)
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("language", "text"), [(b"en", "The chat is being stopped."), (b"zh", "聊天服务正在停止。")]
)
def test_who_waits_is_told(language: bytes, text: str) -> None:
    start, body = cancelled(hang, language=language)
    assert start["status"] == 503
    assert body["body"].decode() == text


def test_a_response_that_has_begun_just_ends() -> None:
    assert cancelled(begin_and_hang) == [START]


def test_a_socket_just_ends() -> None:
    assert cancelled(hang, "websocket") == []


def test_other_errors_are_not_hidden() -> None:
    async def fail(scope: Any, receive: Any, send: Any) -> None:
        raise ValueError("a mistake")

    with pytest.raises(ValueError, match="a mistake"):
        cancelled(fail)
