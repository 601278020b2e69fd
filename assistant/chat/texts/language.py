"""The language of the interface: chosen by the browser, for one request or one socket.

English texts are the keys of the catalogs in `locale/`, in gettext's own format. The choice is a
context variable: it is there in everything that a request or a message from the browser starts.
"""

from __future__ import annotations

import gettext as catalogs
import json
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from assistant.wording import translated

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

    from assistant.chat.access.hardening import App, Receive, Scope, Send

__all__ = [
    "LANGUAGES",
    "N_",
    "PROMISE",
    "InLanguage",
    "choose",
    "chosen",
    "gettext",
    "in_language",
    "ngettext",
    "page_texts",
    "preferred",
    "told",
]


def N_(message: str) -> str:
    """`message` as it is: marks a text that is translated where it is shown."""
    return message


ENGLISH = "en-US"
LANGUAGES = {ENGLISH: None, "zh-CN": "zh_CN"}
"""By the name that browsers and Chainlit have of a language, that of its catalog."""
CATALOGS = Path(__file__).parent / "locale"
DOMAIN = "footnote"
PUBLIC = "assistant/chat/public/"
"""Texts from here are sent to the browser."""
PROMISE = N_("Answers from your articles, every sentence cited")
ASKED = ("/project/settings", "/project/translations")
"""Where Chainlit takes the language from the address, which has only the first of a browser's."""

_chosen: ContextVar[str] = ContextVar("language", default=ENGLISH)


def preferred(accept_language: str) -> str:
    """The best of `LANGUAGES` for an `Accept-Language` header (RFC 9110); else English.

    The main subtag decides: what is written in any other Chinese gets the one there is.
    """
    weighed = []
    for place, part in enumerate(accept_language.split(",")):
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight.strip() else 1.0
        except ValueError:
            continue
        if quality > 0:
            weighed.append((-quality, place, _main(tag.strip())))
    for _, _, main in sorted(weighed):
        for language in LANGUAGES:
            if main == _main(language):
                return language
    return ENGLISH


def _main(tag: str) -> str:
    return tag.partition("-")[0].lower()


def choose(scope: Scope) -> None:
    """Choose, for a request or a socket, what its browser prefers."""
    header = dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1")
    _chosen.set(preferred(header))


def chosen() -> str:
    """The language of what is done here: one of `LANGUAGES`."""
    return _chosen.get()


def gettext(message: str, language: str | None = None) -> str:
    """A text of the interface, in the language that is chosen unless one is given."""
    return _translations(language or chosen()).gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    """The same for a number of things."""
    return _translations(chosen()).ngettext(singular, plural, number)


def told(text: str) -> str:
    """What the assistant says of an answer, in the language that is chosen."""
    return translated(text, gettext, ngettext)


@cache
def _translations(language: str) -> catalogs.NullTranslations:
    name = LANGUAGES[language]
    if name is None:
        return catalogs.NullTranslations()
    from babel.messages.mofile import write_mo

    compiled = BytesIO()
    write_mo(compiled, _catalog(name))
    compiled.seek(0)
    return catalogs.GNUTranslations(compiled)


@cache
def _catalog(name: str) -> Catalog:
    from babel.messages.pofile import read_po

    with (CATALOGS / name / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        return read_po(file, locale=name, domain=DOMAIN)


@cache
def page_texts(language: str) -> str:
    """JSON of the texts that the browser's side shows, from English; safe inside of HTML."""
    name = LANGUAGES[language]
    texts = {
        message.id: message.string
        for message in (_catalog(name) if name else ())
        if any(path.startswith(PUBLIC) for path, _ in message.locations)
    }
    return json.dumps(texts, ensure_ascii=False).replace("<", "\\u003c")


def in_language(page: str) -> str:
    """Chainlit's page in the language that is chosen, with the texts that our scripts show."""
    texts = f'<script type="application/json" id="footnote-texts">{page_texts(chosen())}</script>'
    page = page.replace('<html lang="en">', f'<html lang="{chosen()}">', 1)
    return page.replace("<head>", f"<head>\n    {texts}", 1).replace(PROMISE, gettext(PROMISE))


class InLanguage:
    """ASGI middleware: chooses the language for a request or a socket by what its browser sends."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve in the language that the browser prefers."""
        if scope["type"] in ("http", "websocket"):
            choose(scope)
            if scope["path"] in ASKED:
                asked = dict(parse_qsl(scope["query_string"].decode("latin-1")))
                query = urlencode({**asked, "language": chosen()})
                scope = {**scope, "query_string": query.encode()}
        await self.app(scope, receive, send)
