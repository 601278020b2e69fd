"""Has the page read a reply out to who listens, once it is complete."""

# Chainlit leaves most of its functions untyped.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import chainlit as cl  # noqa: TID253 (only the running app imports this module)

__all__ = ["speak"]


async def speak(reply_id: str, text: str) -> None:
    """Have `text` read out; `accessible.js` does it once for each reply, however often it comes."""
    await cl.send_window_message({"footnote": "replied", "id": reply_id, "text": text})
