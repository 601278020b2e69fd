"""Frees the memory that is kept for conversations that are over."""

from __future__ import annotations

import asyncio
import ctypes

__all__ = ["give_memory_back", "sweep_chat_contexts"]

PAUSE_SECONDS = 60.0


async def sweep_chat_contexts(pause: float = PAUSE_SECONDS) -> None:
    """Drop what is kept of sessions that no longer exist, for as long as the app runs.

    Chainlit 2.12 adds to `chat_contexts` and never takes out, and an answer that is still being
    composed when its page goes makes a new entry in `user_sessions` afterwards. Then the memory
    that has become free goes back to the system.
    """
    from chainlit.chat_context import chat_contexts
    from chainlit.session import ws_sessions_id
    from chainlit.user_session import user_sessions

    while True:
        await asyncio.sleep(pause)
        for session_id in (chat_contexts.keys() | user_sessions.keys()) - ws_sessions_id.keys():
            chat_contexts.pop(session_id, None)
            user_sessions.pop(session_id, None)
        await asyncio.to_thread(give_memory_back)


def give_memory_back() -> None:
    """Hand the freed memory that the C library keeps to the system, where it can (glibc).

    After many have asked at once it keeps some hundred MiB: each thread that answered frees into
    an arena of its own, which by itself shrinks only at its end.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
