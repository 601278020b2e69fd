"""The guard in front of Chainlit, without Chainlit. The real server is tested in the browser."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from assistant.chat.access import hardening
from assistant.chat.access.hardening import MOST_BODY_BYTES, REMOVAL, Guard

HOSTS = hardening.hosts("127.0.0.1", 8000)
Reply = tuple[int, dict[str, str], bytes]


async def _echo(scope: Any, receive: Any, send: Any) -> None:
    """An app that answers with as much of the body as it gets."""
    body = b""
    while (message := await receive())["type"] == "http.request":
        body += message["body"]
        if not message["more_body"]:
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def request(method: str = "GET", path: str = "/", body: bytes = b"", **headers: str) -> Reply:
    """What the guard lets through, or answers itself."""
    named = {"host": "127.0.0.1:8000", **{k.replace("_", "-"): v for k, v in headers.items()}}
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [(k.encode(), v.encode()) for k, v in named.items()],
    }
    read: list[bytes] = []
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        read.append(body)
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(Guard(_echo, hosts=HOSTS, policy="default-src 'self'")(scope, receive, send))
    start, end = sent
    if start["status"] != 200:
        assert not read, "a refused request's body must not be read"
    sent_headers = {k.decode(): v.decode() for k, v in start["headers"]}
    return start["status"], sent_headers, end["body"]


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000"])
def test_its_own_names_are_answered(host: str) -> None:
    status, headers, _ = request(host=host, origin=f"http://{host}")
    assert status == 200
    assert headers["content-security-policy"] == "default-src 'self'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    "host", ["", "evil.example", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:8000.evil.example"]
)
def test_other_hosts_are_refused(host: str) -> None:
    assert request(host=host)[0] == 403


@pytest.mark.parametrize(
    "origin", ["", "null", "http://evil.example", "https://127.0.0.1:8000", "127.0.0.1:8000"]
)
def test_other_origins_are_refused(origin: str) -> None:
    assert request(origin=origin)[0] == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/project/file", "/mcp", "/auth/jwt", "/project/element", "/x"])
def test_nothing_can_be_uploaded(method: str, path: str) -> None:
    assert request(method, path, b"x" * 10)[0] == 405


def test_an_article_is_removed_by_a_small_form_of_our_own_pages() -> None:
    form = b"article=a.txt"
    assert request("POST", REMOVAL, form, content_length=str(len(form)))[2] == form
    assert request("POST", REMOVAL, form, origin="https://evil.example")[0] == 403
    assert request("POST", REMOVAL, form, origin="null")[0] == 403
    assert request("DELETE", REMOVAL)[0] == 405
    assert request("POST", REMOVAL, b"", content_length=str(MOST_BODY_BYTES + 1))[0] == 413


@pytest.mark.parametrize(
    ("public_url", "secure"),
    [(None, False), ("http://ask.example.org", False), ("https://ask.example.org", True)],
)
def test_behind_https_no_cookie_goes_by_plain_http(public_url: str | None, secure: bool) -> None:
    plain = [(b"set-cookie", b"access_token=x; HttpOnly; Path=/; SameSite=lax")]
    marked = [(b"Set-Cookie", b"id=y; SameSite=None; secure"), (b"vary", b"cookie")]
    sent: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [*plain, *marked]})

    async def send(message: Any) -> None:
        sent.append(message)

    guard = Guard(app, hosts=HOSTS, policy="", public_url=public_url)
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "headers": [(b"host", b"localhost:8000")],
    }
    asyncio.run(guard(scope, None, send))  # type: ignore[arg-type]
    first, *others = sent[0]["headers"][: len(plain + marked)]
    assert first == (plain[0][0], plain[0][1] + (b"; Secure" if secure else b""))
    assert others == marked, "what says so already, and what is no cookie, stays as it is"


def test_bodies_are_capped() -> None:
    path = "/set-session-cookie"
    assert request("POST", path, b"{}", content_length="2") == (
        200,
        request()[1],
        b"{}",
    )
    assert request("POST", path, b"", content_length=str(MOST_BODY_BYTES + 1))[0] == 413
    assert request("POST", path, b"", content_length="many")[0] == 413


def test_a_body_that_lies_about_its_length_ends_at_the_cap() -> None:
    _, _, body = request("POST", "/set-session-cookie", b"x" * (MOST_BODY_BYTES + 1))
    assert body == b""


def test_a_body_that_does_not_come_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hardening, "MOST_BODY_SECONDS", 0.05)

    async def never() -> dict[str, Any]:
        await asyncio.sleep(60)
        raise AssertionError("it has to give up before")

    async def run() -> list[Any]:
        gone = await hardening.limited(never, {"path": "/login"})()
        parts: list[dict[str, Any]] = [{"type": "http.request", "body": b"a"}, {"type": "later"}]
        coming = iter(parts)

        async def at_once() -> dict[str, Any]:
            return next(coming)

        complete = hardening.limited(at_once, {"path": "/login"})
        body = await complete()
        await asyncio.sleep(0.1)  # who has sent all may wait for the answer
        return [gone["type"], body["type"], (await complete())["type"]]

    assert asyncio.run(run()) == ["http.disconnect", "http.request", "later"]


def test_a_body_of_unknown_length_is_refused() -> None:
    assert request("POST", "/login", transfer_encoding="chunked")[0] == 411


def test_parts_are_not_asked_for() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.extend(scope["headers"])

    headers = [(b"host", b"127.0.0.1:8000"), (b"range", b"bytes=0-,0-"), (b"if-range", b"x")]
    scope = {"type": "http", "method": "GET", "path": "/", "headers": headers}
    asyncio.run(Guard(app, hosts=HOSTS, policy="")(scope, None, None))  # type: ignore[arg-type]
    assert seen == headers[:1]


def test_sockets_of_other_sites_are_closed_unopened() -> None:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", b"127.0.0.1:8000"), (b"origin", b"http://evil.example")]
    scope = {"type": "websocket", "path": "/ws/socket.io", "headers": headers}
    asyncio.run(Guard(_echo, hosts=HOSTS, policy="")(scope, receive, send))
    assert [message["type"] for message in sent] == ["websocket.close"]


PAGE = """<head><meta property="og:image" content="https://a.example/b.png">
<link rel="preconnect" href="https://fonts.example" crossorigin />
<link
  rel="stylesheet"
  href="https://cdn.example/katex.css"
/>
<link rel="icon" href="/favicon" /><script>
const a = 1;</script><script src="/public/app.js" defer></script></head>"""


def test_the_page_asks_no_other_server() -> None:
    page = hardening.without_outside_links(PAGE)
    assert "https://" not in page
    assert '<link rel="icon" href="/favicon" />' in page


def test_the_policy_names_this_server_only() -> None:
    policy = hardening.content_policy(PAGE, "127.0.0.1", 8000)
    # printf '\nconst a = 1;' | openssl dgst -sha256 -binary | base64
    assert "'sha256-Degb89nyMq0xzbT23wpyOxeojJ9ZIzBBW6L2zKGikSk='" in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
    assert "http" not in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.0.0.1:80"])
def test_the_port_that_browsers_leave_out_may_be_left_out(host: str) -> None:
    assert host in hardening.hosts("127.0.0.1", 80)
    assert host == "127.0.0.1:80" or host not in hardening.hosts("127.0.0.1", 8000)


def test_an_address_may_leave_out_that_port_too() -> None:
    assert hardening.is_address("192.0.2.1", 80)
    assert hardening.is_address("192.0.2.1:80", 80)
    assert hardening.is_address("[2001:db8::1]", 80)
    assert not hardening.is_address("192.0.2.1", 8000)
    assert not hardening.is_address("192.0.2.1:8000", 80)
    assert not hardening.is_address("name.example", 80)


UUID = "6b1f0c9e-3f2d-4c55-9d0a-0f7a1c2b3d4e"
NO_UUIDS = [
    None,
    7,
    "",
    "x",
    "/etc",
    "../..",
    UUID + "/..",
    "{" + UUID + "}",
    UUID.replace("-", ""),
]


@pytest.mark.parametrize("value", NO_UUIDS)
def test_ids_are_uuids(value: object) -> None:
    assert hardening.is_uuid(UUID)
    assert hardening.is_uuid(UUID.upper())
    assert not hardening.is_uuid(value)


def test_settings_are_what_the_panel_sends_and_no_more() -> None:
    nothing = {"answers": "", "since": "", "until": "", "articles": []}
    assert hardening.plain_settings({}) == nothing
    strange = {"since": ["2023"], "articles": "all", "llm": "yes", "__class__": "x"}
    assert hardening.plain_settings(strange) == nothing
    long = hardening.plain_settings({"articles": ["a" * 5_000, 3] * 5_000, "llm": False})
    assert isinstance(long["articles"], list)
    assert len(long["articles"]) == hardening.MOST_TAGS
    assert {len(each) for each in long["articles"]} == {0, hardening.MOST_SETTING_CHARACTERS}
    assert long["llm"] is False


def _handlers(calls: list[Any]) -> dict[str, Callable[..., Any]]:
    async def record(*given: Any) -> None:
        calls.append(given)

    names = [*hardening.EVENTS, "edit_message", "audio_start", "audio_chunk"]
    return dict.fromkeys(names, record)


def test_other_socket_events_are_gone() -> None:
    handlers = _handlers([])
    hardening.keep_events(handlers)
    assert handlers.keys() == hardening.EVENTS


def test_of_window_messages_only_the_pages_own_is_handed_on() -> None:
    calls: list[Any] = []
    handlers = _handlers(calls)
    hardening.keep_events(handlers)
    for payload in (None, "settings", {}, {"footnote": "ready"}, {"footnote": "settings", "a": 1}):
        asyncio.run(handlers["window_message"]("sid", payload))
    assert calls == []
    asyncio.run(handlers["window_message"]("sid", {"footnote": "settings"}))
    assert len(calls) == 1


@pytest.mark.parametrize("auth", [None, {}, *({"sessionId": bad} for bad in NO_UUIDS)])
def test_a_session_needs_a_uuid(auth: object) -> None:
    calls: list[Any] = []
    handlers = _handlers(calls)
    hardening.keep_events(handlers)
    with pytest.raises(ConnectionRefusedError):
        asyncio.run(handlers["connect"]("sid", {}, auth))
    with pytest.raises(ConnectionRefusedError):
        asyncio.run(handlers["connect"]("sid", {}, {"sessionId": UUID, "threadId": "x' OR 1"}))
    assert calls == []
    asked = {"sessionId": UUID, "threadId": "", "chatProfile": "Footnote"}
    asyncio.run(handlers["connect"]("sid", {}, asked))
    assert [given[2]["chatProfile"] for given in calls] == [None]


def test_of_a_message_only_the_question_is_taken() -> None:
    calls: list[Any] = []
    handlers = _handlers(calls)
    hardening.keep_events(handlers)
    forged = {
        "id": UUID,
        "output": "Why?",
        "type": "assistant_message",
        "parentId": "p",
        "metadata": {"icon": "x"},
        "command": "c",
    }
    send = handlers["client_message"]
    asyncio.run(send("sid", {"message": forged, "fileReferences": [{"id": "/etc/passwd"}]}))
    ((_, payload),) = calls
    assert payload["fileReferences"] is None
    assert payload["message"] == {
        "id": UUID,
        "output": "Why?",
        "type": "user_message",
        "name": "User",
        "createdAt": "",
    }


@pytest.mark.parametrize(
    "payload",
    [None, [], {}, {"message": None}, {"message": {"id": "x", "output": "a"}},
     {"message": {"id": UUID, "output": 7}}, {"message": {"id": UUID}}],
)  # fmt: skip
def test_what_is_no_message_is_ignored(payload: object) -> None:
    calls: list[Any] = []
    handlers = _handlers(calls)
    hardening.keep_events(handlers)
    asyncio.run(handlers["client_message"]("sid", payload))
    assert calls == []


def test_an_endless_question_is_cut_before_it_is_handed_on() -> None:
    message = hardening.plain_message({"message": {"id": UUID, "output": "x" * 500_000}})
    assert message is not None
    assert len(message["output"]) == hardening.MOST_QUESTION_CHARACTERS + 1
