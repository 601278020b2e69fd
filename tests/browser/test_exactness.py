"""Whatever an article says is shown as exactly that: no markup, no script, no request."""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from assistant import Assistant
from assistant.chat.access.passwords import LOCAL_USER
from assistant.chat.history.store import FILE_NAME, History
from assistant.chat.replies import escaping
from assistant.proof.citations import shown
from assistant.showing.footnotes import joined
from tests.browser.serving import ALL

if TYPE_CHECKING:
    from tests.browser.conftest import Serve, Tab

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
ANSWERS = int(os.environ.get("FOOTNOTE_TEST_ANSWERS", "6"))
"""`make soak` asks for ten thousand: R12."""
OF_A_CONVERSATION = 20
NewTab = Callable[..., "Tab"]

TITLE = "A pa\u00adge"
INVISIBLE = (
    "tags \U000e0041\U000e007f, a joiner\u034f, a vowel\u180e, "
    "the flag 🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
)
NASTY = [
    "<script>alert(1)</script> and <img src=x onerror=alert(2)>",
    "![picture](http://outside.example/a.png) ![][ref]",
    "[ref]: http://outside.example/b.png",
    "<iframe src='http://outside.example'></iframe><!-- gone? --><?php ?>",
    "[click](javascript:alert(3)) and <http://outside.example> too",
    "Note:this does not affect codes; 12:30 and a:b[c]{d=e}",
    "::: warning",
    ":::note{title=x} inside :::",
    "::leaf[text]{a=b}",
    "# not a heading",
    "Setext ===",
    "- not a list",
    "+ not a list either",
    "1. not an ordered list",
    "2) nor this",
    "> not a quotation",
    "    not code, though indented",
    "```python",
    "~~~ fence",
    "`code` and ``more ` code``",
    "*emphasis* **strong** ***both*** _one_ __two__ ~~gone~~ snake_case_name 2*3*4",
    "| a | b |",
    "|---|---|",
    "---",
    "***",
    "[ ] todo [x] done [^1]",
    "[^1]: a footnote",
    "a backslash \\ and \\* and \\\\ at the end \\",
    "&amp; &lt;b&gt; &#42; &copy; &nbsp;",
    "$x^2$ and $$y$$ and \\(z\\) costs $5 or $6",
    "mail a.b@outside.example, http://outside.example/?q=1#f, www.outside.example.",
    "HTTPS://OUTSIDE.example:8080/a_b_(c) ftp://outside.example",
    "@someone #tag !important ~approx^up^ ==mark== ++ins++",
    "bidi \u202eevil\u202c and \u2066isolated\u2069 and mark\u200f.",
    "zero\u200bwidth, joined \u200d, soft\u00adhyphen, nbsp\u00a0here, \ufeffbom",
    "emoji 👩‍💻 🔋 🇨🇳 and 新能源汽车 and العربية and naïve",
    "controls \x07bell \x1b[31mred\x1b[0m \x00nul",
    "a closing [1] and [99] in the middle [2]",
    "{{handlebars}} ${template} {jsx} %s %(x)s",
    "</mark></div></body> <style>*{display:none}</style>",
    "SourcesPanel and SourcePassage are names of ours",
    "two  spaces and\ta tab",
    INVISIBLE,
]
SIGNED = [
    *("00AD", "202E", "202C", "2066", "2069", "200F", "00AD", "FEFF"),
    *("E0041 E007F", "034F", "180E"),
]
"""The signs of the answer of all these lines."""
QUIET = [line.replace("\x00", "") for line in NASTY]
"""U+0000 cannot be shown by any page."""


def opened_passage(page: Page) -> str | None:
    """Text that is highlighted in the side panel."""
    return page.locator("#side-view-content mark").text_content()


def nothing_ran(page: Page) -> None:
    """No element came out of the text of an article."""
    for selector in (
        "script",
        "img",
        "iframe",
        "style",
        "code",
        "pre",
        "table",
        "h1",
        "del",
        "input",
    ):
        inside = page.locator(f"[role=article] {selector}, #side-view-content {selector}")
        expect(inside).to_have_count(0)
    links = page.locator(".message-content a, #side-view-content a")
    for href in links.evaluate_all("links => links.map(link => link.getAttribute('href'))"):
        assert href.startswith(("#cite-", "/articles/"))


def test_every_string_is_shown_exactly(tab: NewTab, serve: Serve, tmp_path: Path) -> None:
    lines = [TITLE, *QUIET]
    (tmp_path / "nasty.txt").write_bytes("\n".join(lines).encode())
    asking = tab(serve("--fake", "--folder", str(tmp_path)))
    page = asking.open()
    reply = asking.ask(ALL)
    text = reply.locator(".message-content [role=article]").first.text_content()
    sentences = [
        (shown(line), f"{escaping.shown(shown(line))}{n}") for n, line in enumerate(lines, 1)
    ]
    assert text == joined(sentences, "\n")  # a line that ends like no sentence ends its line
    nothing_ran(page)
    # What has no shape is signed by its code, without a change of the text; flags have a shape.
    signed = reply.locator(".message-content [role=article] [data-code]")
    signs = "signs => signs.map(sign => sign.dataset.code)"
    assert signed.evaluate_all(signs) == SIGNED
    drawn = "sign => getComputedStyle(sign, '::before').content"
    assert [signed.nth(place).evaluate(drawn) for place in range(2)] == ['"00AD"', '"202E"']
    markers = reply.locator('a[href^="#cite-"]')
    expect(markers).to_have_count(len(lines))
    for place, line in enumerate(lines):
        markers.nth(place).click()
        expect(page.locator("#side-view-title")).to_contain_text(f"Source {place + 1} of")
        assert opened_passage(page) == line
    nothing_ran(page)
    # What has no shape is signed, in titles too; the tags of a flag have one.
    markers.nth(lines.index(INVISIBLE)).click()
    expect(page.locator("#side-view-title")).to_contain_text(f"Source {lines.index(INVISIBLE) + 1}")
    hidden = page.locator("#side-view-content mark .fn-hidden").evaluate_all(signs)
    assert hidden == ["E0041", "E007F", "034F", "180E"]
    chip = reply.locator(".fn-chip").first
    assert chip.locator(".fn-title").text_content() == TITLE
    for title in (chip.locator(".fn-title"), page.locator(".fn-passage h2")):
        assert title.locator(".fn-hidden").evaluate_all(signs) == ["00AD"]
    expect(chip).to_have_attribute("title", "A page")


def test_an_answer_from_forty_articles_cites_each_where_it_is(
    tab: NewTab, serve: Serve, tmp_path: Path
) -> None:
    names = [f"{number:02d}.txt" for number in range(1, 41)]
    quotes = [f"The tower of {name[:2]} is {at * 7 + 90} m high." for at, name in enumerate(names)]
    for name, quote in zip(names, quotes, strict=True):
        (tmp_path / name).write_text(quote, "utf-8")
    asking = tab(serve("--fake", "--folder", str(tmp_path)))
    page = asking.open()
    reply = asking.ask(ALL)
    markers = reply.locator('a[href^="#cite-"]')
    expect(markers).to_have_text([str(number) for number in range(1, 41)])
    expect(reply.locator(".fn-title")).to_have_text(quotes)
    for number in (1, 10, 25, 40, *random.Random(40).sample(range(2, 40), 4)):
        markers.nth(number - 1).click()
        expect(page.locator("#side-view-title")).to_contain_text(f"Source {number} of 40")
        expect(page.locator(".fn-about")).to_contain_text(names[number - 1])
        expect(page.locator(".fn-passage h2")).to_have_text(quotes[number - 1])
        assert opened_passage(page) == quotes[number - 1]


@pytest.mark.parametrize("line", QUIET)
def test_a_title_of_any_kind_is_shown_exactly(line: str) -> None:
    """The title of a marker's link; the browser's side is in the test above, once."""
    assert not re.search(r'["\\\[\]<>]', escaping.escape_title(line))


def test_real_answers_from_such_articles_are_exact(
    tab: NewTab, serve: Serve, exported: Path, tmp_path: Path
) -> None:
    sentence = (
        "The Wendover bridge <script>alert(1)</script> opened ![x](http://outside.example/a.png) "
        "on 3 May 2021 for Note:this and ::: \u202ereversed\u202c 🔋 traffic."
    )
    article = f"The *Wendover* bridge <b>opens</b>\n\n{sentence} It cost 12.5 million euros.\n"
    (tmp_path / "bridge.txt").write_text(article, "utf-8")
    server = serve("--folder", str(tmp_path), encoder=exported)
    asking = tab(server)
    page = asking.open()
    question = "When did the Wendover bridge open?"
    reply = asking.ask(question)
    with Assistant.open(tmp_path, data_dir=server.folder) as assistant:
        answer = assistant.ask(question)
    assert answer.answered
    expected = re.sub(r"\[(\d+)\]", r"\1", answer.text)
    assert reply.locator(".message-content [role=article]").first.text_content() == expected
    for place, citation in enumerate(answer.citations):
        marker = reply.locator('a[href^="#cite-"]').nth(place)
        expect(marker).to_have_attribute("title", citation.title)
        marker.click()
        expect(page.locator("#side-view-title")).to_contain_text(f"Source {place + 1} of")
        assert opened_passage(page) == citation.quote
        expect(page.locator(".fn-passage h2")).to_have_text(citation.title)
    nothing_ran(page)


def test_every_quote_is_what_the_article_says_and_what_the_page_shows(
    tab: NewTab, serve: Serve, exported: Path, tmp_path: Path
) -> None:
    larkmere = ROOT / "eval" / "corpora" / "larkmere"
    articles = tmp_path / "articles"
    shutil.copytree(ROOT / "seeds", articles / "seeds")
    shutil.copytree(larkmere / "articles", articles / "larkmere")
    lines = [
        *(ROOT / "eval" / "questions" / "development.jsonl").read_text("utf-8").splitlines(),
        *(larkmere / "questions" / "development.jsonl").read_text("utf-8").splitlines(),
    ]
    # Every seventh, then every seventh of the others: few of them are of all kinds.
    questions = [json.loads(line)["question"] for n in range(7) for line in lines[n::7]]
    server = serve("--folder", str(articles), encoder=exported)
    asking = tab(server)
    quotes = 0
    with (
        Assistant.open(articles, data_dir=server.folder) as assistant,
        History(server.folder / FILE_NAME) as history,
    ):
        for number, question in enumerate(itertools.islice(itertools.cycle(questions), ANSWERS)):
            if number % OF_A_CONVERSATION == 0:
                page = asking.open()
            reply = asking.ask(question)
            (newest,) = history.page(LOCAL_USER, 1).conversations
            kept = history.conversation(LOCAL_USER, newest.id, 1)
            assert kept is not None
            answer = kept.exchanges[-1].answer
            assert answer is not None, question
            markers = reply.locator('a[href^="#cite-"]')
            numbers = re.findall(r"\[(\d+)\]", answer["text"]) if answer["citations"] else []
            expect(markers).to_have_count(len(numbers))
            cited = {citation["number"]: citation for citation in answer["citations"]}
            for place, marked in enumerate(map(int, numbers)):
                citation = cited[marked]
                article = assistant.article(citation["article_id"])
                assert article.text[citation["start"] : citation["end"]] == citation["quote"]
                markers.nth(place).click()
                expect(page.locator("#side-view-title")).to_contain_text(f"Source {marked} of")
                assert opened_passage(page) == citation["quote"]
                quotes += 1
    print(f"{ANSWERS} answers, {quotes} quotes: each as its article has it, and as the page has it")
    assert quotes
