"""One reply as the events of its answer come in, on a page of a few lines in Chainlit's place."""

from __future__ import annotations

import asyncio
import html
import importlib
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from assistant.answers import Answer, Citation, Event
from embeddings.errors import CorpusError
from embeddings.records import Article

if TYPE_CHECKING:
    from assistant.chat.replies.reply import Reply

ALPHA = Article(id="a.txt", text="It rained. Alpha opened in Wend.", title="Alpha", date=None)
BETA = Article(id="b.txt", text="Beta closed in Gren.", title="Beta", date=None)


class Sent:
    """A message, a step or an element; keeps what it was made of and what was added."""

    def __init__(self, **given: Any) -> None:
        self.id, self.parent_id, self.content, self.end = "m", None, "", None
        self.props: dict[str, Any] = {}
        self.__dict__.update(given)

    async def send(self, **how: str) -> None:
        pass

    async def update(self) -> None:
        pass

    async def stream_token(self, token: str) -> None:
        self.content += token


class Library:
    """Articles that change; asked as the chat's own are."""

    def __init__(self, *articles: Article) -> None:
        self.now = {article.id: article for article in articles}

    def article(self, article_id: str, sha256: str | None = None) -> Article:
        if article_id not in self.now:
            raise CorpusError("there is no such article")
        return self.now[article_id]

    async def call(self, function: Callable[[Library], Any]) -> Any:
        return function(self)


def cited(article: Article, number: int, quote: str) -> Citation:
    start = article.text.index(quote)
    return Citation(
        number, article.id, article.label, None, None, start, start + len(quote), quote,
        article.sha256,
    )  # fmt: skip


FIRST = cited(ALPHA, 1, "Alpha opened in Wend.")
SECOND = cited(BETA, 2, "Beta closed in Gren.")
SENTENCES = ("Alpha opened in Wend.[1]", "Beta closed in Gren.[2]")


@pytest.fixture
def library() -> Library:
    return Library(ALPHA, BETA)


@pytest.fixture
def reply(library: Library, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reply]:
    name = "assistant.chat.replies.reply"
    page, times = ModuleType("chainlit"), ModuleType("chainlit.utils")
    vars(page).update(Message=Sent, Step=Sent, CustomElement=Sent)
    vars(times).update(utc_now=lambda: "2024-01-01T00:00:00Z")
    monkeypatch.setitem(sys.modules, "chainlit", page)
    monkeypatch.setitem(sys.modules, "chainlit.utils", times)
    monkeypatch.delitem(sys.modules, name, raising=False)
    yield importlib.import_module(name).Reply(library, "What opened?")
    del sys.modules[name]


def shown(reply: Reply, *events: Event) -> None:
    async def show() -> None:
        for event in events:
            await reply.show(event)

    asyncio.run(show())


def finished() -> Event:
    text = " ".join(SENTENCES)
    answer = Answer("What opened?", "What opened?", text, None, 0.9, (FIRST, SECOND))
    return Event("answer", answer=answer)


def content(reply: Reply) -> str:
    return html.unescape(reply.message.content)


def sources(reply: Reply) -> list[dict[str, Any]]:
    assert reply.panel is not None
    return [dict(source) for source in reply.panel["sources"]]


def change(library: Library, *, gone: bool) -> None:
    """What an article may do while it is cited: another text, or none."""
    if gone:
        del library.now[ALPHA.id]
    else:
        library.now[ALPHA.id] = Article(id=ALPHA.id, text=f"Corrected. {ALPHA.text}")


@pytest.mark.parametrize("gone", [False, True])
def test_a_source_stays_as_it_was_shown_though_its_article_changes(
    gone: bool, reply: Reply, library: Library
) -> None:
    """As it does while a language model writes, between two of its sentences."""
    shown(reply, Event("citations", citations=(FIRST,)), Event("sentence", text=SENTENCES[0]))
    (before,) = sources(reply)
    change(library, gone=gone)
    shown(
        reply,
        Event("citations", citations=(FIRST, SECOND)),
        Event("sentence", text=SENTENCES[1]),
        finished(),
    )
    assert [source["quote"] for source in sources(reply)] == [FIRST.quote, SECOND.quote]
    assert sources(reply)[0] == before
    assert not any("changed" in source for source in sources(reply))
    assert "changed" not in content(reply)
    assert "Beta closed in Gren." in content(reply)


@pytest.mark.parametrize(("gone", "why"), [(False, "has changed"), (True, "is not there any more")])
def test_a_source_that_changed_before_it_could_be_shown_says_so(
    gone: bool, why: str, reply: Reply, library: Library
) -> None:
    change(library, gone=gone)
    shown(
        reply,
        Event("citations", citations=(FIRST, SECOND)),
        *(Event("sentence", text=sentence) for sentence in SENTENCES),
        finished(),
    )
    first, second = sources(reply)
    assert first["quote"] == FIRST.quote
    assert why in first["changed"]
    assert "changed" not in second
    assert "Alpha opened in Wend." in content(reply)
    assert "1 of its 2 sources has changed or gone since" in content(reply)
