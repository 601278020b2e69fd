"""The pages of articles and the library of them, in a real browser."""

from __future__ import annotations

import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Page, expect

from assistant import Assistant
from tests.browser.test_exactness import QUIET
from tests.fakes import HashingEncoder

if TYPE_CHECKING:
    from tests.browser.conftest import Serve, Server, Tab

pytestmark = pytest.mark.browser
NewTab = Callable[..., "Tab"]

MARKER = 'a[href^="#cite-"]'
OPEN = "Open the article"
INDEXING_SECONDS = 120
SENTENCE = "The Wendover bridge 🌉 opened on 3 May 2021 for all traffic."
BRIDGE = f"""# The Wendover bridge 🌉

Date: 2021-05-04

{"Ducks 🦆🦆 swim below it. " * 300}

{SENTENCE} It cost 12.5 million euros.

{"Nobody knows why 🤷 it was built. " * 300}
"""
HOSTILE = "A page\n\n" + "\n\n".join(QUIET) + "\n\n" + "\n".join(QUIET) + "\r\nThe end \r here.\n"


def write_articles(folder: Path) -> None:
    folder.mkdir()
    (folder / "news ü?#%41").mkdir()
    (folder / "news ü?#%41" / "bridge.md").write_text(BRIDGE, "utf-8")
    (folder / "hostile.txt").write_bytes(HOSTILE.encode())
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 and no more")
    for number in range(1, 71):
        day = f"2{number:03d}-01-01"
        text = f"# Report {number:03d}\n\nDate: {day}\n\nOf nothing in particular.\n"
        (folder / f"report-{number:03d}.md").write_text(text, "utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library") / "articles"
    write_articles(folder)
    return folder


@pytest.fixture(scope="module")
def server(serve: Serve, exported: Path, folder: Path) -> Server:
    return ready(serve("--folder", str(folder), encoder=exported))


@pytest.fixture(scope="module")
def assistant(server: Server, folder: Path) -> Iterator[Assistant]:
    """The same corpus that the server asks, asked without it."""
    with Assistant.open(folder, data_dir=server.folder) as assistant:
        yield assistant


def ready(server: Server) -> Server:
    """The server, once its articles are indexed."""
    end = time.monotonic() + INDEXING_SECONDS
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(f"{server.url}/articles").close()
        except urllib.error.HTTPError as error:
            if error.code != 503:
                raise
            time.sleep(0.2)
        else:
            return server
    pytest.fail("the articles are not ready")


def marked(page: Page) -> str:
    """All that is highlighted in the article, in one string."""
    return "".join(page.locator("#text mark").all_text_contents())


def place_of(text: str, quoted: str) -> str:
    """The place of a quote, as a link names it."""
    start = text.index(quoted)
    return f"{start}-{start + len(quoted)}"


def address(server: Server, article_id: str, rest: str = "") -> str:
    return f"{server.url}/articles/{quote(article_id)}{rest}"


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def test_a_citation_opens_its_article_at_the_quote(
    tab: NewTab, server: Server, assistant: Assistant
) -> None:
    question = "When did the Wendover bridge open?"
    answer = assistant.ask(question)
    assert answer.citations[0].quote == SENTENCE
    asking = tab(server)
    page = asking.open()
    reply = asking.ask(question)
    reply.locator(MARKER).first.click()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name=OPEN).click()
    article = opened.value
    expect(article.locator("#text mark").first).to_be_in_viewport()
    assert marked(article) == answer.citations[0].quote
    expect(article.locator("h1")).to_have_text("The Wendover bridge 🌉")
    expect(article.locator(".about")).to_contain_text("2021-05-04")
    expect(article.locator(".about")).to_contain_text("news ü?#%41/bridge.md")
    link = urlsplit(article.url)
    citation = answer.citations[0]
    assert link.path == f"/articles/{quote(citation.article_id)}"
    assert link.fragment == f"{citation.start}-{citation.end}"
    text = assistant.article(citation.article_id).text
    assert article.locator("#text").text_content() == text
    asking.opened.clear()


def test_the_closest_articles_open_too(tab: NewTab, fake_server: Server) -> None:
    asking = tab(fake_server)
    page = asking.open()
    asking.ask("no answer about vehicles").locator(".fn-chip").first.click()
    link = page.get_by_role("link", name=OPEN).get_attribute("href")
    passage = page.locator(".fn-text").text_content() or ""
    page.goto(f"{fake_server.url}{link}")
    around = "… \xa0\n"
    assert marked(page).strip(around) == passage.strip(around)
    expect(page.locator("#text mark").first).to_be_in_viewport()


def test_the_empty_screen_leads_to_the_library_and_back(tab: NewTab, server: Server) -> None:
    asking = tab(server)
    page = asking.open()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Browse the articles").click()
    library = opened.value
    expect(library.locator("h1")).to_have_text("Articles")
    library.get_by_role("link", name="Ask the articles").click()
    expect(library.locator("#chat-input")).to_be_visible()
    asking.opened.clear()


def test_a_link_lives_on_after_a_new_splitting_and_a_restart(
    tab: NewTab, serve: Serve, exported: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "bridge.md").write_text(BRIDGE, "utf-8")
    first = ready(serve("--folder", str(folder), encoder=exported))
    link = f"#{place_of(BRIDGE, SENTENCE)}"
    opened = tab(first)
    opened.page.goto(address(first, "bridge.md", link))
    expect(opened.page.locator("#text mark")).to_have_text(SENTENCE)
    opened.page.goto("about:blank")
    first.stop()
    encoder = HashingEncoder()
    with Assistant.open(folder, data_dir=first.folder, encoder=encoder) as assistant:
        assert assistant.retrieve("bridge"), "all is split and encoded anew, in a build of its own"
    second = type(first)(first.folder, "--folder", str(folder))
    try:
        second.wait()
        ready(second)
        again = tab(second)
        again.page.goto(address(second, "bridge.md", link))
        expect(again.page.locator("#text mark")).to_have_text(SENTENCE)
        expect(again.page.locator("#text mark")).to_be_in_viewport()
    finally:
        second.stop()


def test_a_page_that_came_too_early_shows_its_place_once_all_is_ready(
    tab: NewTab, serve: Serve, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "bridge.txt").write_text(BRIDGE, "utf-8")
    server = serve("--fake", "--until", str(gate), "--folder", str(tmp_path / "articles"))
    early = tab(server)
    page = early.page
    page.goto(address(server, "bridge.txt", f"#{place_of(BRIDGE, SENTENCE)}"))
    expect(page.locator("h1")).to_have_text("Getting the articles ready")
    gate.touch()
    expect(page.locator("#text mark")).to_have_text(SENTENCE)
    expect(page.locator("#text mark")).to_be_in_viewport()
    early.errors.clear()  # the browser's own line about the status 503


def test_a_place_counts_characters_and_not_utf16_units(
    tab: NewTab, server: Server, assistant: Assistant
) -> None:
    text = assistant.article("news ü?#%41/bridge.md").text
    page = tab(server).page
    for quoted in ("🌉", "🦆 swim", SENTENCE, "🤷", text[3:60], text):
        page.goto("about:blank")
        page.goto(address(server, "news ü?#%41/bridge.md", f"#{place_of(text, quoted)}"))
        assert marked(page) == quoted
        assert page.locator("#text").text_content() == text
    start, end = text.index("million"), len(text)
    page.evaluate(f"location.hash = '{start}-{start + 7}'")
    expect(page.locator("#text mark")).to_have_text("million")
    expect(page.locator("#text mark")).to_be_in_viewport()
    page.evaluate(f"location.hash = '5-{end + 1}'")
    expect(page.locator("#missing")).to_be_visible()
    expect(page.locator("#text mark")).to_have_count(0)
    page.evaluate(f"location.hash = '{end - 1}-{end}'")
    expect(page.locator("#missing")).to_be_hidden()
    assert marked(page) == text[-1]


def test_without_javascript_the_server_marks_the_place(tab: NewTab, server: Server) -> None:
    page = tab(server, java_script_enabled=False).page
    place = place_of(BRIDGE, SENTENCE)
    article = "news ü?#%41/bridge.md"
    page.goto(address(server, article, f"?highlight={place}#cited"))
    assert page.locator("#text").text_content() == BRIDGE
    assert marked(page) == SENTENCE
    expect(page.locator("#cited")).to_be_in_viewport()
    page.goto(address(server, article, f"#{place}"))
    expect(page.locator("h1")).to_contain_text("Wendover")
    assert "?highlight=" in (page.locator("noscript").text_content() or "")
    page.goto(f"{server.url}/articles")
    page.get_by_label("Words").fill("wendover")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("tbody tr")).to_have_count(1)


def test_an_article_that_changed_says_so_and_marks_nothing(tab: NewTab, server: Server) -> None:
    page = tab(server).page
    place = place_of(BRIDGE, SENTENCE)
    page.goto(address(server, "news ü?#%41/bridge.md", f"?sha256={'0' * 64}#{place}"))
    expect(page.locator("#changed")).to_be_visible()
    expect(page.locator("#text mark")).to_have_count(0)


def test_an_article_that_is_not_there(tab: NewTab, server: Server) -> None:
    asking = tab(server)
    response = asking.page.goto(address(server, "<b>none</b>/../gone.txt"))
    assert response is not None
    assert response.status == 404
    expect(asking.page.locator("h1")).to_have_text("There is no such article")
    response = asking.page.goto(address(server, "broken.pdf"))
    assert response is not None
    assert response.status == 404
    expect(asking.page.locator("main")).to_contain_text("PDF")
    asking.errors.clear()  # the browser's own lines about the two 404s


def test_a_hostile_article_is_shown_exactly(
    tab: NewTab, server: Server, assistant: Assistant
) -> None:
    text = assistant.article("hostile.txt").text
    assert "\r" in text
    asking = tab(server)
    page = asking.page
    for line in (QUIET[0], "🔋 🇨🇳", "\u202eevil\u202c", "The end \r here"):
        page.goto("about:blank")
        page.goto(address(server, "hostile.txt", f"#{place_of(text, line)}"))
        assert page.locator("#text").text_content() == text
        assert marked(page) == line
    for selector in ("script", "img", "iframe", "style", "a", "table", "h2", "code", "input"):
        expect(page.locator(f"#text {selector}")).to_have_count(0)
    turned = page.locator('#text .hidden[data-code="202E"]').first
    assert turned.evaluate("e => getComputedStyle(e).unicodeBidi") == "isolate"
    assert asking.outside == []


def test_the_policy_allows_no_inline_script(tab: NewTab, server: Server) -> None:
    with urllib.request.urlopen(f"{server.url}/articles") as response:
        policies = response.headers.get_all("content-security-policy")
        assert response.headers["x-content-type-options"] == "nosniff"
    assert any("default-src 'none'" in policy and "unsafe" not in policy for policy in policies)
    asking = tab(server)
    asking.page.goto(f"{server.url}/articles")
    asking.page.evaluate("""() => {
        const script = document.createElement('script');
        script.textContent = 'window.ran = true';
        document.head.append(script);
    }""")
    assert asking.page.evaluate("window.ran") is None
    assert any("Content Security Policy" in error for error in asking.errors)
    asking.errors.clear()
    for header in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
        request = urllib.request.Request(f"{server.url}/articles/hostile.txt", headers=header)
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(request)


def rows(page: Page) -> list[str]:
    """Titles of the library's rows."""
    return page.locator("tbody th").all_text_contents()


def test_the_library_is_filtered_ordered_and_paged(
    tab: NewTab, server: Server, folder: Path
) -> None:
    page = tab(server).page
    page.goto(f"{server.url}/articles")
    expect(page.locator(".found")).to_contain_text("72 articles. Page 1 of 2.")
    assert len(rows(page)) == 50
    assert rows(page)[0] == "Report 070"
    page.get_by_role("link", name="Next page").click()
    expect(page.locator("tbody tr")).to_have_count(22)
    assert rows(page)[-1] == "A page", "the one without a date comes last"
    assert str(folder) not in page.content(), "whose machine it is is nobody's business"
    page.get_by_label("Words").fill("REPORT 00")
    page.get_by_label("Since").fill("2003-01-01")
    page.get_by_label("Until").fill("2005-06-30")
    page.get_by_label("Order").select_option("Oldest first")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("tbody th")).to_have_text(["Report 003", "Report 004", "Report 005"])
    expect(page.get_by_label("Since")).to_have_value("2003-01-01")
    expect(page.get_by_label("Order")).to_have_value("oldest")
    page.get_by_label("State").select_option("Refused")
    page.get_by_label("Words").fill("")
    page.get_by_label("Since").fill("")
    page.get_by_label("Until").fill("")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("tbody th")).to_have_text(["broken.pdf"])
    page.get_by_role("link", name="Show all").click()
    page.get_by_role("link", name="1 file could not be indexed").click()
    expect(page.locator("tbody th")).to_have_text(["broken.pdf"])
    page.goto(f"{server.url}/articles?words=bridge")
    page.locator("tbody th a").click()
    expect(page.locator("h1")).to_have_text("The Wendover bridge 🌉")


CONTRAST = """() => {
    const parts = colour => {
        const canvas = document.createElement('canvas').getContext('2d');
        canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
        return canvas.getImageData(0, 0, 1, 1).data;
    };
    const light = colour => [...parts(colour)].slice(0, 3).map(v => v / 255)
        .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
    const ground = e => {
        const colour = getComputedStyle(e).backgroundColor;
        return parts(colour)[3] || !e.parentElement ? colour : ground(e.parentElement);
    };
    const texts = [...document.querySelectorAll('body *')].filter(e =>
        e.checkVisibility() && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()));
    return Math.min(...texts.map(e => {
        const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
        return (a + .05) / (b + .05);
    }));
}"""
"""The lowest contrast of a text on the page, as WCAG 2 defines it."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_pages_fit_any_screen_and_can_be_read(
    tab: NewTab, server: Server, scheme: str, width: int
) -> None:
    size = {"width": width, "height": 740}
    page = tab(server, color_scheme=scheme, viewport=size).page
    place = place_of(BRIDGE, SENTENCE)
    for path in ("/articles", "/articles?state=refused", "/articles/hostile.txt",
                 f"/articles/{quote('news ü?#%41/bridge.md')}#{place}"):  # fmt: skip
        page.goto(f"{server.url}{path}")
        assert overflow(page) <= 0, path
        assert page.evaluate(CONTRAST) >= 4.5, path
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(float, re.findall(r"[\d.]+", ground)[:3])) < 200) == (scheme == "dark")


def test_the_pages_have_the_colours_that_the_chat_was_given(tab: NewTab, server: Server) -> None:
    page = tab(server, color_scheme="light").page
    page.goto(f"{server.url}/articles")
    page.evaluate("localStorage.setItem('vite-ui-theme', 'dark')")
    page.reload()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).color") != "rgb(25, 30, 41)"


def test_the_pages_work_with_the_keyboard_alone(tab: NewTab, server: Server) -> None:
    page = tab(server).page
    page.goto(f"{server.url}/articles")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    expect(page.get_by_text("Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Words")).to_be_focused()
    page.keyboard.type("wendover")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    link = page.locator("tbody th a")
    for _ in range(30):
        if link.evaluate("e => e === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(link).to_be_focused()
    assert link.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("The Wendover bridge 🌉")
    page.goto(page.url + f"#{place_of(BRIDGE, SENTENCE)}")
    expect(page.locator("#cited")).to_be_focused()
