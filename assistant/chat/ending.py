"""What is still being served when the server ends is told so, and leaves no traceback behind."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from assistant.chat.access.hardening import refuse
from assistant.chat.texts.language import N_

if TYPE_CHECKING:
    from assistant.chat.access.hardening import App, Message, Receive, Scope, Send

__all__ = ["Ending"]

STOPPING = N_("The chat is being stopped.")


class Ending:
    """ASGI middleware: answers 503 to a request that the server cancels.

    uvicorn does so only when it ends, once the time for what still runs is up; it would log each
    of them as an error of ours.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request to its end, or to the server's."""
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except asyncio.CancelledError:
            if scope["type"] == "http" and not begun:
                await refuse(scope, receive, send, 503, STOPPING)
