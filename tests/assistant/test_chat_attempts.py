"""How often one may guess a password: by name, by address, and by both together."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from assistant.chat.access import passwords
from assistant.chat.access.attempts import (
    MOST_OF_ADDRESS,
    MOST_OF_NAME,
    Attempts,
    LoginGate,
    asking_address,
    told_apart,
)
from assistant.chat.access.login import Login, mark_if_right
from assistant.chat.access.passwords import hash_password, mark_of
from tests.assistant.test_login import HASHED


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_after_five_wrong_passwords_a_name_waits() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    for _ in range(5):
        assert attempts.wait("ada") == 0
        attempts.failed("ada")
    assert attempts.wait("ada") == 60
    assert attempts.wait("bob") == 0
    clock.now = 30.0
    assert attempts.wait("ada") == 30
    clock.now = 61.0
    assert attempts.wait("ada") == 0
    attempts.failed("bob")
    assert {name for _, name, _ in attempts._failures} == {"bob"}, "old failures take memory"


def test_who_guesses_from_elsewhere_does_not_keep_the_owner_out() -> None:
    attempts = Attempts(Clock())
    for _ in range(9):
        attempts.failed("ada", "192.0.2.1")
    assert attempts.wait("ada", "192.0.2.1") == 60
    assert attempts.wait("ada", "198.51.100.7") == 0


def test_one_address_cannot_try_name_after_name() -> None:
    attempts = Attempts(Clock())
    for number in range(MOST_OF_ADDRESS):
        assert attempts.address_wait("192.0.2.1") == 0
        attempts.failed(f"user{number}", "192.0.2.1")
    assert attempts.address_wait("192.0.2.1") == 60
    assert attempts.wait("another", "192.0.2.1") == 60
    attempts.succeeded("another", "192.0.2.1")
    assert attempts.wait("another", "192.0.2.1") == 60, "a password of one's own clears nothing"
    assert attempts.wait("another", "192.0.2.2") == 0


def test_many_addresses_cannot_try_one_name_for_ever() -> None:
    attempts = Attempts(Clock())
    for number in range(MOST_OF_NAME):
        assert attempts.wait("ada", f"192.0.2.{number + 100}") == 0
        attempts.failed("ada", f"192.0.2.{number}")
    assert attempts.wait("ada", "198.51.100.7") == 60


@pytest.mark.parametrize(
    ("client", "address"),
    [
        (("192.0.2.1", 5), "192.0.2.1"),
        (("127.0.0.1", 5), ""),
        (("::1", 5), ""),
        (("::ffff:192.0.2.1", 5), "192.0.2.1"),
        (("::ffff:127.0.0.1", 5), ""),
        (("2001:db8:1:2:3:4:5:6", 0), "2001:db8:1:2::/64"),
        (("fe80::1%eth0", 5), "fe80::/64"),
        (("unknown", 0), ""),
        (None, ""),
    ],
)
def test_an_address_counts_where_it_tells_users_apart(client: Any, address: str) -> None:
    assert told_apart({"client": client}) == address


@pytest.fixture
def little_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "LOG2_N", 10)
    monkeypatch.setattr(passwords, "P", 1)


@pytest.mark.usefixtures("little_work")
def test_a_right_password_clears_the_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoy = hash_password("somebody else")
    monkeypatch.setattr(passwords, "_decoy", lambda: decoy)
    path = tmp_path / "users"
    path.write_text(f"ada:{HASHED}\n", "utf-8")
    asked, attempts = Login.of(path, None), Attempts()
    for _ in range(4):
        assert mark_if_right(asked, attempts, "ada", "wrong") is None
    assert mark_if_right(asked, attempts, "ada", "correct horse") == mark_of(HASHED)
    assert mark_if_right(asked, attempts, "ada", "wrong") is None
    assert attempts.wait("ada") == 0
    assert mark_if_right(asked, attempts, "nobody", "correct horse") is None


def test_an_address_that_guessed_too_much_gets_429_unread() -> None:
    attempts = Attempts(Clock())
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(asking_address.get())

    async def receive() -> Any:
        raise AssertionError("a refused request's body must not be read")

    def post(path: str = "/login") -> list[Any]:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "client": ("192.0.2.1", 5),
            "headers": [(b"accept-language", b"zh-CN")],
        }
        asyncio.run(LoginGate(app, attempts)(scope, receive, send))
        return sent

    assert post() == []
    assert seen == ["192.0.2.1"]
    for number in range(MOST_OF_ADDRESS):
        attempts.failed(f"user{number}", "192.0.2.1")
    refused = post()
    assert refused[0]["status"] == 429
    assert (b"retry-after", b"60") in refused[0]["headers"]
    assert refused[1]["body"].decode() == "密码错误次数过多；请在 60 秒后重试。"
    assert len(seen) == 1
    assert post("/feedback") == [], "who is logged in already goes on"
