"""PDF: pages → paragraphs, with the offset at which each page begins.

PDFium reads the text, because it knows where each character stands and is quick; pypdf, another
program by other people, is asked whether text is missing (`embeddings.readers.pdf_check`).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any

from embeddings.errors import ReadError
from embeddings.readers.pdf_check import second_opinion
from embeddings.readers.pdf_layout import page_lines, paragraphs
from embeddings.readers.prose import (
    iso_date,
    language_tag,
    one_line,
    stated_author,
    stated_title,
    tidy,
)
from embeddings.records import Document

__all__ = ["read_pdf"]

_PASSWORD = 4  # FPDF_ERR_PASSWORD
_IMAGE, _PATH, _SHADING = 3, 2, 4  # FPDF_PAGEOBJ_…
_LITTLE = 40
"""Letters and digits: a page with fewer beside a large image is a scan with a stamp on it."""
_LARGE = 0.5
_MOST_PATHS = 200
"""A page without text but with this many drawn lines may show letters as drawings."""
_MOST_NAMED = 5
_SECONDS = 18.0
"""Time for the pages, so that a book on a busy machine is read in part rather than refused."""
_UNREADABLE = 0.3
_MOST_ANNOTATIONS = 2_000
_LONGEST_VALUE = 20_000
_XFA = (2, 3)  # FORMTYPE_XFA_FULL, FORMTYPE_XFA_FOREGROUND


@dataclass(frozen=True, slots=True)
class _Page:
    text: str
    image: bool
    """Whether most of the page is an image, or all there is on it."""
    drawn: bool
    unreadable: bool
    damaged: bool = False


def read_pdf(content: bytes) -> Document:
    """Text of all pages; `pages` holds one offset for each, also for those without text.

    Raises `ReadError` for a password and for a scan: an image of text is not read.
    """
    opened = _opened(content)
    if opened is None:
        return _fallback(content)
    pages, metadata, notes = opened
    opinion = second_opinion(content, [page.text for page in pages])
    if not any(page.text for page in pages):
        raise ReadError(_why_no_text(pages))
    if opinion.unmapped:
        raise ReadError(
            "its fonts do not tell which characters they show; run text recognition (OCR) on it"
        )
    reasons = [*notes, *_page_notes(pages), *opinion.reasons]
    text, offsets = _joined([page.text for page in pages])
    return Document(
        text,
        title=metadata.get("Title"),
        date=metadata.get("CreationDate"),
        author=metadata.get("Author"),
        language=metadata.get("Language") or opinion.language,
        pages=offsets,
        incomplete="; ".join(reasons) or None,
    )


def _opened(content: bytes) -> tuple[list[_Page], dict[str, str | None], list[str]] | None:
    """Pages, metadata and what is known to be missing; None when PDFium does not open the file."""
    import pypdfium2 as pdfium

    try:
        document = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) == _PASSWORD:
            raise ReadError("password-protected; save it without a password") from error
        return None
    try:
        count = len(document)
        ends = monotonic() + _SECONDS
        pages: list[_Page] = []
        while len(pages) < count and monotonic() < ends:
            pages.append(_page(document, len(pages)))
        notes = _attached(document)
        if len(pages) < count:
            notes.insert(0, f"only its first {len(pages):,} of {count:,} pages were read in time")
        return pages, _metadata(document), notes
    finally:
        document.close()


def _page(document: Any, number: int) -> _Page:
    import pypdfium2 as pdfium

    try:
        page = document[number]
    except pdfium.PdfiumError:
        return _Page("", image=False, drawn=False, unreadable=False, damaged=True)
    try:
        textpage = page.get_textpage()
        text = "\n\n".join(filter(None, (paragraphs(page_lines(textpage)), _filled_in(page))))
        textpage.close()
        letters = sum(map(str.isalnum, text))
        image, drawn = _pictures(page) if letters < _LITTLE else (False, False)
        strange = sum(c == "\ufffd" or "\ue000" <= c <= "\uf8ff" for c in text)
        return _Page(
            text,
            image=image,
            drawn=drawn and not text,
            unreadable=strange > _UNREADABLE * max(1, letters + strange),
        )
    except pdfium.PdfiumError:
        return _Page("", image=False, drawn=False, unreadable=False, damaged=True)
    finally:
        page.close()


def _filled_in(page: Any) -> str:
    """What is written into the page's form fields and text boxes, one a line."""
    import pypdfium2.raw as raw

    lines = []
    for index in range(min(raw.FPDFPage_GetAnnotCount(page.raw), _MOST_ANNOTATIONS)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, index)
        kind = raw.FPDFAnnot_GetSubtype(annotation)
        if kind == raw.FPDF_ANNOT_FREETEXT:
            lines.append(_annotation(annotation, b"Contents"))
        elif kind == raw.FPDF_ANNOT_WIDGET and _annotation(annotation, b"FT") in ("Tx", "Ch"):
            name, value = _annotation(annotation, b"T"), _annotation(annotation, b"V")
            lines.append(f"{name}: {value}" if name and value else value)
        raw.FPDFPage_CloseAnnot(annotation)
    return tidy("\n".join(line for line in lines if line))


def _annotation(annotation: Any, key: bytes) -> str:
    import ctypes

    import pypdfium2.raw as raw

    size = raw.FPDFAnnot_GetStringValue(annotation, key, None, 0)
    units = (ctypes.c_ushort * min(size // 2 + 1, _LONGEST_VALUE))()
    raw.FPDFAnnot_GetStringValue(annotation, key, units, ctypes.sizeof(units))
    return one_line(bytes(units).decode("utf-16-le", "ignore").split("\x00")[0]) or ""


def _pictures(page: Any) -> tuple[bool, bool]:
    """Whether a large image is on the page, and whether much is drawn on it."""
    width, height = page.get_size()
    paths, covered, images = 0, 0.0, 0
    for thing in page.get_objects(max_depth=5):
        if thing.type == _IMAGE:
            left, bottom, right, top = thing.get_bounds()
            covered += max(0.0, right - left) * max(0.0, top - bottom)
            images += 1
        elif thing.type in (_PATH, _SHADING):
            paths += 1
    return covered >= _LARGE * width * height or (images > 0 and paths < 3), paths >= _MOST_PATHS


def _metadata(document: Any) -> dict[str, str | None]:
    import ctypes

    import pypdfium2.raw as raw

    stated = document.get_metadata_dict(skip_empty=True)
    units = (ctypes.c_ushort * 100)()
    raw.FPDFCatalog_GetLanguage(document.raw, units, ctypes.sizeof(units))
    language = bytes(units).decode("utf-16-le", "ignore").split("\x00")[0]
    return {
        "Title": stated_title(stated.get("Title")),
        "Author": stated_author(stated.get("Author")),
        "CreationDate": iso_date(stated.get("CreationDate")),
        "Language": language_tag(language),
    }


def _attached(document: Any) -> list[str]:
    notes = []
    with suppress(Exception):
        count = document.count_attachments()
        if count:
            names = [document.get_attachment(i).get_name() for i in range(min(count, _MOST_NAMED))]
            were = "1 attached file was" if count == 1 else f"{count} attached files were"
            notes.append(f"{were} not read: {', '.join(names)}")
    if document.get_formtype() in _XFA:
        notes.append("it is an XFA form; what is filled in may be missing")
    return notes


def _page_notes(pages: list[_Page]) -> list[str]:
    """What single pages lack, page numbers from 1."""
    kinds = (
        ([n for n, p in enumerate(pages, 1) if p.image and not p.text],
         "holds an image and no text; scans are not read",
         "hold images and no text; scans are not read"),
        ([n for n, p in enumerate(pages, 1) if p.image and p.text],
         "is mostly an image; scans are not read", "are mostly images; scans are not read"),
        ([n for n, p in enumerate(pages, 1) if p.drawn and not p.image],
         "holds drawings and no text", "hold drawings and no text"),
        ([n for n, p in enumerate(pages, 1) if p.unreadable],
         "uses a font that does not tell its characters",
         "use a font that does not tell its characters"),
        ([n for n, p in enumerate(pages, 1) if p.damaged], "is damaged", "are damaged"),
    )  # fmt: skip
    return [
        f"page {numbers[0]} {one}" if len(numbers) == 1 else f"pages {_listed(numbers)} {several}"
        for numbers, one, several in kinds
        if numbers
    ]


def _listed(numbers: list[int]) -> str:
    """`1, 2, 7 and 9 more`."""
    shown = ", ".join(map(str, numbers[:_MOST_NAMED]))
    more = len(numbers) - _MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def _why_no_text(pages: list[_Page]) -> str:
    if not pages:
        return "the PDF is damaged: it has no pages"
    if all(page.image for page in pages):
        return "a scan without text: its pages are images; run text recognition (OCR) on it first"
    if any(page.image for page in pages):
        return "it holds no text, only images; scans are not read"
    if any(page.damaged for page in pages):
        return "the PDF is damaged: none of its pages can be read"
    if any(page.drawn for page in pages):
        return "it holds no text, only drawings"
    return "the PDF holds no text"


def _joined(texts: list[str]) -> tuple[str, tuple[int, ...]]:
    """All pages' text, and the offset at which each begins."""
    parts: list[str] = []
    offsets: list[int] = []
    length = 0
    for text in texts:
        offsets.append(length + 2 if text and length else length)
        if text:
            parts.append(text)
            length += len(text) + (2 if length else 0)
    # A page without text begins where the next one with text does, so that no text is its.
    following = length
    for index in range(len(texts) - 1, -1, -1):
        if texts[index]:
            following = offsets[index]
        else:
            offsets[index] = following
    return "\n\n".join(parts), tuple(offsets)


def _fallback(content: bytes) -> Document:
    """What pypdf finds in a file that PDFium does not open; raises `ReadError` for nothing."""
    opinion = second_opinion(content, None)
    if opinion.encrypted:
        raise ReadError("password-protected; save it without a password")
    texts = [tidy(text) for text in opinion.texts]
    if not any(texts):
        raise ReadError("the PDF is damaged: it cannot be opened")
    text, offsets = _joined(texts)
    reason = "the PDF is damaged; text may be missing"
    return Document(text, language=opinion.language, pages=offsets, incomplete=reason)
