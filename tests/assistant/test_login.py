"""Who may use the chat: passwords, a proxy's header, tokens, and how often one may try."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from assistant.chat.access import login, passwords
from assistant.chat.access.attempts import Attempts
from assistant.chat.access.hardening import Guard, hosts
from assistant.chat.access.login import Login, SignedOut, auth_secret, mark_if_right
from assistant.chat.access.passwords import hash_password, is_password, mark_of, read_passwords
from assistant.chat.launch import check_public_url, serve
from assistant.command.cli import main
from assistant.settings import Settings
from embeddings.errors import CorpusError, SettingsError

HASHED = "$scrypt$ln=10,r=8,p=1$YPTas5jCxIPgMwYHrqXGyA$xWsBCaKljHFaVVawH0nuTGBI5FQ+4FR+xmBB5TeX1BM"
"""Of "correct horse", made with little work: the tests are many."""


# Passwords


@pytest.fixture
def little_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "LOG2_N", 10)
    monkeypatch.setattr(passwords, "P", 1)


def test_a_hash_takes_32_mib_and_time() -> None:
    assert hash_password("correct horse").startswith("$scrypt$ln=15,r=8,p=3$")


@pytest.mark.usefixtures("little_work")
def test_a_password_is_hashed_with_a_salt_of_its_own() -> None:
    again = hash_password("correct horse")
    assert again != hash_password("correct horse")
    assert is_password("correct horse", HASHED)
    assert is_password("correct horse", again)
    assert not is_password("correct horsf", HASHED)
    assert not is_password("", HASHED)


def test_a_hash_of_another_maker_is_understood() -> None:
    # RFC 7914, section 12: scrypt("password", "NaCl", N=1024, r=8, p=16), its first 32 bytes.
    known = "$scrypt$ln=10,r=8,p=16$TmFDbE5hQ2xOYUNs$"
    import base64
    import hashlib

    digest = hashlib.scrypt(b"password", salt=b"NaClNaClNaCl", n=1024, r=8, p=16, dklen=32)
    assert is_password("password", known + base64.b64encode(digest).decode().rstrip("="))


def test_an_unknown_user_takes_as_long_as_a_wrong_password() -> None:
    hashed = hash_password("correct horse")

    def seconds(hashed: str | None) -> float:
        start = time.perf_counter()
        assert not is_password("wrong password", hashed)
        return time.perf_counter() - start

    seconds(None)  # makes the decoy
    # Not the same, as machines go; but a lookup alone would take a thousandth.
    assert seconds(None) > seconds(hashed) / 10


@pytest.mark.parametrize("password", ["", "short", "x" * 1001])
def test_a_useless_password_is_refused(password: str) -> None:
    with pytest.raises(SettingsError, match="characters"):
        hash_password(password)


def test_the_password_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "users"
    path.write_text(f"# people\n\nada:{HASHED}\nbob@example.org:{HASHED}\n", "utf-8")
    assert read_passwords(path) == {"ada": HASHED, "bob@example.org": HASHED}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("ada", ":1: not `user:hash`"),
        ("ada:secret", ":1: not `user:hash`"),
        (f"ada:{HASHED}\nada:{HASHED}", ":2: the user 'ada' is there twice"),
        (f"local:{HASHED}", "'local' is the chat's without a login"),
        (f"LOCAL:{HASHED}", "without a login"),
        (f"a\u202eb:{HASHED}", "a name is text"),
        (f"{'a' * 201}:{HASHED}", "at most 200"),
        (f"ada:{HASHED.replace('ln=10', 'ln=40')}", "not `user:hash`"),
        (f"ada:{HASHED.replace('ln=10,r=8', 'ln=20,r=99')}", "not `user:hash`"),
        ("# nobody", "names nobody"),
    ],
)
def test_a_password_file_that_is_wrong_is_said_in_one_line(
    tmp_path: Path, line: str, problem: str
) -> None:
    path = tmp_path / "users"
    path.write_text(line, "utf-8")
    with pytest.raises(SettingsError, match="users") as error:
        read_passwords(path)
    assert problem in str(error.value)
    assert "\n" not in str(error.value)


def password_command(
    monkeypatch: pytest.MonkeyPatch, typed: str, *arguments: str | Path
) -> int | str | None:
    """The exit code of `assistant password`, with the password on stdin."""

    class Stdin:
        buffer = io.BytesIO(f"{typed}\n".encode())
        isatty = staticmethod(lambda: False)

    monkeypatch.setattr("sys.stdin", Stdin)
    with pytest.raises(SystemExit) as end:
        main(["password", *map(str, arguments)])
    return end.value.code


@pytest.mark.usefixtures("little_work")
def test_a_command_makes_the_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert password_command(monkeypatch, "correct horse", "ada") == 0
    path = tmp_path / "users"
    path.write_text(capsys.readouterr().out, "utf-8")
    assert is_password("correct horse", read_passwords(path)["ada"])


@pytest.mark.usefixtures("little_work")
def test_a_command_puts_the_line_into_the_file_and_replaces_none_unasked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "users"
    for user in ("ada", "bob"):
        assert password_command(monkeypatch, f"{user}'s horse", user, "--file", path) == 0
    path.write_text(f"# people\n{path.read_text('utf-8')}", "utf-8")
    path.chmod(0o640)
    before = path.read_text("utf-8")
    capsys.readouterr()

    assert password_command(monkeypatch, "another horse", "ada", "--file", path) == 3
    assert "has a user 'ada' already" in capsys.readouterr().err
    assert path.read_text("utf-8") == before

    assert password_command(monkeypatch, "another horse", "ada", "--file", path, "--replace") == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert "logins with the former one end" in said.err
    users = read_passwords(path)
    assert is_password("another horse", users["ada"])
    assert is_password("bob's horse", users["bob"])
    assert path.read_text("utf-8").startswith("# people\n")
    assert path.stat().st_mode & 0o777 == 0o640
    path.write_text("ada", "utf-8")
    assert password_command(monkeypatch, "another horse", "bob", "--file", path) == 3
    assert path.read_text("utf-8") == "ada", "a file that is wrong stays as it is"


# Which login


def test_without_options_there_is_no_login() -> None:
    assert Login.of(None, None) == Login("local")


def test_both_logins_at_once_make_no_sense(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="exclude each other"):
        Login.of(tmp_path, "X-Forwarded-User")


@pytest.mark.parametrize("name", ["", "Cookie", "host", "X User", "X-Ü", "authorization"])
def test_a_header_that_a_browser_sends_names_no_user(name: str) -> None:
    with pytest.raises(SettingsError, match="X-Forwarded-User"):
        Login.of(None, name)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.2", "::"])
def test_other_machines_are_refused_before_anything_starts(tmp_path: Path, host: str) -> None:
    with pytest.raises(SettingsError, match="--password-file"):
        serve(Settings(data_dir=tmp_path), host)
    assert not list(tmp_path.iterdir())


def test_a_password_file_that_is_missing_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        serve(Settings(data_dir=tmp_path / "data"), "0.0.0.0", password_file=tmp_path / "none")
    assert not (tmp_path / "data").exists()


PROXY = Login("proxy", header="x-user")


@pytest.mark.parametrize(
    ("headers", "user"),
    [
        ([(b"x-user", b"ada")], "ada"),
        ([(b"X-User", b" J\xc3\xbcrgen ")], "Jürgen"),
        ([], None),
        ([(b"x-user", b"")], None),
        ([(b"x-user", b"ada"), (b"x-user", b"bob")], None),
        ([(b"x-user", b"\xff")], None),
        ([(b"x-user", b"local")], None),
        ([(b"x-users", b"ada")], None),
    ],
)
def test_the_user_is_whom_the_proxy_names_once(
    headers: list[tuple[bytes, bytes]], user: str | None
) -> None:
    assert PROXY.named(headers) == user


# Tokens


def test_the_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    first = auth_secret(tmp_path / "data")
    path = tmp_path / "data" / login.SECRET_FILE
    assert len(first) == 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    assert auth_secret(tmp_path / "data") == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("short")
    with pytest.raises(CorpusError, match="damaged"):
        auth_secret(tmp_path / "data")


def test_who_logged_out_stays_out_after_a_restart(tmp_path: Path) -> None:
    issued = time.time()
    SignedOut(tmp_path).note("ada")
    again = SignedOut(tmp_path)
    assert again.is_void("ada", issued)
    assert not again.is_void("ada", time.time() + 2)
    assert not again.is_void("bob", issued)


def test_a_damaged_list_of_who_logged_out_lets_nobody_in(tmp_path: Path) -> None:
    (tmp_path / login.SIGNED_OUT_FILE).write_text("{")
    assert SignedOut(tmp_path).is_void("ada", time.time() - 1)


def test_a_user_who_is_taken_out_of_the_file_is_out(tmp_path: Path) -> None:
    path = tmp_path / "users"
    path.write_text(f"ada:{HASHED}\nbob:{HASHED}\n", "utf-8")
    asked, mark = Login.of(path, None), mark_of(HASHED)
    assert asked.knows("ada", mark)
    path.write_text(f"bob:{HASHED}\n", "utf-8")
    assert not asked.knows("ada", mark)
    assert asked.knows("bob", mark)
    assert not Login("local").knows("ada")


@pytest.mark.usefixtures("little_work")
def test_another_password_ends_what_the_former_has_opened(tmp_path: Path) -> None:
    path = tmp_path / "users"
    path.write_text(f"ada:{HASHED}\nbob:{HASHED}\n", "utf-8")
    asked, former = Login.of(path, None), mark_of(HASHED)
    changed = hash_password("another horse")
    path.write_text(f"ada:{changed}\nbob:{HASHED}\n", "utf-8")
    assert not asked.knows("ada", former)
    assert not asked.knows("ada", None), "a token from before there were marks"
    assert asked.knows("ada", mark_of(changed))
    assert asked.knows("bob", former)


@pytest.mark.parametrize("slip", ["ada:{0}\nada:{0}\nbob:{0}", "ada:{0}\nbob:", "# empty", None])
def test_a_slip_in_the_password_file_throws_nobody_out(
    tmp_path: Path, slip: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "users"
    path.write_text(f"ada:{HASHED}\nbob:{HASHED}\n", "utf-8")
    asked, mark = Login.of(path, None), mark_of(HASHED)
    if slip is None:
        path.unlink()
    else:
        path.write_text(slip.format(HASHED), "utf-8")
    for _ in range(3):
        assert asked.knows("bob", mark)
        assert mark_if_right(asked, Attempts(), "bob", "correct horse") == mark
    (logged,) = caplog.records
    assert "users" in logged.getMessage()
    path.write_text(f"bob:{HASHED}\n", "utf-8")
    assert not asked.knows("ada", mark), "what is right again counts at once"
    path.write_text("bob", "utf-8")
    assert not asked.knows("ada", mark)
    assert asked.knows("bob", mark)
    assert len(caplog.records) == 2


TOKENS = """
import sys
from pathlib import Path
from assistant.chat.access.login import MARK, Login, SignedOut, guard_tokens
from assistant.chat.access.passwords import mark_of
from chainlit import auth
from chainlit.user import User

folder, former, changed = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
(folder / "users").write_text(f"ada:{former}")
guard_tokens(Login.of(folder / "users", None), SignedOut(folder))
given = auth.create_jwt(User(identifier="ada", metadata={MARK: mark_of(former)}))
unmarked = auth.create_jwt(User(identifier="ada"))

def counts(token):
    try:
        return auth.decode_jwt(token).identifier == "ada"
    except auth.jwt.pyjwt.InvalidTokenError:
        return False

assert counts(given) and not counts(unmarked)
(folder / "users").write_text(f"ada:{changed}")
assert not counts(given)
"""


@pytest.mark.usefixtures("little_work")
def test_a_token_is_for_one_password(tmp_path: Path) -> None:
    # In a process of its own that has Chainlit.
    environment = {
        **os.environ,
        "CHAINLIT_APP_ROOT": str(tmp_path),
        "CHAINLIT_AUTH_SECRET": "s" * 64,
    }
    command = [sys.executable, "-c", TOKENS, str(tmp_path), HASHED, hash_password("another horse")]
    subprocess.run(command, check=True, env=environment, timeout=120)


WITH_CHAINLIT = """
import asyncio, jwt
from assistant.chat.access.login import ActingUser, Login

def through(login, headers):
    async def app(scope, receive, send):
        seen.update(scope["headers"])
    seen = {}
    scope = {"type": "http", "headers": headers}
    asyncio.run(ActingUser(app, login)(scope, None, None))
    return seen

def user(headers):
    token = headers[b"cookie"].decode().removeprefix("access_token=")
    return jwt.decode(token, "s" * 64, ["HS256"])["identifier"]

forged = [(b"cookie", b"access_token=x"), (b"authorization", b"Bearer x"), (b"a", b"b")]
seen = through(Login("local"), forged)
assert user(seen) == "local"
assert b"authorization" not in seen and seen[b"a"] == b"b"
proxy = Login("proxy", header="x-user")
assert user(through(proxy, [*forged, (b"x-user", b"ada")])) == "ada"
unnamed = through(proxy, forged)
assert b"cookie" not in unnamed and b"authorization" not in unnamed
"""


def test_no_cookie_of_the_browser_counts_where_there_are_no_passwords(tmp_path: Path) -> None:
    # In a process of its own that has Chainlit.
    environment = {
        **os.environ,
        "CHAINLIT_APP_ROOT": str(tmp_path),
        "CHAINLIT_AUTH_SECRET": "s" * 64,
    }
    subprocess.run([sys.executable, "-c", WITH_CHAINLIT], check=True, env=environment, timeout=120)


# How the server may be called


def refused(guard: Guard, host: str, origin: str | None = None) -> bool:
    headers = [(b"host", host.encode())]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    scope = {"type": "http", "method": "GET", "path": "/", "headers": headers}
    return guard.refusal(scope) is not None


async def _app(scope: Any, receive: Any, send: Any) -> None: ...


def test_a_chat_on_all_addresses_goes_by_numbers_but_by_no_foreign_name() -> None:
    guard = Guard(_app, hosts("0.0.0.0", 8000), "", any_address=True, port=8000)
    assert not refused(guard, "192.168.1.2:8000", "http://192.168.1.2:8000")
    assert not refused(guard, "[fe80::1]:8000")
    assert refused(guard, "192.168.1.2:8000", "http://192.168.1.3:8000")
    assert refused(guard, "192.168.1.2:8001")
    assert refused(guard, "rebound.example:8000")
    alone = Guard(_app, hosts("127.0.0.1", 8000), "", port=8000)
    assert refused(alone, "192.168.1.2:8000")


def test_the_public_address_is_a_name_of_the_server() -> None:
    guard = Guard(_app, hosts("127.0.0.1", 8000), "", public_url="https://ask.example.org")
    assert not refused(guard, "ask.example.org", "https://ask.example.org")
    assert not refused(guard, "127.0.0.1:8000", "https://ask.example.org")
    assert refused(guard, "ask.example.org", "http://ask.example.org")
    assert refused(guard, "evil.example", "https://ask.example.org")


@pytest.mark.parametrize(
    "url", ["ask.example.org", "ftp://a.b", "https://a.b/path", "https://a.b/", "https://u@a.b", ""]
)
def test_a_public_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="--public-url"):
        check_public_url(url)
    check_public_url("https://ask.example.org:8443")
    check_public_url(None)


def test_the_record_of_logouts_holds_names_and_times_only(tmp_path: Path) -> None:
    SignedOut(tmp_path).note("ada")
    kept = json.loads((tmp_path / login.SIGNED_OUT_FILE).read_text("utf-8"))
    assert list(kept) == ["ada"]
