"""A conversation as a file, for its owner only."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from starlette.routing import Router

from assistant import Assistant
from assistant.chat.history.downloads import disposition, download_routes
from assistant.chat.history.exchanges import Exchange
from assistant.chat.history.keeping import kept_form
from assistant.chat.history.store import FILE_NAME, History

QUESTION = "When was the bridge over the Wend opened?"


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with History(tmp_path / FILE_NAME) as opened:
        yield opened


@pytest.fixture
def conversation(history: History, data_dir: Path, tmp_path: Path) -> str:
    """Ada's only conversation."""
    folder = tmp_path / "articles"
    folder.mkdir()
    text = "The bridge\n\nThe bridge over the Wend was opened on 3 May 2021 by Anna Berg.\n"
    (folder / "bridge.txt").write_text(text, "utf-8")
    with Assistant.open(folder, data_dir=data_dir) as assistant:
        answer = assistant.ask(QUESTION)
    assert answer.answered
    ids = [str(uuid.uuid4()) for _ in range(4)]
    exchange = Exchange(ids[1], ids[2], ids[3], QUESTION)
    history.begin("ada", ids[0], exchange)
    history.finish("ada", ids[1], kept_form(answer))
    return ids[0]


def get(
    history: History | None, path: str, user: str | None = "ada", method: str = "GET"
) -> tuple[int, dict[str, str], str]:
    """What the route answers."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": unquote(path), "headers": [],
             "query_string": b"", "root_path": ""}  # fmt: skip
    asyncio.run(Router(download_routes(history, lambda _: user))(scope, receive, send))
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(m.get("body", b"") for m in sent[1:]).decode()


def test_it_comes_with_footnotes(history: History, conversation: str) -> None:
    status, headers, body = get(history, f"/conversations/{conversation}.md")
    assert status == 200
    assert headers["content-type"].startswith("text/markdown")
    assert headers["cache-control"] == "no-store"
    assert headers["content-disposition"].startswith("attachment;")
    assert QUESTION in body
    assert "[^1-1]" in body
    assert "[^1-1]: “The bridge over the Wend was opened on 3 May 2021 by Anna Berg.”" in body


def test_it_comes_as_json(history: History, conversation: str) -> None:
    status, headers, body = get(history, f"/conversations/{conversation}.json")
    assert (status, headers["content-type"]) == (200, "application/json")
    found = json.loads(body)
    assert found["schema"] == "footnote/conversation/1"
    assert found["exchanges"][0]["question"] == QUESTION


@pytest.mark.parametrize("user", ["bob", None])
def test_to_others_it_is_not_there(history: History, conversation: str, user: str | None) -> None:
    for form in ("md", "json"):
        status, headers, body = get(history, f"/conversations/{conversation}.{form}", user)
        assert status == 404
        assert "content-disposition" not in headers
        assert "Wend" not in body


def test_what_is_no_conversation_is_not_there(history: History, conversation: str) -> None:
    for path in (
        f"/conversations/{uuid.uuid4()}.md",
        f"/conversations/{conversation}.html",
        f"/conversations/{conversation}",
        "/conversations/' OR 1 --.md",
        "/conversations/..%2F..%2Fchat-secret.md",
    ):
        assert get(history, path)[0] == 404
    assert get(None, f"/conversations/{conversation}.md")[0] == 404
    assert get(history, f"/conversations/{conversation}.md", method="POST")[0] == 405


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("Who is the mayor?", "Who is the mayor.md"),
        ('a"b\r\nSet-Cookie: x/../y', "a b Set-Cookie x .. y.md"),
        ("宁德的市长是谁？", "宁德的市长是谁.md"),
        ("???", "conversation.md"),
    ],
)
def test_the_file_has_the_conversation_s_name(name: str, file: str) -> None:
    header = disposition(name, "md")
    assert header.isascii()
    assert "\n" not in header
    assert unquote(header.partition("UTF-8''")[2]) == file
