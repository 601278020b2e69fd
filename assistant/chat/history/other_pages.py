"""The other pages of a user: what is asked, renamed or deleted on one of them comes to all."""

from __future__ import annotations

import asyncio
import uuid
from functools import partial
from typing import TYPE_CHECKING

from assistant.chat.failures import told
from assistant.chat.texts.language import choose
from assistant.chat.texts.language import gettext as _

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from chainlit.session import BaseSession, WebsocketSession

__all__ = ["list_again", "list_now", "on_other_pages"]


def on_other_pages(
    here: BaseSession, show: Callable[[], Awaitable[None]]
) -> list[asyncio.Task[None]]:
    """Have `show` done on each other page of this user and conversation, in its own language."""
    return [
        _on(there, show)
        for there in _pages_of(_user(here), here)
        if there.thread_id == here.thread_id
    ]


def list_again(
    user: str, here: BaseSession | None, deleted: str | None = None
) -> list[asyncio.Task[None]]:
    """Have each page of the user but `here` list the conversations as they are now.

    A page that shows the one that was `deleted` says so.
    """
    return [_on(there, partial(list_now, there, deleted)) for there in _pages_of(user, here)]


async def list_now(page: BaseSession, deleted: str | None = None) -> None:
    """Have a page, the one of the context, list the conversations as they are now.

    Chainlit's pages list anew when a conversation begins: that is what this one is told.
    """
    from chainlit.context import context

    shown = page.thread_id if page.has_first_interaction or page.thread_id_to_resume else None
    begun = {"interaction": str(uuid.uuid4()), "thread_id": shown}
    await context.emitter.emit("first_interaction", begun)
    if deleted is not None and shown == deleted:
        gone = _("This conversation was deleted on another page.")
        await context.emitter.send_toast(gone, "info")


def _on(there: WebsocketSession, show: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
    """A task that does `show` on a page."""
    from chainlit.context import init_ws_context

    async def showing() -> None:
        # A task has a context of its own; that of the page which has asked stays as it is.
        init_ws_context(there)
        choose(there.environ["asgi.scope"])
        try:
            await show()
        except Exception as error:  # nobody has asked there
            told(error)

    return asyncio.create_task(showing())


def _pages_of(user: str | None, here: BaseSession | None) -> list[WebsocketSession]:
    """The pages of a user but `here`."""
    from chainlit.session import ws_sessions_id

    return [
        there for there in ws_sessions_id.values() if there is not here and _user(there) == user
    ]


def _user(session: BaseSession) -> str | None:
    return session.user.identifier if session.user else None
