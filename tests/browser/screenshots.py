"""Makes the pictures of README and docs from the running app.

Run it with: python -m pytest -m browser tests/browser/screenshots.py

Pytest collects this file only when it is named.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.screens import PHONE

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.conftest import Server, Tab

pytestmark = pytest.mark.browser
IMAGES = Path(__file__).parents[2] / "docs" / "images"
REPORT = Path(__file__).parents[2] / "eval" / "runs" / "seeds" / "report.html"
SIZE = {"width": 1280, "height": 800}
ANSWERED = (
    "How many vehicles did SAIC Ningde produce, "
    "and how many new energy vehicle industry projects were signed?"
)
REFUSED = "How many vehicles did BYD produce in 2021?"


def test_pictures(tab: Callable[..., Tab], seeds_server: Server) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    asking = tab(seeds_server, viewport=SIZE, color_scheme="light")
    page = asking.open()
    expect(page.locator("#starters button")).to_have_count(4)
    page.wait_for_timeout(1500)  # the screen fades in
    page.screenshot(path=IMAGES / "empty.png")

    reply = asking.ask(ANSWERED)
    expect(page.locator(".fn-next")).to_be_visible()
    reply.locator('a[href^="#cite-"]').last.click()
    expect(page.locator("#side-view-content mark")).to_be_in_viewport()
    page.mouse.move(0, 0)
    page.wait_for_timeout(800)  # the panel slides in
    page.locator('[data-step-type="user_message"]').scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    page.screenshot(path=IMAGES / "answer.png")

    page.click("#new-chat-button")
    expect(page.locator("#welcome-screen")).to_be_visible()
    reply = asking.ask(REFUSED)
    expect(reply.locator(".fn-chip").first).to_be_visible()
    page.wait_for_timeout(500)
    page.screenshot(path=IMAGES / "refusal.png")


def test_a_phone_in_the_dark(tab: Callable[..., Tab], seeds_server: Server) -> None:
    asking = tab(seeds_server, **PHONE, device_scale_factor=2, color_scheme="dark")
    page = asking.open()
    reply = asking.ask("How many vehicles did SAIC Ningde produce?")
    page.wait_for_timeout(500)
    page.screenshot(path=IMAGES / "phone.png")
    reply.locator('a[href^="#cite-"]').first.tap()
    expect(page.locator("#side-view-content mark")).to_be_in_viewport()
    page.wait_for_timeout(800)  # the sheet slides in
    page.screenshot(path=IMAGES / "phone-source.png")


def test_the_report_of_the_last_run(browser: Browser) -> None:
    if not REPORT.is_file():
        pytest.skip("there is no run to show; make one with `python -m eval`")
    page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme="light")
    page.goto(REPORT.as_uri())
    page.screenshot(path=IMAGES / "report.png")
    page.close()
