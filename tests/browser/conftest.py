"""A real server in a process of its own, and a real Chromium in front of it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Error,
    Locator,
    Page,
    Request,
    Route,
    expect,
    sync_playwright,
)

ROOT = Path(__file__).parents[2]
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip
REPLY = '[data-step-type="assistant_message"]'
SOCKET = re.compile("/ws/")
STILL = """async (reply) => {
  const place = () => JSON.stringify(reply.getBoundingClientRect());
  for (let was = "", round = 0; was !== place() && round < 100; round += 1) {
    was = place();
    await new Promise((done) => { setTimeout(done, 150); });
  }
}"""
"""What comes below an answer scrolls it; a press and its release then meet different elements."""
START_SECONDS = 240
"""The first start exports the encoder, on whatever machine this is."""
PATIENCE = 60_000
"""Milliseconds that anything may take on a machine that does other work too."""


class Server:
    """The chat, served by `serving.py` in a process of its own."""

    def __init__(self, folder: Path, *arguments: str, under: Sequence[str] = ()) -> None:
        """`under` stands before the command, as `strace` does."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self.log = folder / f"server-{self.port}.log"
        script = Path(__file__).parent / "serving.py"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*under, sys.executable, str(script), str(self.port), str(folder), *arguments],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait(self) -> None:
        """Wait until the server answers."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.url}/health", timeout=2).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        pytest.fail(f"the server did not start:\n{self.log.read_text('utf-8')}")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End the server; its exit code."""
        self.process.send_signal(number)
        try:
            return self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


Serve = Callable[..., Server]


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Starts servers that end with the tests; each has a data folder of its own."""
    servers: list[Server] = []

    def start(
        *arguments: str,
        encoder: Path | None = None,
        folder: Path | None = None,
        under: Sequence[str] = (),
    ) -> Server:
        folder = folder or tmp_path_factory.mktemp("data")
        if encoder is not None and not (folder / "encoders").exists():
            (folder / "encoders").symlink_to(encoder / "encoders", target_is_directory=True)
        server = Server(folder, *arguments, under=under)
        servers.append(server)
        server.wait()
        return server

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.stop()


@pytest.fixture(scope="session")
def seeds_server(serve: Serve, exported: Path) -> Server:
    """The chat over the articles that come with Footnote."""
    return serve(encoder=exported)


@pytest.fixture(scope="session")
def fake_server(serve: Serve) -> Server:
    """The chat over the same articles, with an assistant that is quick and does as it is told."""
    return serve("--fake")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; without one the test is skipped, but not in CI."""
    path = os.environ.get("FOOTNOTE_TEST_CHROMIUM") or shutil.which("chromium")
    if path is None:
        reason = "there is no Chromium on this machine; install the chromium package"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE)
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


READY = """() => {
    const welcome = document.getElementById("welcome-screen");
    return !welcome?.textContent.includes("Getting the articles ready");
}"""


LEAST_DESKTOP = 768
"""Pixels of width from which on Chainlit shows the list of conversations beside the page."""


class Tab:
    """One page, and what must not happen on it."""

    def __init__(self, context: BrowserContext, server: Server) -> None:
        self.server = server
        self.outside: list[str] = []
        self.opened: list[Page] = []
        self.dialogs: list[str] = []
        self.errors: list[str] = []
        context.set_default_timeout(PATIENCE)
        context.route("**/*", self._only_this_server)
        context.on("request", self._note_outside)
        self.page = context.new_page()
        context.on("page", self._note_page)
        self.page.on("dialog", self._dismiss)
        self.page.on("pageerror", self._note_crash)
        self.page.on("console", self._note_error)

    def _dismiss(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _note_page(self, page: Page) -> None:
        self.opened.append(page)

    def _note_crash(self, error: Error) -> None:
        self.errors.append(str(error))

    def _note_error(self, message: ConsoleMessage) -> None:
        # Chainlit's sheet gives its title another id than the one Radix looks for.
        if message.type != "error" or "requires a `DialogTitle`" in message.text:
            return
        # A page that leaves a conversation closes its socket, and a poll of the old one that is
        # still on its way is answered with 400. A socket that does not come back fails the test.
        if "400 (Bad Request)" in message.text and "transport=polling" in message.location["url"]:
            return
        self.errors.append(message.text)

    def _is_outside(self, url: str) -> bool:
        inside = (self.server.url, "data:", "blob:", self.server.url.replace("http", "ws"))
        return not url.startswith(inside)

    def _note_outside(self, request: Request) -> None:
        if self._is_outside(request.url):
            self.outside.append(request.url)

    def _only_this_server(self, route: Route) -> None:
        if self._is_outside(route.request.url):
            route.abort()
        else:
            route.fallback()

    def open(self) -> Page:
        """Load the empty screen."""
        self.page.goto(self.server.url)
        self.page.wait_for_selector("#welcome-screen #chat-input")
        return self.page

    def hold_connection(self) -> Callable[[], None]:
        """Have the page wait for its connection, until what this returns is called."""
        held: list[Route] | None = []

        def hold(route: Route) -> None:
            if held is None:
                route.fallback()
            else:
                held.append(route)

        def release() -> None:
            nonlocal held
            waiting, held = held or [], None
            for each in waiting:
                each.fallback()

        self.page.route(SOCKET, hold)
        return release

    def ask(self, question: str) -> Locator:
        """Type a question, send it, and wait for the whole reply.

        A page that came before the articles were ready loads again once they are, and a question
        sent in that moment may be lost. `test_conversation.py` has one that comes before.
        """
        self.page.wait_for_function(READY)
        replies = self.page.locator(REPLY)
        before = replies.count()
        self.page.fill("#chat-input", question)
        self.page.click("#chat-submit")
        return self.reply(before)

    def begun(self) -> None:
        """Wait until the conversation has the page, which Chainlit draws anew once it lists it.

        A phone lists it, and draws the page anew, only when somebody opens the list.
        """
        if (self.page.viewport_size or {"width": LEAST_DESKTOP})["width"] >= LEAST_DESKTOP:
            expect(self.page).to_have_url(re.compile("/thread/"))

    def reply(self, before: int) -> Locator:
        """The reply that comes after `before` others, once it is complete."""
        replies = self.page.locator(REPLY)
        expect(replies).to_have_count(before + 1)
        expect(self.page.locator("#stop-button")).to_have_count(0)
        reply = replies.nth(before)
        reply.evaluate(STILL)
        return reply


@pytest.fixture
def tab(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Tab]]:
    """Opens a page on a server; at the end checks that nothing left this machine."""
    contexts: list[BrowserContext] = []
    tabs: list[Tab] = []

    def new(server: Server, **options: object) -> Tab:
        context = browser.new_context(**{"locale": "en-US", **options})  # type: ignore[arg-type]
        contexts.append(context)
        tabs.append(Tab(context, server))
        return tabs[-1]

    yield new
    for context in contexts:
        context.close()
    for tab in tabs:
        assert tab.outside == []
        assert tab.opened == []
        assert tab.dialogs == []
        assert tab.errors == []
