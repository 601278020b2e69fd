"""The other pages that show a conversation: what is asked on one of them comes to all."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from assistant.chat.failures import told
from assistant.chat.texts.language import choose

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from chainlit.session import BaseSession

__all__ = ["on_other_pages"]


def on_other_pages(
    here: BaseSession, show: Callable[[], Awaitable[None]]
) -> list[asyncio.Task[None]]:
    """Have `show` done on each other page of this user and conversation, in its own language."""
    from chainlit.context import init_ws_context
    from chainlit.session import WebsocketSession, ws_sessions_id

    async def showing(there: WebsocketSession) -> None:
        # A task has a context of its own; that of the page which has asked stays as it is.
        init_ws_context(there)
        choose(there.environ["asgi.scope"])
        try:
            await show()
        except Exception as error:  # nobody has asked there
            told(error)

    return [
        asyncio.create_task(showing(there))
        for there in ws_sessions_id.values()
        if there is not here and there.thread_id == here.thread_id and _user(there) == _user(here)
    ]


def _user(session: BaseSession) -> str | None:
    return session.user.identifier if session.user else None
