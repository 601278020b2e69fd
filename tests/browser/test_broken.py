"""What a browser is told where something of the installation is wrong, in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from embeddings.corpus import FILE

if TYPE_CHECKING:
    from tests.browser.conftest import Serve, Server, Tab

pytestmark = pytest.mark.browser
NewTab = Callable[..., "Tab"]
QUESTION = "How many vehicles did SAIC Ningde produce?"
NO_FOLDER = {
    "en-US": "There is no folder {path}; check the path",
    "zh-CN": "没有文件夹 {path}；请检查路径",
}
GONE = {
    "en-US": "{path} cannot be found any more: No such file or directory; run: assistant doctor",
    "zh-CN": "找不到 {path} 了：没有这个文件或文件夹；请运行：assistant doctor",
}
FOREIGN = {
    "en-US": "The chat does not go by that name. Whoever runs it gives it one with --public-url.",
    "zh-CN": "聊天服务不使用这个名称。运行它的人可以用 --public-url 指定名称。",
}


@pytest.fixture(scope="module")
def without_articles(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A chat whose articles were not there, which it found once it was up."""
    folder = tmp_path_factory.mktemp("missing")
    go_on = folder / "go on"
    server = serve("--folder", str(folder / "articles"), "--until", str(go_on))
    go_on.touch()
    return server


@pytest.mark.parametrize("locale", NO_FOLDER)
def test_a_folder_that_is_missing_is_told_on_every_screen(
    tab: NewTab, without_articles: Server, locale: str
) -> None:
    asking = tab(without_articles, locale=locale)
    page = asking.open()
    told = re.compile(re.escape(NO_FOLDER[locale]).replace(re.escape("{path}"), r"\S+articles"))
    expect(page.locator("#welcome-screen")).to_contain_text(told)
    expect(asking.ask(QUESTION)).to_contain_text(told)
    expect(page.locator("#fn-add")).to_have_count(0)
    page.goto(f"{without_articles.url}/articles")
    expect(page.locator("body")).to_contain_text(told)
    asking.errors.clear()  # the browser notes each status that is no success


@pytest.mark.parametrize("locale", GONE)
def test_articles_that_go_while_it_runs_are_told_and_come_back(
    tab: NewTab, serve: Serve, exported: Path, locale: str
) -> None:
    server = serve(encoder=exported)
    asking = tab(server, locale=locale)
    asking.open()
    expect(asking.ask(QUESTION).locator('a[href^="#cite-"]').first).to_be_visible()
    (corpus,) = server.folder.glob(f"corpora/*/{FILE}")
    aside = corpus.rename(corpus.with_name("aside"))
    told = asking.ask(QUESTION)
    expect(told).to_contain_text(GONE[locale].format(path=corpus))
    aside.rename(corpus)
    expect(asking.ask(QUESTION).locator('a[href^="#cite-"]').first).to_be_visible()
    asking.errors.clear()


@pytest.mark.parametrize("locale", FOREIGN)
def test_a_name_that_is_not_the_chats_is_told_what_to_do(
    tab: NewTab, fake_server: Server, locale: str
) -> None:
    asking = tab(fake_server, locale=locale)
    foreign = fake_server.url.replace("127.0.0.1", "footnote.localhost")
    asking.server = type("Named", (), {"url": foreign})()
    asking.page.goto(foreign)
    expect(asking.page.locator("body")).to_have_text(FOREIGN[locale])
    asking.errors.clear()
