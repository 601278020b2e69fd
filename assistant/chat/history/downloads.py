"""A conversation as a file: `/conversations/ID.md` with footnotes, `/conversations/ID.json`."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from assistant.chat.access.hardening import is_uuid
from assistant.chat.failures import told
from assistant.chat.history.exporting import conversation_json, conversation_markdown
from assistant.chat.texts.language import gettext as _

if TYPE_CHECKING:
    from assistant.chat.history.store import History

__all__ = ["disposition", "download_routes"]

HEADERS = {"cache-control": "no-store"}
TYPES = {"md": "text/markdown; charset=utf-8", "json": "application/json"}
LONGEST_NAME = 80
NO_FILE_NAME = re.compile(r"[^\w .,-]+")

User = Callable[[Request], "str | None"]
"""Names who is asking; None for nobody who may."""


def download_routes(history: History | None, user: User) -> list[Route]:
    """The route of the files; a conversation is there only for the user who owns it."""

    async def download(request: Request) -> Response:
        conversation_id, form = request.path_params["id"], request.path_params["form"]
        name = user(request)
        if history is None or name is None or form not in TYPES or not is_uuid(conversation_id):
            return _nothing()
        try:
            found = await asyncio.to_thread(history.conversation, name, conversation_id)
        except Exception as error:
            text, error_id = told(error)
            return PlainTextResponse(f"{text} ({error_id})", 500, HEADERS)
        if found is None:
            return _nothing()
        if form == "json":
            body = json.dumps(conversation_json(found), ensure_ascii=False, indent=2) + "\n"
        else:
            body = conversation_markdown(found)
        headers = {**HEADERS, "content-disposition": disposition(found.name, form)}
        return Response(body, headers=headers, media_type=TYPES[form])

    return [Route("/conversations/{id}.{form}", download, methods=["GET"])]


def disposition(name: str, form: str) -> str:
    """The header that saves a file under the conversation's name (RFC 6266)."""
    plain = " ".join(NO_FILE_NAME.sub(" ", name).split())[:LONGEST_NAME].strip(" .")
    file = f"{plain or 'conversation'}.{form}"
    return f"attachment; filename=\"conversation.{form}\"; filename*=UTF-8''{quote(file, safe='')}"


def _nothing() -> Response:
    return PlainTextResponse(_("There is no such conversation."), 404, HEADERS)
