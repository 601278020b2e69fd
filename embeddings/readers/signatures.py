"""What a file's first bytes say it is, against what its name says."""

from __future__ import annotations

from embeddings.errors import ReadError

__all__ = ["refuse_other_format"]

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a zip archive (or a document that is one inside, such as DOCX)"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"{\\rtf", "an RTF document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"),
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"\x1f\x8b\x08", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "a database"),
)
_EXPECTED = {
    ".pdf": b"%PDF-",
    ".docx": b"PK\x03\x04",
    ".odt": b"PK\x03\x04",
    ".epub": b"PK\x03\x04",
    ".rtf": b"{\\rtf",
}
_WITHIN = 1024
"""Readers of PDF allow other bytes before its header, up to here."""
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")


def refuse_other_format(content: bytes, suffix: str) -> None:
    """Raise `ReadError` when `content` is plainly of another format than `suffix` says."""
    expected = _EXPECTED.get(suffix)
    name = suffix[1:].upper()
    if expected and (
        content.startswith(expected) or (suffix == ".pdf" and expected in content[:_WITHIN])
    ):
        return
    if not content:
        raise ReadError("the file is empty")
    if _ENCRYPTED_PACKAGE in content[:1_000_000] and suffix == ".docx":
        raise ReadError("password-protected; save it without a password")
    head = content[:_WITHIN].removeprefix(b"\xef\xbb\xbf").lstrip()
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            raise ReadError(f"not {_article(name)} {name} file but {kind}; is its name right?")
    if expected and suffix != ".pdf":  # a damaged PDF may have lost its header: its reader decides
        raise ReadError(f"not {_article(name)} {name} file, or its beginning is damaged")


def _article(name: str) -> str:
    """The article before a format's name, as it is spoken."""
    return "an" if name[0] in "EHMORX" and name != "MARKDOWN" else "a"
