"""Every screen of the chat, one after another, for tests that look at all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from assistant.chat.access.passwords import hash_password

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.conftest import Serve, Server, Tab

QUESTION = "How many vehicles did SAIC Ningde produce?"
REFUSED = "Is there no answer to vehicles in Ningde?"
CRASH = "Crash please"
SLOW = "Take your time"
REASON = "Not the city I meant"
TYPED = (QUESTION, REFUSED, CRASH, SLOW, REASON)
MARKER = 'a[href^="#cite-"]'
TOAST = "[data-sonner-toast]"
HOLD_TOASTS = """() => {
  const later = window.setTimeout, held = [];
  window.setTimeout = (work, wait, ...rest) => wait === 4000
    ? later(() => {}, held.push(work) && wait) : later(work, wait, ...rest);
  window.releaseToasts = () => { window.setTimeout = later; held.forEach((work) => work()); };
}"""
"""The next toasts stay until they are released: after their four seconds they would fade out while
a slow machine looks at them."""
DIALOG = '[role="dialog"]'
USER, PASSWORD = "ada", "secret of ada"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}


def serve_with_login(serve: Serve, folder: Path) -> Server:
    """The chat with a login, because that is a screen too."""
    users = folder / "users.txt"
    users.write_text(f"{USER}:{hash_password(PASSWORD)}\n", "utf-8")
    return serve("--fake", "--password-file", str(users))


def log_in(tab: Tab) -> None:
    """Log in on the screen for it."""
    page = tab.page
    page.fill("#email", USER)
    page.fill("#password", PASSWORD)
    page.locator("form button[type=submit]").click()
    page.wait_for_selector("#welcome-screen #chat-input")
    # Chainlit asks who the user is before it shows where to log in.
    tab.errors.clear()


def walk(tab: Tab) -> Iterator[tuple[str, Page]]:
    """The name of each screen, and the page that shows it."""
    page, server = tab.page, tab.server
    page.goto(f"{server.url}/login")
    page.wait_for_selector("#email")
    yield "login", page
    page.locator("form button[type=submit]").click()
    yield "login without a name", page
    log_in(tab)
    expect(page.locator("#starters button").first).to_be_visible()
    page.wait_for_timeout(1000)  # it fades in
    yield "empty", page
    page.locator(".fn-set").click()
    expect(page.locator("[role=dialog] #since")).to_be_visible()
    page.wait_for_timeout(600)  # it fades in
    yield "settings", page
    page.keyboard.press("Escape")
    expect(page.locator("[role=dialog]")).to_have_count(0)
    page.fill("#chat-input", SLOW)
    page.click("#chat-submit")
    expect(page.locator('[data-step-type="retrieval"]')).to_be_visible()
    yield "working", page
    tab.reply(0)
    reply = tab.ask(QUESTION)
    expect(reply.locator(".fn-copy")).to_be_visible()
    yield "answer", page
    page.locator('[data-step-type="retrieval"] button').last.click()
    yield "what was found", page
    reply.locator(MARKER).first.click()
    expect(page.locator("#side-view-content mark")).to_be_visible()
    page.wait_for_timeout(600)  # the sheet of a phone slides in
    yield "panel", page
    page.keyboard.press("Escape")
    expect(page.locator("#side-view-content")).to_have_count(0)
    expect(tab.ask(REFUSED).locator("[data-kind=closest]")).to_be_visible()
    yield "refusal", page
    tab.ask(CRASH)
    yield "error", page
    page.goto(server.url)
    page.wait_for_selector("#welcome-screen #chat-input")
    show_list(page)
    yield "list of conversations", page
    page.locator("#thread-history li a").first.click()
    expect(page.locator(MARKER).first).to_be_visible()
    expect(page.locator(".fn-copy").first).to_be_visible()
    yield "history", page
    page.goto(f"{server.url}/articles")
    yield "library", page
    page.goto(f"{server.url}/articles?since=soon")
    yield "library with a mistake", page
    page.goto(f"{server.url}/articles")
    page.locator("tbody a").first.click()
    expect(page.locator("#text")).to_be_visible()
    yield "article", page
    page.goto(f"{page.url.partition('#')[0]}?sha256=other#3-9")
    yield "changed article", page
    page.goto(f"{server.url}/articles/no-such")
    yield "no such article", page
    tab.errors.clear()  # the browser notes each status that is no success


def walk_uploads(tab: Tab, folder: Path) -> Iterator[tuple[str, Page]]:
    """What is shown of files that are added; the server has to be one that takes them."""
    page = tab.open()
    page.locator("#fn-add").click()
    expect(page.locator("#fn-added")).to_be_visible()
    page.wait_for_timeout(600)
    yield "adding articles", page
    folder.mkdir()
    (folder / "viaduct.md").write_text("# A viaduct\n\nIt is 412 metres long.\n", "utf-8")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    head = b"Subject: A tower\nContent-Type: text/plain; charset=utf-8\n\n"
    (folder / "torn.eml").write_bytes(head + b"The lighthouse \xff of Ferrin has a red door.\n")
    (folder / "tool.exe").write_bytes(b"MZ")
    page.set_input_files("#fn-files", sorted(folder.iterdir()))
    for state, count in (("read", 1), ("incomplete", 1), ("refused", 2)):
        expect(page.locator(f".fn-uploads li[data-state={state}]")).to_have_count(count)
    yield "added articles", page


def walk_dialogs(tab: Tab) -> Iterator[tuple[str, Page]]:
    """What opens over the conversation, and the words that come and go."""
    page, server = tab.page, tab.server
    page.goto(f"{server.url}/login")
    log_in(tab)
    page.locator("#chat-settings-open-modal:not([disabled])").click()
    page.locator("#since").fill("soon")
    page.evaluate(HOLD_TOASTS)
    page.keyboard.press("Enter")
    yield from toast("toast of a mistake", page)
    reply = tab.ask(QUESTION)
    tab.begun()
    reply.locator(".negative-feedback-off").click()
    expect(page.locator(f"{DIALOG} textarea")).to_be_visible()
    yield "reason of a thumb down", page
    page.locator(f"{DIALOG} textarea").fill(REASON)
    page.locator(f"{DIALOG} #submit-feedback").click()
    expect(reply.locator(".negative-feedback-on")).to_be_visible()
    yield "thumb down", page
    page.locator("#theme-toggle").click()
    expect(page.get_by_role("menu")).to_be_visible()
    yield "colours", page
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    page.locator("#user-nav-button").click()
    expect(page.get_by_role("menu")).to_be_visible()
    yield "account", page
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    show_list(page)
    page.locator("#search-chats-button").click()
    expect(page.locator("[cmdk-item]").first).to_be_visible()
    yield "search", page
    page.locator("[cmdk-input]").fill("no such words")
    expect(page.locator("[cmdk-item]")).to_have_count(0)
    yield "search that finds nothing", page
    page.keyboard.press("Escape")
    expect(page.locator("[cmdk-input]")).to_have_count(0)
    show_list(page)
    page.locator("#thread-history #thread-options").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menu")).to_be_visible()
    yield "menu of a conversation", page
    page.locator("#delete-thread").click()
    expect(page.locator('[role="alertdialog"]')).to_be_visible()
    yield "deleting a conversation", page
    page.evaluate(HOLD_TOASTS)
    page.locator('[role="alertdialog"] button').last.click()
    expect(page.locator('[role="alertdialog"]')).to_have_count(0)
    expect(page.locator("#welcome-screen")).to_be_visible()
    yield from toast("toast of a deletion", page)


def toast(name: str, page: Page) -> Iterator[tuple[str, Page]]:
    """The screen with a toast on it, held by `HOLD_TOASTS`; what comes after is shown without."""
    expect(page.locator(TOAST).first).to_be_visible()
    yield name, page
    page.evaluate("releaseToasts()")
    expect(page.locator(TOAST)).to_have_count(0)


def show_list(page: Page) -> None:
    """Bring the list of conversations into the window, where a phone hides it."""
    conversation = page.locator("#thread-history li a").first
    page.wait_for_timeout(600)  # the list slides in, where there is room for it
    if not conversation.count() or (conversation.bounding_box() or {"x": -1})["x"] < 0:
        page.locator("#sidebar-trigger-button").last.click()
        page.wait_for_timeout(600)
    expect(conversation).to_be_in_viewport()
