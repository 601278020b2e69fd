"""Reads files from elsewhere in a child process that can do no harm, and not for long."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

from embeddings.errors import ReadError, UnreadError
from embeddings.readers import article_from, checked_suffix, read_article
from embeddings.readers.child import LENGTHS
from embeddings.readers.confinement import SECONDS
from embeddings.readers.prose import one_line
from embeddings.records import Document

if TYPE_CHECKING:
    from embeddings.records import Article

__all__ = ["SandboxedReader"]

MOST_DOCUMENTS = 500
"""A child reads this many, then a fresh one takes over: what leaks, leaks no further."""
LARGEST_HEADER = 32_000_000
LARGEST_TEXT = 400_000_000
CLOSING_SECONDS = 1.0
_PLAIN_SUFFIXES = (".txt", ".text", ".md", ".markdown")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_KEPT_ENVIRONMENT = (
    "HOME", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "PATH", "PYTHONHOME", "SYSTEMROOT",
    "TEMP", "TMP", "TMPDIR", "VIRTUAL_ENV", "WINDIR",
)  # fmt: skip


class _Died(Exception):
    """The child ended without an answer."""


class SandboxedReader:
    """Reads articles as `read_article` does, untrusted formats in a process of their own.

    The child starts with the first file that needs it, and is replaced when a file has crashed
    it, taken longer than 30 s or needed more than 1 GiB. Safe to call from several threads, one
    at a time. Close it, or use it in a `with` statement.
    """

    def __init__(self, *, readers: str | None = None, seconds: float = SECONDS) -> None:
        """`readers`, `module:function`, takes the place of the readers in the child: for tests."""
        self._readers = readers
        self._seconds = seconds
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._read = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, content: bytes, article_id: str, source: str) -> Article:
        """The article in `content`; raises `ReadError` as `read_article` does.

        `UnreadError` says that time, memory or the system were to blame, and not surely the file.

        Plain UTF-8 is read in this process: no parser is involved.
        """
        suffix = checked_suffix(content, article_id)
        if suffix in _PLAIN_SUFFIXES and self._readers is None and _is_utf8(content):
            return read_article(content, article_id, source)
        try:
            with self._lock:
                document = self._document(content, suffix)
        except ReadError as error:
            raise type(error)(f"{article_id}: {error}") from error
        return article_from(document, article_id, source)

    def close(self) -> None:
        """End the child. A later `read` starts another."""
        with self._lock:
            self._end()

    def _document(self, content: bytes, suffix: str) -> Document:
        try:
            return self._asked(content, suffix)
        except _Died:
            pass
        # Killed, and not by us: the thread that had started the child ended, or the system ran
        # out of memory. The file may not be to blame; it gets one more try.
        try:
            return self._asked(content, suffix)
        except _Died:
            raise UnreadError("the process that reads it was killed; is memory short?") from None

    def _asked(self, content: bytes, suffix: str) -> Document:
        """The child's answer. Raises `ReadError`, or `_Died` when it was killed by others."""
        child = self._running()
        assert child.stdin
        assert child.stdout
        late = threading.Event()

        def stop() -> None:
            late.set()
            child.kill()

        timer = threading.Timer(self._seconds, stop)
        timer.daemon = True
        timer.start()
        try:
            encoded = suffix.encode("utf-8")
            child.stdin.write(LENGTHS.pack(len(encoded), len(content)))
            child.stdin.write(encoded)
            child.stdin.write(content)
            child.stdin.flush()
            fields, text = _received(child.stdout)
        except (OSError, EOFError):
            self._end()
            if late.is_set():
                raise UnreadError(f"took longer than {self._seconds:g} s to read") from None
            if os.name == "posix" and child.returncode == -9:
                raise _Died from None
            raise ReadError("the file crashed its reader") from None
        except BaseException:  # an answer nobody may trust, or Ctrl-C with half of it read
            self._end(now=True)
            raise
        finally:
            timer.cancel()
            timer.join()
        self._read += 1
        if fields.get("last") is True or late.is_set() or self._read >= MOST_DOCUMENTS:
            self._end()
        return _document(fields, text)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is not None:
            self._end()
        if self._child is None:
            self._child = _start(self._readers)
            self._read = 0
        return self._child

    def _end(self, *, now: bool = False) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        assert child.stdin
        assert child.stdout
        if now:
            child.kill()
        with suppress(OSError):
            child.stdin.close()
        try:
            child.wait(CLOSING_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        child.stdout.close()


def _start(readers: str | None) -> subprocess.Popen[bytes]:
    # -P: a module in the folder where Footnote was started is not imported. -B: nothing is
    # written. A session of its own: Ctrl-C in the terminal is not for the child.
    command = [sys.executable, "-P", "-B", "-m", "embeddings.readers.child"]
    environment = {k: os.environ[k] for k in _KEPT_ENVIRONMENT if k in os.environ}
    paths = (str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH", ""))
    environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    try:
        return subprocess.Popen(
            [*command, readers] if readers else command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise UnreadError(f"cannot start the process that reads it: {error.strerror}") from error


def _is_utf8(content: bytes) -> bool:
    try:
        return "\x00" not in content.decode("utf-8")
    except UnicodeDecodeError:
        return False


def _received(answers: IO[bytes]) -> tuple[dict[str, Any], str]:
    """Header and text of an answer; `EOFError` when it is cut short, `ReadError` when malformed."""
    lengths = _exactly(answers, LENGTHS.size)
    header_length, text_length = LENGTHS.unpack(lengths)
    if header_length > LARGEST_HEADER or text_length > LARGEST_TEXT:
        raise ReadError("holds more text than can be read; split it into several files")
    header, text = _exactly(answers, header_length), _exactly(answers, text_length)
    try:
        fields = json.loads(header)
        if not isinstance(fields, dict):
            raise ReadError("its reader did not answer as it should")
        return fields, text.decode("utf-8")
    except (ValueError, RecursionError):
        raise ReadError("its reader did not answer as it should") from None


def _exactly(answers: IO[bytes], length: int) -> bytes:
    content = answers.read(length)
    if len(content) < length:
        raise EOFError
    return content


def _document(fields: dict[str, Any], text: str) -> Document:
    """What the child said, checked: it has read an untrusted file and may be its instrument."""
    if fields.get("memory") is True:
        raise ReadError("needs more than 1 GiB of memory to read; split it into several files")
    if "refused" in fields:
        raise ReadError(one_line(fields["refused"]) or "its reader refused it")
    pages = fields.get("pages")
    if (
        not isinstance(pages, list)
        or not all(type(page) is int and 0 <= page <= len(text) for page in pages)
        or pages != sorted(pages)
        or not text.strip()
    ):
        raise ReadError("its reader did not answer as it should")
    date = one_line(fields.get("date"))
    return Document(
        text.replace("\x00", "\ufffd"),
        title=one_line(fields.get("title")),
        date=date if date and _DATE.fullmatch(date) else None,
        author=one_line(fields.get("author")),
        language=one_line(fields.get("language")),
        pages=tuple(pages),
        incomplete=one_line(fields.get("incomplete")),
    )
