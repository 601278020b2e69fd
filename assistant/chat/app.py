"""The Chainlit app. Chainlit loads this file by its path, so every import is absolute."""

# Chainlit leaves most of its functions untyped.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import asyncio
import logging
import secrets

import chainlit as cl  # noqa: TID253 (nothing imports this module but Chainlit)

from assistant.chat import launch, rendering
from assistant.chat.escaping import escape
from assistant.chat.opening import Turn
from assistant.chat.reply import Reply
from assistant.chat.sweeping import sweep_chat_contexts
from assistant.conversation import MOST_TURNS
from embeddings.errors import AssistantError, QuestionError

NAME = "Footnote"
PROMISE = "Answers from your articles, every sentence cited"
PREPARING = "Getting the articles ready. The first time this takes a moment."
WELCOME_WAIT_SECONDS = 1.0
"""How long a page may wait for what it shows first; it loads again once all is there."""

logger = logging.getLogger("footnote")
opening = launch.current().opening
background: set[asyncio.Task[None]] = set()


@cl.on_app_startup
async def start() -> None:
    """Say where the chat is, and begin to sweep."""
    served = launch.current()
    host = f"[{served.host}]" if ":" in served.host else served.host
    print(f"Footnote is at http://{host}:{served.port} (Ctrl-C stops it)", flush=True)  # noqa: T201
    keep(asyncio.create_task(sweep_chat_contexts()))


def keep(task: asyncio.Task[None]) -> None:
    """Hold on to a background task for as long as it runs; asyncio itself does not."""
    background.add(task)
    task.add_done_callback(background.discard)


@cl.on_app_shutdown
def stop() -> None:
    """Close the articles."""
    opening.close()


@cl.set_chat_profiles
async def welcome(user: cl.User | None = None, language: str | None = None) -> list[cl.ChatProfile]:
    """The one profile: it is how Chainlit shows a picture and a text on the empty screen."""
    try:
        await asyncio.wait_for(opening.assistant(), WELCOME_WAIT_SECONDS)
        line = rendering.covered(await opening.call(lambda assistant: assistant.articles()))
    except TimeoutError:
        line = PREPARING
    except Exception as error:
        line = explain(error)
    text = f"**{NAME}**\n\n{escape(PROMISE)}\n\n{escape(line)}"
    return [cl.ChatProfile(name=NAME, markdown_description=text, icon="/public/mark.svg")]


@cl.set_starters
async def starters(user: cl.User | None = None, language: str | None = None) -> list[cl.Starter]:
    """Questions that the articles answer, for the empty screen."""
    if not opening.ready:
        return []
    try:
        picked = await asyncio.wait_for(opening.starters(), WELCOME_WAIT_SECONDS)
    except Exception:
        return []
    return [cl.Starter(label=starter.label, message=starter.question) for starter in picked]


@cl.on_chat_start
async def greet() -> None:
    """Tell the page when all is ready. Nobody can ask before this returns, so it does not wait."""
    keep(asyncio.create_task(announce()))


async def announce() -> None:
    """Tell the page what its empty screen holds when all is ready; it may have come too early."""
    offered = await opening.settle()
    shown = {"preparing": PREPARING, "starters": offered}
    await cl.send_window_message({"footnote": "ready", **shown})


@cl.on_message
async def answer(message: cl.Message) -> None:
    """Answer a question; whatever goes wrong is said in our own words."""
    try:
        await prepared()
        await converse(message.content)
    except QuestionError as error:
        await cl.Message(content=escape(str(error))).send()
    except Exception as error:
        await cl.Message(content=explain(error, markdown=True)).send()


async def prepared() -> None:
    """Wait for the articles, with a note for whoever is waiting."""
    if opening.ready:
        return
    note = await cl.Message(content=PREPARING).send()
    try:
        await opening.assistant()
    finally:
        await note.remove()


async def converse(question: str) -> None:
    """Stream one answer and remember the turn."""
    history: list[Turn] = cl.user_session.get("history") or []
    reply = Reply(opening, question)
    await reply.start()
    try:
        async for event in opening.stream(question, history):
            await reply.show(event)
            if event.answer is not None:
                turns = (("user", question), ("assistant", event.answer.text))
                history = [*history, *(Turn(role=role, content=content) for role, content in turns)]
    finally:
        await reply.end_step()
    cl.user_session.set("history", history[-MOST_TURNS:])


def explain(error: Exception, *, markdown: bool = False) -> str:
    """Our message for an error, which is logged in full under the id that the message names."""
    error_id = secrets.token_hex(4)
    logger.error("error %s", error_id, exc_info=error)
    known = isinstance(error, AssistantError)
    text = str(error) if known else "Something went wrong inside Footnote; ask again."
    return rendering.error_markdown(text, error_id) if markdown else f"{text} (error {error_id})"
