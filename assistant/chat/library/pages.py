"""The pages beside the chat: each article, and the library of them all.

They are made on the server, so that they open without JavaScript; all work is done in threads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from assistant.chat.access.hardening import REMOVAL
from assistant.chat.access.login import user_of
from assistant.chat.access.passwords import LOCAL_USER
from assistant.chat.failures import by_itself, told, worded
from assistant.chat.library import article_page, library_page
from assistant.chat.library.file_reasons import told_of_file
from assistant.chat.library.uploads import private_to
from assistant.chat.preferences import Preferences, asking
from assistant.chat.replies.rendering import dated
from assistant.chat.texts.language import chosen, gettext, ngettext
from assistant.chat.texts.language import gettext as _
from embeddings.errors import QuestionError
from embeddings.folders import UPLOADED
from embeddings.records import Article

if TYPE_CHECKING:
    from assistant.chat.library.uploads import Uploads
    from assistant.chat.opening import Answerer, Opening
    from assistant.service import Assistant

__all__ = ["page_routes", "signed_in"]

# Beside the chat's policy, which the guard adds: what is loaded must pass both.
POLICY = "; ".join((
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'",
    "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
))  # fmt: skip
HEADERS = {"content-security-policy": POLICY, "cache-control": "no-store"}
RELOAD_SECONDS = 3
"""After that a page that came before the articles loads again by itself."""

Admit = Callable[[Request], Awaitable[bool]]
Who = Callable[[Request], str]
"""Names who is asking, of those who are let in."""
Page = tuple[int, str]
"""Status and HTML."""


class Anything(StringConvertor):
    """The rest of a path, whatever is in it: a file's name may have line breaks."""

    regex = r"[\s\S]*"


register_url_convertor("anything", Anything())

templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
templates.filters |= {
    "visible": article_page.visible,
    "isolated": lambda text: Markup("<bdi>{}</bdi>").format(article_page.visible(text)),
    "path": article_page.path_of,
    "plain": article_page.plain,
    "dated": dated,
    "reason": told_of_file,
}
templates.add_extension("jinja2.ext.i18n")
# Newstyle: values are escaped and put in after the translation. The extension adds the method.
templates.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
templates.globals["language"] = chosen


def acting_user(request: Request) -> str:
    """Who is asking: whose token it is, or where nobody logs in, the one user of the machine."""
    return user_of(request.scope["headers"]) or LOCAL_USER


def page_routes(
    opening: Opening,
    admit: Admit,
    uploads: Uploads,
    preferences: Callable[[Request], Preferences] = lambda _: Preferences(),
    who: Who = acting_user,
) -> list[Route]:
    """Routes of the pages; only to those whom `admit` lets in.

    `preferences` are those of who is asking; it is called in a thread.
    """
    removing = asyncio.Lock()  # it takes a while: who removes many takes one thread at most

    async def library(request: Request) -> Response:
        form = dict(request.query_params)
        return await _answer(request, lambda a: library_html(a, form, preferences(request)))

    async def article(request: Request) -> Response:
        article_id, asked = request.path_params["article_id"], dict(request.query_params)
        # Whoever may ask may read what is not an upload.
        user = who(request) if article_id.startswith(UPLOADED) else ""

        def page(assistant: Answerer) -> Page:
            opened = cast("Assistant", assistant)
            own = uploads.has_added(opened, user, article_id)
            with uploads.seen_by(user, opened, article_id) as seen:
                return article_html(seen, article_id, asked, removable=own)

        return await _answer(request, page)

    async def remove(request: Request) -> Response:
        body = await request.body()

        def page(assistant: Answerer) -> Page:
            article_id = parse_qs(body.decode("utf-8", "replace")).get("article", [""])[0]
            if uploads.remove(cast("Assistant", assistant), who(request), None, article_id):
                removed = _("The article was removed")
                return 200, _message(removed, _("Nothing is answered from it any more."))
            return 404, _message(_("There is no such article"), None, article_id=article_id)

        async with removing:
            return await _answer(request, page)

    async def _answer(request: Request, page: Callable[[Answerer], Page]) -> Response:
        if not await admit(request):
            return RedirectResponse("/login", 303, HEADERS)
        try:
            await opening.soon()
            status, html = await opening.call(page)
        except TimeoutError:
            html = _message(
                _("Getting the articles ready"),
                _("The first time this takes a moment."),
                reload=RELOAD_SECONDS,
            )
            return HTMLResponse(html, 503, {**HEADERS, "retry-after": str(RELOAD_SECONDS)})
        except Exception as error:
            text, error_id = told(error)
            status, html = (
                500,
                _message(_("This page could not be made"), by_itself(text), error_id=error_id),
            )
        return HTMLResponse(html, status, HEADERS)

    return [
        Route("/articles", library),
        Route("/articles/", library),
        Route("/articles/{article_id:anything}", article),
        Route(REMOVAL, remove, methods=["POST"]),
    ]


async def signed_in(request: Request) -> bool:
    """Whether Chainlit would let this request in: always, where it asks for no login."""
    from chainlit.auth import (
        authenticate_user,
        get_token_from_cookies,
        require_login,
    )
    from starlette.exceptions import HTTPException

    if not require_login():  # type: ignore[no-untyped-call]
        return True
    try:
        await authenticate_user(get_token_from_cookies(dict(request.cookies)) or "")
    except HTTPException:
        return False
    return True


def article_html(
    assistant: Answerer, article_id: str, asked: dict[str, str], *, removable: bool = False
) -> Page:
    """The page of one article; `removable` for who has added it to the library.

    Of what is `asked`, `highlight` is the place to mark, and `sha256` is of the text that was
    cited. Where no article has that any more, no place is marked.
    """
    article = assistant.known(article_id, asked.get("sha256"))
    if not isinstance(article, Article):
        reason = article.reason if article else None
        return 404, _message(_("There is no such article"), reason, article_id=article_id)
    changed = asked.get("sha256", article.sha256) != article.sha256
    wanted = asked.get("highlight")
    place = None if changed or wanted is None else article_page.read_place(wanted, article)
    return 200, templates.get_template("article.html").render(
        article=article,
        asked_id=article_id,
        blocks=article_page.blocks(article, place),
        changed=changed,
        choosable=private_to(article.id) is None,
        missing=wanted is not None and place is None and not changed,
        removable=removable,
        removal=REMOVAL,
    )


def library_html(
    assistant: Answerer, form: dict[str, str], preferences: Preferences | None = None
) -> Page:
    """One page of the library, or what is wrong with what the form asks for.

    The articles that the `preferences` choose are ticked, also where their files have moved.
    """
    shared: dict[str, Any] = {
        "states": {value: _(name) for value, name in library_page.STATES.items()},
        "orders": {value: _(name) for value, name in library_page.ORDERS.items()},
    }
    template = templates.get_template("library.html")
    try:
        query = library_page.query_of(form)
    except QuestionError as error:
        return 400, template.render(
            form=form, problem=by_itself(worded(error)), found=None, filtered=True, **shared
        )
    found = assistant.catalog(query)
    now = asking(preferences or Preferences(), assistant)
    filled = {
        **form,
        "since": query.since or "",
        "until": query.until or "",
        "state": query.state,
        "order": query.order,
    }
    earlier, later = found.page - 1, found.page + 1
    return 200, template.render(
        form=filled,
        problem=None,
        found=found,
        of_files=query.state == "refused",
        filtered=bool(query.words or query.since or query.until or query.state),
        previous=library_page.address(query, earlier) if earlier else None,
        next=library_page.address(query, later) if later <= found.pages else None,
        here=library_page.address(query, found.page),
        chosen=now.preferences.articles,
        gone=now.gone,
        **shared,
    )


def _message(
    heading: str,
    text: str | None,
    *,
    article_id: str | None = None,
    error_id: str | None = None,
    reload: int | None = None,
) -> str:
    return templates.get_template("message.html").render(
        heading=heading, text=text, article_id=article_id, error_id=error_id, reload=reload
    )
