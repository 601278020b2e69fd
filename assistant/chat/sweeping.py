"""Frees the memory of conversations that are over, and has it go back to the system."""

from __future__ import annotations

import asyncio
import ctypes

__all__ = ["return_freed_memory", "sweep_chat_contexts"]

PAUSE_SECONDS = 60.0
KEPT_BYTES = 2_097_152
"""Freed memory that each thread may keep for what it needs next."""
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Their numbers in glibc's malloc.h."""


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


def return_freed_memory() -> None:
    """Have freed memory go back to the system, where the C library can be told to (glibc).

    By itself it raises both thresholds to the largest block that was freed, up to 32 and 64 MiB
    (mallopt(3)), and then keeps that much at the end of each thread's arena: after many articles
    were added in the chat, some 200 MiB that nobody used. `malloc_trim` does not look there.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, KEPT_BYTES)
        mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)
