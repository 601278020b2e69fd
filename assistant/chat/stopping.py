"""The Stop button: Chainlit 2.12 would say in English that a task was stopped manually."""

# Chainlit leaves most of its functions untyped.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistant.chat.replies.escaping import escape
from assistant.chat.texts.language import N_
from assistant.chat.texts.language import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["stop_in_our_words"]

STOPPED = N_("Stopped.")


def stop_in_our_words(handlers: dict[str, Callable[..., Any]]) -> None:
    """Have the socket's `stop` end what runs for the page, and say so in its language."""
    import chainlit as cl
    from chainlit.context import init_ws_context
    from chainlit.session import WebsocketSession

    from assistant.chat.replies.speaking import speak

    async def stop(sid: str) -> None:
        session = WebsocketSession.get(sid)
        if session is None:
            return
        init_ws_context(session)
        if session.current_task is not None:
            session.current_task.cancel()  # before it is said: who reads it can rely on it
        said = await cl.Message(content=escape(_(STOPPED))).send()
        await speak(said.id, _(STOPPED))

    handlers["stop"] = stop
