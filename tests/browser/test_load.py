"""Some users at once while articles are indexed: no one is sent what is another's. See
`benchmarks/chat_load.py`, which does the same with hundreds and measures it."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.chat_load import USER_HEADER, Indexing, Load, Outcome, User, run_load
from tests.browser.apart import run_apart

if TYPE_CHECKING:
    from tests.browser.conftest import Serve

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LOAD = Load(users=12, turns=4, think=1.0, private=True)
MOST_KEPT_SECONDS = 100
"""Chainlit's event loop keeps a timer that was cancelled, and what it knows, until it is due."""


def test_no_canary_reaches_another_while_articles_are_indexed(
    serve: Serve, exported: Path, tmp_path: Path
) -> None:
    articles = tmp_path / "articles"
    articles.mkdir()
    (articles / "works.txt").write_text(
        "SAIC Ningde\n\nSAIC Ningde produced 150,000 vehicles in 2022.\n", "utf-8"
    )
    options = ("--folder", str(articles), "--proxy-user-header", USER_HEADER)
    server = serve(*options, encoder=exported)
    indexing = Indexing(articles, server.folder)

    async def run() -> Outcome:
        adding = asyncio.create_task(indexing.go_on())
        outcome = await run_load(server.url, LOAD)
        while not indexing.runs:  # on a fast machine all is asked before the first is through
            await asyncio.sleep(0.2)
        adding.cancel()
        await asyncio.gather(adding, return_exceptions=True)
        return outcome

    outcome = run_apart(run())
    assert outcome.leaks == []
    assert outcome.errors == []
    assert len(outcome.whole) == LOAD.users * LOAD.turns
    assert outcome.own_canaries >= LOAD.users, "the check sees canaries at all"
    # In their answers, too, which are from articles that nobody else is answered from.
    assert outcome.private_answered == outcome.private_asked == LOAD.users * LOAD.turns // 2
    assert indexing.failed == 0


def test_of_users_who_left_nothing_is_kept(serve: Serve, tmp_path: Path) -> None:
    counts = tmp_path / "counts.json"
    server = serve("--fake", "--proxy-user-header", USER_HEADER, "--session-seconds", "1",
                   "--count", str(counts))  # fmt: skip
    load = Load(users=10, turns=3, think=0.1)

    def alive() -> dict[str, int]:
        counts.unlink(missing_ok=True)
        server.process.send_signal(signal.SIGUSR1)
        while not counts.exists():
            assert server.process.poll() is None
            time.sleep(0.05)
        found: dict[str, int] = json.loads(counts.read_text("utf-8"))
        return found

    async def ask_and_stay() -> dict[str, int]:
        user = User(server.url, "stays", Outcome())
        await user.connect()
        await user.ask("How many vehicles did SAIC Ningde produce?")
        found = await asyncio.to_thread(alive)
        await user.leave(say_so=True)
        return found

    there = run_apart(ask_and_stay())
    assert there["WebsocketSession"] == there["Replay"] == 1
    assert there["Message"], "the check sees what is kept of a page that is open"
    outcome = run_apart(run_load(server.url, load))
    assert outcome.errors == []
    assert len(outcome.whole) == load.users * load.turns
    end = time.monotonic() + MOST_KEPT_SECONDS
    while sum(alive().values()) > 2 and time.monotonic() < end:
        time.sleep(1)
    left = {name: count for name, count in alive().items() if count}
    assert sum(left.values()) <= 2, left


def test_a_leak_would_be_seen() -> None:
    async def run() -> list[str]:
        outcome = Outcome()
        ada, bob = (User("http://localhost", name, outcome) for name in ("ada", "bob"))
        ada.check(f"what {ada.canary} said")
        ada.check(f"what {bob.canary} said")
        return outcome.leaks

    (leak,) = run_apart(run())
    assert leak.startswith("ada was sent canary")
