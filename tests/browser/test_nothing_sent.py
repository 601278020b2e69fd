"""R13 in the browser: neither the page nor the server that answers it sends anything away."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.assistant.test_network import sent_away, tracing
from tests.browser.test_uploads import ANSWER, MARKER, QUESTION, VIADUCT, choose

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.conftest import Serve, Tab

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_the_server_sends_nothing_away_while_it_answers(
    tab: Callable[..., Tab], serve: Serve, exported: Path, tmp_path: Path
) -> None:
    log, file = tmp_path / "calls.txt", tmp_path / "viaduct.html"
    file.write_text(f"<p>{VIADUCT}</p><img src='http://outside.example/a.png'>", "utf-8")
    server = serve(encoder=exported, under=tracing(log, "-D"))  # its signals are its own
    asking = tab(server)
    page = asking.open()
    expect(page.locator("#fn-add")).to_be_visible()
    answered = asking.ask("How many vehicles did SAIC Ningde produce?")
    answered.locator(MARKER).first.click()
    expect(page.locator("#side-view-content mark")).to_be_visible()
    choose(page, file)
    expect(page.locator(".fn-uploads li")).to_have_attribute("data-state", "read")
    expect(asking.ask(QUESTION)).to_contain_text(ANSWER)
    page.goto(f"{server.url}/articles")
    page.locator("tbody a").first.click()
    expect(page.locator("#text")).to_be_visible()
    assert server.stop() == 0
    assert "HTTP/1.1 200 OK" in log.read_text("utf-8"), "the trace sees what is sent"
    assert sent_away(log) == ""
