"""What a file could make its reader do, were the reader as bad as can be. For test_sandbox.py.

The child process imports this by name instead of the real readers: the content says which
misdeed to try.
"""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from embeddings.errors import ReadError
from embeddings.records import Document


def read(content: bytes, suffix: str) -> Document:
    """Do what `content` names; the text says how far it got."""
    what, _, argument = content.decode("utf-8").partition(" ")
    deeds: dict[str, Callable[[], Document]] = {
        "say": lambda: Document(argument),
        "all": lambda: Document(
            argument, "A\ntitle", "2024-01-02", "An\x00 author", "pt-BR", (0, 2), "a reason"
        ),
        "pid": lambda: Document(str(os.getpid())),
        "refuse": lambda: _refuse(argument),
        "loop": _loop,
        "sleep": lambda: _sleep(argument),
        "eat": _eat,
        "crash": _crash,
        "exit": lambda: os._exit(3),
        "print": _print,
        "surrogate": lambda: Document("a \ud800 b"),
        "lie": lambda: Document(argument, pages=(5, 1)),
        "date": lambda: Document("text", date="yesterday"),
        "connect": lambda: _tried(_connect),
        "connect-raw": lambda: _tried(_connect_raw),
        "run": lambda: _tried(lambda: subprocess.run([sys.executable, "-c", ""], check=True)),
        "fork-raw": lambda: _tried(_fork_raw),
        "write": lambda: _tried(lambda: Path(argument).write_text("x", "utf-8")),
        "write-raw": lambda: _tried(lambda: _open_raw(argument)),
        "delete": lambda: _tried(Path(argument).unlink),
        "delete-raw": lambda: _tried(lambda: _checked(_libc().unlink(argument.encode()))),
        "environment": lambda: Document(repr(sorted(os.environ))),
    }
    return deeds[what]()


def _refuse(argument: str) -> Document:
    raise ReadError(argument)


def _loop() -> Document:
    while True:
        pass


def _sleep(seconds: str) -> Document:
    time.sleep(float(seconds))
    return Document("slept")


def _eat() -> Document:
    kept = [bytearray(50_000_000) for _ in range(100)]
    return Document(f"ate {len(kept)}")


def _crash() -> Document:
    ctypes.string_at(0)
    return Document("survived")


def _print() -> Document:
    print("a library that talks")
    os.write(1, b"\x00" * 64)
    return Document("still understood")


def _tried(act: Callable[[], object]) -> Document:
    """`did it`, or the kind of error that stopped it."""
    try:
        act()
    except OSError as error:
        return Document(f"stopped: {type(error).__name__}")
    return Document("did it")


def _connect() -> None:
    with socket.socket() as connection:
        connection.connect(("127.0.0.1", 9))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _connect_raw() -> None:
    _checked(_libc().socket(2, 1, 0))


def _fork_raw() -> None:
    child = _libc().fork()
    if child == 0:
        os._exit(0)
    _checked(child)


def _open_raw(path: str) -> None:
    _checked(_libc().open(path.encode(), os.O_WRONLY | os.O_CREAT, 0o600))
