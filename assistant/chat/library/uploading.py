"""Where the chat's page adds, lists and removes articles: `/uploads`.

The body of a request is the file itself, and goes to the disk as it comes: it is counted while it
comes, so that what is too large is refused before it is here, whatever length was announced.
Chainlit's own upload, which reads the whole body first, stays closed.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, cast

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from assistant.chat.access.hardening import LARGEST_UPLOAD_BYTES, UPLOADS
from assistant.chat.failures import told
from assistant.chat.library.article_page import path_of
from assistant.chat.library.file_reasons import told_of_file
from assistant.chat.library.uploads import MOST_UPLOADS, Upload, named
from assistant.chat.texts import language
from assistant.chat.texts.language import gettext as _
from embeddings.errors import ReadError
from embeddings.readers import READERS

if TYPE_CHECKING:
    from pathlib import Path
    from typing import TypeVar

    from assistant.chat.library.uploads import Kept, Uploads
    from assistant.chat.opening import Opening
    from assistant.service import Assistant

    T = TypeVar("T")

__all__ = ["begin_conversation", "sweep_uploads", "upload_routes", "whose"]

MOST_AT_ONCE = 4
"""Files that are on their way to the server at a time; one user's are half of them."""
CHUNK_SECONDS = 30.0
"""A sender who is silent for longer has gone, or holds a place for nothing."""
PAUSE_SECONDS = 60.0
HEADERS = {"cache-control": "no-store"}
# An answer that comes before the end of the body ends the connection.
REFUSED = {**HEADERS, "connection": "close"}
LATER = {**REFUSED, "retry-after": "2"}

Whose = Callable[[Request], Awaitable[tuple[str, str] | None]]
"""The user of a request, and the conversation that is open in the page that sent it."""
Begin = Callable[[Request, str], Awaitable[None]]
"""Puts the conversation of a request into the history, by the name of its first file."""


def upload_routes(
    opening: Opening, uploads: Uploads, whose: Whose, begin: Begin | None = None
) -> list[Route]:
    """Routes to add, list and remove articles, for the conversation that `whose` names.

    With `begin` a conversation begins with its first private file, as it does with a question.
    """
    # One file after the other: reading and encoding take all cores.
    thread = ThreadPoolExecutor(1, thread_name_prefix="upload")
    coming: Counter[str] = Counter()

    async def work(function: Callable[[Assistant], T]) -> T:
        assistant = cast("Assistant", await opening.assistant())
        run = contextvars.copy_context().run  # it has the language that was chosen
        return await asyncio.wrap_future(thread.submit(run, function, assistant))

    async def show(request: Request) -> Response:
        if (found := await whose(request)) is None:  # a page asks before it is connected
            return Response(status_code=202, headers=HEADERS)
        try:
            await opening.soon()
            there = await opening.call(lambda a: uploads.listing(cast("Assistant", a), *found))
        except TimeoutError:
            return Response(status_code=202, headers=HEADERS)
        except Exception as error:
            text, error_id = told(error)
            return _refused(500, _("{problem} (error {id})").format(problem=text, id=error_id))
        return JSONResponse(
            {
                "kept": uploads.most,
                "accept": list(READERS),
                "largest": LARGEST_UPLOAD_BYTES,
                "most": MOST_UPLOADS,
                "articles": [_shown(upload) for upload in there],
            },
            headers=HEADERS,
        )

    async def add(request: Request) -> Response:
        if (found := await whose(request)) is None:
            return _gone()
        user = found[0]
        if (too_many := coming[user] >= MOST_AT_ONCE // 2) or coming.total() >= MOST_AT_ONCE:
            reason = _("too many files are coming in just now; try again")
            return _refused(429 if too_many else 503, reason, LATER)
        coming[user] += 1
        try:
            return await take(request, *found)
        except Exception as error:
            text, error_id = told(error)
            text = _("{problem} (error {id})").format(problem=text, id=error_id)
            return _refused(500, text, REFUSED)
        finally:
            coming[user] -= 1
            if not coming[user]:
                del coming[user]

    async def take(request: Request, user: str, conversation: str) -> Response:
        kept: Kept = "library" if request.query_params.get("kept") == "library" else "private"
        try:
            name = named(request.query_params.get("name", ""))
        except ReadError as error:
            return _refused(415, str(error), REFUSED)
        reason = await opening.call(
            lambda a: uploads.refusal(cast("Assistant", a), user, conversation, kept)
        )
        if reason is not None:
            return _refused(409, reason, REFUSED)
        file = uploads.incoming()
        try:
            problem = await received(request, file)
            if problem is not None:
                return _refused(*problem, REFUSED)
            added = await work(lambda a: uploads.add(a, file, name, user, conversation, kept))
        finally:
            file.unlink(missing_ok=True)
        if begin is not None and added.id and added.kept == "private":
            await begin(request, added.name)
        return JSONResponse(_shown(added), headers=HEADERS)

    async def remove(request: Request) -> Response:
        if (found := await whose(request)) is None:
            return _gone()
        article_id = request.query_params.get("id", "")
        try:
            gone = await work(lambda a: uploads.remove(a, *found, article_id))
        except Exception as error:
            text, error_id = told(error)
            return _refused(500, _("{problem} (error {id})").format(problem=text, id=error_id))
        return JSONResponse({"removed": gone}, 200 if gone else 404, HEADERS)

    return [
        Route(UPLOADS, show, methods=["GET"]),
        Route(UPLOADS, add, methods=["POST"]),
        Route(UPLOADS, remove, methods=["DELETE"]),
    ]


async def received(
    request: Request, file: Path, most: int = LARGEST_UPLOAD_BYTES
) -> tuple[int, str] | None:
    """Write the body to a new file as it comes; status and reason where it is not taken.

    How long all of it may take is up to the guard.
    """
    taken = 0
    stream = request.stream()
    try:
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            while chunk := await asyncio.wait_for(_next(stream), CHUNK_SECONDS):
                taken += len(chunk)
                if taken > most:
                    return 413, _("larger than {most} MB; split it into several files").format(
                        most=most // 1_000_000
                    )
                opened.write(chunk)
    except (TimeoutError, ClientDisconnect):
        return 408, _("the file did not come through; try again")
    return None


async def _next(stream: Any) -> bytes:
    """The next piece that is not empty; empty at the end."""
    async for chunk in stream:
        if chunk:
            return bytes(chunk)
    return b""


async def whose(request: Request) -> tuple[str, str] | None:
    """The user of a request and their conversation, by the session that the page names.

    None for a session that is over, or another's. Sessions are told apart by an id that only
    their own page knows.
    """
    from chainlit.session import WebsocketSession

    from assistant.chat.access.login import user_of
    from assistant.chat.access.passwords import LOCAL_USER
    from assistant.chat.library.pages import signed_in

    if not await signed_in(request):
        return None
    session = WebsocketSession.get_by_id(request.query_params.get("session", ""))
    if session is None:
        return None
    owner = session.user.identifier if session.user else LOCAL_USER
    if owner != (user_of(request.scope["headers"]) or LOCAL_USER):
        return None
    return owner, session.thread_id


async def begin_conversation(request: Request, name: str) -> None:
    """Have the page's conversation begin, if it has not: its files are found again after a reload.

    Chainlit begins one with the first message only.
    """
    from chainlit.context import init_ws_context
    from chainlit.session import WebsocketSession

    session = WebsocketSession.get_by_id(request.query_params.get("session", ""))
    if session is not None and not session.has_first_interaction:
        session.has_first_interaction = True
        await init_ws_context(session).emitter.init_thread(name)


async def sweep_uploads(uploads: Uploads, pause: float = PAUSE_SECONDS) -> None:
    """Delete what was private to conversations that are over, for as long as the app runs."""
    from chainlit.session import ws_sessions_id

    while True:
        await asyncio.sleep(pause)
        alive = {session.thread_id for session in list(ws_sessions_id.values())}
        await asyncio.to_thread(uploads.expire, alive)


def _gone() -> Response:
    return _refused(404, _("this page is not connected any more; load it again"), REFUSED)


def _refused(status: int, reason: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"state": "refused", "reason": reason}, status, headers or HEADERS)


def _shown(upload: Upload) -> dict[str, Any]:
    """What the page is told of a file."""
    reason = told_of_file(language.told(upload.reason)) if upload.reason else None
    if upload.state == "known":
        reason = _("its text is there already")
    return {
        "id": upload.id,
        "name": upload.name,
        "state": upload.state,
        "kept": upload.kept,
        "reason": reason,
        "title": upload.title,
        "href": path_of(upload.id) if upload.id else None,
    }
