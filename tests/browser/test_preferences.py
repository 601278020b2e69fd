"""What a reader sets, what can be asked next, and a conversation as a file, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from assistant.chat.access.passwords import hash_password

if TYPE_CHECKING:
    from tests.browser.conftest import Serve, Server, Tab

pytestmark = pytest.mark.browser
NewTab = Callable[..., "Tab"]

QUESTION = "How many vehicles did SAIC Ningde produce?"
MARKER = 'a[href^="#cite-"]'
LINE = ".fn-set"
NOTHING_SET = "Asking all articles · short answers"
NEXT = ".fn-next button"
NOTED = "blockquote"


def settings(page: Page) -> None:
    """Open the settings by the line that says what is on."""
    expect(page.locator("#chat-settings-open-modal:not([disabled])")).to_be_visible()
    page.locator(LINE).click()
    expect(page.locator("[role=dialog] #since")).to_be_visible()


def confirm(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()


@pytest.fixture(scope="module")
def own_server(serve: Serve, exported: Path) -> Server:
    """The articles that come with Footnote, and settings that no other module's tests see."""
    return serve(encoder=exported)


def test_what_is_set_is_shown_followed_and_kept(
    tab: NewTab, serve: Serve, exported: Path, tmp_path: Path
) -> None:
    server = serve(encoder=exported)
    asking = tab(server)
    page = asking.open()
    expect(page.locator(LINE)).to_have_text(NOTHING_SET)
    settings(page)
    page.locator("#detailed").click()
    page.locator("#articles").fill("ningde")  # not ended with Enter: it counts all the same
    page.locator("#since").fill("2023")
    confirm(page)
    now = "Asking 2 articles · since 2023-01-01 · detailed answers"
    expect(page.locator(LINE)).to_have_text(now)

    reply = asking.ask("What does the city of Ningde do for new energy vehicles?")
    expect(reply.locator(MARKER)).not_to_have_count(1)
    assert reply.locator(MARKER).count() > 1
    # By their titles; their ids are file names.
    expect(reply.locator(NOTED)).to_contain_text(re.compile("Asked only the articles “[^”]*Ningde"))
    refused = asking.ask("How many drive motors does BYD make a year?")
    expect(refused.locator(MARKER)).to_have_count(0)

    settings(page)
    page.locator("#since").fill("yesterday")
    confirm(page)
    expect(page.get_by_text("since is 'yesterday', which is no date")).to_be_visible()
    page.reload()
    expect(page.locator(LINE)).to_have_text(now)
    page.goto("about:blank")
    asking.errors.clear()

    server.stop()
    again = tab(serve(folder=server.folder))
    page = again.open()
    expect(page.locator(LINE)).to_have_text(now)
    # What is offered to start from is answered from the articles that are asked.
    expect(page.locator("#starters button")).to_have_count(1)
    settings(page)
    page.locator("[role=dialog] #short").click()
    page.locator("#since").fill("")
    crosses = page.get_by_role("button", name=re.compile("^Remove "))
    crosses.first.click()
    expect(crosses).to_have_count(1)
    crosses.focus()
    page.keyboard.press("Enter")
    expect(crosses).to_have_count(0)
    confirm(page)
    expect(page.locator(LINE)).to_have_text(NOTHING_SET)
    expect(page.locator("#starters button")).to_have_count(4)


def test_the_settings_of_a_page_are_those_that_another_has_made(
    tab: NewTab, own_server: Server
) -> None:
    asking = tab(own_server)
    page = asking.open()
    expect(page.locator(LINE)).to_have_text(NOTHING_SET)
    # As the button of an article's own page does it, in another tab.
    page.request.post(
        f"{own_server.url}/preferences",
        headers={"Origin": own_server.url},
        form={"article": "000_16a79fb0c8db9746.txt", "then": "only"},
    )
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.locator(LINE)).to_have_text("Asking 1 article · short answers")
    settings(page)
    crosses = page.get_by_role("button", name=re.compile("^Remove "))
    expect(crosses).to_have_count(1)
    crosses.click()
    confirm(page)
    expect(page.locator(LINE)).to_have_text(NOTHING_SET)


def test_another_user_has_settings_of_their_own(tab: NewTab, serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "users.txt"
    lines = [f"{user}:{hash_password(f'secret of {user}')}" for user in ("ada", "bob")]
    path.write_text("\n".join(lines), "utf-8")
    server = serve("--fake", "--password-file", str(path))
    ada, bob = tab(server), tab(server)
    for asking, user in ((ada, "ada"), (bob, "bob")):
        asking.page.goto(server.url)
        asking.page.locator("#email").fill(user)
        asking.page.locator("#password").fill(f"secret of {user}")
        asking.page.locator("form button[type=submit]").click()
        expect(asking.page.locator("#welcome-screen")).to_be_visible()
    settings(ada.page)
    ada.page.locator("#detailed").click()
    confirm(ada.page)
    expect(ada.page.locator(LINE)).to_have_text("Asking all articles · detailed answers")
    bob.page.reload()
    expect(bob.page.locator(LINE)).to_have_text(NOTHING_SET)

    ada.ask(QUESTION)
    save = ada.page.locator(".fn-save a").first
    expect(save).to_have_text("Markdown")
    address = f"{server.url}{save.get_attribute('href')}"
    assert ada.page.request.get(address).status == 200
    assert bob.page.request.get(address).status == 404
    for asking in (ada, bob):
        asking.errors.clear()  # Chainlit logs that nobody was logged in


def test_a_question_to_ask_next_is_answered(tab: NewTab, own_server: Server) -> None:
    asking = tab(own_server)
    page = asking.open()
    first = asking.ask(QUESTION)
    expect(first.locator(NEXT).first).to_be_visible()
    question = first.locator(NEXT).first.text_content()
    first.locator(NEXT).first.focus()
    page.keyboard.press("Enter")
    reply = asking.reply(1)
    assert page.locator('[data-step-type="user_message"]').last.text_content() == question
    expect(reply.locator(MARKER).first).to_be_visible()
    expect(reply).not_to_contain_text("do not state")


def test_a_double_click_asks_once(tab: NewTab, own_server: Server) -> None:
    asking = tab(own_server)
    page = asking.open()
    offered = asking.ask(QUESTION).locator(NEXT).first
    offered.dblclick()
    asking.reply(1)
    page.wait_for_timeout(500)
    expect(page.locator('[data-step-type="user_message"]')).to_have_count(2)


def test_a_conversation_is_saved_with_its_footnotes(tab: NewTab, own_server: Server) -> None:
    asking = tab(own_server)
    page = asking.open()
    expect(page.locator(".fn-save a")).to_have_count(0)
    asking.ask(QUESTION)
    with page.expect_download() as saving:
        page.locator(".fn-save a").filter(has_text="Markdown").click()
    assert saving.value.suggested_filename == "How many vehicles did SAIC Ningde produce.md"
    text = Path(saving.value.path()).read_text("utf-8")
    assert f"## {QUESTION[:-1]}" in text
    assert re.search(r"^\[\^1-1\]: “During a press briefing", text, re.MULTILINE)
    href = page.locator(".fn-save a").filter(has_text="JSON").get_attribute("href")
    saved = page.request.get(f"{own_server.url}{href}")
    assert saved.headers["x-content-type-options"] == "nosniff"
    assert saved.headers["content-disposition"].startswith("attachment")
    assert saved.json()["exchanges"][0]["question"] == QUESTION
    page.locator("#new-chat-button").click()
    expect(page.locator(".fn-save a")).to_have_count(0)


def test_ticked_articles_are_asked_also_without_javascript(tab: NewTab, own_server: Server) -> None:
    page = tab(own_server, java_script_enabled=False).page
    page.goto(f"{own_server.url}/articles?words=ningde")
    page.get_by_label(re.compile("Ask “Leaders visited")).check()
    page.get_by_role("button", name="Keep the ticks").click()
    assert page.url == f"{own_server.url}/articles?words=ningde"
    page.goto(f"{own_server.url}/articles?words=chen")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Ask only the ticked articles").click()
    assert page.url == f"{own_server.url}/"
    now = page.request.get(f"{own_server.url}/preferences").json()
    assert now["line"] == "Asking 2 articles · short answers"
    page.goto(f"{own_server.url}/articles")
    expect(page.locator("input[name=article]:checked")).to_have_count(2)
    page.get_by_role("button", name="Ask all articles").click()
    now = page.request.get(f"{own_server.url}/preferences").json()
    assert now["line"] == NOTHING_SET


def test_another_site_cannot_choose(own_server: Server, tab: NewTab) -> None:
    page = tab(own_server).page
    for origin in ("https://evil.example", "null"):
        answer = page.request.post(
            f"{own_server.url}/preferences",
            headers={"Origin": origin},
            form={"article": "000_16a79fb0c8db9746.txt", "then": "only"},
        )
        assert answer.status == 403
