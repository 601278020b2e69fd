"""Who may use the chat: everybody on this machine, or whom a password or a proxy names.

A browser that has logged in with a password has a signed token in a cookie. Chainlit alone would
take it for 15 days, whatever happens; here it ends when its user logs out, is no longer in the
password file, or has another password there. Without passwords, each request is whose the machine
or the proxy says it is.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from assistant.chat.access.passwords import (
    LOCAL_USER,
    PasswordFile,
    check_name,
    is_password,
    mark_of,
)
from embeddings.durable import make_folder, write_durably
from embeddings.errors import CorpusError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from assistant.chat.access.attempts import Attempts
    from assistant.chat.access.hardening import App, Receive, Scope, Send

__all__ = [
    "MARK",
    "ActingUser",
    "Login",
    "SignedOut",
    "auth_secret",
    "guard_tokens",
    "mark_if_right",
    "user_of",
]

MARK = "mark"
"""Under this name a token holds the mark of the password that it was given for."""

SECRET_FILE = "chat-secret"
SIGNED_OUT_FILE = "chat-signed-out.json"
SECRET_BYTES = 32
HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,99}")
TAKEN_HEADERS = frozenset({
    "accept", "authorization", "connection", "content-length", "content-type", "cookie", "host",
    "origin", "referer", "upgrade", "user-agent",
})  # fmt: skip
"""Headers that a browser sends itself, so that they name no user."""

TOKEN_SECONDS = 3600.0
"""How long a token that the server made for its own use is used again."""
MOST_TOKENS = 1_000


@dataclass(frozen=True, slots=True)
class Login:
    """How users are told apart."""

    kind: Literal["local", "password", "proxy"] = "local"
    passwords: PasswordFile | None = None
    header: str = ""

    @classmethod
    def of(cls, password_file: Path | None, header: str | None) -> Login:
        """The login that the options ask for; raises `SettingsError` for what cannot work."""
        if password_file is not None and header is not None:
            raise SettingsError(
                "--password-file and --proxy-user-header exclude each other; name one"
            )
        if password_file is not None:
            return cls("password", PasswordFile(password_file.resolve()))
        if header is None:
            return cls()
        if not HEADER_NAME.fullmatch(header) or header.lower() in TAKEN_HEADERS:
            raise SettingsError(
                f"--proxy-user-header: {header!r} is no header that a proxy names a user in; "
                "one is X-Forwarded-User"
            )
        return cls("proxy", header=header.lower())

    def knows(self, user: str, mark: object = None) -> bool:
        """Whether a token of this user still counts; `mark` is the one that it holds."""
        if self.kind == "local":
            return user == LOCAL_USER
        if self.kind == "proxy":
            return True  # each request has a token made for whom the proxy names
        assert self.passwords is not None
        hashed = self.passwords.users().get(user)
        return hashed is not None and mark == mark_of(hashed)

    def named(self, headers: Iterable[tuple[bytes, bytes]]) -> str | None:
        """The user that a proxy names; None when it names none, or several."""
        values = [v for name, v in headers if name.decode("latin-1").lower() == self.header]
        if len(values) != 1:
            return None
        try:
            return check_name(values[0].decode("utf-8").strip())
        except (SettingsError, UnicodeDecodeError):
            return None


class SignedOut:
    """When each user last logged out: tokens from before count no more, after a restart neither."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / SIGNED_OUT_FILE
        try:
            self._at: dict[str, float] = dict(json.loads(self._path.read_text("utf-8")))
        except FileNotFoundError:
            self._at = {}
        except (OSError, ValueError, TypeError):
            # Which tokens are void is not known any more: all are.
            self._at = {"": time.time()}

    def note(self, user: str) -> None:
        """All tokens of this user, in every browser, end now."""
        self._at[user] = time.time()
        write_durably(self._path, json.dumps(self._at).encode())

    def is_void(self, user: str, issued: float) -> bool:
        """Whether a token that was issued then counts no more."""
        # Tokens tell whole seconds only: one of the very second is void, too.
        return issued <= max(self._at.get(user, 0.0), self._at.get("", 0.0))


def mark_if_right(
    login: Login, attempts: Attempts, user: str, password: str, address: str = ""
) -> str | None:
    """The mark of the password, for a token; None if it is wrong.

    Takes a while on purpose: call it in a thread.
    """
    assert login.passwords is not None
    hashed = login.passwords.users().get(user)
    if not is_password(password, hashed) or hashed is None:
        attempts.failed(user, address)
        return None
    attempts.succeeded(user, address)
    return mark_of(hashed)


def auth_secret(data_dir: Path) -> str:
    """The key that signs the tokens: made once, and readable by its owner only."""
    path = data_dir / SECRET_FILE
    make_folder(data_dir)
    try:
        if not path.exists():
            write_durably(path, secrets.token_hex(SECRET_BYTES).encode())
        path.chmod(0o600)
        secret = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"the chat's key {path} cannot be read: {error}; remove it") from None
    if len(secret) < 2 * SECRET_BYTES:
        raise CorpusError(f"the chat's key {path} is damaged; remove it, and all log in again")
    return secret


def guard_tokens(login: Login, signed_out: SignedOut) -> None:
    """Have Chainlit take only tokens that still count."""
    import jwt
    from chainlit import auth
    from chainlit.user import User

    secret = os.environ["CHAINLIT_AUTH_SECRET"]

    def decode(token: str) -> User:
        fields = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            options={"require": ["exp", "iat", "identifier"]},
        )
        user, mark = str(fields["identifier"]), fields.get("metadata", {}).get(MARK)
        if not login.knows(user, mark) or signed_out.is_void(user, float(fields["iat"])):
            raise jwt.InvalidTokenError("this login has ended")
        return User(identifier=user)

    auth.decode_jwt = decode  # type: ignore[attr-defined]


class ActingUser:
    """ASGI middleware: each request is the user's whom the login names, with a token of theirs.

    No cookie of the browser counts here. So nobody has to log in on this machine, and behind a
    proxy nobody stays who they were before the proxy named another.
    """

    def __init__(self, app: App, login: Login, clock: Callable[[], float] = time.monotonic) -> None:
        self.app = app
        self.login = login
        self._clock = clock
        self._tokens: dict[str, tuple[float, bytes]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request with the token of whom it is; without one where that is nobody."""
        if scope["type"] in ("http", "websocket"):
            user = LOCAL_USER if self.login.kind == "local" else self.login.named(scope["headers"])
            brought = (b"cookie", b"authorization")
            headers = [(name, value) for name, value in scope["headers"] if name not in brought]
            if user is not None:
                headers.append((b"cookie", self._cookie(user)))
            scope = {**scope, "headers": headers}
        await self.app(scope, receive, send)

    def _cookie(self, user: str) -> bytes:
        from chainlit.auth import create_jwt
        from chainlit.user import User

        made, cookie = self._tokens.get(user, (0.0, b""))
        if not cookie or self._clock() - made > TOKEN_SECONDS:
            if len(self._tokens) >= MOST_TOKENS:
                self._tokens.clear()
            cookie = f"access_token={create_jwt(User(identifier=user))}".encode()
            self._tokens[user] = (self._clock(), cookie)
        return cookie


def user_of(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Whose token the cookies of a request hold; None for none that counts."""
    from chainlit import auth
    from starlette.requests import cookie_parser

    cookies = [value.decode("latin-1") for name, value in headers if name == b"cookie"]
    if len(cookies) != 1:
        return None
    token = auth.get_token_from_cookies(cookie_parser(cookies[0]))
    try:
        return auth.decode_jwt(token).identifier if token else None  # type: ignore[attr-defined]
    except Exception:  # whatever is wrong with it, it is no token
        return None
