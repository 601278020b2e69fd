"""The proof: every citation is checked against the corpus before it is shown, and ever after."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.answers import SCHEMA, Citation
from embeddings.errors import CitationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from embeddings.records import Article

__all__ = ["Finding", "cite", "prove", "shown", "verify"]

_MARKERS = re.compile(r"(?:\[\d+\])+")


def shown(quote: str) -> str:
    """A quote as a sentence of an answer: in one line, with nothing that looks like a marker."""
    return re.sub(r"\[(\d+)\]", r"(\1)", " ".join(quote.split()))


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. `number` is the citation's, or None for the answer as a whole."""

    number: int | None
    ok: bool
    message: str


def cite(article: Article, start: int, end: int, number: int) -> Citation:
    """The citation of `article.text[start:end]`, proven."""
    citation = Citation(
        number,
        article.id,
        article.label,
        article.date,
        article.source,
        start,
        end,
        article.text[start:end],
        article.sha256,
        article.page_of(start),
    )
    prove(citation, article)
    return citation


def prove(citation: Citation, article: Article) -> None:
    """Raises `CitationError` unless the quote stands in `article` at its exact offsets."""
    if citation.sha256 != article.sha256:
        raise CitationError(
            f"citation [{citation.number}]: the text of {citation.article_id} has changed since; "
            "ask again"
        )
    if not 0 <= citation.start < citation.end <= len(article.text):
        raise CitationError(
            f"citation [{citation.number}]: {citation.start}–{citation.end} is outside "
            f"{citation.article_id}, which has {len(article.text)} characters"
        )
    if article.text[citation.start : citation.end] != citation.quote:
        raise CitationError(
            f"citation [{citation.number}]: the quote does not stand at "
            f"{citation.start}–{citation.end} of {citation.article_id}"
        )


def verify(saved: dict[str, Any], article: Callable[[str], Article | None]) -> tuple[Finding, ...]:
    """Check a saved answer (`Answer.to_dict()`) against the articles: one finding per citation.

    Also checked: that an answer's every sentence ends in markers, and each marker has its
    citation. Raises `CitationError` when `saved` is not an answer at all.
    """
    citations, text, answered = _parsed(saved)
    findings = [_finding(citation, article(citation.article_id)) for citation in citations]
    if answered:
        findings.append(_check_text(text, citations))
    return tuple(findings)


def _parsed(saved: dict[str, Any]) -> tuple[list[Citation], str, bool]:
    if not isinstance(saved, dict) or saved.get("schema") != SCHEMA:
        raise CitationError(
            f"not a saved answer: its schema is not {SCHEMA!r}; "
            'save one with: assistant ask "…" --json > answer.json'
        )
    try:
        citations = [Citation(**fields) for fields in saved["citations"]]
        for citation in citations:
            _check_types(citation)
        return citations, str(saved["text"]), bool(saved["answered"])
    except (KeyError, TypeError) as error:
        raise CitationError(f"not a saved answer: a field is missing or odd ({error})") from error


def _check_types(citation: Citation) -> None:
    for name, kind in (
        ("number", int),
        ("start", int),
        ("end", int),
        ("quote", str),
        ("sha256", str),
        ("article_id", str),
    ):
        if not isinstance(getattr(citation, name), kind):
            raise TypeError(f"{name} of a citation")


def _finding(citation: Citation, article: Article | None) -> Finding:
    if article is None:
        message = f"{citation.article_id} is not among the articles"
        return Finding(citation.number, False, message)
    try:
        prove(citation, article)
    except CitationError as error:
        return Finding(citation.number, False, str(error))
    where = f"{citation.article_id}, characters {citation.start}–{citation.end}"
    return Finding(citation.number, True, f"stands in {where}")


def _check_text(text: str, citations: list[Citation]) -> Finding:
    used = {int(n) for group in _MARKERS.findall(text) for n in re.findall(r"\d+", group)}
    known = {citation.number for citation in citations}
    if used != known:
        return Finding(None, False, "the markers in the text and the citations do not match")
    pieces = _MARKERS.split(text)
    if not used or pieces[-1].strip():
        return Finding(None, False, "a sentence of the text ends without a marker")
    quotes = {citation.number: shown(citation.quote) for citation in citations}
    for piece, group in zip(pieces, _MARKERS.findall(text), strict=False):
        sentence = shown(piece)
        if not any(sentence in quotes[int(n)] for n in re.findall(r"\d+", group)):
            return Finding(None, False, f"a sentence is not in its quote: {sentence[:60]!r}")
    return Finding(None, True, "every sentence of the text stands in the quote it cites")
