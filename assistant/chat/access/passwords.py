"""Passwords: how one is hashed, and the file that holds the hashes, one `user:hash` a line.

scrypt is in Python's standard library, is slow on purpose and takes memory, so that guessing
from a stolen file is dear (RFC 7914). The parameters are those that OWASP's Password Storage
Cheat Sheet names for 32 MiB; they stand in each hash, so that they can grow.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import re
import secrets
import threading
from functools import cache
from typing import TYPE_CHECKING

from embeddings.durable import write_durably
from embeddings.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = [
    "LOCAL_USER",
    "LONGEST_USER",
    "PasswordFile",
    "check_name",
    "hash_password",
    "is_listed",
    "is_password",
    "mark_of",
    "put_password",
    "read_passwords",
]

logger = logging.getLogger("footnote")

LOCAL_USER = "local"
"""Everybody on a chat without a login; nobody else may go by that name."""
LONGEST_USER = 200
LONGEST_PASSWORD = 1_000
SHORTEST_PASSWORD = 8
LOG2_N, R, P = 15, 8, 3
MOST_MEMORY = 256 * 1024 * 1024
HASH = re.compile(r"\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/]{16,88})\$([\w+/]{43})")


def hash_password(password: str) -> str:
    """A salted hash in the PHC string format; raises `SettingsError` for a useless password."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise SettingsError(
            f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD:,} characters; choose another"
        )
    salt = secrets.token_bytes(16)
    digest = _scrypt(password, salt, LOG2_N, R, P)
    return f"$scrypt$ln={LOG2_N},r={R},p={P}${_encoded(salt)}${_encoded(digest)}"


def is_password(password: str, hashed: str | None) -> bool:
    """Whether `password` was hashed to `hashed`; for None it takes as long, and is False."""
    match = HASH.fullmatch(hashed or _decoy())
    if match is None or len(password) > LONGEST_PASSWORD:
        return False
    log2_n, r, p = (int(match[n]) for n in (1, 2, 3))
    digest = _scrypt(password, _decoded(match[4]), log2_n, r, p)
    return hmac.compare_digest(digest, _decoded(match[5])) and hashed is not None


def read_passwords(path: Path) -> Mapping[str, str]:
    """The hash of each user in a password file.

    Raises `SettingsError`, naming the line, for one that is not `user:hash`.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingsError(
            f"the password file {path} cannot be read: {reason}; make its lines with "
            "`assistant password USER`"
        ) from None
    found: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        user, colon, hashed = line.strip().partition(":")
        where = f"{path}:{number}"
        if not colon or not _is_sound(hashed):
            raise SettingsError(
                f"{where}: not `user:hash`; make the line with `assistant password USER`"
            )
        if user in found:
            raise SettingsError(f"{where}: the user {user!r} is there twice; remove one line")
        found[check_name(user, where)] = hashed
    if not found:
        raise SettingsError(
            f"the password file {path} names nobody; add a line made by `assistant password USER`"
        )
    return found


def is_listed(path: Path, user: str) -> bool:
    """Whether a password file, which need not be there yet, has this user.

    Raises `SettingsError` where it is no sound password file.
    """
    return _has_lines(path) and user in read_passwords(path)


def put_password(path: Path, user: str, hashed: str) -> None:
    """Put a user's line into a password file, in the place of the one that is there, if any.

    What else is in the file stays, and so does who may read it. Raises `CorpusError` where it
    cannot be written.
    """
    text = path.read_text("utf-8") if path.exists() else ""
    kept = [line for line in text.splitlines() if line.strip().partition(":")[0] != user]
    mode = path.stat().st_mode if text else 0o600
    target = path.resolve()
    write_durably(target, "".join(f"{line}\n" for line in (*kept, f"{user}:{hashed}")).encode())
    target.chmod(mode)


def _has_lines(path: Path) -> bool:
    return path.exists() and bool(path.stat().st_size)


class PasswordFile:
    """The users of a password file, as it is now, or was when it could last be read.

    A slip of whoever edits it throws nobody out: what is wrong is logged, once. Safe to use from
    several threads; the first reading raises `SettingsError`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._users = read_passwords(path)
        self._problem = ""
        self._mutex = threading.Lock()

    def users(self) -> Mapping[str, str]:
        """The hash of each user."""
        with self._mutex:
            try:
                self._users, self._problem = read_passwords(self._path), ""
            except SettingsError as error:
                if self._problem != str(error):
                    self._problem = str(error)
                    logger.warning("%s. Until then the users before the change count", error)
            return self._users


def mark_of(hashed: str) -> str:
    """What stands for a password in the tokens that it has given: another password has another."""
    return hashlib.sha256(hashed.encode()).hexdigest()[:32]


def check_name(user: str, where: str = "user") -> str:
    """The name, if one can go by it; else raises `SettingsError`."""
    if not user or user != user.strip() or ":" in user or not user.isprintable():
        raise SettingsError(f"{where}: a name is text without a colon; choose another")
    if len(user) > LONGEST_USER:
        raise SettingsError(f"{where}: a name has at most {LONGEST_USER} characters")
    if user.casefold() == LOCAL_USER:
        raise SettingsError(
            f"{where}: the name {LOCAL_USER!r} is the chat's without a login; choose another"
        )
    return user


def _is_sound(hashed: str) -> bool:
    """Whether it is a hash that this machine can check without running out of memory."""
    match = HASH.fullmatch(hashed)
    if match is None:
        return False
    log2_n, r, p = (int(match[n]) for n in (1, 2, 3))
    return 10 <= log2_n <= 20 and 1 <= p <= 16 and 1 <= r <= MOST_MEMORY // (256 * 2**log2_n)


def _scrypt(password: str, salt: bytes, log2_n: int, r: int, p: int) -> bytes:
    secret = password.encode("utf-8", "replace")
    return hashlib.scrypt(secret, salt=salt, n=2**log2_n, r=r, p=p, maxmem=MOST_MEMORY, dklen=32)


@cache
def _decoy() -> str:
    """A hash that no password has: an unknown name must not be answered faster."""
    return hash_password(secrets.token_hex(16))


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))
