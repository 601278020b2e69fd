"""Ends the open pages of users whose login has ended: who logged out, or is no longer one.

Chainlit looks at a token when a socket opens, and never again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainlit.session import WebsocketSession

__all__ = ["check_events", "counts", "revoke", "sweep_revoked"]

PAUSE_SECONDS = 5.0
UNCHECKED = ("connect", "disconnect", "clear_session")
"""Chainlit itself looks at the token in the first; the others only take away."""

Handler = Callable[..., Awaitable[Any]]


def check_events(handlers: dict[str, Handler]) -> None:
    """Have every event of a socket looked at: one whose login has ended does nothing more."""
    for name in handlers.keys() - UNCHECKED:
        handlers[name] = _checked(handlers[name])


def _checked(handler: Handler) -> Handler:
    async def checked(sid: str, *given: object) -> object:
        from chainlit.session import WebsocketSession

        session = WebsocketSession.get(sid)
        # Not in a thread: events have to be handled in the order in which they came.
        if session is not None and not counts(session.token):
            await revoke(session)
            return None
        return await handler(sid, *given)

    return checked


def counts(token: str | None) -> bool:
    """Whether a session with this token may go on; one without was let in without."""
    from chainlit import auth
    from jwt import PyJWTError

    if token is None:
        return True
    try:
        auth.decode_jwt(token)  # type: ignore[attr-defined]
    except PyJWTError:
        return False
    return True


async def revoke(session: WebsocketSession) -> None:
    """Stop what runs for the session, close its socket, and keep nothing of it."""
    from chainlit.server import sio

    session.to_clear = True
    if session.current_task is not None:
        session.current_task.cancel()
    await sio.disconnect(session.socket_id)


async def sweep_revoked(pause: float = PAUSE_SECONDS) -> None:
    """Close the sockets whose login has ended, for as long as the app runs."""
    from chainlit.session import ws_sessions_sid

    while True:
        await asyncio.sleep(pause)
        sessions = list(ws_sessions_sid.values())
        tokens = {session.token for session in sessions}
        void = {token for token in tokens if not await asyncio.to_thread(counts, token)}
        for session in sessions:
            if session.token in void:
                await revoke(session)
