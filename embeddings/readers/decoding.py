"""Bytes → characters: by the byte-order mark, by UTF-8, by what is declared, else detected."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from embeddings.errors import ReadError

__all__ = ["Decoded", "decode", "without_surrogates"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNICODE = re.compile(r"utf|ucs|unicode", re.IGNORECASE)
_NO_ENCODINGS = ("idna", "punycode", "undefined")
"""Codecs of Python's that no text is in; programs write `charset=undefined` for a missing value."""
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MOST_CONTROL = 0.01  # a larger share of control characters than this is not text
_MOST_PRIVATE = 0.02  # characters that no standard gives a meaning, from a wrong guess
_MOST_LOST = 0.05
_WESTERN = frozenset({"iso8859-1", "iso8859-15", "cp1252", "ascii"})
_SURE = 0.2
"""Detections below this confidence are near ties; Windows-1252 is the likeliest by far."""
_RIVAL = 0.5
"""A multi-byte encoding with another this close behind it is in neither: both fit by chance."""
_ESCAPES = re.compile(rb"\x1b(?:\$[@AB(]|\([BIJ]|\$\)C)")
"""How ISO-2022 text, which is valid ASCII, switches to Japanese, Korean or Chinese."""
_SAMPLE = 200_000


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, and what was lost on the way to it."""

    text: str
    encoding: str
    incomplete: str | None = None


def decode(content: bytes, declared: str | None = None) -> Decoded:
    """The text of `content`.

    Tried in order: the byte-order mark's encoding, UTF-8, the `declared` encoding, detection.
    UTF-8 goes before what is declared, for text of another encoding is hardly ever valid UTF-8,
    and declarations are often wrong. Raises `ReadError` when the bytes are no text.
    """
    decoded = _decoded(content, declared)
    _refuse_garbage(decoded.text)
    return decoded


def without_surrogates(text: str) -> str:
    """`text` with each lone surrogate replaced by U+FFFD, so that it has a UTF-8 form."""
    if text.isascii() or not _SURROGATE.search(text):
        return text
    return _SURROGATE.sub("\ufffd", text)


def _decoded(content: bytes, declared: str | None) -> Decoded:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _tolerant(content, encoding)
    known = _codec(declared)
    if known and known.startswith("iso2022"):
        return _tolerant(content, known)
    if b"\x00" not in content and not _ESCAPES.search(content):
        try:
            return Decoded(content.decode("utf-8"), "utf-8")
        except UnicodeDecodeError:
            pass
    # A page that could declare itself in ASCII is not in UTF-16, whatever it declares.
    if known and not _UNICODE.search(known) and b"\x00" not in content:
        try:
            return Decoded(content.decode(known), known)
        except UnicodeDecodeError:
            pass
    detected = _detected(content)
    if known == "utf-8" or (detected is None and b"\x00" not in content):
        as_utf8 = content.decode("utf-8", "replace")
        if _few_lost(as_utf8):
            return _tolerant(content, "utf-8")
    if detected is None:
        raise ReadError("not text in any known encoding; is the file's name right?")
    return _tolerant(content, detected)


def _codec(name: str | None) -> str | None:
    """Python's name of a declared text encoding, as browsers understand it; None for no such."""
    if not name:
        return None
    label = name.strip().strip("\"'").lower()
    try:
        found = codecs.lookup(label)
    except (LookupError, ValueError):
        return None
    if not getattr(found, "_is_text_encoding", True) or label.startswith(_NO_ENCODINGS):
        return None
    wider = {
        "iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030",
        "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949", "iso8859-11": "cp874",
        "tis-620": "cp874",
    }  # fmt: skip
    return wider.get(found.name, found.name)


def _detected(content: bytes) -> str | None:
    """Best match of chardet, as a Python codec; None when nothing fits."""
    import chardet
    from chardet import EncodingEra

    eras = EncodingEra.ALL & ~EncodingEra.MAINFRAME
    found = chardet.detect_all(
        content[:_SAMPLE], encoding_era=eras, ignore_threshold=True, no_match_encoding="cp1252"
    )
    if not found or found[0]["encoding"] is None:
        return None
    confidence = {
        codecs.lookup(m["encoding"]).name: m["confidence"] for m in found if m["encoding"]
    }
    best, surest = next(iter(confidence.items()))
    western = max((confidence.get(name, 0.0) for name in _WESTERN), default=0.0)
    if western and (western >= surest or (surest < _SURE and western >= surest - 0.03)):
        return "cp1252"
    if _many_bytes(best) and _torn(content[:_SAMPLE], best, confidence):
        return None
    return best


def _many_bytes(codec: str) -> bool:
    """Whether a character takes several bytes, so that detection has structure to go by."""
    return codec.startswith(("gb", "big5", "euc", "shift", "cp93", "cp94", "cp95", "johab", "hz"))


def _torn(content: bytes, best: str, confidence: dict[str, float]) -> bool:
    """Whether another multi-byte encoding is nearly as likely, and reads something else."""
    text = content.decode(best, "replace")
    return any(
        rival != best
        and _many_bytes(rival)
        and likely > _RIVAL * confidence[best]
        and not _alike(content.decode(rival, "replace"), text)
        for rival, likely in confidence.items()
    )


def _alike(one: str, other: str) -> bool:
    """Whether two decodings differ in no more than a character here and there."""
    different = sum(a != b for a, b in zip(one, other, strict=False))
    return len(one) == len(other) and different <= _MOST_LOST * len(one)


def _tolerant(content: bytes, codec: str) -> Decoded:
    """Decoded with U+FFFD for what does not fit, which is then said, or refused if it is much."""
    try:
        return Decoded(content.decode(codec), codec)
    except UnicodeDecodeError:
        pass
    if codec == "cp1252":  # five bytes mean nothing there; browsers take them for Latin-1's
        text = content.decode("cp1252", "surrogateescape")
        return Decoded(text.translate({0xDC00 + byte: byte for byte in range(0x80, 0xA0)}), codec)
    text = content.decode(codec, "replace")
    if not _few_lost(text):
        raise ReadError(f"not text in any known encoding; the nearest, {codec}, fits badly")
    lost = text.count("\ufffd")
    places = "1 place" if lost == 1 else f"{lost} places"
    return Decoded(text, codec, f"{places} could not be decoded as {codec}")


def _few_lost(text: str) -> bool:
    return text.count("\ufffd") <= _MOST_LOST * len(text)


def _refuse_garbage(text: str) -> None:
    """Raise `ReadError` when the characters are not those of a text."""
    if text.isascii() and text.isprintable():
        return
    if "\x00" in text or len(_CONTROL.findall(text)) > _MOST_CONTROL * len(text):
        raise ReadError("not text; is the file's name right?")
    if len(_PRIVATE.findall(text)) > _MOST_PRIVATE * len(text):
        raise ReadError("not text in any known encoding; save it as UTF-8")
