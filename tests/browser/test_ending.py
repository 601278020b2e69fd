"""SIGTERM while many ask: the process ends in time, and what was shown as answered is kept."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import time
from typing import TYPE_CHECKING

import pytest

from assistant.chat.history.store import FILE_NAME, History
from benchmarks.chat_load import USER_HEADER, Outcome, User
from tests.browser.apart import run_apart

if TYPE_CHECKING:
    from tests.browser.conftest import Serve, Server

pytestmark = pytest.mark.browser
REPETITIONS = 100 if os.environ.get("FOOTNOTE_TEST_TORTURE") == "full" else 3
USERS = 8
MOST_SECONDS = 10.0
QUESTION = "How many vehicles did SAIC Ningde produce?"


async def ask_until_it_ends(server: Server, number: int, patience: float) -> dict[str, int]:
    """Users ask without a pause until the server is told to end; how much each was answered."""
    outcome = Outcome()
    users = [User(server.url, f"u{number}-{n}", outcome) for n in range(USERS)]
    await asyncio.gather(*(user.connect() for user in users))

    async def go_on(user: User) -> None:
        while True:
            await user.ask(QUESTION)

    asking = [asyncio.create_task(go_on(user)) for user in users]
    await asyncio.sleep(patience)
    server.process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    code = await asyncio.to_thread(server.process.wait, 60)
    assert code == 0
    assert time.monotonic() - began <= MOST_SECONDS
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    await asyncio.gather(*(user.leave(say_so=False) for user in users), return_exceptions=True)
    return {user.name: user.answered for user in users}


@pytest.mark.parametrize("number", range(REPETITIONS))
def test_it_ends_in_time_under_load_and_keeps_what_it_answered(serve: Serve, number: int) -> None:
    server = serve("--fake", "--proxy-user-header", USER_HEADER)
    # A request whose body never comes must not hold the process up.
    with socket.create_connection(("127.0.0.1", server.port), 60) as hanging:
        hanging.sendall(
            f"POST /project/threads HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
            "Content-Length: 9\r\n\r\n".encode()
        )
        patience = random.Random(number).uniform(0.5, 3.0)
        answered = run_apart(ask_until_it_ends(server, number, patience))
    with History(server.folder / FILE_NAME) as history:
        for user, count in answered.items():
            kept = [
                exchange
                for each in history.page(user, 10).conversations
                for exchange in (history.conversation(user, each.id) or each).exchanges
                if exchange.answer is not None
            ]
            assert len(kept) >= count, f"{user} was answered {count} times"
