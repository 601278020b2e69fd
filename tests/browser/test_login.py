"""Users against the real server, over HTTP and the socket: what is another's is not there."""

from __future__ import annotations

import json
import time
import urllib.parse
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from assistant.chat.access.passwords import LOCAL_USER, hash_password
from assistant.chat.history.store import FILE_NAME, Exchange, History
from tests.browser.test_server import SOCKET, ask

if TYPE_CHECKING:
    from tests.browser.conftest import Serve, Server

pytestmark = pytest.mark.browser
PASSWORDS = {name: f"secret of {name}" for name in ("ada", "bob", "eve")}


@pytest.fixture(scope="module")
def server(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A chat with two users."""
    path = tmp_path_factory.mktemp("users") / "users.txt"
    lines = [f"{user}:{hash_password(password)}" for user, password in PASSWORDS.items()]
    path.write_text("\n".join(lines), "utf-8")
    return serve("--fake", "--password-file", str(path))


@pytest.fixture(scope="module")
def cookies(server: Server) -> dict[str, str]:
    """A cookie for each user who is logged in."""
    found = {}
    for user, password in PASSWORDS.items():
        status, cookie = log_in(server, user, password)
        assert status == 200
        assert cookie
        found[user] = cookie
    return found


def log_in(server: Server, user: str, password: str) -> tuple[int, str]:
    form = urllib.parse.urlencode({"username": user, "password": password}).encode()
    status, _, headers = ask(
        server, "POST", "/login", form, Content_Type="application/x-www-form-urlencoded"
    )
    cookie = headers.get("set-cookie", "")
    assert not cookie or ("HttpOnly" in cookie and "SameSite=lax" in cookie)
    return status, cookie.partition(";")[0]


def send(server: Server, method: str, path: str, body: Any, cookie: str | None) -> tuple[int, Any]:
    headers = {"Content_Type": "application/json"} | ({"Cookie": cookie} if cookie else {})
    status, answer, _ = ask(server, method, path, json.dumps(body).encode(), **headers)
    try:
        return status, json.loads(answer)
    except ValueError:
        return status, answer.decode()


@pytest.fixture
def thread(server: Server) -> tuple[str, str, str]:
    """A conversation of Ada's: its id, its answer's, and that of her rating."""
    conversation, exchange = str(uuid.uuid4()), str(uuid.uuid4())
    with History(server.folder / FILE_NAME) as history:
        question = Exchange(exchange, str(uuid.uuid4()), str(uuid.uuid4()), "What is secret?")
        history.begin("ada", conversation, question)
        rating = history.rate("ada", exchange, liked=True)
    assert rating
    return conversation, exchange, rating


def state(server: Server, conversation: str) -> Any:
    with History(server.folder / FILE_NAME) as history:
        return history.conversation("ada", conversation)


def connect(server: Server, cookie: str | None, thread_id: str = "") -> str:
    """The server's answer to a socket that asks to open a conversation."""
    headers = {"Cookie": cookie} if cookie else {}
    _, opened, _ = ask(server, "GET", SOCKET, None, **headers)
    path = f"{SOCKET}&sid={json.loads(opened[1:])['sid']}"
    auth = {
        "sessionId": str(uuid.uuid4()),
        "clientType": "webapp",
        "userEnv": "{}",
        "threadId": thread_id,
    }
    packet = f"40{json.dumps(auth)}".encode()
    assert ask(server, "POST", path, packet, Content_Type="text/plain", **headers)[0] == 200
    return ask(server, "GET", path, None, **headers)[1].decode()


def test_another_users_conversation_is_out_of_reach(
    server: Server, cookies: dict[str, str], thread: tuple[str, str, str]
) -> None:
    conversation, exchange, rating = thread
    before = state(server, conversation)
    feedback = {"forId": exchange, "value": 0, "comment": "forged", "threadId": conversation}
    attempts = [
        ("PUT", "/project/thread", {"threadId": conversation, "name": "forged"}),
        ("DELETE", "/project/thread", {"threadId": conversation}),
        ("PUT", "/feedback", {"feedback": feedback, "sessionId": "x"}),
        ("DELETE", "/feedback", {"feedbackId": rating}),
    ]
    for method, path, body in attempts:
        for cookie in (cookies["bob"], None, "access_token=forged"):
            status, answer = send(server, method, path, body, cookie)
            # Chainlit says "done" to whoever takes back a rating, also to one that is not there.
            assert status in (401, 404, 500) or (method, path) == ("DELETE", "/feedback")
            assert "secret" not in str(answer)
    assert state(server, conversation) == before
    assert connect(server, cookies["bob"], conversation).startswith("44")
    assert connect(server, None, conversation).startswith("44")
    assert connect(server, cookies["bob"]).startswith("40")
    assert connect(server, cookies["ada"], conversation).startswith("40")


def test_the_owner_can_do_all_of_that(
    server: Server, cookies: dict[str, str], thread: tuple[str, str, str]
) -> None:
    conversation, exchange, rating = thread
    feedback = {"forId": exchange, "value": 0, "comment": "mine", "threadId": conversation}
    calls = [
        ("PUT", "/project/thread", {"threadId": conversation, "name": "Renamed"}),
        ("PUT", "/feedback", {"feedback": feedback, "sessionId": "x"}),
    ]
    for method, path, body in calls:
        assert send(server, method, path, body, cookies["ada"])[0] == 200
    found = state(server, conversation)
    assert found.name == "Renamed"
    assert found.exchanges[0].rating.reason == "mine"
    for method, path, body in [
        ("DELETE", "/feedback", {"feedbackId": rating}),
        ("DELETE", "/project/thread", {"threadId": conversation}),
    ]:
        assert send(server, method, path, body, cookies["ada"])[0] == 200
    assert state(server, conversation) is None


def test_the_list_is_the_users_own_whatever_the_filter_names(
    server: Server, cookies: dict[str, str], thread: tuple[str, str, str]
) -> None:
    body = {"pagination": {"first": 1000}, "filter": {"userId": "ada"}}
    status, answer = send(server, "POST", "/project/threads", body, cookies["bob"])
    assert status == 200
    assert thread[0] not in json.dumps(answer)
    assert thread[0] in json.dumps(send(server, "POST", "/project/threads", body, cookies["ada"]))
    assert send(server, "POST", "/project/threads", body, None)[0] == 401


@pytest.mark.parametrize("path", ["/user", "/project/settings", "/articles"])
def test_without_a_login_nothing_is_told(server: Server, path: str) -> None:
    status, body, _ = ask(server, "GET", path)
    assert status in (303, 401)
    assert b"articles, newest" not in body


def test_a_token_signed_with_nothing_is_refused(server: Server) -> None:
    # {"alg":"none"} and {"identifier":"ada","exp":9999999999,"iat":1}
    token = "eyJhbGciOiJub25lIn0.eyJpZGVudGlmaWVyIjoiYWRhIiwiZXhwIjo5OTk5OTk5OTk5LCJpYXQiOjF9."
    assert ask(server, "GET", "/user", Cookie=f"access_token={token}")[0] == 401
    assert ask(server, "GET", "/user", Authorization=f"Bearer {token}")[0] == 401


def test_who_guesses_has_to_wait(server: Server) -> None:
    assert log_in(server, "eve", PASSWORDS["eve"])[0] == 200
    assert [log_in(server, "eve", "wrong")[0] for _ in range(5)] == [401] * 5
    assert log_in(server, "eve", PASSWORDS["eve"])[0] == 401
    assert log_in(server, "bob", PASSWORDS["bob"])[0] == 200


def test_a_token_ends_with_the_logout_and_with_the_line_in_the_file(
    server: Server, serve: Serve, tmp_path: Path
) -> None:
    path = tmp_path / "users.txt"
    line = f"ada:{hash_password(PASSWORDS['ada'])}\n"
    path.write_text(line, "utf-8")
    own = serve("--fake", "--password-file", str(path))
    _, cookie = log_in(own, "ada", PASSWORDS["ada"])
    assert ask(own, "GET", "/user", Cookie=cookie)[0] == 200
    assert ask(server, "GET", "/user", Cookie=cookie)[0] == 401, "another chat's key"
    path.write_text(line.replace("ada:", "eve:"), "utf-8")
    assert ask(own, "GET", "/user", Cookie=cookie)[0] == 401
    path.write_text(line, "utf-8")
    assert ask(own, "GET", "/user", Cookie=cookie)[0] == 200
    time.sleep(1.1)
    assert ask(own, "POST", "/logout", b"", Cookie=cookie)[0] == 200
    assert ask(own, "GET", "/user", Cookie=cookie)[0] == 401


def test_a_token_ends_with_its_password_and_stays_through_a_slip_in_the_file(
    serve: Serve, tmp_path: Path
) -> None:
    path = tmp_path / "users.txt"
    bob = f"bob:{hash_password(PASSWORDS['bob'])}\n"
    path.write_text(f"ada:{hash_password(PASSWORDS['ada'])}\n{bob}", "utf-8")
    own = serve("--fake", "--password-file", str(path))
    cookies = {user: log_in(own, user, PASSWORDS[user])[1] for user in ("ada", "bob")}
    new = f"ada:{hash_password('a new secret')}\n"
    with path.open("a", encoding="utf-8") as file:  # a second line of hers
        file.write(new)
    assert [ask(own, "GET", "/user", Cookie=each)[0] for each in cookies.values()] == [200, 200]
    assert log_in(own, "bob", PASSWORDS["bob"])[0] == 200
    path.write_text(f"{new}{bob}", "utf-8")
    assert ask(own, "GET", "/user", Cookie=cookies["ada"])[0] == 401
    assert ask(own, "GET", "/user", Cookie=cookies["bob"])[0] == 200
    assert log_in(own, "ada", PASSWORDS["ada"])[0] == 401
    status, cookie = log_in(own, "ada", "a new secret")
    assert status == 200
    assert ask(own, "GET", "/user", Cookie=cookie)[0] == 200


def test_behind_a_proxy_the_header_decides_and_no_cookie(serve: Serve) -> None:
    server = serve("--fake", "--proxy-user-header", "X-User")

    def user(**headers: str) -> Any:
        status, body, _ = ask(server, "GET", "/user", None, **headers)
        return json.loads(body)["identifier"] if status == 200 else status

    assert user(X_User="ada") == "ada"
    assert user() == 401
    assert user(X_User=LOCAL_USER) == 401
    status, _, headers = ask(server, "POST", "/auth/header", b"", X_User="ada")
    assert status == 200
    cookie = headers["set-cookie"].partition(";")[0]
    assert user(Cookie=cookie) == 401
    assert user(Cookie=cookie, X_User="bob") == "bob"


def test_on_this_machine_everybody_is_the_one_user(fake_server: Server) -> None:
    status, body, _ = ask(fake_server, "GET", "/user", Cookie="access_token=forged")
    assert status == 200
    assert json.loads(body)["identifier"] == LOCAL_USER
    assert connect(fake_server, None).startswith("40")
