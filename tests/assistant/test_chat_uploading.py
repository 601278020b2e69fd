"""The routes that take files, behind the guard, as a server calls them; without Chainlit."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.requests import Request
from starlette.routing import Router

from assistant import Assistant
from assistant.chat.access import hardening
from assistant.chat.access.hardening import LARGEST_UPLOAD_BYTES, Guard
from assistant.chat.library import uploading
from assistant.chat.library.uploading import MOST_AT_ONCE, upload_routes
from assistant.chat.library.uploads import Uploads
from assistant.chat.opening import Opening
from tests.fakes import HashingEncoder

CONVERSATION = "0b2f9c1e-3f2d-4c55-9d0a-0f7a1c2b3d4e"
TEXT = b"The viaduct of Hollin is 412 metres long."
PIECE = bytes(65_536)

Body = Callable[[], AsyncIterator[bytes]]
Reply = tuple[int, dict[str, Any]]


async def whose(request: Request) -> tuple[str, str] | None:
    """The session is the user's name here."""
    user = request.query_params.get("session")
    return (user, CONVERSATION) if user else None


class App:
    """The routes behind the guard, and how to ask them."""

    def __init__(self, assistant: Assistant, folder: Path, most: Any = "library") -> None:
        self.uploads = Uploads(folder, most, {CONVERSATION}.__contains__)
        self.incoming = folder / "uploads" / "incoming"
        self.opening = Opening(lambda: assistant)
        router = Router(upload_routes(self.opening, self.uploads, whose))
        hosts = hardening.hosts("127.0.0.1", 8000)
        self.app = Guard(router, hosts=hosts, policy="default-src 'self'")
        self.read = 0
        """Bytes of bodies that were asked for."""

    async def ask(
        self, method: str, body: Body | None = None, length: int | None = None, **query: str
    ) -> Reply:
        headers = [(b"host", b"127.0.0.1:8000")]
        if length is not None:
            headers.append((b"content-length", str(length).encode()))
        scope = {"type": "http", "method": method, "path": "/uploads", "headers": headers,
                 "query_string": urlencode(query).encode(), "root_path": ""}  # fmt: skip
        pieces = body() if body else None
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            piece = await anext(pieces, b"") if pieces else b""
            self.read += len(piece)
            return {"type": "http.request", "body": piece, "more_body": bool(piece)}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        answer = b"".join(message.get("body", b"") for message in sent)
        try:
            return sent[0]["status"], json.loads(answer)
        except ValueError:
            return sent[0]["status"], {"text": answer.decode()}

    async def add(self, body: Body, name: str = "viaduct.txt", session: str = "ada",
                  length: int | None = None, kept: str = "private") -> Reply:  # fmt: skip
        return await self.ask("POST", body, length, name=name, session=session, kept=kept)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    articles = tmp_path / "articles"
    articles.mkdir()
    (articles / "a.txt").write_text("The bridge is 40 metres long, says the paper.")
    data = tmp_path / "data"
    with Assistant.open(articles, data_dir=data, encoder=HashingEncoder()) as assistant:
        made = App(assistant, data)
        yield made
        assert list(made.incoming.iterdir()) == []
        made.opening.close()
        made.uploads.close()


def whole(content: bytes) -> Body:
    async def body() -> AsyncIterator[bytes]:
        yield content

    return body


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield PIECE


async def silent() -> AsyncIterator[bytes]:
    yield TEXT
    await asyncio.sleep(3600)


def test_a_file_is_added_listed_and_removed(app: App) -> None:
    async def run() -> None:
        status, added = await app.add(whole(TEXT), length=len(TEXT))
        assert (status, added["state"], added["name"]) == (200, "read", "viaduct.txt")
        assert added["href"].startswith("/articles/.uploads/")
        assert "owner" not in added
        status, shown = await app.ask("GET", session="ada")
        assert status == 200
        assert shown["articles"] == [added]
        assert (shown["kept"], shown["largest"]) == ("library", LARGEST_UPLOAD_BYTES)
        assert (await app.ask("GET", session="bob"))[1]["articles"] == []
        assert (await app.ask("DELETE", session="bob", id=added["id"]))[0] == 404
        assert (await app.ask("DELETE", session="ada", id=added["id"]))[0] == 200
        assert (await app.ask("GET", session="ada"))[1]["articles"] == []

    asyncio.run(run())


def test_an_announced_gigabyte_is_refused_unread(app: App) -> None:
    status, _ = asyncio.run(app.add(endless, length=1_000_000_000))
    assert status == 413
    assert app.read == 0


@pytest.mark.parametrize("length", [None, 100])
def test_an_endless_body_is_cut_off_and_never_in_memory(app: App, length: int | None) -> None:
    tracemalloc.start()
    try:
        status, refused = asyncio.run(app.add(endless, length=length))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert status == 413
    assert "larger than 20 MB" in refused["reason"]
    assert app.read <= LARGEST_UPLOAD_BYTES + 2 * len(PIECE)
    assert peak < 4_000_000


@pytest.mark.parametrize("name", ["tool.exe", "", "x"])
def test_a_kind_without_a_reader_is_refused_unread(app: App, name: str) -> None:
    status, refused = asyncio.run(app.add(endless, name=name))
    assert (status, refused["state"]) == (415, "refused")
    assert "no reader" in refused["reason"]
    assert app.read == 0


def test_who_has_no_session_is_refused_unread(app: App) -> None:
    status, refused = asyncio.run(app.add(endless, session=""))
    assert (status, refused["state"]) == (404, "refused")
    assert app.read == 0
    assert asyncio.run(app.ask("GET"))[0] == 202
    assert asyncio.run(app.ask("DELETE", id="x"))[0] == 404


def test_only_so_many_come_in_at_a_time(app: App) -> None:
    async def run() -> None:
        users = [f"user {n % 2}" for n in range(MOST_AT_ONCE)]
        waiting = [asyncio.create_task(app.add(silent, session=user)) for user in users]
        while len(list(app.incoming.iterdir())) < MOST_AT_ONCE:
            await asyncio.sleep(0.01)
        read = app.read
        assert (await app.add(endless, session="user 0"))[0] == 429
        assert (await app.add(endless, session="another"))[0] == 503
        assert app.read == read
        assert (await app.ask("GET", session="another"))[0] == 200
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert (await app.add(whole(TEXT), session="user 0"))[0] == 200

    asyncio.run(run())


def test_a_silent_sender_gives_its_place_back(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploading, "CHUNK_SECONDS", 0.05)
    assert asyncio.run(app.add(silent))[0] == 408


def test_a_file_may_take_longer_than_other_bodies(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow() -> AsyncIterator[bytes]:
        for at in range(0, len(TEXT), 8):
            yield TEXT[at : at + 8]
            await asyncio.sleep(0.05)

    monkeypatch.setattr(hardening, "MOST_BODY_SECONDS", 0.05)
    status, added = asyncio.run(app.add(slow))
    assert (status, added["state"]) == (200, "read")
    monkeypatch.setattr(hardening, "UPLOAD_SECONDS", 0.1)
    status, refused = asyncio.run(app.add(slow))
    assert (status, refused["state"]) == (408, "refused"), "but not for ever"


def test_an_empty_file_is_refused_with_a_reason(app: App) -> None:
    status, refused = asyncio.run(app.add(whole(b"")))
    assert (status, refused["state"], refused["reason"]) == (
        200,
        "refused",
        "the file is empty",
    )


def test_a_bomb_is_refused_and_the_next_file_read(app: App) -> None:
    from tests.fuzz.bombs import BOMBS

    name, make = next(iter(BOMBS.items()))
    status, refused = asyncio.run(app.add(whole(make()), name=name))
    assert (status, refused["state"]) == (200, "refused"), refused
    assert refused["reason"]
    assert asyncio.run(app.add(whole(TEXT)))[1]["state"] == "read"


def test_what_goes_wrong_inside_is_told_with_an_id(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(app.uploads, "add", broken)
    status, refused = asyncio.run(app.add(whole(TEXT)))
    assert status == 500
    assert "secret" not in refused["reason"]
    assert "(error " in refused["reason"]
