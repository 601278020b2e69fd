"""All can use it: axe-core on every screen, what is announced, and where the focus goes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from assistant.chat.overload import ANSWERED_AT_ONCE, BUSY, MOST_WAITING
from tests.browser import screens
from tests.browser.conftest import PATIENCE
from tests.browser.serving import HELD, RELEASED, TAKEN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.conftest import Serve, Server, Tab

pytestmark = pytest.mark.browser
NewTab = Callable[..., "Tab"]

RULES = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
}
EXCUSED = {
    # While a menu is open Radix hides all else from who listens, and keeps the focus in the menu;
    # `test_what_opens_keeps_the_focus_and_gives_it_back` tries that.
    "aria-hidden-focus": '[role="menu"]',
}
"""By rule, what has to be on the page for it not to count."""


@pytest.fixture(scope="module")
def server(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """The chat with a login, because that is a screen too."""
    return screens.serve_with_login(serve, tmp_path_factory.mktemp("users"))


def signed_in(tab: NewTab, server: Server, **options: object) -> Tab:
    """A page whose user has logged in."""
    asking = tab(server, **options)
    asking.page.goto(f"{server.url}/login")
    screens.log_in(asking)
    return asking


SETTLED = """() => !document.querySelector('#welcome-screen.opacity-0')
  && document.getAnimations().every(animation => animation.playState !== 'running'
    || animation.effect.getComputedTiming().endTime === Infinity)"""
"""Whether nothing fades in or out any more, nor is about to; what turns for ever is let turn."""


def violations(page: Any) -> list[str]:
    """What axe-core finds wrong with what the page shows, once it has come to rest."""
    page.wait_for_function(SETTLED)
    excused = {rule for rule, there in EXCUSED.items() if page.locator(there).count()}
    found = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:160]} ({node['failureSummary'].splitlines()[-1].strip()})"
        for rule in found
        for node in rule["nodes"]
        if rule["id"] not in excused
    ]


@pytest.mark.parametrize("device", ["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_screen(
    tab: NewTab, server: Server, scheme: str, device: str
) -> None:
    visiting = tab(
        server, color_scheme=scheme, **(screens.PHONE if device == "phone" else screens.DESKTOP)
    )
    found = [
        f"{name}: {wrong}" for name, page in screens.walk(visiting) for wrong in violations(page)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("device", ["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_dialogs_menus_and_toasts(
    tab: NewTab, server: Server, scheme: str, device: str
) -> None:
    visiting = tab(
        server, color_scheme=scheme, **(screens.PHONE if device == "phone" else screens.DESKTOP)
    )
    found = [
        f"{name}: {wrong}"
        for name, page in screens.walk_dialogs(visiting)
        for wrong in violations(page)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("device", ["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_where_articles_are_added(
    tab: NewTab, seeds_server: Server, tmp_path: Path, scheme: str, device: str
) -> None:
    options = screens.PHONE if device == "phone" else screens.DESKTOP
    visiting = tab(seeds_server, color_scheme=scheme, **options)
    found = [
        f"{name}: {wrong}"
        for name, page in screens.walk_uploads(visiting, tmp_path / "files")
        for wrong in violations(page)
    ]
    assert not found, "\n".join(found)


def test_an_answer_is_read_out_once_it_is_complete(tab: NewTab, server: Server) -> None:
    asking = signed_in(tab, server)
    page = asking.page
    voice = page.locator("#footnote-voice")
    expect(voice).to_have_attribute("aria-live", "polite")
    page.evaluate("""() => {
        window.heard = [];
        const voice = document.querySelector('#footnote-voice');
        new MutationObserver(() => window.heard.push(voice.textContent))
          .observe(voice, { childList: true });
    }""")
    asking.ask(screens.QUESTION)
    expect(voice).to_contain_text("300,600 complete vehicles")
    expect(voice).to_contain_text("2 sources")
    asking.ask(screens.REFUSED)
    expect(voice).to_contain_text("The articles do not state this.")
    asking.ask(screens.CRASH)
    expect(voice).to_have_text("This question could not be answered.")
    assert len(page.evaluate("window.heard")) == 3, "not each token"
    asking.ask(screens.CRASH)  # the same words again are another answer
    page.wait_for_function("window.heard.length === 4")


@contextmanager
def all_places_taken(server: Server) -> Iterator[None]:
    """As many questions as may wait do, until this ends."""
    from benchmarks.chat_load import Outcome, User

    full, outcome = threading.Event(), Outcome()

    async def hold() -> None:
        most = ANSWERED_AT_ONCE + MOST_WAITING
        users = [User(server.url, f"u{n}", outcome) for n in range(most)]
        await asyncio.gather(*(user.connect() for user in users))
        asking = [asyncio.create_task(user.ask(HELD, again=False)) for user in users]
        taken = server.folder / TAKEN
        while not taken.exists() or taken.read_text() != str(most):
            await asyncio.sleep(0.05)
        full.set()
        await asyncio.gather(*asking)
        await asyncio.gather(*(user.leave(say_so=True) for user in users))

    with ThreadPoolExecutor(1) as thread:
        holding = thread.submit(asyncio.run, hold())
        assert full.wait(PATIENCE / 1000)
        try:
            yield
        finally:
            (server.folder / RELEASED).touch()
            holding.result()
    assert (outcome.errors, outcome.refused) == ([], [])


def test_that_too_many_questions_wait_is_read_out(tab: NewTab, serve: Serve) -> None:
    server = serve("--fake")
    asking = tab(server)
    page = asking.open()
    with all_places_taken(server):
        reply = asking.ask(screens.QUESTION)
        expect(reply).to_contain_text(BUSY)
        expect(page.locator("#footnote-voice")).to_have_text(BUSY)
        assert violations(page) == []
        asking.ask(screens.QUESTION)
    asking.ask(screens.QUESTION)
    expect(page.locator("#footnote-voice")).to_contain_text("2 sources")


def test_a_marker_says_where_it_leads(tab: NewTab, server: Server) -> None:
    asking = signed_in(tab, server)
    reply = asking.ask(screens.QUESTION)
    for place, title in enumerate(reply.locator(".fn-title").all_text_contents()):
        name = f"Source {place + 1}: {title}"
        expect(reply.locator(screens.MARKER).nth(place)).to_have_accessible_name(name)


@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_the_focus_returns_to_what_opened_the_source(
    tab: NewTab, server: Server, device: str
) -> None:
    asking = signed_in(tab, server, **(screens.PHONE if device == "phone" else {}))
    page = asking.page
    reply = asking.ask(screens.QUESTION)
    content = page.locator("#side-view-content")
    close = page.locator(
        '#side-view-title button, [role="dialog"]:has(> #side-view-content) > button'
    )
    for opener in (reply.locator(screens.MARKER).nth(1), reply.locator(".fn-chip").first):
        ways: tuple[Callable[[], None], ...] = (lambda: page.keyboard.press("Escape"), close.click)
        for leave in ways:
            opener.focus()
            page.keyboard.press("Enter")
            expect(page.locator("article.fn-passage")).to_be_focused()
            leave()
            expect(content).to_have_count(0)
            expect(opener).to_be_focused()


FOCUSED = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const shown = [element, element.closest('#message-composer')].filter(Boolean);
  const ringed = shown.some((one) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one);
    return (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) || boxShadow !== 'none';
  });
  const box = element.getBoundingClientRect();
  return {
    key: element.id || element.className || element.tagName,
    html: element.outerHTML.replace(/ class="[^"]*"/g, '').slice(0, 200),
    ringed, visible: box.width > 0 && box.height > 0,
    before: element.dataset.reached === '1' || !(element.dataset.reached = '1'),
  };
}"""


def test_everything_is_reached_with_the_tab_key_and_shows_it(tab: NewTab, server: Server) -> None:
    asking = signed_in(tab, server, **screens.DESKTOP)
    page = asking.page
    asking.ask(screens.QUESTION)
    page.locator("#sidebar-trigger-button").first.focus()
    page.keyboard.press("Shift+Tab")  # what a script has focused shows no ring
    page.keyboard.press("Tab")
    hidden = []
    for _ in range(60):
        focused = page.evaluate(FOCUSED)
        if focused and focused["before"]:
            break
        if focused and not (focused["ringed"] and focused["visible"]):
            hidden.append(focused["html"])
        page.keyboard.press("Tab")
    assert not hidden, "\n".join(hidden)
    missing = page.evaluate(
        """() => [...document.querySelectorAll(
          'a[href], button, input, textarea, [role=button], [tabindex="0"]'
        )].filter((element) =>
          element.checkVisibility({ visibilityProperty: true }) && !element.disabled
          && element.tabIndex >= 0 && element.getBoundingClientRect().width > 1
          && !element.dataset.reached
        ).map((element) => element.outerHTML.replace(/ class="[^"]*"/g, '').slice(0, 200))"""
    )
    assert not missing, "\n".join(missing)


OVER = '[role="dialog"], [role="alertdialog"], [role="menu"]'
WITHIN = "over => document.activeElement.closest(over) !== null"


def test_what_opens_keeps_the_focus_and_gives_it_back(tab: NewTab, server: Server) -> None:
    asking = signed_in(tab, server, **screens.DESKTOP)
    page = asking.page
    reply = asking.ask(screens.QUESTION)
    asking.begun()
    rename, delete = ("Enter", "Enter"), ("Enter", "ArrowDown", "Enter")
    ways = (
        (".fn-set", ("Enter",)),
        ("#chat-settings-open-modal", ("Enter",)),
        ("#search-chats-button", ("Enter",)),
        (".negative-feedback-off", ("Enter",)),
        ("#theme-toggle", ("Enter",)),
        ("#user-nav-button", ("Enter",)),
        ("#thread-history #thread-options", ("Enter",)),
        ("#thread-history #thread-options", rename),
        ("#thread-history #thread-options", delete),
    )
    for opener, keys in ways:
        control = page.locator(opener).first
        control.focus()
        for key in keys:
            page.keyboard.press(key)
            page.wait_for_timeout(300)
        dialog = page.locator(OVER)
        expect(dialog).to_be_visible()
        for _ in range(12):
            page.keyboard.press("Tab")
            assert page.evaluate(WITHIN, OVER), f"Tab leaves what {opener} has opened"
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(control).to_be_focused()
    # Escape closes what lies above first, and then the source.
    reply.locator(screens.MARKER).first.click()
    source = page.locator("#side-view-content mark")
    expect(source).to_be_visible()
    page.locator(".fn-set").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#chat-settings")).to_be_visible()
    page.wait_for_timeout(300)  # until the dialog listens to the key
    page.keyboard.press("Escape")
    expect(page.locator("#chat-settings")).to_have_count(0)
    expect(source).to_be_visible()
    page.keyboard.press("Escape")
    expect(source).to_have_count(0)


def test_the_fields_of_the_login_say_what_they_are_for(tab: NewTab, server: Server) -> None:
    visiting = tab(server)
    page = visiting.page
    page.goto(f"{server.url}/login")
    expect(page.locator("#email")).to_have_attribute("autocomplete", "username")
    expect(page.locator("#email")).to_have_attribute("autocapitalize", "none")
    expect(page.locator("#password")).to_have_attribute("autocomplete", "current-password")
    visiting.errors.clear()  # Chainlit asks who the user is before it shows where to log in


def test_a_long_name_is_shown_whole(tab: NewTab, server: Server) -> None:
    asking = signed_in(tab, server, **screens.DESKTOP)
    page = asking.page
    asking.ask(f"{screens.QUESTION} {'And what else is there to be said of it? ' * 4}".strip())
    page.mouse.move(640, 400)
    page.locator("#thread-history a").first.hover()
    tip = page.locator("[data-radix-popper-content-wrapper]")
    expect(tip).to_be_visible()
    expect(tip).to_be_in_viewport(ratio=1)


def test_a_conversation_is_renamed_with_the_keyboard(tab: NewTab, server: Server) -> None:
    asking = signed_in(tab, server, **screens.DESKTOP)
    page = asking.page
    asking.ask(screens.QUESTION)
    page.locator("#thread-options").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []
    page.locator("#name").fill("Cars of Ningde")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("#thread-history a").first).to_contain_text("Cars of Ningde")


def test_a_reason_is_given_with_the_keyboard(tab: NewTab, server: Server) -> None:
    asking = signed_in(tab, server, **screens.DESKTOP)
    page = asking.page
    reply = asking.ask(screens.QUESTION)
    asking.begun()
    reply.locator(".negative-feedback-off").focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"{screens.DIALOG} textarea")).to_be_focused()
    page.keyboard.type(screens.REASON)
    page.keyboard.press("Tab")
    expect(page.locator("#submit-feedback")).to_be_focused()
    page.keyboard.press("Enter")
    expect(reply.locator(".negative-feedback-on")).to_be_focused()
    # The reason can be read again.
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="The reason that you gave")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(f"{screens.DIALOG}")).to_contain_text(screens.REASON)
    assert violations(page) == []


def test_a_conversation_is_found_and_deleted_with_the_keyboard(tab: NewTab, server: Server) -> None:
    asking = signed_in(tab, server, **screens.DESKTOP)
    page = asking.page
    asking.ask(screens.QUESTION)
    for search in ("no such words", "300,600"):
        page.locator("#search-chats-button").focus()
        page.keyboard.press("Enter")
        expect(page.locator("[cmdk-input]")).to_be_focused()
        page.keyboard.type(search)
        if search != "300,600":
            expect(page.locator("[cmdk-list]")).to_have_role("status")
            page.keyboard.press("Escape")
            expect(page.locator("#search-chats-button")).to_be_focused()
    expect(page.locator("[cmdk-list]")).to_have_role("listbox")
    expect(page.locator("[cmdk-item]").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(OVER)).to_have_count(0)
    expect(page.locator(screens.MARKER).first).to_be_visible()
    before = page.locator("#thread-history #thread-options").count()
    page.locator("#thread-history #thread-options").first.focus()
    for key in ("Enter", "ArrowDown", "Enter"):
        page.keyboard.press(key)
        page.wait_for_timeout(300)
    expect(page.locator('[role="alertdialog"]')).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(OVER)).to_have_count(0)
    expect(page.locator("#thread-history #thread-options")).to_have_count(before - 1)
    expect(page.locator("body")).not_to_be_focused()


def test_the_list_opens_at_the_first_touch(tab: NewTab, server: Server) -> None:
    asking = signed_in(tab, server, **screens.PHONE)
    asking.ask(screens.QUESTION)
    asking.page.locator("#sidebar-trigger-button").tap()
    expect(asking.page.locator("#thread-history li a").first).to_be_in_viewport()
    asking.page.wait_for_timeout(1000)
    expect(asking.page.locator("#thread-history li a").first).to_be_in_viewport()


def test_enter_after_a_date_saves_the_settings(tab: NewTab, server: Server) -> None:
    page = signed_in(tab, server).page
    for since, line in (
        ("2023", "Asking all articles · since 2023-01-01 · short answers"),
        ("", "Asking all articles · short answers"),
    ):
        page.locator("#chat-settings-open-modal:not([disabled])").click()
        page.locator("#since").fill(since)
        page.keyboard.press("Enter")
        expect(page.locator(".fn-set")).to_have_text(line)


def test_nothing_moves_for_who_wants_none_of_it(tab: NewTab, server: Server) -> None:
    asking = signed_in(tab, server, reduced_motion="reduce")
    page = asking.page
    reply = asking.ask(screens.QUESTION)
    reply.locator(screens.MARKER).first.click()
    expect(page.locator("#side-view-content mark")).to_be_visible()
    longest = page.evaluate(
        """() => Math.max(...[...document.querySelectorAll('*')].map((element) => {
          const { animationDuration, transitionDuration } = getComputedStyle(element);
          const all = `${animationDuration},${transitionDuration}`;
          return Math.max(...all.split(',').map(parseFloat));
        }))"""
    )
    assert longest < 0.001
