"""The second opinion on a PDF: what pypdf finds, warns of, and cannot read."""

from __future__ import annotations

import io
import logging
import re
import signal
import threading
import warnings
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

from embeddings.readers.prose import language_tag

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Opinion", "second_opinion"]

_SECONDS = 5.0
"""Time for the check. A long document is checked as far as that goes."""
_BENIGN = (
    "fonttools", "multiple definitions in dictionary", "not zero-indexed", "font dictionary",
    "rotated text", "advanced encoding", "annotation sizes differ",
)  # fmt: skip
"""Beginnings and parts of warnings that say nothing of lost text."""
_MORE = 0.15
_FEW = 30
_NAMED = re.compile(r"""\w+\(["'](?P<words>.*)["']\)""")
_KNOWN_ORDERINGS = ("Japan1", "GB1", "CNS1", "Korea1", "KR")


@dataclass(slots=True)
class Opinion:
    """What pypdf says of a file."""

    reasons: list[str] = field(default_factory=list)
    """Why text may be missing from what PDFium read."""
    texts: list[str] = field(default_factory=list)
    encrypted: bool = False
    unmapped: bool = False
    """Whether no font on any page tells its characters: what was read are arbitrary signs."""
    language: str | None = None


class _OutOfTime(BaseException):
    """No `Exception`, for pypdf catches those."""


def second_opinion(content: bytes, texts: list[str] | None) -> Opinion:
    """What pypdf makes of a PDF whose pages PDFium read as `texts`; None where it read none."""
    opinion = Opinion()
    with _heard() as messages, _within(_SECONDS):
        try:
            _read(content, texts, opinion)
        except _OutOfTime:
            pass  # what was found so far counts
        except MemoryError:
            opinion.reasons.append("a second program ran out of memory on it")
        except Exception as error:  # pypdf raises whatever a damaged file makes of it
            opinion.reasons.append(f"the PDF is damaged ({_brief(error)})")
    told = [message for message in messages if not any(b in message.lower() for b in _BENIGN)]
    if told and not opinion.reasons:
        opinion.reasons.append(f"the PDF is damaged ({told[0][:100]})")
    opinion.reasons = [f"{reason}; text may be missing or wrong" for reason in opinion.reasons]
    return opinion


def _read(content: bytes, texts: list[str] | None, opinion: Opinion) -> None:
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        opinion.encrypted = True
        return
    opinion.language = language_tag(reader.root_object.get("/Lang"))
    if texts is not None and len(reader.pages) < len(texts):
        opinion.reasons.append(f"its number of pages is in doubt: {len(reader.pages)}")
    _check_strictly(content, reader, opinion)
    unmapped: list[int] = []
    mapped = 0
    short: list[int] = []
    broken: list[int] = []
    ends = monotonic() + _SECONDS
    for number, page in enumerate(reader.pages, 1):
        if monotonic() > ends or (texts is not None and number > len(texts)):
            break
        try:
            found = page.extract_text()
        except MemoryError:
            raise
        except Exception:
            broken.append(number)
            continue
        opinion.texts.append(found)
        if texts is not None and _lacks(texts[number - 1], found):
            short.append(number)
        if found.strip():
            with_table, without = _fonts(page)
            mapped += with_table
            if without:
                unmapped.append(number)
    opinion.unmapped = bool(unmapped) and not mapped
    for pages, what in (
        (broken, "damaged"),
        (short, "read differently by two programs"),
        (unmapped, "written in a font that does not tell its characters"),
    ):
        if pages:
            noun = f"page {pages[0]} is" if len(pages) == 1 else f"{len(pages)} pages are"
            opinion.reasons.append(f"{noun} {what}")


def _check_strictly(content: bytes, reader: Any, opinion: Opinion) -> None:
    """Note what only a reader that forgives nothing stumbles over."""
    from pypdf import PdfReader

    if reader.is_encrypted:
        return
    try:
        strict = PdfReader(io.BytesIO(content), strict=True)
        for _ in strict.pages:
            pass
    except MemoryError:
        raise
    except Exception as error:
        opinion.reasons.append(f"the PDF is damaged ({_brief(error)})")


def _lacks(read: str, found: str) -> bool:
    """Whether `found` holds clearly more letters and digits than `read`."""
    ours, theirs = (Counter(c for c in text if c.isalnum()) for text in (read, found))
    missing = (theirs - ours).total()
    return missing > _FEW and missing > _MORE * theirs.total()


def _fonts(page: Any) -> tuple[int, int]:
    """Numbers of the page's fonts that tell their characters, and of those that do not.

    Those number their glyphs as they like and have no table of what they mean.
    """
    with_table = without = 0
    try:
        fonts = page["/Resources"]["/Font"]
        for name in fonts:
            font = fonts[name].get_object()
            if _is_unmapped(font):
                without += 1
            else:
                with_table += 1
    except (KeyError, IndexError, TypeError, AttributeError):
        return 1, 0
    return with_table, without


def _is_unmapped(font: Any) -> bool:
    if font.get("/Subtype") != "/Type0" or "/ToUnicode" in font:
        return False
    inner = font["/DescendantFonts"][0].get_object()
    ordering = str(inner.get("/CIDSystemInfo", {}).get("/Ordering", ""))
    encoding = str(font.get("/Encoding"))
    return encoding.startswith("/Identity") and not ordering.startswith(_KNOWN_ORDERINGS)


def _brief(error: Exception) -> str:
    """What the error says, in one short line, without the name of its class."""
    line = (str(error).splitlines() or [""])[0]
    named = _NAMED.fullmatch(line)
    return (named["words"] if named else line)[:100].rstrip(".") or "it cannot be read"


@contextmanager
def _heard() -> Iterator[list[str]]:
    """What pypdf warns of meanwhile, kept from the terminal."""
    messages: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            messages.append(record.getMessage())

    logger, ear = logging.getLogger("pypdf"), Ear()
    propagated, logger.propagate = logger.propagate, False
    logger.addHandler(ear)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield messages
        messages += [str(warning.message) for warning in caught]
    finally:
        logger.removeHandler(ear)
        logger.propagate = propagated


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Raise `_OutOfTime` after `seconds` of processor time, where signals can be had."""
    if not hasattr(signal, "setitimer") or (
        threading.current_thread() is not threading.main_thread()
    ):
        yield
        return

    def stop(*_: object) -> None:
        raise _OutOfTime

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
