"""What the real server refuses, and how it ends. No browser is needed, but the server is."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import time
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from assistant.chat import serve as serve_here
from assistant.chat.launch import GRACE_SECONDS
from assistant.settings import Settings
from embeddings.errors import SettingsError

if TYPE_CHECKING:
    from tests.browser.conftest import Serve, Server, Tab

pytestmark = pytest.mark.browser
SOCKET = "/ws/socket.io/?EIO=4&transport=polling"
REPLY = '[data-step-type="assistant_message"]'
HELD = "Hold the answer about the vehicles"
UUID = "6b1f0c9e-3f2d-4c55-9d0a-0f7a1c2b3d4e"


def ask(
    server: Server, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, bytes, http.client.HTTPMessage]:
    """One request to the server, with headers as given."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, named)
        response = connection.getresponse()
        return response.status, response.read(), response.headers
    finally:
        connection.close()


def test_the_page_loads_nothing_from_elsewhere(fake_server: Server) -> None:
    status, page, headers = ask(fake_server, "GET", "/")
    assert status == 200
    assert b"https://" not in page
    assert b"http://" not in page
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http:" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("path", ["/", "/health", "/project/settings", "/public/app.js", SOCKET])
def test_forged_names_are_refused(fake_server: Server, path: str) -> None:
    assert ask(fake_server, "GET", path, Host=f"evil.example:{fake_server.port}")[0] == 403
    assert ask(fake_server, "GET", path, Origin="http://evil.example")[0] == 403
    assert ask(fake_server, "GET", path, Origin="null")[0] == 403


def test_a_socket_from_another_site_does_not_open(fake_server: Server) -> None:
    def handshake(origin: str) -> int:
        status, _, _ = ask(
            fake_server, "GET", "/ws/socket.io/?EIO=4&transport=websocket",
            Origin=origin, Connection="Upgrade", Upgrade="websocket",
            Sec_WebSocket_Version="13", Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ==",
        )  # fmt: skip
        return status

    assert handshake("http://evil.example") == 403
    assert handshake(f"http://localhost:{fake_server.port}") == 101


def announce(server: Server, method: str, path: str, length: int) -> bytes:
    """Status for a body of `length` bytes of which none is ever sent."""
    with socket.create_connection(("127.0.0.1", server.port), 60) as connection:
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
            f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {length}\r\n\r\n"
        )
        connection.sendall(head.encode())
        return connection.recv(4096).split(b" ", 2)[1]


@pytest.mark.parametrize(
    "path",
    ["/project/file?session_id=x", "/project/file", "/mcp", "/project/element", "/project/action",
     "/project/thread/share", "/auth/jwt", "/login/"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_uploads_are_refused_before_they_are_read(
    fake_server: Server, method: str, path: str
) -> None:
    assert announce(fake_server, method, path, 500_000_000) == b"405"


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/set-session-cookie"), ("POST", SOCKET), ("POST", "/login"), ("PUT", "/feedback"),
     ("POST", "/project/threads"), ("PUT", "/project/thread"), ("DELETE", "/project/thread")],
)  # fmt: skip
def test_a_body_that_is_too_long_is_refused_before_it_is_read(
    fake_server: Server, method: str, path: str
) -> None:
    assert announce(fake_server, method, path, 1_000_001) == b"413"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/project/thread"), ("DELETE", "/project/threads"), ("PUT", "/login"),
     ("POST", "/feedback")],
)  # fmt: skip
def test_no_other_method_is_served(fake_server: Server, method: str, path: str) -> None:
    status, body, _ = ask(fake_server, method, path)
    assert status == 405 or b"<html" in body


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", f"/project/share/{UUID}"])
def test_routes_without_a_use_are_gone(fake_server: Server, path: str) -> None:
    _, body, headers = ask(fake_server, "GET", path)
    assert headers.get_content_type() == "text/html"
    assert b"openapi" not in body
    assert b"swagger" not in body


@pytest.mark.parametrize(
    "path",
    ["/public/../.chainlit/config.toml", "/public/%2e%2e/.chainlit/config.toml",
     "/public//etc/passwd", "/public/..%2f..%2f..%2fcorpora", "/avatars/..%2f..%2fconfig"],
)  # fmt: skip
def test_nothing_but_public_files_is_served(fake_server: Server, path: str) -> None:
    status, body, headers = ask(fake_server, "GET", path)
    assert status in (400, 404) or headers.get_content_type() in ("text/html", "image/svg+xml")
    assert b"[project]" not in body
    assert b"root:" not in body


def connect(server: Server, auth: object) -> str:
    """The server's answer to a socket that asks to connect with `auth`."""
    _, opened, _ = ask(server, "GET", SOCKET)
    sid = json.loads(opened[1:])["sid"]
    path = f"{SOCKET}&sid={urllib.parse.quote(sid)}"
    packet = f"40{json.dumps(auth)}".encode()
    assert ask(server, "POST", path, packet, Content_Type="text/plain")[0] == 200
    return ask(server, "GET", path)[1].decode()


@pytest.mark.parametrize(
    "session", ["", "x", "/tmp", "../../..", None, 7, {"a": 1}, UUID + "/..", "{" + UUID + "}"]
)
def test_a_session_id_that_is_no_uuid_is_refused(fake_server: Server, session: object) -> None:
    auth = {"sessionId": session, "clientType": "webapp", "userEnv": "{}", "threadId": ""}
    assert connect(fake_server, auth).startswith("44")


def test_a_thread_id_that_is_no_uuid_is_refused(fake_server: Server) -> None:
    auth = {"sessionId": UUID, "clientType": "webapp", "userEnv": "{}", "threadId": "x' OR '1'='1"}
    assert connect(fake_server, auth).startswith("44")
    assert connect(fake_server, {**auth, "threadId": ""}).startswith("40")


def test_a_folder_named_as_session_is_not_deleted(fake_server: Server, tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    auth = {"sessionId": str(tmp_path), "clientType": "webapp", "userEnv": "{}", "threadId": ""}
    assert connect(fake_server, auth).startswith("44")
    assert (tmp_path / "precious").exists()


def test_a_second_chat_on_the_port_is_refused_in_one_line(
    fake_server: Server, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path)
    with pytest.raises(SettingsError, match="--port") as error:
        serve_here(settings, port=fake_server.port)
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_other_machines_are_not_served(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="login"):
        serve_here(Settings(data_dir=tmp_path), "0.0.0.0", 8000)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_at_once_and_frees_the_port(
    tab: Callable[..., Tab], serve: Serve, number: signal.Signals
) -> None:
    server = serve("--fake")
    asking = tab(server)
    asking.open()
    asking.ask("How many vehicles did SAIC Ningde produce?")
    assert server.stop(number) == 0
    assert server.log.read_text("utf-8") == said_at_first(server)
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", server.port))
    asking.errors.clear()  # the page has lost its server


def said_at_first(server: Server) -> str:
    """All that a server writes for which nothing goes wrong."""
    return f"Footnote is at {server.url} (Ctrl-C stops it)\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_at_once_while_the_articles_are_still_being_opened(
    tab: Callable[..., Tab], serve: Serve, tmp_path: Path, number: signal.Signals
) -> None:
    server = serve("--until", str(tmp_path / "never"))
    waiting = tab(server)
    page = waiting.open()
    expect(page.locator("#welcome-screen")).to_contain_text("Getting the articles ready")
    page.fill("#chat-input", "How many vehicles did SAIC Ningde produce?")
    page.click("#chat-submit")
    expect(page.locator(REPLY)).to_contain_text("Getting the articles ready")
    library = waiting.page.context.new_page()
    library.goto(f"{server.url}/articles")
    expect(library.locator("h1")).to_have_text("Getting the articles ready")
    waiting.opened.clear()
    began = time.monotonic()
    assert server.stop(number) == 0
    assert time.monotonic() - began < GRACE_SECONDS, "nothing had to be cut off"
    assert server.log.read_text("utf-8") == said_at_first(server)
    waiting.page.close()
    waiting.errors.clear()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_while_a_question_is_answered_and_the_history_says_so(
    tab: Callable[..., Tab], serve: Serve, number: signal.Signals
) -> None:
    server = serve("--fake")
    asking = tab(server)
    page = asking.open()
    reply = asking.ask("How many vehicles did SAIC Ningde produce?")
    expect(reply.locator(".fn-copy")).to_be_visible()
    # What to ask next may come, and is not kept.
    answered = reply.inner_text().partition("Ask next")[0].strip()
    page.fill("#chat-input", HELD)
    page.click("#chat-submit")
    expect(page.locator("#stop-button")).to_be_visible()
    expect(page.locator('[data-step-type="user_message"]').last).to_contain_text(HELD)
    beside = tab(server)
    beside.open()
    assert server.stop(number) == 0
    assert server.log.read_text("utf-8") == said_at_first(server)
    for without in (asking, beside):  # they go on looking for their server
        without.page.close()
        without.errors.clear()

    again = tab(serve("--fake", folder=server.folder))
    page = again.open()
    page.locator("#thread-history a").first.click()
    replies = page.locator(REPLY)
    expect(replies).to_have_count(2)
    expect(replies.first.locator(".fn-copy")).to_be_visible()
    assert replies.first.inner_text().strip() == answered
    expect(replies.last).to_contain_text("it was stopped, or the chat ended")
    expect(page.locator('[data-step-type="user_message"]').last).to_contain_text(HELD)


def test_a_file_that_is_cut_off_when_it_ends_leaves_no_traceback(
    tab: Callable[..., Tab], serve: Serve, exported: Path
) -> None:
    server = serve(encoder=exported)
    sending = tab(server)
    page = sending.open()
    expect(page.locator("#fn-add")).to_be_visible()
    session = page.evaluate("window.footnote.session")
    with socket.create_connection(("127.0.0.1", server.port), 60) as upload:
        upload.sendall(
            f"POST /uploads?session={session}&name=a.md HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{server.port}\r\nContent-Length: 9\r\n\r\nhalf".encode()
        )
        time.sleep(0.5)
        assert server.stop() == 0
    log = server.log.read_text("utf-8")
    assert "Traceback" not in log
    assert log.removeprefix(said_at_first(server)).count("\n") == 1, "uvicorn says that it cut"
    page.close()
    sending.errors.clear()
