"""A language model's answer in a real browser: its panel grows, and what is shown stays."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Error, Response, expect

from tests.browser.test_preferences import LINE, confirm, settings
from tests.endpoints import chunk, event, says, served

if TYPE_CHECKING:
    from tests.browser.conftest import Serve, Tab

pytestmark = pytest.mark.browser

KEY = "sk-not-for-anybody-4711"
QUESTION = "How many vehicles did SAIC Ningde produce, and how many projects did the city sign?"
FIRST = "SAIC Ningde base produced 300,600 complete vehicles"
SECOND = "the city signed a total of 10 new energy vehicle industry projects"


def writes_slowly(handler: Any, body: dict[str, Any]) -> None:
    """Two sentences from two sources; the second when the test says so."""
    prompt = body["messages"][1]["content"]
    numbers = [re.search(rf"^\[(\d+)\][^\n]*{w}", prompt, re.M) for w in ("300,600", "total of 10")]
    one, other = (match[1] for match in numbers if match)
    handler.begin()
    handler.send(event(chunk(f"{FIRST} [{one}]. From January to November 2023, {SECOND} ")))
    assert handler.server.released.wait(60)
    handler.send(event(chunk(f"[{other}]. See https://evil.example [{one}].", "stop")))


def test_the_key_is_in_no_page_log_or_history(
    tab: Callable[..., Tab], serve: Serve, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys: list[str] = []

    def refuses(handler: Any, body: dict[str, Any]) -> None:
        """As a server that is angry, and repeats what it was sent."""
        keys.append(handler.headers["Authorization"])
        handler.send_error(401, f"the key {handler.headers['Authorization']} is not known")

    with served(refuses) as endpoint:
        monkeypatch.setenv("FOOTNOTE_LLM_URL", endpoint.url)
        monkeypatch.setenv("FOOTNOTE_LLM_MODEL", "tiny")
        monkeypatch.setenv("FOOTNOTE_LLM_KEY", KEY)
        server = serve(encoder=exported)
        asking = tab(server)
        sent: list[str] = []
        asking.page.on("response", lambda response: sent.append(text_of(response)))
        asking.page.on(
            "websocket", lambda it: it.on("framereceived", lambda frame: sent.append(str(frame)))
        )
        page = asking.open()
        asking.ask(QUESTION)
        page.goto(f"{server.url}/articles")
        assert keys == [f"Bearer {KEY}"] * len(keys) != [], "the model was asked with it"
        assert any("SAIC" in each for each in sent), "what is sent is seen"
        assert not [each for each in sent if KEY in each]
        server.stop()
    kept = [path for path in server.folder.rglob("*") if path.is_file()]
    assert server.log in kept
    assert not [path for path in kept if KEY.encode() in path.read_bytes()]


def text_of(response: Response) -> str:
    """Body and headers of what the server sent; empty where there is no body."""
    try:
        return f"{response.headers} {response.text()}"
    except (Error, UnicodeDecodeError):
        return str(response.headers)


def test_the_panel_grows_with_the_answer(
    tab: Callable[..., Tab], serve: Serve, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(writes_slowly) as endpoint:
        monkeypatch.setenv("FOOTNOTE_LLM_URL", endpoint.url)
        monkeypatch.setenv("FOOTNOTE_LLM_MODEL", "tiny")
        asking = tab(serve(encoder=exported))
        page = asking.open()
        page.fill("#chat-input", QUESTION)
        page.click("#chat-submit")
        reply = page.locator('[data-step-type="assistant_message"]').last
        expect(reply).to_contain_text(FIRST)
        expect(reply.locator(".fn-chip")).to_have_count(1)
        assert SECOND not in (reply.text_content() or "")

        endpoint.released.set()
        expect(reply).to_contain_text(SECOND)
        expect(reply.locator(".fn-chip")).to_have_count(2)
        expect(reply).to_contain_text("Written by the language model tiny")
        expect(reply).to_contain_text("1 sentence of the language model was left out")
        text = reply.text_content() or ""
        assert text.count(FIRST) == 1
        assert "evil.example" not in text
        reply.locator('a[href^="#cite-"]').nth(1).click()
        mark = page.locator("#side-view-content mark")
        expect(mark).to_contain_text("10 new energy vehicle")
        # What is offered to ask next comes later, and leaves the source open.
        expect(reply.locator(".fn-next")).to_be_visible()
        page.wait_for_timeout(500)
        expect(mark).to_contain_text("10 new energy vehicle")


def writes_at_once(body: dict[str, Any]) -> str:
    """The sentence that one of its sources has, with the number of that one."""
    found = re.search(r"^\[(\d+)\][^\n]*300,600", body["messages"][1]["content"], re.M)
    assert found
    return f"{FIRST} [{found[1]}]."


def test_it_is_switched_off_in_the_settings_and_stays_off(
    tab: Callable[..., Tab], serve: Serve, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(says(writes_at_once)) as endpoint:
        monkeypatch.setenv("FOOTNOTE_LLM_URL", endpoint.url)
        monkeypatch.setenv("FOOTNOTE_LLM_MODEL", "tiny")
        asking = tab(serve(encoder=exported))
        page = asking.open()
        line, switch = page.locator(LINE), page.locator("[role=dialog] #llm")
        expect(line).to_contain_text("language model on")
        expect(asking.ask(QUESTION)).to_contain_text("Written by the language model tiny")
        asked = len(endpoint.requests)
        assert asked

        settings(page)
        expect(switch).to_be_checked()
        switch.click()
        expect(switch).not_to_be_checked()
        confirm(page)
        expect(line).to_contain_text("language model off")
        reply = asking.ask(QUESTION)
        expect(reply.locator('a[href^="#cite-"]').first).to_be_visible()
        expect(reply).to_contain_text("300,600")
        expect(reply).not_to_contain_text("Written by the language model")

        page.reload()
        expect(line).to_contain_text("language model off")
        settings(page)
        expect(switch).not_to_be_checked()
        assert len(endpoint.requests) == asked, "it is not asked any more"
