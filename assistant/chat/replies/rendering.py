"""What the chat shows, as pure functions: an answer → Markdown, and the props of its panels."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NotRequired, TypedDict

from assistant.chat.library.article_page import link
from assistant.chat.replies.escaping import escape, escape_title
from assistant.chat.texts.language import N_, ngettext, told
from assistant.chat.texts.language import gettext as _
from assistant.proof.citations import prove
from assistant.showing.footnotes import joined, marked, nested, sentences_in, to_markdown
from assistant.understanding.plain_words import in_plain_words
from embeddings.errors import AssistantError, CitationError

if TYPE_CHECKING:
    from assistant.answers import Answer, Citation, Hit, Refusal
    from assistant.showing.explanation import Explanation
    from embeddings.catalog import CatalogPage
    from embeddings.records import Article

__all__ = [
    "Lookup",
    "Panel",
    "Source",
    "asked_as_markdown",
    "changed_note",
    "changed_source",
    "cited_source",
    "closest_hits",
    "closest_source",
    "copy_text",
    "covered",
    "error_markdown",
    "explanation_markdown",
    "found",
    "found_markdown",
    "notes_markdown",
    "panel",
    "refusal_markdown",
    "sentence_markdown",
    "source_now",
    "spoken",
]

CONTEXT_CHARACTERS = 400
"""How much of the article the panel shows on either side of a quote."""
CLOSEST_ARTICLES = 3

REPHRASE: dict[Refusal, str] = {
    "no_articles": N_("Index a folder with `assistant index FOLDER`, then ask again."),
    "nothing_relevant": N_("Try the names and the words that the articles themselves use."),
    "not_stated": N_(
        "Try asking for one fact at a time, with the name and the year it belongs to."
    ),
    "sources_disagree": N_("Try naming the article or the date you mean."),
}
REFUSED: dict[Refusal, str] = {
    "no_articles": N_("There are no articles to answer from."),
    "nothing_relevant": N_("None of the articles is about this, so there is nothing to cite."),
    "not_stated": N_("The articles do not state this."),
    "sources_disagree": N_("The articles contradict each other on this."),
}


Lookup = Callable[..., "Article"]
"""Looks up an article, by its id or by id and SHA-256, as an Assistant does; or raises
`AssistantError`."""


class Source(TypedDict):
    """One entry of a panel, its quote between the texts around it.

    No offset is sent but in `href`: Python counts characters, the browser UTF-16 units.
    """

    number: int
    title: str
    article_id: str
    href: str
    """Permanent link to the quote, or the passage, in the whole article."""
    date: str | None
    language: str | None
    """Of the article, where it says so: the quote is read out in it."""
    page: int | None
    before: str
    quote: str
    answer: tuple[str, str, str] | None
    """The quote in three, when the one in the middle is the short answer."""
    after: str
    more_before: bool
    more_after: bool
    changed: NotRequired[str]
    """Why the quote cannot be shown in its place any more."""


class Panel(TypedDict):
    """Props of the `SourcesPanel` element."""

    id: str
    kind: Literal["sources", "closest"]
    heading: str
    sources: list[Source]
    copy: str


def covered(newest: CatalogPage) -> str:
    """What can be asked and how fresh it is: "5 articles, newest 2024-01-01"."""
    if not newest.articles:
        return _("No articles yet")
    count = ngettext("{count} article", "{count} articles", newest.found)
    said = count.format(count=f"{newest.found:,}")
    date = newest.articles[0].date
    return _("{articles}, newest {date}").format(articles=said, date=date) if date else said


def found(hits: Sequence[Hit]) -> str:
    """What the search brought: "3 passages from 2 articles"."""
    if not hits:
        return _("No passage found")
    number = len({hit.passage.article_id for hit in hits})
    return _("{passages} from {articles}").format(
        passages=ngettext("{count} passage", "{count} passages", len(hits)).format(count=len(hits)),
        articles=ngettext("{count} article", "{count} articles", number).format(count=number),
    )


def found_markdown(hits: Iterable[Hit], labels: Mapping[str, str]) -> str:
    """A line for each article that was found, best first; `labels` is by article id."""
    return "\n".join(
        "- "
        + escape(
            _("{title} ({date})").format(
                title=labels[hit.passage.article_id], date=dated(hit.passage.date)
            )
        )
        for hit in one_per_article(hits)
    )


def asked_as_markdown(standalone: str, question: str) -> str:
    """A note of how a follow-up was understood; empty when it was taken as typed, or nearly."""
    typed = (question, in_plain_words(question))
    if squeezed(standalone).casefold() in (squeezed(one).casefold() for one in typed):
        return ""
    asked_as = _("Asked as: {question}").format(question=squeezed(standalone))
    return f"> {escape(asked_as)}\n\n"


def sentence_markdown(sentence: str, message_id: str, citations: Iterable[Citation]) -> str:
    """A sentence of an answer, its `[1]` turned into links that the sources panel opens.

    The short answer, where a citation marks one, is bold.
    """
    cited = {citation.number: citation for citation in citations}
    shown = []
    for said in sentences_in(sentence, cited.values()):
        links = [
            f'[{number}](#cite-{message_id}-{number} "{escape_title(cited[number].title)}")'
            for number in said.numbers
        ]
        shown.append((said.text, marked(said.text, said.answer, escape) + "".join(links)))
    return joined(shown)


def notes_markdown(notes: Iterable[str]) -> str:
    """What the reader should know besides the answer, below it."""
    return "".join(f"\n\n> {escape(told(note))}" for note in notes)


def refusal_markdown(answer: Answer) -> str:
    """Why there is no answer, in bold, and one way to ask again."""
    assert answer.refusal is not None
    # The closest article, which the answer's own text names, has its own place on the screen.
    reason, rephrase = _(REFUSED[answer.refusal]), _(REPHRASE[answer.refusal])
    return f"**{reason}**\n\n{rephrase}{notes_markdown(answer.notes)}"


def explanation_markdown(explanation: Explanation) -> str:
    """Why an answer is what it is, as a list."""
    return nested(((depth, told(line)) for depth, line in explanation.outline()), escape)


def error_markdown(message: str, error_id: str) -> str:
    """Our own words for a failure, with the id under which it was logged."""
    failed = _("This question could not be answered.")
    named = _("Error id: {id}").format(id=error_id)
    return f"**{escape(failed)}**\n\n{escape(message)}\n\n{escape(named)}"


def spoken(answer: Answer) -> str:
    """What is read out of an answer, once it is complete, to who listens."""
    notes = map(told, answer.notes)
    if answer.refusal is not None:
        return " ".join((_(REFUSED[answer.refusal]), _(REPHRASE[answer.refusal]), *notes))
    text = " ".join(said.text for said in sentences_in(answer.text, answer.citations))
    number = len(answer.citations)
    sources = ngettext("{count} source", "{count} sources", number).format(count=number)
    return " ".join((text, *notes, sources))


def panel(
    message_id: str, kind: Literal["sources", "closest"], sources: list[Source], copy: str = ""
) -> Panel:
    """Props of the panel below an answer or a refusal."""
    heading = _("Sources") if kind == "sources" else _("Closest articles")
    return Panel(id=message_id, kind=kind, heading=heading, sources=sources, copy=copy)


def cited_source(citation: Citation, article: Article) -> Source:
    """A citation in the text around it, proven; the article may have another id by now."""
    prove(citation, article)
    low, high = window(article.text, citation.start, citation.end)
    return Source(
        number=citation.number,
        title=citation.title,
        article_id=article.id,
        href=link(article.id, citation.start, citation.end, citation.sha256),
        date=citation.date,
        language=article.language,
        page=citation.page,
        before=article.text[low : citation.start],
        quote=citation.quote,
        answer=_around_answer(citation),
        after=article.text[citation.end : high],
        more_before=low > 0,
        more_after=high < len(article.text),
    )


def source_now(citation: Citation, article: Lookup, asked: str) -> Source:
    """The citation where it stands now; if it does not any more, what it was, and why."""
    try:
        return cited_source(citation, article(citation.article_id, citation.sha256))
    except CitationError:
        return changed_source(citation, _("The article has changed since."), asked)
    except AssistantError:
        return changed_source(citation, _("The article is not there any more."), asked)


def changed_source(citation: Citation, reason: str, asked: str) -> Source:
    """A citation that cannot be proven any more: what it quoted, without a place."""
    return Source(
        number=citation.number,
        title=citation.title,
        article_id=citation.article_id,
        href=link(citation.article_id, citation.start, citation.end, citation.sha256),
        date=citation.date,
        language=None,
        page=citation.page,
        before="",
        quote=citation.quote,
        answer=None,
        after="",
        more_before=False,
        more_after=False,
        changed=_("{reason} On {date} it said:").format(reason=reason, date=asked[:10]),
    )


def changed_note(sources: Sequence[Source], asked: str) -> list[str]:
    """A note below an answer of which some sources cannot be proven any more."""
    changed = sum(1 for source in sources if source.get("changed"))
    if not changed:
        return []
    note = (
        _("This answer is of {date}; its source has changed or gone since. Ask again.")
        if len(sources) == 1
        else ngettext(
            "This answer is of {date}; {count} of its {all} sources has changed or gone since. "
            "Ask again.",
            "This answer is of {date}; {count} of its {all} sources have changed or gone since. "
            "Ask again.",
            changed,
        )
    )
    return [note.format(date=asked[:10], count=changed, all=len(sources))]


def closest_source(number: int, hit: Hit, article: Article) -> Source:
    """A passage that did not answer the question, with nothing highlighted."""
    passage = hit.passage
    return Source(
        number=number,
        title=article.label,
        article_id=article.id,
        href=link(article.id, passage.start, passage.end, article.sha256),
        date=article.date,
        language=article.language,
        page=article.page_of(passage.start),
        before=article.text[passage.start : passage.end],
        quote="",
        answer=None,
        after="",
        more_before=passage.start > 0,
        more_after=passage.end < len(article.text),
    )


def _around_answer(citation: Citation) -> tuple[str, str, str] | None:
    """The quote up to its short answer, the short answer, and the rest."""
    if citation.answer_start is None or citation.answer_end is None:
        return None
    first, last = citation.answer_start - citation.start, citation.answer_end - citation.start
    return citation.quote[:first], citation.quote[first:last], citation.quote[last:]


def closest_hits(hits: Iterable[Hit]) -> list[Hit]:
    """The best passage of each of the closest articles."""
    return one_per_article(hits)[:CLOSEST_ARTICLES]


def copy_text(answer: Answer) -> str:
    """The answer with its sources, for the clipboard: Markdown with footnotes, to be read as it is.

    Chainlit's own button would copy the Markdown of the page, with links that lead nowhere.
    """
    return to_markdown(replace(answer, notes=tuple(map(told, answer.notes))))


def window(text: str, start: int, end: int) -> tuple[int, int]:
    """The stretch of `text` to show around a quote, cut between words."""
    low, high = max(0, start - CONTEXT_CHARACTERS), min(len(text), end + CONTEXT_CHARACTERS)
    if low > 0:
        gap = re.compile(r"\s+").search(text, low, start)
        low = gap.end() if gap else low
    if high < len(text):
        gaps = list(re.compile(r"\s+").finditer(text, end, high))
        high = gaps[-1].start() if gaps else high
    return low, high


def one_per_article(hits: Iterable[Hit]) -> list[Hit]:
    """The best hit of each article, best first."""
    best: dict[str, Hit] = {}
    for hit in sorted(hits, key=lambda hit: hit.rank):
        best.setdefault(hit.passage.article_id, hit)
    return list(best.values())


def dated(date: str | None) -> str:
    """A date for display."""
    return date or _("undated")


def squeezed(text: str) -> str:
    """`text` with every run of white space as one space."""
    return " ".join(text.split())
