"""Where the pages beside the chat read and set what is asked: `/preferences`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from assistant.chat.failures import by_itself, told, worded
from assistant.chat.library.article_page import ARTICLES
from assistant.chat.preferences import Preferences, asking, summary
from embeddings.errors import QuestionError

if TYPE_CHECKING:
    from assistant.chat.launch import Launch
    from assistant.chat.opening import Answerer

__all__ = ["PREFERENCES", "choice", "preference_routes"]

PREFERENCES = "/preferences"
HEADERS = {"cache-control": "no-store"}
MOST_FIELDS = 1_000

User = Callable[[Request], "str | None"]
"""Names who is asking; None for nobody who may."""


def preference_routes(launch: Launch, user: User) -> list[Route]:
    """Routes to read what a user has set, and to choose articles from their list.

    `user` names who is asking, if it is one who may.
    """
    remembered = launch.remembered

    async def show(request: Request) -> Response:
        name = user(request)
        if name is None:
            return JSONResponse({"line": ""}, 403, HEADERS)
        try:
            await launch.opening.soon()
            line = await launch.opening.call(
                lambda a: summary(asking(remembered.of(name), a), with_llm=launch.with_llm)
            )
        except TimeoutError:  # the page is told when all is ready, and asks again
            line = ""
        except Exception as error:  # what is wrong is told where a question is asked
            told(error)
            line = ""
        return JSONResponse({"line": line, "exports": launch.history is not None}, headers=HEADERS)

    async def choose(request: Request) -> Response:
        name = user(request)
        if name is None:
            return RedirectResponse("/login", 303, HEADERS)
        form = parse_qs(
            (await request.body()).decode("utf-8", "replace"), max_num_fields=MOST_FIELDS
        )

        def follow(assistant: Answerer) -> None:
            before = asking(remembered.of(name), assistant).preferences
            remembered.keep(name, choice(before, form))

        try:
            await launch.opening.call(follow)
        except QuestionError as error:
            return PlainTextResponse(by_itself(worded(error)), 400, HEADERS)
        except Exception as error:
            text, error_id = told(error)
            return PlainTextResponse(f"{text} ({error_id})", 500, HEADERS)
        return RedirectResponse(_after(form), 303, HEADERS)

    return [
        Route(PREFERENCES, show, methods=["GET"]),
        Route(PREFERENCES, choose, methods=["POST"]),
    ]


def choice(before: Preferences, form: dict[str, list[str]]) -> Preferences:
    """What is chosen once a page of the list is sent: its ticks, and what other pages chose.

    `shown` are the articles of the page, `article` those of them that are ticked; `then` is
    `only` to ask no others, or `all` to ask every article again.
    """
    then = form.get("then", [""])[0]
    if then == "all":
        return replace(before, articles=())
    ticked, shown = form.get("article", []), frozenset(form.get("shown", []))
    elsewhere = () if then == "only" else [id for id in before.articles if id not in shown]
    return replace(before, articles=(*elsewhere, *ticked))


def _after(form: dict[str, list[str]]) -> str:
    """Where to go on: the page of the list that was sent, if it is to be gone on with."""
    back = form.get("back", [""])[0]
    stays = form.get("then", [""])[0] == "stay" and back.partition("?")[0] == ARTICLES
    return back if stays else "/"
