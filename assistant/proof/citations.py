"""The proof: every citation is checked against the corpus before it is shown, and ever after."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.answers import Citation
from assistant.proof.schema import check_answer
from assistant.wording import say
from embeddings.errors import CitationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from embeddings.records import Article
    from embeddings.splitting import Span

__all__ = ["Changed", "Finding", "cite", "prove", "shown", "verify"]

_MARKERS = re.compile(r"(?:\[\d+\])+")


def shown(quote: str) -> str:
    """A quote as a sentence of an answer: in one line, with nothing that looks like a marker."""
    return re.sub(r"\[(\d+)\]", r"(\1)", " ".join(quote.split()))


class Changed(Exception):
    """An article that an answer rests on has changed while the answer was made."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. `number` is the citation's, or None for the answer as a whole."""

    number: int | None
    ok: bool
    message: str
    soft: bool = False
    """True for what has changed since and proves nothing wrong: a title, say."""


def cite(
    article: Article, start: int, end: int, number: int, answer: Span | None = None
) -> Citation:
    """The citation of `article.text[start:end]`, proven; `answer` is where the short answer is."""
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
        *(answer or (None, None)),
    )
    prove(citation, article)
    return citation


def prove(citation: Citation, article: Article) -> None:
    """Raises `CitationError` unless the quote stands in `article` at its exact offsets."""
    if citation.sha256 != article.sha256:
        raise CitationError(
            say(
                "citation [{number}]: the text of {article} has changed since; ask again",
                number=citation.number,
                article=citation.article_id,
            )
        )
    if not 0 <= citation.start < citation.end <= len(article.text):
        raise CitationError(
            say(
                "citation [{number}]: {start}–{end} is outside {article}, which has {count} "
                "characters",
                number=citation.number,
                start=citation.start,
                end=citation.end,
                article=citation.article_id,
                count=len(article.text),
            )
        )
    if article.text[citation.start : citation.end] != citation.quote:
        raise CitationError(
            say(
                "citation [{number}]: the quote does not stand at {start}–{end} of {article}",
                number=citation.number,
                start=citation.start,
                end=citation.end,
                article=citation.article_id,
            )
        )
    if not _holds_answer(citation):
        raise CitationError(
            say(
                "citation [{number}]: the short answer at {start}–{end} is outside the quote",
                number=citation.number,
                start=citation.answer_start,
                end=citation.answer_end,
            )
        )


def _holds_answer(citation: Citation) -> bool:
    """Whether the short answer, if one is marked, lies inside the quote."""
    first, last = citation.answer_start, citation.answer_end
    if first is None or last is None:
        return first is last
    return citation.start <= first < last <= citation.end


def verify(
    saved: dict[str, Any],
    article: Callable[[str], Article | None],
    cited_as: Callable[[str, str], Article | None] = lambda *_: None,
) -> tuple[Finding, ...]:
    """Check a saved answer (`Answer.to_dict()`) against the articles: one finding per citation.

    `article` is asked by id. Where another text has that id by now, `cited_as` is asked for the
    article that had it, by id and SHA-256.
    Also checked: that an answer's every sentence ends in markers, and each marker has its
    citation. A citation whose title, date or page has changed since gets a soft finding besides.
    Of an answer that a language model wrote, every sentence is held against its quotes again, as
    when it was written, but for the reader's opinion. Raises `CitationError` when `saved` is not
    an answer at all.
    """
    citations, text, answered = _parsed(saved)
    articles = [_cited(citation, article, cited_as) for citation in citations]
    written = saved.get("composer") == "llm" and answered
    findings = []
    for citation, found in zip(citations, articles, strict=True):
        findings.append(_finding(citation, found))
        if found is not None and findings[-1].ok:
            findings += _changes(citation, found)
    if answered or citations:
        findings.append(_check_text(text, citations, answered, written))
    if written and all(finding.ok for finding in findings):
        findings.append(_check_written(text, citations, articles))
    return tuple(findings)


def _cited(
    citation: Citation,
    article: Callable[[str], Article | None],
    cited_as: Callable[[str, str], Article | None],
) -> Article | None:
    found = article(citation.article_id)
    if found is not None and found.sha256 == citation.sha256:
        return found
    return cited_as(citation.article_id, citation.sha256) or found


def _parsed(saved: dict[str, Any]) -> tuple[list[Citation], str, bool]:
    check_answer(saved)
    known = Citation.__dataclass_fields__
    citations = [
        Citation(**{name: value for name, value in fields.items() if name in known})
        for fields in saved["citations"]
    ]
    return citations, saved["text"], saved["answered"]


def _changes(citation: Citation, article: Article) -> list[Finding]:
    """What is said of the article otherwise than when the answer was saved; its text is the same.

    Not its source: that is a path of the machine it was read on.
    """
    now = {"title": article.label, "date": article.date, "page": article.page_of(citation.start)}
    return [
        Finding(citation.number, True, f"its {name} was {before!r} and is {now[name]!r}", soft=True)
        for name in now
        if (before := getattr(citation, name)) != now[name]
    ]


def _finding(citation: Citation, article: Article | None) -> Finding:
    if article is None:
        message = f"{citation.article_id} is not among the articles"
        return Finding(citation.number, False, message)
    try:
        prove(citation, article)
    except CitationError as error:
        return Finding(citation.number, False, str(error))
    where = f"{article.id}, characters {citation.start}–{citation.end}"
    return Finding(citation.number, True, f"stands in {where}")


def _check_text(text: str, citations: list[Citation], answered: bool, written: bool) -> Finding:
    groups = [re.findall(r"\d+", group) for group in _MARKERS.findall(text)]
    quotes = {str(citation.number): shown(citation.quote) for citation in citations}
    if {number for group in groups for number in group} != quotes.keys():
        return Finding(None, False, "the markers in the text and the citations do not match")
    if len(quotes) < len(citations) or any(len(set(group)) < len(group) for group in groups):
        return Finding(None, False, "a citation or a marker is there twice")
    if not answered:
        return Finding(None, True, "every marker of the text has its citation")
    *pieces, rest = _MARKERS.split(text)
    if rest or not pieces:
        return Finding(None, False, "a sentence of the text ends without a marker")
    if written:
        return Finding(None, True, "every sentence of the text has its citations")
    for place, (piece, group) in enumerate(zip(pieces, groups, strict=True)):
        sentence = piece.removeprefix(" ") if place else piece
        if any(quotes[number] != sentence for number in group):
            return Finding(None, False, f"a sentence is not its quote: {sentence[:60]!r}")
    return Finding(None, True, "every sentence of the text is the quote it cites")


def _check_written(text: str, citations: list[Citation], articles: list[Article | None]) -> Finding:
    """Whether the quotes prove each sentence that a language model wrote."""
    from assistant.proof.grounding import Quote, fault

    quotes = {}
    for citation, found in zip(citations, articles, strict=True):
        assert found is not None, "each citation has been proven"
        quotes[str(citation.number)] = Quote(citation.quote, found.label, found.date)
    groups = _MARKERS.findall(text)
    for piece, group in zip(_MARKERS.split(text), groups, strict=False):
        sentence = piece.strip()
        wrong = fault(sentence, [quotes[number] for number in re.findall(r"\d+", group)])
        if wrong:
            return Finding(None, False, f"a sentence is not proven, {wrong}: {sentence[:60]!r}")
    return Finding(None, True, "every sentence of the text is supported by the quotes it cites")
