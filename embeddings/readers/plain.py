"""Plain text and Markdown: bytes → text, character for character."""

from __future__ import annotations

import codecs
import re

from embeddings.errors import ReadError

__all__ = ["read_plain"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_MOST_CONTROL = 0.01  # a larger share of control characters than this is not text


def read_plain(content: bytes) -> str:
    """Decoded text, line ends as they are; a byte-order mark is dropped.

    Tried in order: the byte-order mark's encoding, UTF-8, charset-normalizer's best match.
    """
    text = _decoded(content)
    if "\x00" in text or len(_CONTROL.findall(text)) > _MOST_CONTROL * len(text):
        raise ReadError("not text; is the file's name right?")
    return text


def _decoded(content: bytes) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            try:
                return content.decode(encoding)
            except UnicodeDecodeError as error:
                raise ReadError(f"says it is {encoding}, and is not ({error.reason})") from error
    if b"\x00" in content:
        raise ReadError("not text; is the file's name right?")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        match = from_bytes(content).best()
        if match is None:
            raise ReadError("not text in any known encoding; save it as UTF-8") from None
        return str(match)
