"""EML: an e-mail's subject, sender, day and words; attachments are named, not read."""

from __future__ import annotations

import email
import email.policy
import re
from contextlib import suppress
from dataclasses import dataclass, field
from email.charset import UNKNOWN8BIT
from email.errors import HeaderParseError, MessageDefect
from email.header import decode_header
from email.utils import parseaddr, parsedate_to_datetime
from typing import TYPE_CHECKING

from embeddings.errors import ReadError
from embeddings.readers.decoding import decode
from embeddings.readers.prose import LONGEST_LINE, language_tag, one_line, tidy
from embeddings.readers.webpage import decode_html, html_text
from embeddings.records import Document

if TYPE_CHECKING:
    from email.header import Header
    from email.message import Message

__all__ = ["read_eml"]

_HEADERS = ("from", "to", "date", "subject", "message-id", "received", "mime-version", "sender",
            "return-path", "content-type", "delivered-to")  # fmt: skip
_TEXTS = ("text/plain", "text/html", "text/enriched", "text/markdown")
_DEEPEST = 10
_MOST_NAMED = 5
_FULLER = 1.5
"""The HTML form is read instead of the plain one when it says this many times as much."""
_WRAPPED = 60
"""A line at least this long was broken by the program that wrote it, not by its author."""
_OWN_LINE = re.compile(r"\s|[-*•>|#]|\d{1,3}[.)]\s|https?://")
_PGP = b"-----BEGIN PGP MESSAGE-----"
_CUT_SHORT = ("CloseBoundaryNotFoundDefect", "StartBoundaryNotFoundDefect")
_BROKEN = (
    "InvalidBase64CharactersDefect",
    "InvalidBase64LengthDefect",
    "InvalidBase64PaddingDefect",
)


@dataclass(slots=True)
class _Found:
    """What a message holds, part after part."""

    texts: list[str] = field(default_factory=list)
    attachments: list[str] = field(default_factory=list)
    damage: str | None = None


def read_eml(content: bytes) -> Document:
    """The words of the message; the subject is its title, the sender its author.

    Of two forms of one text the plain one is read, unless HTML says much more.
    """
    message = email.message_from_bytes(_as_ascii_bytes(content), policy=email.policy.compat32)
    if not any(name in message for name in _HEADERS):
        raise ReadError("not an e-mail: it has no headers such as From or Subject")
    found = _Found()
    _collect(message, found, 0)
    return Document(
        tidy("\n\n".join(text for text in found.texts if text.strip())),
        title=_header(message, "subject"),
        date=_date(message),
        author=_author(message),
        language=language_tag(_header(message, "content-language")),
        incomplete=_unread(found.attachments) or found.damage,
    )


def _as_ascii_bytes(content: bytes) -> bytes:
    """A message saved as UTF-16 or UTF-32, as the bytes it was sent as; others unchanged."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in content[:200]:
        return decode(content).text.encode("utf-8")
    return content.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")


def _collect(part: Message, found: _Found, depth: int) -> None:
    """Texts and attachments of `part`, in order."""
    _note_defects(part, found)
    kind = part.get_content_type()
    if kind == "multipart/encrypted" or "pkcs7-mime" in kind:
        raise ReadError("the e-mail is encrypted")
    if depth > _DEEPEST:
        found.damage = "nested too deep; its inner messages were not read"
    elif kind == "message/rfc822" and part.is_multipart():
        _collect_forwarded(part, found, depth)
    elif part.is_multipart():
        parts = [p for p in part.get_payload() if not isinstance(p, str)]
        if kind == "multipart/alternative":
            _collect_alternatives(parts, found, depth)
        else:
            for inner in parts:
                _collect(inner, found, depth + 1)
    elif _is_text(part, kind):
        found.texts.append(_text(part, kind, found))
    elif not _is_picture_in_text(part, kind):
        found.attachments.append(_filename(part) or f"a {one_line(kind)} part without a name")


def _collect_forwarded(part: Message, found: _Found, depth: int) -> None:
    for inner in part.get_payload():
        if not isinstance(inner, str):
            lines = (f"{name.title()}: {value}" for name in ("from", "date", "subject")
                     if (value := _header(inner, name)))  # fmt: skip
            found.texts.append("\n".join(lines))
            _collect(inner, found, depth + 1)


def _collect_alternatives(parts: list[Message], found: _Found, depth: int) -> None:
    """One of several forms of the same text."""
    forms: list[tuple[bool, _Found]] = []
    for part in parts:
        form = _Found()
        _collect(part, form, depth + 1)
        plain = part.get_content_type() == "text/plain"
        forms.append((plain, form))
    best: _Found | None = None
    for _, form in sorted(forms, key=lambda each: not each[0]):
        length = sum(map(len, form.texts))
        if best is None or length > _FULLER * sum(map(len, best.texts)):
            best = form
    if best is not None:
        found.texts += best.texts
        found.damage = found.damage or best.damage
    for _, form in forms:
        found.attachments += [name for name in form.attachments if name not in found.attachments]


def _note_defects(part: Message, found: _Found) -> None:
    defects = {
        type(defect).__name__ for defect in part.defects if isinstance(defect, MessageDefect)
    }
    if defects.intersection(_CUT_SHORT):
        found.damage = "the e-mail ends before its last part; it may have been cut short"


def _is_text(part: Message, kind: str) -> bool:
    if part.get_content_disposition() == "attachment":
        return False
    # A part that says it has parts, and has none, is text all the same.
    return kind.startswith("multipart/") or kind in _TEXTS


def _is_picture_in_text(part: Message, kind: str) -> bool:
    """Whether it is a logo or the like, shown inside of the text."""
    return kind.startswith("image/") and (
        part.get_content_disposition() != "attachment" or part["content-id"] is not None
    )


def _text(part: Message, kind: str, found: _Found) -> str:
    payload = part.get_payload(decode=True)
    _note_broken(part, found)
    content = payload if isinstance(payload, bytes) else b""
    if not content.strip():
        return ""
    charset = part.get_content_charset()
    if kind == "text/html":
        decoded = decode_html(content, charset)
        text, damage = html_text(decoded.text)
        found.damage = found.damage or damage or decoded.incomplete
        return text
    if content.lstrip().startswith(_PGP):
        raise ReadError("the e-mail is encrypted")
    decoded = decode(content, charset)
    found.damage = found.damage or decoded.incomplete
    return _unwrapped(decoded.text)


def _note_broken(part: Message, found: _Found) -> None:
    if {type(defect).__name__ for defect in part.defects}.intersection(_BROKEN):
        found.damage = "part of the e-mail is damaged; text of it may be missing"


def _unwrapped(text: str) -> str:
    """Paragraphs whose lines were broken at a fixed width, in one line each."""
    lines: list[str] = []
    joins = False
    for line in tidy(text.replace("\n-- \n", "\n\n-- \n")).split("\n"):
        if joins and line and not _OWN_LINE.match(line):
            lines[-1] += " " + line
        else:
            lines.append(line)
        joins = len(line) >= _WRAPPED
    return "\n".join(lines)


def _header(message: Message, name: str) -> str | None:
    """A header's text, decoded; None where the message has no such header."""
    raw = message.get(name)
    return None if raw is None else _decoded(raw, message)


def _decoded(raw: str | Header, message: Message) -> str | None:
    """Text of one of the message's headers; what cannot be decoded is shown as it stands."""
    pieces: list[str] = []
    try:
        for piece, charset in decode_header(raw):
            if charset == UNKNOWN8BIT:
                pieces.append(_undeclared(piece, message.get_content_charset()))
            elif isinstance(piece, bytes):
                pieces.append(decode(piece, charset).text if piece else "")
            else:
                pieces.append(piece)
    except (ValueError, LookupError, HeaderParseError, ReadError):
        pieces = [str(raw)]
    return one_line("".join(pieces).encode("utf-8", "replace").decode("utf-8"))


def _undeclared(piece: bytes, declared: str | None) -> str:
    """Bytes that stand in a header as they are: UTF-8 (RFC 6532), else in the text's encoding."""
    for encoding in ("utf-8", declared or "ascii"):
        with suppress(UnicodeError, LookupError):
            return piece.decode(encoding)
    return piece.decode("ascii", "replace")


def _date(message: Message) -> str | None:
    stated = _header(message, "date")
    try:
        return parsedate_to_datetime(stated).date().isoformat() if stated else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _author(message: Message) -> str | None:
    stated = message.get("from")
    if isinstance(stated, str):  # parsed before it is decoded: a comma may be part of the name
        name, address = parseaddr(stated[:LONGEST_LINE])
        return _decoded(name, message) or one_line(address)
    name, address = parseaddr(_header(message, "from") or "")
    return one_line(name) or one_line(address)


def _filename(part: Message) -> str | None:
    try:
        name = part.get_filename()
        return _decoded_name(name) if name else None
    except (ValueError, LookupError, TypeError, HeaderParseError):
        return None


def _decoded_name(name: str) -> str | None:
    pieces = decode_header(name)
    return one_line(
        "".join(p.decode(c or "utf-8", "replace") if isinstance(p, bytes) else p for p, c in pieces)
    )


def _unread(attachments: list[str]) -> str | None:
    if not attachments:
        return None
    names = ", ".join(attachments[:_MOST_NAMED])
    more = len(attachments) - _MOST_NAMED
    names += f" and {more} more" if more > 0 else ""
    were = "1 attachment was" if len(attachments) == 1 else f"{len(attachments)} attachments were"
    return f"{were} not read: {names}"
