"""Frees the memory that Chainlit keeps for conversations that are over."""

from __future__ import annotations

import asyncio

__all__ = ["sweep_chat_contexts"]

PAUSE_SECONDS = 60.0


async def sweep_chat_contexts(pause: float = PAUSE_SECONDS) -> None:
    """Drop what is kept of sessions that no longer exist, for as long as the app runs.

    Chainlit 2.12 adds to `chat_contexts` and never takes out, and an answer that is still being
    composed when its page goes makes a new entry in `user_sessions` afterwards.
    """
    from chainlit.chat_context import chat_contexts
    from chainlit.session import ws_sessions_id
    from chainlit.user_session import user_sessions

    while True:
        await asyncio.sleep(pause)
        for session_id in (chat_contexts.keys() | user_sessions.keys()) - ws_sessions_id.keys():
            chat_contexts.pop(session_id, None)
            user_sessions.pop(session_id, None)
