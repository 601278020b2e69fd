"""The Chainlit app. Chainlit loads this file by its path, so every import is absolute."""

# Chainlit leaves most of its functions untyped.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING

import chainlit as cl  # noqa: TID253 (nothing imports this module but Chainlit)

from assistant.chat import launch, rendering
from assistant.chat.data_layer import MOST_SHOWN, HistoryLayer
from assistant.chat.escaping import escape
from assistant.chat.failures import told
from assistant.chat.history import Exchange
from assistant.chat.keeping import Keeping
from assistant.chat.login import Attempts, is_right, user_of
from assistant.chat.opening import Turn
from assistant.chat.passwords import LOCAL_USER
from assistant.chat.reply import Reply
from assistant.chat.resuming import shown, turns
from assistant.chat.sweeping import sweep_chat_contexts
from assistant.conversation import MOST_TURNS
from embeddings.errors import QuestionError

if TYPE_CHECKING:
    from chainlit.types import ThreadDict
    from starlette.datastructures import Headers
    from starlette.requests import Request
    from starlette.responses import Response

    from assistant.answers import Answer

NAME = "Footnote"
PROMISE = "Answers from your articles, every sentence cited"
PREPARING = "Getting the articles ready. The first time this takes a moment."
BROWSE = "[Browse the articles](/articles)"
MOST_HASHING = 2
"""Passwords that are hashed at a time: each takes 32 MiB and a core."""
WELCOME_WAIT_SECONDS = 1.0
"""How long a page may wait for what it shows first; it loads again once all is there."""

served = launch.current()
opening, history = served.opening, served.history
background: set[asyncio.Task[None]] = set()
attempts = Attempts()
hashing = asyncio.Semaphore(MOST_HASHING)


@cl.on_app_startup
async def start() -> None:
    """Say where the chat is, and begin to sweep."""
    host = f"[{served.host}]" if ":" in served.host else served.host
    print(f"Footnote is at http://{host}:{served.port} (Ctrl-C stops it)", flush=True)  # noqa: T201
    keep(asyncio.create_task(sweep_chat_contexts()))


def keep(task: asyncio.Task[None]) -> None:
    """Hold on to a background task for as long as it runs; asyncio itself does not."""
    background.add(task)
    task.add_done_callback(background.discard)


@cl.on_app_shutdown
def stop() -> None:
    """Close the articles and the conversations."""
    opening.close()
    if history is not None:
        history.close()


@cl.set_chat_profiles
async def welcome(user: cl.User | None = None, language: str | None = None) -> list[cl.ChatProfile]:
    """The one profile: it is how Chainlit shows a picture and a text on the empty screen."""
    more = ""
    try:
        await asyncio.wait_for(opening.assistant(), WELCOME_WAIT_SECONDS)
        line = rendering.covered(await opening.call(lambda assistant: assistant.articles()))
        more = f" · {BROWSE}"
    except TimeoutError:
        line = PREPARING
    except Exception as error:
        line = explain(error)
    text = f"**{NAME}**\n\n{escape(PROMISE)}\n\n{escape(line)}{more}"
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
    told_page = {"preparing": PREPARING, "starters": offered}
    await cl.send_window_message({"footnote": "ready", **told_page})


@cl.on_message
async def answer(message: cl.Message) -> None:
    """Answer a question; whatever goes wrong is said in our own words."""
    reply = Reply(opening, message.content)
    keeping = Keeping(history, asker(), cl.context.session.thread_id, exchange(message, reply))
    await keeping.begin()
    found, said = None, ""
    try:
        await prepared()
        found = await converse(reply)
    except QuestionError as error:
        said = escape(str(error))
    except Exception as error:
        said = explain(error, markdown=True)
    if said:
        await cl.Message(content=said).send()
    await keeping.finish(found, said, reply.folded)
    if keeping.problem:
        await cl.Message(content=escape(keeping.problem)).send()


def asker() -> str:
    """The user whose session this is."""
    user = cl.user_session.get("user")
    return user.identifier if user else LOCAL_USER


def exchange(message: cl.Message, reply: Reply) -> Exchange:
    """A question and its reply, by the ids that the browser has of them.

    The reply's own is that of the run around it: a thumb up or down names that one.
    """
    return Exchange(
        id=reply.message.parent_id or str(uuid.uuid4()),
        question_id=message.id,
        reply_id=reply.message.id,
        question=message.content,
    )


async def prepared() -> None:
    """Wait for the articles, with a note for whoever is waiting."""
    if opening.ready:
        return
    note = await cl.Message(content=PREPARING).send()
    try:
        await opening.assistant()
    finally:
        await note.remove()


async def converse(reply: Reply) -> Answer | None:
    """Stream one answer and remember the turn."""
    said: list[Turn] = cl.user_session.get("history") or []
    found = None
    await reply.start()
    try:
        async for event in opening.stream(reply.question, said):
            await reply.show(event)
            if event.answer is not None:
                found = event.answer
                turns = (("user", reply.question), ("assistant", found.text))
                said = [*said, *(Turn(role=role, content=content) for role, content in turns)]
    finally:
        await reply.end_step()
    cl.user_session.set("history", said[-MOST_TURNS:])
    return found


async def resume(thread: ThreadDict) -> None:
    """Show a conversation again, its citations proven against the articles as they are now."""
    assert history is not None
    try:
        await prepared()
        kept = await asyncio.to_thread(history.conversation, asker(), thread["id"], MOST_SHOWN)
        if kept is None:
            return
        again = await opening.call(lambda assistant: shown(kept, assistant.article))
        thread["steps"], thread["elements"] = again.steps, again.elements
        cl.user_session.set("history", turns(kept)[-MOST_TURNS:])
    except Exception as error:
        await cl.Message(content=explain(error, markdown=True)).send()


async def password_login(name: str, password: str) -> cl.User | None:
    """The user, if the password is right; after some wrong ones they wait a minute."""
    if attempts.wait(name):
        return None
    async with hashing:
        right = await asyncio.to_thread(is_right, served.login, attempts, name, password)
    return cl.User(identifier=name) if right else None


async def header_login(headers: Headers) -> cl.User | None:
    """Everybody on this machine is one user; behind a proxy it is the one it names."""
    if served.login.kind == "local":
        return cl.User(identifier=LOCAL_USER)
    name = served.login.named(headers.raw)
    return cl.User(identifier=name) if name else None


async def log_out(request: Request, response: Response) -> dict[str, bool]:
    """End the user's logins in all browsers, not only here."""
    if name := user_of(request.scope["headers"]):
        await asyncio.to_thread(served.signed_out.note, name)
    return {"success": True}


if served.login.kind == "password":
    cl.password_auth_callback(password_login)
    cl.on_logout(log_out)
elif served.login.kind == "proxy" or history is not None:
    cl.header_auth_callback(header_login)
if history is not None:
    layer = HistoryLayer(history)
    cl.data_layer(lambda: layer)
    cl.on_chat_resume(resume)


def explain(error: Exception, *, markdown: bool = False) -> str:
    """Our message for an error, which is logged in full under the id that the message names."""
    text, error_id = told(error)
    return rendering.error_markdown(text, error_id) if markdown else f"{text} (error {error_id})"
