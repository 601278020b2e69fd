"""What the real server does with more than it can do, with hostile input, and without a login."""

from __future__ import annotations

import asyncio
import json
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from assistant.chat.access.attempts import MOST_OF_ADDRESS
from assistant.chat.access.passwords import hash_password
from assistant.chat.overload import ANSWERED_AT_ONCE, MOST_OF_ONE, MOST_REQUESTS, MOST_WAITING
from benchmarks.chat_load import PATIENCE, Outcome, User
from tests.browser.apart import run_apart
from tests.browser.serving import HELD, RELEASED, SLOW
from tests.browser.test_login import PASSWORDS, log_in
from tests.browser.test_server import SOCKET, UUID, ask

if TYPE_CHECKING:
    from tests.browser.conftest import Serve, Server

pytestmark = pytest.mark.browser
QUESTION = "How many vehicles did SAIC Ningde produce?"
AT_ONCE_SECONDS = 5.0
"""0.1 s is promised and measured by `benchmarks/chat_load.py`; tests run beside other work."""


# Hostile input


def test_nothing_is_fetched_in_parts(fake_server: Server) -> None:
    began = time.monotonic()
    _, whole, _ = ask(fake_server, "GET", "/public/app.js")
    for ranges in ("bytes=0-9", "bytes=" + ",".join(["0-"] * 10_000), "bytes=-1,-1,9-2"):
        status, body, _ = ask(fake_server, "GET", "/public/app.js", Range=ranges)
        assert (status, body) == (200, whole)
    assert time.monotonic() - began < 10


NESTED = b"[" * 400_000
HOSTILE = [
    NESTED,
    b'{"a":' * 100_000,
    b'{"pagination":' + NESTED + b"]" * 400_000 + b"}",
    b"1" * 900_000,
    b'"\\ud800"',
    b"\xff\xfe",
    b"NaN",
]


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/project/threads"), ("PUT", "/feedback"), ("POST", SOCKET)]
)
def test_deep_and_broken_json_is_refused_quickly(
    fake_server: Server, method: str, path: str, body: bytes
) -> None:
    began = time.monotonic()
    status, answer, _ = ask(fake_server, method, path, body, Content_Type="application/json")
    assert 400 <= status <= 500
    assert b"Traceback" not in answer
    assert time.monotonic() - began < 10
    assert ask(fake_server, "GET", "/health")[0] == 200


def test_a_body_of_unknown_length_is_refused(fake_server: Server) -> None:
    with socket.create_connection(("127.0.0.1", fake_server.port), 60) as connection:
        connection.sendall(
            f"POST /login HTTP/1.1\r\nHost: 127.0.0.1:{fake_server.port}\r\n"
            "Transfer-Encoding: chunked\r\n\r\n".encode()
        )
        assert connection.recv(4096).split(b" ", 2)[1] == b"411"


def test_hostile_packets_end_their_socket_only(fake_server: Server) -> None:
    async def run() -> None:
        outcome = Outcome()
        other = User(fake_server.url, "other", outcome)
        await other.connect()
        for packet in ("42" + "[" * 400_000, '42["client_message",' + "{" * 100, "42[]", "4", "9"):
            await _send_raw(fake_server, packet)
        await other.ask(QUESTION)
        await other.leave(say_so=True)
        assert outcome.errors == []

    run_apart(run())


async def _send_raw(server: Server, packet: str) -> None:
    """Open a socket of its own, and send a packet as it is."""
    import aiohttp

    auth = {"sessionId": str(uuid.uuid4()), "clientType": "webapp", "userEnv": "{}"}
    address = f"{server.url}/ws/socket.io/?EIO=4&transport=websocket"
    async with aiohttp.ClientSession() as client, client.ws_connect(address) as connection:
        await connection.receive()
        await connection.send_str("40" + json.dumps(auth))
        await connection.receive()
        await connection.send_str(packet)
        await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    "path",
    [f"/project/file/{UUID}?session_id={UUID}", f"/project/thread/{UUID}/element/{UUID}",
     f"/project/file/..%2f..%2fchat-secret?session_id={UUID}", f"/project/thread/{UUID}"],
)  # fmt: skip
def test_no_file_or_element_is_served_by_its_id(fake_server: Server, path: str) -> None:
    _, body, headers = ask(fake_server, "GET", path)
    assert headers.get_content_type() == "text/html"
    assert b'id="root"' in body


# Too much at once


@pytest.fixture(scope="module")
def busy_server(serve: Serve) -> Server:
    """A chat of its own for the tests that fill it."""
    return serve("--fake")


def test_beyond_the_queue_a_question_is_refused_at_once_and_in_words(busy_server: Server) -> None:
    most = ANSWERED_AT_ONCE + MOST_WAITING

    async def run() -> Outcome:
        outcome = Outcome()
        users = [User(busy_server.url, f"u{n}", outcome) for n in range(most + 10)]
        await asyncio.gather(*(user.connect() for user in users))
        await asyncio.sleep(1)  # what a page does when it opens is done
        asking = [asyncio.create_task(user.ask(HELD, again=False)) for user in users]
        async with asyncio.timeout(PATIENCE):
            while len(outcome.refused) < len(users) - most:
                await asyncio.sleep(0.05)
        assert outcome.whole == [], "refused before anything was answered"
        (busy_server.folder / RELEASED).touch()
        await asyncio.gather(*asking)
        await asyncio.gather(*(user.leave(say_so=True) for user in users))
        return outcome

    outcome = run_apart(run())
    assert outcome.errors == []
    assert len(outcome.whole) == most
    assert len(outcome.refused) == 10


def test_who_sends_question_upon_question_gets_a_few_answered(busy_server: Server) -> None:
    async def run() -> Outcome:
        outcome = Outcome()
        user = User(busy_server.url, "greedy", outcome)
        await user.connect()
        said = await user.flood(SLOW, 30)
        await user.leave(say_so=True)
        assert said == ANSWERED_AT_ONCE + MOST_OF_ONE
        return outcome

    assert run_apart(run()).errors == []


def test_requests_beyond_the_capacity_get_503_at_once(busy_server: Server) -> None:
    head = (
        f"POST /project/threads HTTP/1.1\r\nHost: 127.0.0.1:{busy_server.port}\r\n"
        "Content-Length: 10\r\n\r\n"
    )
    with ExitStack() as open_ones:
        for _ in range(MOST_REQUESTS):
            one = socket.create_connection(("127.0.0.1", busy_server.port), 60)
            open_ones.enter_context(one)
            one.sendall(head.encode())
        end = time.monotonic() + 30
        while ask(busy_server, "GET", "/health")[0] != 503 and time.monotonic() < end:
            time.sleep(0.1)
        began = time.monotonic()
        assert ask(busy_server, "GET", "/health")[0] == 503
        assert time.monotonic() - began < AT_ONCE_SECONDS
    end = time.monotonic() + 30
    while ask(busy_server, "GET", "/health")[0] != 200 and time.monotonic() < end:
        time.sleep(0.1)
    assert ask(busy_server, "GET", "/health")[0] == 200


# Logins that end, and sessions of others


@pytest.fixture
def users_file(tmp_path: Path) -> Path:
    """Ada and Bob."""
    path = tmp_path / "users.txt"
    lines = [f"{user}:{hash_password(PASSWORDS[user])}" for user in ("ada", "bob")]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


@pytest.fixture
def own_server(serve: Serve, users_file: Path) -> Iterator[Server]:
    """A chat whose users a test may change."""
    server = serve("--fake", "--password-file", str(users_file))
    yield server
    server.stop()


def page_of(server: Server, user: str, outcome: Outcome) -> tuple[User, str]:
    """A page of a user who is logged in, not connected yet, and the cookie."""
    status, cookie = log_in(server, user, PASSWORDS[user])
    assert status == 200
    return User(server.url, user, outcome, {"Cookie": cookie}), cookie


def test_the_open_page_of_a_user_who_was_taken_out_is_closed(
    own_server: Server, users_file: Path
) -> None:
    async def run() -> None:
        outcome = Outcome()
        ada, _ = page_of(own_server, "ada", outcome)
        idle, _ = page_of(own_server, "ada", outcome)
        bob, _ = page_of(own_server, "bob", outcome)
        for page in (ada, idle, bob):
            await page.connect()
        await ada.ask(QUESTION)
        lines = users_file.read_text("utf-8").splitlines()
        users_file.write_text(lines[1], "utf-8")  # Bob alone
        assert await ada.is_closed_by(QUESTION), "the next question ends it"
        assert await idle.is_closed_by(None), "a page at which nobody asks is ended, too"
        await bob.ask(QUESTION)
        await bob.leave(say_so=True)
        assert outcome.errors == []
        assert len(outcome.whole) == 2

    run_apart(run())


def test_who_logs_out_is_out_in_every_open_page(own_server: Server) -> None:
    async def run() -> None:
        outcome = Outcome()
        ada, cookie = page_of(own_server, "ada", outcome)
        await ada.connect()
        await ada.ask(QUESTION)
        await asyncio.sleep(1.1)  # a token tells the whole second in which it was made
        status, _, _ = await asyncio.to_thread(
            ask, own_server, "POST", "/logout", b"", Cookie=cookie
        )
        assert status == 200
        assert await ada.is_closed_by(None)

    run_apart(run())


def test_another_users_session_is_not_restored(own_server: Server) -> None:
    from socketio.exceptions import ConnectionError as Refused

    async def run() -> None:
        outcome = Outcome()
        ada, _ = page_of(own_server, "ada", outcome)
        bob, _ = page_of(own_server, "bob", outcome)
        await ada.connect()
        bob.session_id = ada.session_id
        with pytest.raises(Refused):
            await bob.connect()
        await ada.ask(QUESTION)
        await ada.leave(say_so=True)
        assert outcome.errors == []

    run_apart(run())


def test_an_address_that_tries_name_after_name_is_refused(own_server: Server) -> None:
    def guess(name: str, address: str) -> Any:
        form = f"username={name}&password=wrong".encode()
        kind = "application/x-www-form-urlencoded"
        # As a proxy on this machine tells for whom it asks.
        headers = {"Content_Type": kind, "X_Forwarded_For": address}
        return ask(own_server, "POST", "/login", form, **headers)

    for number in range(MOST_OF_ADDRESS):
        assert guess(f"nobody{number}", "203.0.113.5")[0] == 401
    status, _, headers = guess("nobody", "203.0.113.5")
    assert status == 429
    assert 0 < int(headers["retry-after"]) <= 60
    assert guess("nobody", "203.0.113.6")[0] == 401
    assert log_in(own_server, "ada", PASSWORDS["ada"])[0] == 200
