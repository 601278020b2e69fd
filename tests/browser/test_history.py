"""Conversations in a real browser: kept, opened again after a restart, and nobody else's."""

from __future__ import annotations

import asyncio
import html
import json
import re
import signal
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import socketio
from playwright.sync_api import Locator, Page, expect

from assistant import Assistant
from assistant.chat.access.passwords import LOCAL_USER, hash_password
from assistant.chat.history.keeping import PART_SECONDS
from assistant.chat.history.store import FILE_NAME, History
from tests.browser.apart import run_apart
from tests.browser.screens import HOLD_TOASTS
from tests.browser.serving import BROKEN, HALF, HELD, RELEASED

if TYPE_CHECKING:
    from tests.browser.conftest import Serve, Server, Tab

pytestmark = pytest.mark.browser
NewTab = Callable[..., "Tab"]

PATIENCE = 60.0
QUESTION = "How many vehicles did SAIC Ningde produce?"
OTHER = "How many drive motors does BYD make a year?"
SECRET = "How many vehicles did SAIC Ningde produce, asks Ada?"
MARKER = 'a[href^="#cite-"]'
MARK = "#side-view-content mark"
REPLY = '[data-step-type="assistant_message"]'
THREADS = "#thread-history a"


def restarted(server: Server, serve: Serve, *arguments: str) -> Server:
    """Another server over the same data folder, once the first has ended or was killed."""
    if server.process.poll() is None:
        server.stop()
    return serve(*arguments, folder=server.folder)


def open_first(page: Page, name: str) -> Locator:
    """Open a conversation from the list; its last reply."""
    page.locator(THREADS).filter(has_text=name).first.click()
    expect(page.locator(REPLY).last).to_be_visible()
    return page.locator(REPLY).last


def test_a_conversation_is_opened_again_after_a_restart(
    tab: NewTab, serve: Serve, exported: Path
) -> None:
    server = serve(encoder=exported)
    asking = tab(server)
    asking.open()
    before = asking.ask(QUESTION)
    said = before.locator(".message-content [role=article]").first.text_content()
    asking.ask("What was its output value?")
    asking.page.goto("about:blank")
    asking.errors.clear()

    server = restarted(server, serve)
    again = tab(server)
    page = again.open()
    open_first(page, QUESTION)
    replies = page.locator(REPLY)
    expect(replies).to_have_count(2)
    assert page.locator('[data-step-type="user_message"]').first.text_content() == QUESTION
    first = replies.first
    assert first.locator(".message-content [role=article]").first.text_content() == said
    with Assistant.open(data_dir=server.folder) as assistant:
        answer = assistant.ask(QUESTION)
        follow_up = assistant.ask(
            "Who is its mayor?",
            [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": answer.text}],
        )
    assert answer.citations
    for place, citation in enumerate(answer.citations):
        first.locator(MARKER).nth(place).click()
        expect(page.locator("#side-view-content .fn-about")).to_contain_text(citation.article_id)
        assert page.locator(MARK).text_content() == citation.quote
    expect(page.locator('[data-step-type="retrieval"]')).to_have_count(2)
    expect(page.locator('[data-step-type="tool"]').first).to_contain_text("Why this answer")
    # What follows is understood from what was said before the restart.
    assert follow_up.standalone_question != "Who is its mayor?"
    expect(again.ask("Who is its mayor?").locator("blockquote").first).to_contain_text("Asked as")


def test_a_source_that_has_changed_says_so(tab: NewTab, serve: Serve, tmp_path: Path) -> None:
    kept, lost = tmp_path / "kept.txt", tmp_path / "lost.txt"
    kept.write_text("Kept\n\nThe bridge is 40 metres long, says the first paper.\n", "utf-8")
    lost.write_text("Lost\n\nThe bridge is 41 metres long, says the other paper.\n", "utf-8")
    folder = ("--fake", "--folder", str(tmp_path))
    server = serve(*folder)
    asking = tab(server)
    asking.open()
    expect(asking.ask("How many metres long is the bridge?").locator(MARKER)).to_have_count(2)
    asking.page.goto("about:blank")
    asking.errors.clear()
    lost.write_text("Lost\n\nAll new. The bridge is 41 metres long, says nobody.\n", "utf-8")

    again = tab(restarted(server, serve, *folder))
    page = again.open()
    reply = open_first(page, "How many metres")
    expect(reply).to_contain_text("1 of its 2 sources has changed or gone since")
    reply.locator(MARKER).first.click()
    expect(page.locator(MARK)).to_have_text(re.compile("first paper"))
    reply.locator(MARKER).nth(1).click()
    expect(page.locator(".fn-changed")).to_contain_text("The article has changed since")
    expect(page.locator(".fn-was")).to_contain_text("41 metres long, says the other paper.")
    expect(page.locator(MARK)).to_have_count(0)


def test_a_conversation_is_found_renamed_and_deleted(tab: NewTab, serve: Serve) -> None:
    server = serve("--fake")
    asking = tab(server)
    page = asking.open()
    asking.ask(QUESTION)
    page.locator("#new-chat-button").click()
    expect(page.locator("#welcome-screen")).to_be_visible()
    asking.ask(OTHER)
    expect(page.locator(THREADS)).to_have_count(2)

    page.locator("#search-chats-button").click()
    page.locator("[cmdk-input]").fill("300,600")  # stands in the answer only
    expect(page.locator("[cmdk-item]")).to_have_count(1)
    expect(page.locator("[cmdk-item]")).to_have_text(QUESTION)
    page.keyboard.press("Escape")

    thread = page.locator("[id^=thread-]").filter(has_text=QUESTION).last
    thread.hover()
    thread.locator("#thread-options").click()
    page.locator("#rename-thread").click()
    page.locator("#name").fill("Cars of Ningde")
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator(THREADS).filter(has_text="Cars of Ningde")).to_have_count(1)
    page.reload()
    expect(page.locator(THREADS).filter(has_text="Cars of Ningde")).to_have_count(1)

    thread = page.locator("[id^=thread-]").filter(has_text="Cars of Ningde").last
    thread.hover()
    thread.locator("#thread-options").click()
    page.locator("#delete-thread").click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator(THREADS)).to_have_count(1)
    with History(server.folder / FILE_NAME) as history:
        left = history.page(LOCAL_USER).conversations
    assert [conversation.name for conversation in left] == [OTHER]
    for file in server.folder.glob("conversations*"):
        assert b"300,600" not in file.read_bytes(), "deleted text is still on the disk"


def test_a_thumb_down_is_kept_with_its_reason(tab: NewTab, serve: Serve) -> None:
    server = serve("--fake")
    asking = tab(server)
    page = asking.open()
    reply = asking.ask(QUESTION)
    asking.begun()
    reply.locator(".negative-feedback-off").click()
    page.locator("#feedbackDescription, [role=dialog] textarea").first.fill("Not the city I meant")
    page.get_by_role("button", name="Submit feedback").click()
    expect(reply.locator(".negative-feedback-on")).to_be_visible()
    with History(server.folder / FILE_NAME) as history:
        ((_, exchange),) = history.disliked()
    assert exchange.question == QUESTION
    assert exchange.rating
    assert exchange.rating.reason == "Not the city I meant"
    # It is still there when the conversation is opened again.
    page.reload()
    expect(page.locator(REPLY).last.locator(".negative-feedback-on")).to_be_visible()


def test_a_stopped_question_says_so_when_it_is_opened_again(
    tab: NewTab, serve: Serve, tmp_path: Path
) -> None:
    opened = tmp_path / "opened"
    server = serve("--fake", "--until", str(opened))
    asking = tab(server)
    page = asking.open()
    page.fill("#chat-input", QUESTION)
    page.click("#chat-submit")
    expect(page.locator(REPLY)).to_contain_text("Getting the articles ready")
    page.locator("#stop-button").click()
    # The server has heard it; without that the articles may come first, and the answer with them.
    expect(page.locator(REPLY).last).to_contain_text("Stopped.")
    opened.touch()
    page.reload()
    expect(page.locator(REPLY).last).to_contain_text("This question was not answered")


async def ask_before_the_connection_is_told(server: Server, opened: Path) -> list[str]:
    """What is shown to a page that asks at once and then stops; the articles come after that."""
    shown: list[str] = []
    told = asyncio.Queue[str]()

    async def note(event: str, step: object = None) -> None:
        if event == "new_message" and isinstance(step, dict):
            shown.append(step["output"])
        await told.put(f"{event} {json.dumps(step)}")

    async def until(words: str) -> None:
        async with asyncio.timeout(PATIENCE):
            while words not in await told.get():
                pass

    socket = socketio.AsyncClient(reconnection=False)
    socket.on("*", note)
    session = {"clientType": "webapp", "sessionId": str(uuid.uuid4()), "threadId": ""}
    await socket.connect(server.url, {"Origin": server.url}, session, socketio_path="/ws/socket.io")
    message = {
        "id": str(uuid.uuid4()), "type": "user_message", "output": QUESTION, "createdAt": "",
    }  # fmt: skip
    await socket.emit("client_message", {"message": message, "fileReferences": None})
    await until("Getting the articles ready")
    await socket.emit("connection_successful")
    await until("clear_call_fn")  # the last that Chainlit sends before it starts
    await socket.emit("stop")
    await until("Stopped.")
    opened.touch()
    await until("starters")
    await asyncio.sleep(1)  # an answer of the fake assistant takes less
    await socket.disconnect()
    return shown


def test_stop_ends_a_question_that_came_before_its_connection_was_told(
    serve: Serve, tmp_path: Path
) -> None:
    """What is sent while the socket is not open yet comes before the page says that it is."""
    opened = tmp_path / "opened"
    server = serve("--fake", "--until", str(opened))
    shown = run_apart(ask_before_the_connection_is_told(server, opened))
    assert html.unescape(shown[-1]) == "Stopped."


def ask_and_leave_open(asking: Tab, question: str) -> Page:
    """A page whose question is being answered."""
    page = asking.open()
    page.fill("#chat-input", question)
    page.click("#chat-submit")
    expect(page.locator("#stop-button")).to_be_visible()
    return page


@pytest.mark.parametrize("how", ["stopped", "ended", "killed"])
def test_what_was_shown_of_an_answer_is_found_again(tab: NewTab, serve: Serve, how: str) -> None:
    server = serve("--fake")
    asking = tab(server)
    page = ask_and_leave_open(asking, HALF)
    marker = page.locator(MARKER)
    expect(marker).to_have_count(1)
    said = page.locator(REPLY).locator(".message-content [role=article]").first.text_content()
    if how == "stopped":
        page.locator("#stop-button").click()
        expect(page.locator(".ai-message").get_by_text("Stopped.", exact=True)).to_be_visible()
    if how == "killed":
        page.wait_for_timeout(4000 * PART_SECONDS)
        server.stop(signal.SIGKILL)
    page.goto("about:blank")
    asking.errors.clear()

    if how != "stopped":
        server = restarted(server, serve, "--fake")
    asking = tab(server)
    page = asking.open()
    reply = open_first(page, HALF)
    shown = reply.locator(".message-content [role=article]")
    # A page that comes before the server has ended the answer waits for it.
    expect(reply).to_contain_text("This answer is cut off")
    assert (shown.first.text_content() or "").strip() == (said or "").strip()
    reply.locator(MARKER).click()
    expect(page.locator(MARK)).to_contain_text("300,600")
    (server.folder / RELEASED).touch()
    page.get_by_role("region", name="Ask again").get_by_role("button", name=HALF).click()
    expect(asking.reply(1).locator(MARKER)).to_have_count(2)


def test_what_was_shown_of_an_answer_stays_after_an_error(tab: NewTab, fake_server: Server) -> None:
    asking = tab(fake_server)
    page = asking.open()
    page.fill("#chat-input", BROKEN)
    page.click("#chat-submit")
    expect(page.locator(REPLY)).to_have_count(2)
    expect(page.locator("#stop-button")).to_have_count(0)
    said = page.locator(".message-content [role=article]").first.text_content() or ""
    expect(page).to_have_url(re.compile("/thread/"))
    page.reload()
    reply = page.locator(REPLY)
    expect(reply).to_contain_text("This question could not be answered.")
    expect(reply).to_contain_text(said.strip())
    reply.locator(MARKER).click()
    expect(page.locator(MARK)).to_contain_text("300,600")


def test_a_question_whose_answer_was_killed_is_there_and_can_be_asked_again(
    tab: NewTab, serve: Serve
) -> None:
    server = serve("--fake")
    asking = tab(server)
    page = ask_and_leave_open(asking, HELD)
    expect(page).to_have_url(re.compile("/thread/"))
    server.stop(signal.SIGKILL)
    page.goto("about:blank")
    asking.errors.clear()

    asking = tab(restarted(server, serve, "--fake"))
    page = asking.open()
    expect(open_first(page, HELD)).to_contain_text("This question was not answered: it was stopped")
    (server.folder / RELEASED).touch()
    page.get_by_role("region", name="Ask again").get_by_role("button", name=HELD).click()
    expect(asking.reply(1).locator(MARKER)).to_have_count(2)


def loaded_again(asking: Tab) -> Page:
    """The page of a conversation, loaded again in the middle of an answer."""
    page = ask_and_leave_open(asking, HELD)
    expect(page).to_have_url(re.compile("/thread/"))
    page.reload()
    return page


def test_a_page_that_is_loaded_again_waits_for_its_answer(tab: NewTab, serve: Serve) -> None:
    server = serve("--fake")
    asking = tab(server)
    page = loaded_again(asking)
    reply = page.locator(REPLY)
    expect(reply).to_contain_text("still being answered")
    expect(page.locator("#stop-button")).to_be_visible()
    (server.folder / RELEASED).touch()
    expect(reply.locator(MARKER)).to_have_count(2)
    expect(page.locator("#stop-button")).to_have_count(0)
    expect(reply).to_have_count(1)
    expect(reply).not_to_contain_text("still being answered")
    kinds = page.locator("[data-step-type]").evaluate_all(
        "steps => steps.map(step => step.dataset.stepType)"
    )
    assert kinds == ["user_message", "retrieval", "assistant_message"]
    expect(page.locator("#footnote-voice")).to_contain_text("2 sources")
    # What follows is understood from it.
    expect(asking.ask("Were they sold in Ningde?").locator("blockquote")).to_contain_text("Asked")


def test_what_one_tab_asks_comes_to_the_other_and_is_followed_up_there(
    tab: NewTab, fake_server: Server
) -> None:
    first, second = tab(fake_server), tab(fake_server)
    page = first.open()
    first.ask(OTHER)
    expect(page).to_have_url(re.compile("/thread/"))
    second.page.goto(page.url)
    expect(second.page.locator(MARKER).first).to_be_visible()
    first.ask(QUESTION)
    # It comes to the other page without its being loaded again, once.
    reply = second.page.locator(REPLY)
    expect(reply.nth(1).locator(MARKER)).to_have_count(2)
    questions = second.page.locator('[data-step-type="user_message"]')
    expect(questions).to_have_text([OTHER, QUESTION])
    reply.nth(1).locator(MARKER).first.click()
    expect(second.page.locator(MARK)).to_contain_text("300,600")
    expect(second.page.locator("#footnote-voice")).to_contain_text("2 sources")
    noted = second.ask("Were they sold in Ningde?").locator("blockquote")
    expect(noted).to_contain_text(f"Were they sold in Ningde? ({QUESTION})")
    # And back again.
    expect(page.locator(REPLY)).to_have_count(3)
    noted = first.ask("Were they sold there?").locator("blockquote")
    expect(noted).to_contain_text("Were they sold there? (Were they sold in Ningde?)")
    expect(reply).to_have_count(4)
    both = [
        each.locator(f"{REPLY} .message-content [role=article]").all_text_contents()
        for each in (page, second.page)
    ]
    assert both[0] == both[1] != []


def test_what_one_tab_begins_renames_and_deletes_is_seen_in_the_others(
    tab: NewTab, serve: Serve
) -> None:
    server = serve("--fake")
    asking, shows, empty = tab(server), tab(server), tab(server)
    page = asking.open()
    lists = [each.open().locator("#thread-history") for each in (shows, empty)]
    asking.ask(QUESTION)
    for listed in lists:
        expect(listed).to_contain_text(QUESTION)
    expect(shows.page).to_have_url(f"{server.url}/")
    expect(page).to_have_url(re.compile("/thread/"))
    shows.page.goto(page.url)
    expect(shows.page.locator(MARKER).first).to_be_visible()

    page.locator(THREADS).hover()
    page.locator(THREADS).locator("#thread-options").click()
    page.locator("#rename-thread").click()
    page.locator("#name").fill("Renamed")
    page.get_by_role("button", name="Confirm").click()
    for listed in lists:
        expect(listed).to_contain_text("Renamed")
    expect(shows.page).to_have_url(page.url)

    shows.page.evaluate(HOLD_TOASTS)
    page.locator(THREADS).hover()
    page.locator(THREADS).locator("#thread-options").click()
    page.locator("#delete-thread").click()
    page.get_by_role("button", name="Confirm").click()
    for listed in lists:
        expect(listed).not_to_contain_text("Renamed")
    expect(shows.page.get_by_text("This conversation was deleted on another page.")).to_be_visible()
    # An empty screen is one still, and its first question begins a conversation.
    empty.ask(QUESTION)
    expect(empty.page).to_have_url(re.compile("/thread/"))


def test_a_page_that_has_listed_before_it_is_connected_hears_of_what_began_meanwhile(
    tab: NewTab, serve: Serve
) -> None:
    server = serve("--fake")
    asking = tab(server)
    asking.open()
    asking.ask(OTHER)
    conversation = asking.page.url
    for address in (server.url, conversation):
        late = tab(server)
        connect = late.hold_connection()
        late.page.goto(address)
        expect(late.page.locator("#thread-history")).to_contain_text(OTHER)
        asking.page.goto(server.url)
        begun = f"{QUESTION} Asked before {address} was connected."
        asking.ask(begun)
        connect()
        expect(late.page.locator("#thread-history")).to_contain_text(begun[:40])
        expect(late.page).to_have_url(re.compile(re.escape(address)))


def test_a_page_that_is_loaded_again_can_still_stop_the_answer(tab: NewTab, serve: Serve) -> None:
    server = serve("--fake")
    asking = tab(server)
    page = loaded_again(asking)
    expect(page.locator(REPLY)).to_contain_text("still being answered")
    page.locator("#stop-button").click()
    expect(page.locator(REPLY).first).to_contain_text("This question was not answered")
    expect(asking.ask(QUESTION).locator(MARKER)).to_have_count(2)


def test_nobody_is_held_on_a_conversation_by_the_back_button(
    tab: NewTab, fake_server: Server
) -> None:
    asking = tab(fake_server)
    page = asking.page
    page.goto(f"{fake_server.url}/articles")
    page.get_by_role("link", name="Ask the articles").click()
    asking.ask(QUESTION)
    expect(page).to_have_url(re.compile("/thread/"))
    page.go_back()
    expect(page).to_have_url(re.compile("/articles$"))


def test_a_source_that_another_conversation_closed_stays_closed(
    tab: NewTab, fake_server: Server
) -> None:
    asking = tab(fake_server)
    page = asking.open()
    asking.ask("Where was the standard plant of Ningde inspected?")
    page.locator("#new-chat-button").click()
    expect(page.locator("#welcome-screen")).to_be_visible()
    page.wait_for_timeout(500)
    asking.ask(OTHER).locator(MARKER).first.click()
    expect(page.locator(MARK)).to_be_visible()
    for name in ("standard plant", OTHER):
        page.keyboard.press("Control+k")
        page.locator("[cmdk-item]").filter(has_text=name).first.click()
        expect(page.locator('[data-step-type="user_message"]')).to_contain_text(name)
        expect(page.locator(MARKER).first).to_be_visible()
        page.wait_for_timeout(500)
        expect(page.locator(MARK)).to_have_count(0)


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        ("en-US", "This conversation cannot be opened any more."),
        ("zh-CN", "这个对话已经打不开了。"),
    ],
)
def test_a_conversation_that_is_gone_is_told_in_our_words(
    tab: NewTab, fake_server: Server, locale: str, told: str
) -> None:
    page = tab(fake_server, locale=locale).page
    page.goto(f"{fake_server.url}/thread/6b1f0c9e-3f2d-4c55-9d0a-0f7a1c2b3d4e")
    expect(page.locator("[data-sonner-toast]")).to_have_text(told)
    expect(page.locator("#welcome-screen")).to_be_visible()


def test_a_page_connects_once_while_the_articles_are_prepared(tab: NewTab, serve: Serve) -> None:
    """Chainlit would connect twice, and what was asked in between would lose its Stop button."""
    server = serve("--fake", "--until", "never")
    asking = tab(server)
    connected: list[str] = []
    asking.page.on("websocket", lambda socket: connected.append(socket.url))
    page = asking.open()
    page.fill("#chat-input", QUESTION)
    page.click("#chat-submit")
    expect(page.locator(REPLY)).to_contain_text("Getting the articles ready")
    page.wait_for_timeout(2_500)  # Twice as long as the second answer of the settings would take.
    assert len(connected) == 1
    expect(page.locator("#stop-button")).to_be_visible()


def test_without_a_history_nothing_is_kept(tab: NewTab, serve: Serve) -> None:
    server = serve("--fake", "--history", "off")
    asking = tab(server)
    page = asking.open()
    reply = asking.ask(QUESTION)
    expect(reply.locator(MARKER)).to_have_count(2)
    expect(page.locator("#thread-history")).to_have_count(0)
    expect(page.locator(".negative-feedback-off")).to_have_count(0)
    assert not list(server.folder.glob("conversations*"))


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    """Two users, each with a password of their own."""
    path = tmp_path / "users.txt"
    lines = [f"{user}:{hash_password(f'secret of {user}')}" for user in ("ada", "bob")]
    path.write_text("\n".join(lines), "utf-8")
    return path


def log_in(asking: Tab, user: str, password: str) -> None:
    asking.page.goto(asking.server.url)
    asking.page.locator("#email").fill(user)
    asking.page.locator("#password").fill(password)
    asking.page.get_by_role("button", name="Log in").click()


def test_two_users_do_not_see_each_other(tab: NewTab, serve: Serve, password_file: Path) -> None:
    server = serve("--fake", "--password-file", str(password_file))
    ada, bob = tab(server), tab(server)
    log_in(ada, "ada", "secret of bob")
    expect(ada.page.locator("form")).to_contain_text("Wrong name or password")
    for asking, user in ((ada, "ada"), (bob, "bob")):
        log_in(asking, user, f"secret of {user}")
        expect(asking.page.locator("#welcome-screen")).to_be_visible()
    ada.ask(SECRET)
    bob.ask(OTHER)
    expect(ada.page.locator(THREADS)).to_have_text([SECRET])
    expect(bob.page.locator(THREADS)).to_have_text([OTHER])

    bob.page.goto(ada.page.url)
    expect(bob.page.locator(MARKER)).to_have_count(0)
    bob.page.wait_for_url(server.url + "/")
    assert SECRET not in (bob.page.text_content("body") or "")
    for asking in (ada, bob):
        asking.errors.clear()  # Chainlit logs that nobody was logged in, or that it may not


@pytest.mark.parametrize(("login", "menus"), [([], 0), (["--proxy-user-header", "X-User"], 1)])
def test_nobody_is_offered_to_log_out_where_one_cannot(
    tab: NewTab, serve: Serve, login: list[str], menus: int
) -> None:
    asking = tab(serve("--fake", *login), extra_http_headers={"X-User": "ada"})
    page = asking.open()
    account = page.locator("#user-nav-button:visible")
    expect(account).to_have_count(menus)
    if menus:
        account.click()
        expect(page.get_by_role("menu")).to_contain_text("ada")
        expect(page.get_by_text("Log out")).to_be_hidden()


def test_who_logs_out_is_out(tab: NewTab, serve: Serve, password_file: Path) -> None:
    server = serve("--fake", "--password-file", str(password_file))
    asking = tab(server)
    log_in(asking, "ada", "secret of ada")
    page = asking.page
    expect(page.locator("#welcome-screen")).to_be_visible()
    (cookie,) = (each for each in page.context.cookies() if each["name"] == "access_token")
    page.wait_for_timeout(1100)  # a token tells the whole second in which it was made
    page.locator("#user-nav-button").click()
    page.get_by_text("Log out").click()
    expect(page.locator("#password")).to_be_visible()
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    page.goto(server.url)
    expect(page.locator("#password")).to_be_visible()
    asking.errors.clear()
