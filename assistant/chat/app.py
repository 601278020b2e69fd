"""The Chainlit app. Chainlit loads this file by its path, so every import is absolute."""

# Chainlit leaves most of its functions untyped.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import chainlit as cl  # noqa: TID253 (nothing imports this module but Chainlit)
from chainlit.config import config  # noqa: TID253

from assistant.chat import launch
from assistant.chat.access.attempts import asking_address
from assistant.chat.access.login import MARK, mark_if_right, user_of
from assistant.chat.access.passwords import LOCAL_USER, LONGEST_USER
from assistant.chat.access.revoking import sweep_revoked
from assistant.chat.failures import by_itself, told, worded
from assistant.chat.history.data_layer import MOST_SHOWN, HistoryLayer
from assistant.chat.history.keeping import Keeping
from assistant.chat.history.other_pages import list_now, on_other_pages
from assistant.chat.history.resuming import shown, spoken, turns
from assistant.chat.history.store import Exchange
from assistant.chat.library.uploading import sweep_uploads
from assistant.chat.opening import SOON_SECONDS, Turn
from assistant.chat.overload import BUSY, FairQueue
from assistant.chat.preferences import asking, read_form
from assistant.chat.replies import rendering
from assistant.chat.replies.escaping import escape
from assistant.chat.replies.offering import begin_turn, offer_next
from assistant.chat.replies.reply import Reply
from assistant.chat.replies.speaking import speak
from assistant.chat.settings_panel import settings_panel
from assistant.chat.sweeping import sweep_chat_contexts
from assistant.chat.texts.language import N_, PROMISE
from assistant.chat.texts.language import gettext as _
from assistant.understanding.conversation import MOST_TURNS
from embeddings.catalog import CatalogQuery
from embeddings.errors import AssistantError, QuestionError

if TYPE_CHECKING:
    from chainlit.types import ThreadDict
    from starlette.datastructures import Headers
    from starlette.requests import Request
    from starlette.responses import Response

    from assistant.answers import Answer
    from assistant.chat.opening import Answerer, Opening
    from assistant.chat.overload import Place
    from assistant.chat.preferences import Asking, Preferences
    from assistant.chat.starters import Starter
    from assistant.service import Assistant

NAME = "Footnote"
PREPARING = N_("Getting the articles ready. The first time this takes a moment.")
MOST_HASHING = 2
"""Passwords that are hashed at a time: each takes 32 MiB and a core."""

served = launch.current()
opening, history, uploads = served.opening, served.history, served.uploads
background: set[asyncio.Task[None]] = set()
answering: dict[str, asyncio.Task[None]] = {}
"""What is being answered just now, by the id of the exchange."""
queue = FairQueue()
hashing = asyncio.Semaphore(MOST_HASHING)


@cl.on_app_startup
async def start() -> None:
    """Say where the chat is, and begin to sweep."""
    host = f"[{served.host}]" if ":" in served.host else served.host
    print(f"Footnote is at http://{host}:{served.port} (Ctrl-C stops it)", flush=True)  # noqa: T201
    keep(asyncio.create_task(sweep_chat_contexts()))
    keep(asyncio.create_task(sweep_uploads(uploads)))
    keep(asyncio.create_task(sweep_revoked()))


def keep(task: asyncio.Task[None]) -> None:
    """Hold on to a background task for as long as it runs; asyncio itself does not."""
    background.add(task)
    task.add_done_callback(background.discard)


@cl.on_app_shutdown
async def stop() -> None:
    """Keep what is shown of unfinished answers, then close the articles and the conversations."""
    unfinished = tuple(answering.values())
    for task in unfinished:
        task.cancel()
    if unfinished:
        await asyncio.wait(unfinished, timeout=launch.GRACE_SECONDS)
    opening.close()
    uploads.close()
    if history is not None:
        history.close()


@cl.set_chat_profiles
async def welcome(user: cl.User | None = None, language: str | None = None) -> list[cl.ChatProfile]:
    """The one profile: it is how Chainlit shows a picture and a text on the empty screen."""
    more = ""
    try:
        await opening.soon()
        newest = CatalogQuery(order="newest", size=1)
        line = rendering.covered(await opening.call(lambda assistant: assistant.catalog(newest)))
        more = f" · [{escape(_('Browse the articles'))}](/articles)"
    except TimeoutError:
        line = _(PREPARING)
    except Exception as error:
        line = explain(error)
    text = f"**{NAME}**\n\n{escape(_(PROMISE))}\n\n{escape(line)}{more}"
    return [cl.ChatProfile(name=NAME, markdown_description=text, icon="/public/mark.svg")]


@cl.set_starters
async def starters(user: cl.User | None = None, language: str | None = None) -> list[cl.Starter]:
    """Questions that the articles answer, for the empty screen."""
    if not opening.ready:
        return []
    try:
        name = user.identifier if user else LOCAL_USER
        picked = await asyncio.wait_for(offered_to(name), SOON_SECONDS)
    except Exception:
        return []
    return [cl.Starter(label=starter.label, message=starter.question) for starter in picked]


async def greet() -> None:
    """Tell the page when all is ready; it does not wait for that.

    It has listed the conversations before it was connected, and may have missed what began since.
    """
    if history is not None:
        await list_now(cl.context.session)
    keep(asyncio.create_task(announce()))
    keep(asyncio.create_task(show_settings(conversation="")))


# `cl.on_chat_start` would tell the page that a task runs: a page that can send could for a moment
# not, and what is sent in that moment is never sent.
config.code.on_chat_start = greet


async def offered_to(user: str) -> tuple[Starter, ...]:
    """Those of the starters that are answered from the articles that this user asks."""
    picked = await opening.starters()

    def fitting(assistant: Answerer) -> tuple[Starter, ...]:
        now = asking(served.remembered.of(user), assistant)
        return tuple(
            starter
            for starter in picked
            if all(now.admits(assistant.article(each)) for each in starter.articles)
        )

    return await opening.call(fitting)


async def announce() -> None:
    """Tell the page what its empty screen holds when all is ready; it may have come too early."""
    await opening.settle()
    try:
        offered = len(await offered_to(asker()))
    except Exception:
        offered = 0
    told_page = {"preparing": _(PREPARING), "starters": offered}
    await cl.send_window_message({"footnote": "ready", **told_page})


@cl.on_message
async def answer(message: cl.Message) -> None:
    """Answer a question when it is its turn; beyond what can wait, say so at once."""
    place = queue.join(turn_taker())
    if place is None:
        refused = await cl.Message(content=escape(_(BUSY))).send()
        await speak(refused.id, _(BUSY))
        return
    with place:
        await answer_at(place, message)


async def answer_at(place: Place, message: cl.Message) -> None:
    """Answer a question that has a place; whatever goes wrong is said in our own words."""
    reply = Reply(conversing(), message.content)
    asked = exchange(message, reply)
    keeping = Keeping(history, asker(), cl.context.session.thread_id, asked)
    task = asyncio.current_task()
    assert task is not None
    answering[asked.id] = task
    following = asyncio.create_task(keeping.follow(reply.so_far))
    try:
        await keeping.begin()
        await answer_kept(place, reply, keeping)
    except asyncio.CancelledError:  # by Stop, by the end of a login, or of the chat
        await keeping.finish(reply.so_far(), "", reply.folded)
        raise
    finally:
        following.cancel()
        del answering[asked.id]


async def answer_kept(place: Place, reply: Reply, keeping: Keeping) -> None:
    """Answer a question that is kept, and keep what comes of it."""
    found, said = None, ""
    try:
        await prepared()
        await place.admitted()
        found = await converse(reply, await said_before(keeping))
    except QuestionError as error:
        said = escape(by_itself(worded(error)))
    except Exception as error:
        said = explain(error, markdown=True)
    if said:
        await cl.Message(content=said).send()
    failed = _("This question could not be answered.")
    await speak(reply.message.id, rendering.spoken(found) if found else failed)
    await keeping.finish(found or reply.so_far(), said, reply.folded)
    if history is not None and not keeping.problem:
        told_page = {"footnote": "kept", "conversation": cl.context.session.thread_id}
        await cl.send_window_message(told_page)
        for shown_there in on_other_pages(cl.context.session, lambda: show_kept(keeping.exchange)):
            keep(shown_there)
    if keeping.problem:
        await cl.Message(content=escape(keeping.problem)).send()


def conversing() -> Opening:
    """The articles as this conversation knows them: the library, and what it has added itself."""
    conversation = cl.context.session.thread_id
    return opening.within(lambda a: uploads.beside(cast("Assistant", a), conversation))


def turn_taker() -> str:
    """Who takes turns with the others: the user; where there is no login, each page."""
    return asker() if served.login.kind != "local" else str(cl.context.session.id)


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
    note = await cl.Message(content=_(PREPARING)).send()
    try:
        await opening.assistant()
    finally:
        await note.remove()


async def said_before(keeping: Keeping) -> list[Turn]:
    """The last turns of the conversation: those of all pages that show it, where they are kept."""
    here: list[Turn] = cl.user_session.get("history") or []
    if history is None or keeping.problem:
        return here
    conversation = cl.context.session.thread_id
    try:
        kept = await asyncio.to_thread(history.conversation, asker(), conversation, MOST_TURNS)
    except AssistantError as error:  # an answer is given also where nothing can be kept
        told(error)
        return here
    return turns(kept)[-MOST_TURNS:] if kept is not None else here


async def converse(reply: Reply, said: list[Turn]) -> Answer | None:
    """Stream one answer, after what was `said` before it, and remember the turn."""
    found = None
    superseded = begin_turn()
    now = await followed()
    now.check()
    own = await asyncio.to_thread(uploads.own_titles, cl.context.session.thread_id)
    await reply.start()
    try:
        async for event in reply.opening.stream(reply.question, said, now.preferences):
            if event.answer is not None:
                event = replace(event, answer=now.titled(event.answer, own))
            await reply.show(event)
            if event.answer is not None:
                found = event.answer
                turns = (("user", reply.question), ("assistant", found.text))
                said = [*said, *(Turn(role=role, content=content) for role, content in turns)]
    finally:
        await reply.end_step()
    said = said[-MOST_TURNS:]
    cl.user_session.set("history", said)
    if found is not None and found.answered:
        keep(asyncio.create_task(offer_next(reply, found, said, now.preferences, superseded)))
    return found


async def followed() -> Asking:
    """What the user has set, as it can be followed now."""
    user = asker()
    return await opening.call(lambda assistant: asking(served.remembered.of(user), assistant))


async def show_settings(*, conversation: str | None = None, changed: bool = False) -> None:
    """Fill the settings behind the gear, and have the page say what is on.

    `conversation` is the one that the page shows from now on; None for the same.
    """
    try:
        panel = settings_panel(await followed(), with_llm=served.with_llm)
    except Exception as error:  # told where a question is asked
        told(error)
        return
    await panel.send()
    told_page = {"footnote": "preferences", "changed": changed, "conversation": conversation}
    await cl.send_window_message(told_page)


@cl.on_settings_update
async def set_preferences(form: dict[str, object]) -> None:
    """Remember what the user has set, or say what is wrong with it and change nothing."""
    user = asker()

    def read(assistant: Answerer) -> Preferences:
        return read_form(form, asking(served.remembered.of(user), assistant), assistant)

    try:
        preferences = await opening.call(read)
        await asyncio.to_thread(served.remembered.keep, user, preferences)
    except QuestionError as error:
        said = _("Nothing was changed: {problem}").format(problem=worded(error))
        await cl.context.emitter.send_toast(said, "error")
    except Exception as error:
        await cl.context.emitter.send_toast(explain(error), "error")
    else:
        await show_settings(changed=True)


@cl.on_window_message
async def refill(wanted: object) -> None:
    """Fill the settings anew for who comes back to a page: another may have set them meanwhile."""
    await show_settings()


async def resume(thread: ThreadDict) -> None:
    """Show a conversation again, its citations proven against the articles as they are now."""
    assert history is not None
    try:
        await prepared()
        unfinished = dict(answering)  # before what is kept: what is answered meanwhile is in it
        kept = await asyncio.to_thread(history.conversation, asker(), thread["id"], MOST_SHOWN)
        if kept is None:
            return
        again = await conversing().call(lambda a: shown(kept, a.article, unfinished))
        thread["steps"], thread["elements"] = again.steps, again.elements
        cl.user_session.set("history", turns(kept)[-MOST_TURNS:])
        await show_settings(conversation=thread["id"])
        await list_now(cl.context.session)
        for each in kept.exchanges:
            if each.id in unfinished and (each.answer is None or each.partial):
                keep(asyncio.create_task(await_answer(each, unfinished[each.id])))
    except Exception as error:
        await cl.Message(content=explain(error, markdown=True)).send()


async def await_answer(asked: Exchange, task: asyncio.Task[None]) -> None:
    """Show an answer once it is there to a page that came while it was composed.

    The page waits as the one does that asked; its Stop button stops the answer.
    """
    cl.context.session.current_task = task
    await cl.context.emitter.task_start()
    await asyncio.wait([task])
    await cl.context.emitter.delete_step({"id": asked.reply_id})
    try:
        await show_kept(asked)
    except Exception as error:
        await cl.Message(content=explain(error, markdown=True)).send()
    finally:
        await cl.context.emitter.task_end()


async def show_kept(asked: Exchange) -> None:
    """Show what was kept of an exchange: a page that shows its question shows the reply below."""
    assert history is not None
    conversation = cl.context.session.thread_id
    kept = await asyncio.to_thread(history.conversation, asker(), conversation, MOST_SHOWN)
    if kept is None:  # deleted meanwhile, in another page
        await cl.Message(content=escape(_("There is no such conversation."))).send()
        return
    only = replace(kept, exchanges=tuple(each for each in kept.exchanges if each.id == asked.id))
    again = await conversing().call(lambda assistant: shown(only, assistant.article))
    for step in again.steps:  # what is there stays, what is new comes after it
        await cl.context.emitter.send_step(step)
    for element in again.elements:
        await cl.context.emitter.send_element(element)
    for each in only.exchanges:
        await speak(each.reply_id, spoken(each))
    cl.user_session.set("history", turns(kept)[-MOST_TURNS:])


async def password_login(name: str, password: str) -> cl.User | None:
    """The user, if the password is right; after some wrong ones they wait a minute."""
    if len(name) > LONGEST_USER:
        return None
    attempts, address = served.attempts, asking_address.get()
    async with hashing:
        if attempts.wait(name, address):  # not before: many may have tried while this one waited
            return None
        mark = await asyncio.to_thread(
            mark_if_right, served.login, attempts, name, password, address
        )
    return cl.User(identifier=name, metadata={MARK: mark}) if mark else None


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
    layer = HistoryLayer(history, uploads.drop)
    cl.data_layer(lambda: layer)
    cl.on_chat_resume(resume)


def explain(error: Exception, *, markdown: bool = False) -> str:
    """Our message for an error, which is logged in full under the id that the message names."""
    text, error_id = told(error)
    text = by_itself(text)
    if markdown:
        return rendering.error_markdown(text, error_id)
    return _("{problem} (error {id})").format(problem=text, id=error_id)
