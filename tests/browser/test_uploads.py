"""Adding articles in a real browser: what becomes of each, who is answered from it, how it goes."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.test_history import open_first, password_file, restarted
from tests.browser.test_server import ask

if TYPE_CHECKING:
    from tests.browser.conftest import Serve, Server, Tab

pytestmark = pytest.mark.browser
NewTab = Callable[..., "Tab"]
__all__ = ["password_file"]

VIADUCT = "# The Hollin viaduct\n\nThe Hollin viaduct is 412 metres long. It was opened in 1874.\n"
QUESTION = "How long is the Hollin viaduct?"
ANSWER = re.compile("412 metres")
MARKER = 'a[href^="#cite-"]'
ROWS = ".fn-uploads li"
MOST_GROWTH_KB = 60_000


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "viaduct.md").write_text(VIADUCT, "utf-8")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    head = b"Subject: A tower\nContent-Type: text/plain; charset=utf-8\n\n"
    (folder / "torn.eml").write_bytes(head + b"The lighthouse \xff of Ferrin has a red door.\n")
    (folder / "tool.exe").write_bytes(b"MZ")
    return folder


@pytest.fixture(scope="module")
def server(serve: Serve, exported: Path) -> Server:
    return serve(encoder=exported)


def choose(page: Page, *paths: Path) -> None:
    """Add files by the button."""
    page.locator("#fn-add").click()
    page.set_input_files("#fn-files", paths)


def row(page: Page, name: str) -> Locator:
    return page.locator(ROWS).filter(has_text=name)


def files_of(server: Server) -> list[Path]:
    """All private files that lie on the server's disk."""
    return [path for path in (server.folder / "uploads" / "private").rglob("*") if path.is_file()]


def test_each_file_is_told_what_became_of_it_and_asked_at_once(
    tab: NewTab, server: Server, files: Path
) -> None:
    asking = tab(server)
    page = asking.open()
    choose(page, *sorted(files.iterdir()))
    expect(page.locator(ROWS)).to_have_count(4)
    expect(row(page, "viaduct.md")).to_have_attribute("data-state", "read")
    expect(row(page, "torn.eml")).to_contain_text("it may be incomplete:")
    expect(row(page, "broken.pdf")).to_contain_text("Not added: the PDF is damaged")
    expect(row(page, "tool.exe")).to_contain_text("there is no reader for this kind of file")
    expect(page.locator(".fn-live")).not_to_be_empty()
    expect(page.locator("#fn-add")).to_have_attribute("aria-label", "Add articles (2)")

    reply = asking.ask(QUESTION)
    expect(page.locator("#fn-added")).to_be_hidden()
    expect(reply).to_contain_text(ANSWER)
    reply.locator(MARKER).first.click()
    expect(page.locator("#side-view-content")).to_contain_text("viaduct.md")
    expect(page.locator("#side-view-content mark")).to_contain_text(ANSWER)
    href = page.locator(".fn-open a").get_attribute("href")
    assert href is not None
    reading = page.context.new_page()
    reading.goto(server.url + href)
    expect(reading.locator("mark")).to_contain_text(ANSWER)
    reading.close()
    asking.opened.clear()

    page.locator("#fn-add").click()
    row(page, "viaduct.md").get_by_role("button", name="Remove viaduct.md").click()
    expect(row(page, "viaduct.md")).to_have_count(0)
    expect(asking.ask(QUESTION).locator(MARKER)).to_have_count(0)
    assert ask(server, "GET", href.partition("?")[0])[0] == 404
    assert not any("viaduct" in path.name for path in files_of(server))


def test_a_list_that_is_late_does_not_hide_what_was_read_meanwhile(
    tab: NewTab, server: Server, files: Path
) -> None:
    asking = tab(server)
    page = asking.open()
    choose(page, files / "torn.eml")
    expect(row(page, "torn.eml")).to_have_attribute("data-state", "incomplete")
    late: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "GET" and not late:
            late.append(route)
        else:
            route.continue_()

    page.route("**/uploads?*", hold)
    # The page has connected again, and asks what there is: the answer is of now, and comes late.
    page.evaluate("window.dispatchEvent(new Event('footnote:session'))")
    while not late:
        page.wait_for_timeout(20)
    old = late[0].fetch()
    page.set_input_files("#fn-files", [files / "viaduct.md"])
    expect(row(page, "viaduct.md")).to_have_attribute("data-state", "read")
    row(page, "torn.eml").get_by_role("button", name="Remove torn.eml").click()
    expect(row(page, "torn.eml")).to_have_count(0)
    asked = late[0].request
    with page.expect_response(lambda got: got.request.method == "GET" and got.request != asked):
        late[0].fulfill(response=old)
    expect(page.locator(ROWS)).to_have_count(1)
    expect(row(page, "viaduct.md")).to_have_attribute("data-state", "read")


def test_a_file_before_the_first_question_is_there_after_a_reload(
    tab: NewTab, server: Server, files: Path
) -> None:
    asking = tab(server)
    page = asking.open()
    choose(page, files / "viaduct.md")
    expect(row(page, "viaduct.md")).to_have_attribute("data-state", "read")
    expect(page).to_have_url(re.compile("/thread/"))
    page.reload()
    expect(page.locator("#fn-add")).to_have_attribute("aria-label", "Add articles (1)")
    expect(asking.ask(QUESTION)).to_contain_text(ANSWER)
    page.locator("#new-chat-button").click()
    expect(page.locator("#welcome-screen")).to_be_visible()
    expect(asking.ask(QUESTION).locator(MARKER)).to_have_count(0)
    expect(open_first(page, "viaduct.md")).to_contain_text(ANSWER)


def test_the_button_comes_however_late_the_server_knows_the_page(
    tab: NewTab, server: Server
) -> None:
    asking = tab(server)
    known = time.monotonic() + 25  # seconds; the quick tries end after 14

    def answer(route: Route) -> None:
        if time.monotonic() < known:
            route.fulfill(status=202)
        else:
            route.fallback()

    asking.page.route("**/uploads?*", answer)
    expect(asking.open().locator("#fn-add")).to_be_visible()


def test_what_was_typed_outlives_the_beginning_of_a_conversation(
    tab: NewTab, server: Server, files: Path
) -> None:
    asking = tab(server)
    page = asking.open()
    page.fill("#chat-input", QUESTION)
    page.evaluate("document.getElementById('chat-input').dataset.before = 'yes'")
    choose(page, files / "viaduct.md")
    expect(page).to_have_url(re.compile("/thread/"))
    expect(page.locator("#chat-input[data-before]")).to_have_count(0)  # it is another one
    expect(page.locator("#chat-input")).to_have_value(QUESTION)
    page.click("#chat-submit")
    expect(asking.reply(0)).to_contain_text(ANSWER)
    expect(page.locator("#chat-input")).to_have_value("")


def test_files_are_dropped_anywhere(tab: NewTab, server: Server) -> None:
    asking = tab(server)
    page = asking.open()
    expect(page.locator("#fn-add")).to_be_visible()
    drag = f"""(kind) => {{
      const carried = new DataTransfer();
      carried.items.add(new File([{json.dumps(VIADUCT)}], 'viaduct.md'));
      const event = new DragEvent(
        kind, {{ dataTransfer: carried, bubbles: true, cancelable: true }});
      document.querySelector('#welcome-screen').dispatchEvent(event);
      return event.defaultPrevented;
    }}"""
    assert page.evaluate(drag, "dragenter")
    expect(page.locator(".fn-drop")).to_contain_text("Only this conversation is answered")
    page.evaluate(drag, "dragleave")
    expect(page.locator(".fn-drop")).to_be_hidden()
    page.evaluate(drag, "dragenter")
    assert page.evaluate(drag, "drop")
    expect(page.locator(".fn-drop")).to_be_hidden()
    expect(row(page, "viaduct.md")).to_have_attribute("data-state", "read")
    expect(asking.ask(QUESTION)).to_contain_text(ANSWER)
    page.locator("#new-chat-button").click()
    expect(page.locator("#welcome-screen")).to_be_visible()
    expect(page.locator(ROWS)).to_have_count(0)
    expect(asking.ask(QUESTION).locator(MARKER)).to_have_count(0)


def test_a_file_that_is_still_being_read_stays_in_sight(
    tab: NewTab, server: Server, files: Path
) -> None:
    asking = tab(server)
    page = asking.open()
    held: list[Route] = []
    page.route("**/uploads?*kept=*", lambda route: held.append(route))
    choose(page, files / "viaduct.md")
    expect(row(page, "viaduct.md")).not_to_have_attribute("data-state", "read")
    expect(asking.ask(QUESTION).locator(MARKER)).to_have_count(0)
    expect(page.locator("#fn-added")).to_be_visible()
    (route,) = held
    route.continue_()
    expect(row(page, "viaduct.md")).to_have_attribute("data-state", "read")
    expect(asking.ask(QUESTION)).to_contain_text(ANSWER)
    expect(page.locator("#fn-added")).to_be_hidden()


def test_the_keyboard_is_enough(tab: NewTab, server: Server, files: Path) -> None:
    asking = tab(server, viewport={"width": 360, "height": 700}, color_scheme="dark")
    # Playwright asks for choosers only while it expects one, and a key can be quicker than that.
    asking.page.on("filechooser", lambda _: None)
    page = asking.open()
    button = page.locator("#fn-add")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".fn-choose")).to_be_focused()
    with page.expect_file_chooser() as opened:
        page.keyboard.press("Enter")
    opened.value.set_files(files / "viaduct.md")
    expect(row(page, "viaduct.md")).to_have_attribute("data-state", "read")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Remove viaduct.md")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(ROWS)).to_have_count(0)
    expect(page.locator(".fn-choose")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#fn-added")).to_be_hidden()
    expect(button).to_be_focused()
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    assert not wide


def test_the_focus_outlives_a_page_that_is_drawn_anew(tab: NewTab, server: Server) -> None:
    page = tab(server).open()
    button, choose = page.locator("#fn-add"), page.locator(".fn-choose")
    for focused in (button, choose):
        focused.focus()
        for part in ("#fn-add", "#fn-added"):  # Chainlit takes off what it draws around
            page.locator(part).evaluate("element => element.remove()")
        expect(button).to_have_count(1)
        expect(focused).to_be_focused()
        button.press("Enter")
    page.locator("#chat-input").focus()
    page.locator("#fn-added").evaluate("element => element.remove()")
    expect(page.locator("#fn-added")).to_have_count(1)
    expect(page.locator("#chat-input")).to_be_focused()


def test_what_is_kept_in_the_library_is_everybodys_until_its_owner_removes_it(
    tab: NewTab, server: Server, files: Path
) -> None:
    asking, other = tab(server), tab(server)
    page = asking.open()
    page.locator("#fn-add").click()
    page.get_by_label("Everybody: keep them in the library").check()
    page.set_input_files("#fn-files", files / "viaduct.md")
    expect(row(page, "viaduct.md")).to_contain_text("Read, for everybody")
    other.open()
    expect(other.ask(QUESTION)).to_contain_text(ANSWER)
    assert b"The Hollin viaduct" in ask(server, "GET", "/articles")[1]
    page.reload()  # the choice is remembered
    page.locator("#fn-add").click()
    expect(page.get_by_label("Everybody: keep them in the library")).to_be_checked()
    # Another conversation does not list it; it is removed on its own page.
    page.goto(f"{server.url}/articles?words=viaduct")
    page.locator("tbody th a").click()
    page.get_by_role("button", name="Remove from the library").click()
    expect(page.locator("h1")).to_have_text("The article was removed")
    assert b"The Hollin viaduct" not in ask(server, "GET", "/articles")[1]
    expect(other.ask(QUESTION).locator(MARKER)).to_have_count(0)
    asking.errors.clear()


def test_a_conversation_has_its_articles_again_and_takes_them_with_it(
    tab: NewTab, serve: Serve, exported: Path, files: Path
) -> None:
    server = serve(encoder=exported)
    asking = tab(server)
    page = asking.open()
    choose(page, files / "viaduct.md")
    expect(row(page, "viaduct.md")).to_have_attribute("data-state", "read")
    expect(asking.ask(QUESTION)).to_contain_text(ANSWER)
    page.goto("about:blank")
    asking.errors.clear()

    server = restarted(server, serve)
    asking = tab(server)
    page = asking.open()
    expect(open_first(page, "viaduct.md")).to_contain_text(ANSWER)
    expect(page.locator(".fn-add-count")).to_have_text("1")
    page.locator(MARKER).first.click()
    expect(page.locator("#side-view-content mark")).to_contain_text(ANSWER)
    page.keyboard.press("Escape")
    expect(asking.ask("When was the Hollin viaduct opened?")).to_contain_text("1874")
    assert files_of(server)

    thread = page.locator("[id^=thread-]").filter(has_text="viaduct.md").last
    thread.hover()
    thread.locator("#thread-options").click()
    page.locator("#delete-thread").click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator("#thread-history a")).to_have_count(0)
    page.wait_for_timeout(500)
    assert files_of(server) == []


FOLLOW_PROGRESS = """() => {
    window.progress = [];
    new MutationObserver(() => {
        const row = document.querySelector('.fn-uploads li');
        const bar = row?.querySelector('progress');
        const state = [row?.dataset.state, row?.querySelector('.fn-said').textContent,
          bar?.hasAttribute('value') ? bar.value : null];
        if (row && String(state) !== String(window.progress.at(-1))) window.progress.push(state);
    }).observe(document.body, { childList: true, characterData: true, subtree: true });
}"""
"""Remember what the first file's row has said: its state, its words, and how far its bar was."""


def test_how_far_a_file_has_come_is_shown(tab: NewTab, server: Server, tmp_path: Path) -> None:
    page = tab(server).open()
    expect(page.locator("#fn-add")).to_be_visible()
    file = tmp_path / "viaduct.html"
    file.write_text(f"<p>{VIADUCT}</p><!-- {'x' * 600_000} -->", "utf-8")
    network = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 200_000}
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", slow)
    page.evaluate(FOLLOW_PROGRESS)
    choose(page, file)
    expect(row(page, file.name)).to_have_attribute("data-state", "read")
    told = page.evaluate("window.progress")
    sending = [(words, value) for state, words, value in told if state == "sending"]
    percents = [value for _, value in sending]
    assert percents == sorted(percents)
    assert len([percent for percent in percents if 0 < percent < 100]) >= 3
    assert all(words == f"Sending, {value} %" for words, value in sending)
    states = [state for state, _, _ in told]
    assert sorted(set(states), key=states.index) == ["sending", "reading", "read"]


def test_another_user_cannot_get_it(
    tab: NewTab, serve: Serve, exported: Path, password_file: Path, files: Path
) -> None:
    server = serve("--password-file", str(password_file), encoder=exported)
    ada, bob = tab(server), tab(server)
    for asking, user in ((ada, "ada"), (bob, "bob")):
        asking.page.goto(server.url)
        asking.page.locator("#email").fill(user)
        asking.page.locator("#password").fill(f"secret of {user}")
        asking.page.locator("#password").press("Enter")
        expect(asking.page.locator("#fn-add")).to_be_visible()
    choose(ada.page, files / "viaduct.md")
    link = row(ada.page, "viaduct.md").locator("a")
    href = link.get_attribute("href")
    expect(ada.ask(QUESTION)).to_contain_text(ANSWER)
    expect(bob.ask(QUESTION).locator(MARKER)).to_have_count(0)
    expect(bob.ask("What is the latest article about?")).not_to_contain_text("Hollin")

    fetched = "async (path) => { const a = await fetch(path); return [a.status, await a.text()]; }"
    status, text = ada.page.evaluate(fetched, href)
    assert (status, "412 metres" in text) == (200, True)
    status, text = bob.page.evaluate(fetched, href)
    assert (status, "412 metres" in text) == (404, False)
    session = ada.page.evaluate("footnote.session")
    article = (href or "").removeprefix("/articles/")
    for method in ("GET", "DELETE"):
        forged = f"fetch('/uploads?session={session}&id={article}', {{ method: '{method}' }})"
        status = bob.page.evaluate(f"{forged}.then((answer) => answer.status)")
        assert status == (202 if method == "GET" else 404)
    status, _, _ = ask(server, "DELETE", f"/uploads?session={session}&id={article}")
    assert status == 404
    expect(ada.ask(QUESTION)).to_contain_text(ANSWER)
    for asking in (ada, bob):
        asking.errors.clear()  # the browser logs what it was refused


def test_without_a_history_they_end_with_the_conversation(
    tab: NewTab, serve: Serve, exported: Path, files: Path
) -> None:
    server = serve("--history", "off", "--uploads", "private", encoder=exported)
    asking = tab(server)
    page = asking.open()
    choose(page, files / "viaduct.md")
    expect(row(page, "viaduct.md")).to_have_attribute("data-state", "read")
    expect(page.locator(".fn-kept")).to_be_hidden()
    expect(asking.ask(QUESTION)).to_contain_text(ANSWER)
    assert files_of(server)
    page.goto("about:blank")
    asking.errors.clear()
    server.stop()
    assert files_of(server) == []


def test_where_they_are_off_there_is_no_button(tab: NewTab, fake_server: Server) -> None:
    page = tab(fake_server).open()
    page.wait_for_timeout(2000)
    expect(page.locator("#fn-add")).to_have_count(0)


def memory_kb(server: Server) -> int:
    """The server's resident memory."""
    status = Path(f"/proc/{server.process.pid}/status").read_text("ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1])


def test_what_is_too_large_never_comes_into_memory(tab: NewTab, server: Server) -> None:
    page = tab(server).open()
    expect(page.locator("#fn-add")).to_be_visible()
    session = page.evaluate("footnote.session")
    path = f"/uploads?session={session}&name=x.txt"
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
    before = memory_kb(server)
    with socket.create_connection(("127.0.0.1", server.port), 60) as connection:
        connection.sendall(f"{head}Content-Length: 1000000000\r\n\r\n".encode())
        assert b" 413 " in connection.recv(4096)
    sent = 0
    with socket.create_connection(("127.0.0.1", server.port), 60) as connection:
        connection.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        piece = b"10000\r\n" + bytes(65_536) + b"\r\n"
        try:
            while sent < 200_000_000:
                connection.sendall(piece)
                sent += 65_536
        except OSError:
            pass  # it does not go on listening
    assert sent < 100_000_000
    assert memory_kb(server) - before < MOST_GROWTH_KB
    incoming = server.folder / "uploads" / "incoming"
    assert list(incoming.iterdir()) == []
