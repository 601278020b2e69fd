"""Puts what to ask next below an answer, once it is known; nobody waits for it."""

# Chainlit leaves most of its functions untyped.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import chainlit as cl  # noqa: TID253 (only the running app imports this module)

from assistant.chat.failures import told
from assistant.chat.replies.ask_next import pick_next

if TYPE_CHECKING:
    from assistant.answers import Answer
    from assistant.chat.opening import Turn
    from assistant.chat.preferences import Preferences
    from assistant.chat.replies.reply import Reply

__all__ = ["begin_turn", "offer_next"]

NEXT_WITHIN_SECONDS = 15.0
"""How long after an answer it is still worth while to offer what to ask next."""


def begin_turn() -> threading.Event:
    """End what is still being looked for below the last answer; set once this turn is not last."""
    before: threading.Event | None = cl.user_session.get("superseded")
    if before is not None:
        before.set()
    superseded = threading.Event()
    cl.user_session.set("superseded", superseded)
    return superseded


async def offer_next(
    reply: Reply,
    found: Answer,
    said: list[Turn],
    preferences: Preferences,
    superseded: threading.Event,
) -> None:
    """Show below an answer what can be asked next, if anything is sure to be answered."""
    late = time.monotonic() + NEXT_WITHIN_SECONDS

    def stopped() -> bool:
        return superseded.is_set() or time.monotonic() > late

    try:
        questions = await reply.opening.aside(
            lambda assistant: pick_next(assistant, found, said, preferences, stopped)
        )
    except Exception as error:  # nobody has asked for them
        told(error)
        return
    if questions and not stopped():
        props = {"questions": list(questions)}
        await cl.CustomElement(name="AskNext", display="inline", props=props).send(
            for_id=reply.message.id
        )
