"""The process that reads untrusted files: `python -P -B -m embeddings.readers.child`.

It answers one request after another on its standard input and output, and ends with its
parent. A request is a suffix and the bytes of a file; an answer is a header and the text:

    request   length of suffix (u32)  length of content (u64)  suffix  content
    answer    length of header (u32)  length of text (u64)     header (JSON)  text (UTF-8)
"""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
from typing import TYPE_CHECKING, BinaryIO

from embeddings.errors import ReadError
from embeddings.readers.confinement import SECONDS, confine, limit_time, peak_memory_bytes
from embeddings.readers.decoding import without_surrogates
from embeddings.records import Document

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LENGTHS", "main"]

LENGTHS = struct.Struct("!IQ")
TIRED_BYTES = 400_000_000
"""A child that has needed this much makes way for a fresh one: memory comes back to few."""
SPARE_SECONDS = 5


def main(arguments: list[str]) -> None:
    """Answer until standard input ends. An argument `module:function` replaces the readers."""
    requests, answers = _private_pipes()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    read = _reader(*arguments)
    confine()
    while True:
        lengths = requests.read(LENGTHS.size)
        if len(lengths) < LENGTHS.size:
            return
        suffix_length, content_length = LENGTHS.unpack(lengths)
        suffix = requests.read(suffix_length).decode("utf-8")
        content = requests.read(content_length)
        limit_time(SECONDS + SPARE_SECONDS)
        header, text = _answer(read, content, suffix)
        limit_time(0)
        answers.write(LENGTHS.pack(len(header), len(text)))
        answers.write(header)
        answers.write(text)
        answers.flush()
        if b'"last": true' in header[:20]:
            return


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Standard input and output for this module alone: a library that prints, prints nowhere."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
    return requests, answers


def _reader(name: str = "embeddings.readers:read_document") -> Callable[[bytes, str], Document]:
    from importlib import import_module

    module, _, function = name.partition(":")
    read: Callable[[bytes, str], Document] = getattr(import_module(module), function)
    return read


def _answer(
    read: Callable[[bytes, str], Document], content: bytes, suffix: str
) -> tuple[bytes, bytes]:
    """Header and text for one file. After `MemoryError` this process is not to be trusted."""
    try:
        document = read(content, suffix)
        fields = {
            "last": peak_memory_bytes() > TIRED_BYTES,
            "title": document.title,
            "date": document.date,
            "author": document.author,
            "language": document.language,
            "pages": document.pages,
            "incomplete": document.incomplete,
        }
        return json.dumps(fields).encode("ascii"), without_surrogates(document.text).encode("utf-8")
    except ReadError as error:
        refusal = {"last": peak_memory_bytes() > TIRED_BYTES, "refused": str(error)}
        return json.dumps(refusal).encode("ascii"), b""
    except MemoryError:
        return b'{"last": true, "memory": true}', b""


if __name__ == "__main__":
    main(sys.argv[1:])
