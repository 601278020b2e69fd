"""The interface in Simplified Chinese, for a browser that asks for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.browser import screens

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.conftest import Serve, Server, Tab

pytestmark = pytest.mark.browser
NewTab = Callable[..., "Tab"]

SHOWN = """() => {
  // What articles, users and file names say stays in its language.
  const THEIRS = [
    '.fn-text', '.fn-chip', '.fn-passage', '.fn-about span', '#starters', '#thread-history li',
    'a[href^="#cite-"]', '.fn-next button', '#footnote-voice',
    '[role=article]:has(a[href^="#cite-"])', '[data-step-type=user_message]',
    '[data-step-type=retrieval] li', '#text', 'article h1', '.file', 'tbody th', '.about .file',
    'bdi', 'code', 'script', 'style', 'noscript', 'button[value="only"]',
  ].join(',');
  const said = document.querySelector('#text') ? [] : [document.title];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const named = element.closest('.sr-only')?.closest('[aria-label]');
    if (!named && !element.closest(THEIRS) && element.checkVisibility()) {
      said.push(walker.currentNode.data);
    }
  }
  for (const element of document.querySelectorAll('[aria-label], [title], [placeholder], [alt]')) {
    if (element.closest(THEIRS) || !element.checkVisibility()) continue;
    for (const name of ['aria-label', 'title', 'placeholder', 'alt']) {
      said.push(element.getAttribute(name) || '');
    }
  }
  return said.filter((text) => /[A-Za-z]{2}/.test(text));
}"""
NAMES = re.compile(
    r"Footnote|JavaScript|Markdown|JSON|\bada\b|[0-9a-f]{8}|SAIC Ningde"
    r"|date 2024[^》]*|no-such|soon|highlight=start-end|URL"
    r"|Ctrl\+k|\b(?:viaduct|broken|torn|tool)\.\w+|\.[a-z]{2,8}\b|MB|PDF|utf-8"
)
"""Words that are the same in Chinese, and what users and articles have put there."""


@pytest.fixture(scope="module")
def server(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """The chat with a login, because that is a screen too."""
    return screens.serve_with_login(serve, tmp_path_factory.mktemp("users"))


def english(page: Page) -> list[str]:
    """What the page says in English."""
    said = []
    for text in page.evaluate(SHOWN):
        for known in screens.TYPED:
            text = text.replace(known, "")
        if re.search(r"[A-Za-z]{2}", NAMES.sub("", text)):
            said.append(" ".join(text.split()))
    return said


@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_no_english_word_is_left_on_any_screen(tab: NewTab, server: Server, device: str) -> None:
    options = screens.PHONE if device == "phone" else screens.DESKTOP
    visiting = tab(server, locale="zh-CN", **options)
    found = []
    for name, page in screens.walk(visiting):
        assert page.locator("html").get_attribute("lang") == "zh-CN", name
        found += [f"{name}: {said}" for said in english(page)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_no_english_word_is_left_in_dialogs_menus_and_toasts(
    tab: NewTab, server: Server, device: str
) -> None:
    options = screens.PHONE if device == "phone" else screens.DESKTOP
    visiting = tab(server, locale="zh-CN", **options)
    found = [
        f"{name}: {said}" for name, page in screens.walk_dialogs(visiting) for said in english(page)
    ]
    assert not found, "\n".join(found)


def test_no_english_word_is_left_where_articles_are_added(
    tab: NewTab, seeds_server: Server, tmp_path: Path
) -> None:
    visiting = tab(seeds_server, locale="zh-CN")
    found = []
    for name, page in screens.walk_uploads(visiting, tmp_path / "files"):
        found += [f"{name}: {said}" for said in english(page)]
    assert not found, "\n".join(found)


def test_an_answer_says_why_in_chinese(tab: NewTab, seeds_server: Server) -> None:
    asking = tab(seeds_server, locale="zh-CN")
    page = asking.open()
    asking.ask(screens.QUESTION)
    expect(page.locator('[data-step-type="retrieval"]')).to_contain_text(
        re.compile(r"\d 篇文章中的 \d+ 个段落")
    )
    step = page.locator('[data-step-type="tool"]')
    expect(step).to_contain_text("为何这样回答")
    step.get_by_role("button").click()
    lines = [text.strip() for text in step.locator("li > *, li").all_text_contents()]
    own = [re.sub(r"“[^”]*”|：[^：]*，\d+–\d+|(提到|出现)：.*", "", line) for line in lines]
    assert lines[0].startswith("已作回答：最佳句子的置信度为 0.")
    assert all(re.search(r"[\u4e00-\u9fff]", line) for line in lines)
    assert not [line for line in own if re.match(r"(for|against|Answered|Passages)\b", line)]


def test_a_refusal_and_its_notes_are_in_chinese_and_stay_so(
    tab: NewTab, seeds_server: Server
) -> None:
    asking = tab(seeds_server, locale="zh-CN")
    page = asking.open()
    refused = asking.ask("What is the price of a ticket to the Moon?")
    expect(refused.locator("span.font-bold")).to_contain_text("文章")
    expect(refused).to_contain_text("请试试")
    noted = asking.ask("How many vehicles did SAIC Ningde produce in articles from 2024?")
    note = noted.locator("blockquote").last
    expect(note).to_contain_text("只询问了")
    said = note.inner_text()
    page.goto(seeds_server.url)
    page.locator("#thread-history a").first.click()
    expect(page.locator("blockquote").last).to_have_text(said)
    # The same conversation, for a browser that asks for English: its notes are told anew.
    english = tab(seeds_server)
    page = english.open()
    page.locator("#thread-history a").first.click()
    expect(page.locator("blockquote").last).to_contain_text("Asked only articles dated")


@pytest.mark.parametrize(("locale", "said"), [("en-US", "Stopped."), ("zh-CN", "已停止。")])
def test_stop_says_so_in_the_language_of_the_reader(
    tab: NewTab, serve: Serve, locale: str, said: str
) -> None:
    asking = tab(serve("--fake"), locale=locale)
    page = asking.open()
    page.fill("#chat-input", "Hold the answer about the vehicles")
    page.click("#chat-submit")
    page.locator("#stop-button").click()
    expect(page.locator(".ai-message").last).to_have_text(said)
    expect(page.locator("#footnote-voice")).to_have_text(said)
    expect(page.locator("#stop-button")).to_have_count(0)
    asking.ask(screens.QUESTION)  # the place in the queue is free again
    expect(page.locator(screens.MARKER).first).to_be_visible()
