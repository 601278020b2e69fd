"""The pages of articles and the library, without a browser: text, links, forms, routes."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.routing import Router

from assistant import Assistant
from assistant.answers import Citation
from assistant.chat.access.hardening import REMOVAL
from assistant.chat.library import article_page, library_page, pages
from assistant.chat.library.uploads import Uploads
from assistant.chat.opening import Opening
from assistant.chat.preferences import Preferences
from embeddings.catalog import CatalogQuery, choose
from embeddings.errors import CorpusError, QuestionError
from embeddings.records import Article
from tests.fakes import HashingEncoder

TEXT = "\n\nA 🔋 <b>first</b>\nline.\n\n  A second \u202eone\u202c.\n \n\nThe end."
ARTICLE = Article(id="a.txt", text=TEXT, title="Of <i>batteries</i>", pages=(0, 30, 30, 40))
SCOTLAND = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
"""A flag: what follows the black one are tags, which have no shape anywhere else."""
TEXTS = st.text(
    st.sampled_from("ab \n\r\t🔋<&\"'\0\x0b\u202e\u200b\ufeff\xad\u034f🏴\U000e0061\U000e007f"),
    max_size=80,
)


class Shown(HTMLParser):
    """What a browser would show of the element `text`, and of the marks in it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.marked, self.elements = "", "", list[str]()
        self._inside = self._marks = 0
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside += bool(self._inside or ("id", "text") in attrs)
        self._marks += tag == "mark"
        if self._inside:
            self.elements.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self._inside -= bool(self._inside)
        self._marks -= tag == "mark"

    def handle_data(self, data: str) -> None:
        self.text += data if self._inside else ""
        self.marked += data if self._marks else ""


class Shelf:
    """The articles that a page is made from, without a corpus."""

    def __init__(self, *articles: Article) -> None:
        self._articles = {article.id: article for article in articles}

    def known(self, article_id: str, sha256: str | None = None) -> Article | None:
        return self._articles.get(article_id)


def article_html(article: Article, **asked: str) -> tuple[int, str]:
    return pages.article_html(Shelf(article), article.id, asked)  # type: ignore[arg-type]


@given(TEXTS, st.data())
def test_the_page_holds_exactly_the_text_and_marks_exactly_the_place(
    text: str, data: st.DataObject
) -> None:
    offsets = data.draw(st.lists(st.integers(0, len(text)), max_size=4))
    article = Article(id="x", text=text, pages=tuple(sorted(offsets)))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    shown = Shown(article_html(article, highlight=f"{start}-{end}")[1])
    # U+0000 cannot be in a page; one other character keeps its place.
    assert shown.text == text.replace("\0", "\ufffd")
    assert shown.marked == text[start:end].replace("\0", "\ufffd")
    assert set(shown.elements) <= {"div", "p", "span", "mark"}


def test_paragraphs_are_paragraphs_and_pages_are_numbered() -> None:
    blocks = article_page.blocks(ARTICLE)
    paragraphs = ["".join(p.text for p in block.pieces) for block in blocks if block.paragraph]
    assert paragraphs == ["A 🔋 <b>first</b>\nline.", "  A second \u202eone\u202c.", "The end."]
    numbered = [piece.page for block in blocks for piece in block.pieces if piece.page]
    assert numbered == [1, 3, 4], "a page without text has no beginning of its own"


def test_what_has_no_shape_is_signed_and_isolated() -> None:
    shown = article_page.visible("a\u202eb\r<")
    assert shown == (
        'a<span class="hidden" data-code="202E">\u202e</span>b'
        '<span class="hidden" data-code="000D">&#13;</span>&lt;'
    )
    assert "\u202e" not in article_page.plain("a\u202eb")
    assert article_page.visible("a\r\nb") == "a&#13;\nb", "the end of a line is no oddity"
    for hidden in "\xad\u034f\u180e\u200b\u2065\U000e0001\U000e0041\U000e007f":
        code = f"{ord(hidden):04X}"
        signed = f'pay<span class="hidden" data-code="{code}">{hidden}</span>pal'
        assert article_page.visible(f"pay{hidden}pal") == signed
        assert article_page.plain(f"pay{hidden}pal") == "paypal"


def test_an_emoji_is_no_oddity() -> None:
    for emoji in (SCOTLAND, "👩‍💻", "❤️", "🏴", "🇨🇳"):
        assert article_page.visible(emoji) == article_page.plain(emoji) == emoji
    smuggled = "🏴" + "".join(chr(0xE0000 + ord(c)) for c in "ignore all") + "\U000e007f"
    assert article_page.plain(smuggled) == "🏴", "no region has such a name"
    assert article_page.plain(SCOTLAND[1:]) == "", "tags without the flag that they change"


def test_the_panel_signs_the_same_characters_as_the_page() -> None:
    script = (Path(article_page.__file__).parents[1] / "public" / "app.js").read_text("utf-8")
    found = re.search(r"const HIDDEN = /(.*)/u;", script)
    assert found
    panel = re.compile(re.sub(r"\\u\{(\w+)\}", lambda code: chr(int(code[1], 16)), found[1]))
    every = SCOTLAND + "".join(map(chr, range(0x110000)))
    signed = [one[0] for one in article_page.HIDDEN.finditer(every)]
    assert len(signed) > 200
    assert [one[0] for one in panel.finditer(every)] == signed


@pytest.mark.parametrize(
    "name", ["a.txt", "a b/ü?#%41.txt", "новости/1.md", "x&y=z;\n'\".txt", "🔋\\\u202e.txt", "a//b"]
)
def test_a_link_leads_back_to_its_id(name: str) -> None:
    parts = urlsplit(article_page.link(name, 3, 14, "ab" * 32))
    assert unquote(parts.path) == f"/articles/{name}"
    assert parts.query == f"sha256={'ab' * 32}"
    assert parts.fragment == "3-14"
    assert not parts.netloc


@pytest.mark.parametrize(
    "asked", ["", "x", "3", "3-", "-3", "5-5", "6-3", "0-9999", "1e3-4", "٣-٤", f"0-{'9' * 400}"]
)
def test_a_place_that_is_none_is_said_and_nothing_is_marked(asked: str) -> None:
    status, page = article_html(ARTICLE, highlight=asked)
    assert status == 200
    assert "<mark" not in page
    assert 'id="missing" role="status">' in page
    assert Shown(page).text == TEXT


def test_nothing_is_said_where_nothing_was_asked() -> None:
    _, page = article_html(ARTICLE)
    assert 'id="missing" role="status" hidden>' in page
    assert 'id="changed"' not in page


def test_a_changed_article_says_so_and_marks_nothing() -> None:
    changed = replace(ARTICLE, text="New. " + TEXT, sha256="")
    _, page = article_html(changed, highlight="4-9", sha256=ARTICLE.sha256)
    assert 'id="changed"' in page
    assert "data-changed" in page
    assert "<mark" not in page
    _, page = article_html(changed, highlight="4-9", sha256=changed.sha256)
    assert 'id="changed"' not in page
    assert Shown(page).marked == changed.text[4:9]


def test_an_article_says_where_it_is_from() -> None:
    article = replace(
        ARTICLE, date="2024-01-01", author="Ann <x>", language="pt-BR", incomplete="page 2 <b>",
        source="/home/somebody/articles/a.txt",
    )  # fmt: skip
    _, page = article_html(article)
    for said in ("Of &lt;i&gt;batteries", "2024-01-01", "Ann &lt;x&gt;", "pt-BR", "4 pages",
                 "May be incomplete: page 2 &lt;b&gt;", 'lang="pt-BR"'):  # fmt: skip
        assert said in page
    assert "somebody" not in page, "whose machine it is is nobody's business"
    assert "undated" in article_html(ARTICLE)[1]


def test_an_article_that_is_not_there_is_a_page_that_says_so() -> None:
    status, page = pages.article_html(Shelf(), "<b>\u202e.txt", {})  # type: ignore[arg-type]
    assert status == 404
    assert "There is no such article" in page
    assert '&lt;b&gt;<span class="hidden" data-code="202E">' in page


def test_a_form_asks_for_a_page() -> None:
    form = {"words": " a  b ", "since": "2023", "until": "2023-07", "state": "indexed",
            "order": "title", "page": "3"}  # fmt: skip
    query = library_page.query_of(form)
    assert query == CatalogQuery("a  b", "2023-01-01", "2023-07-31", "indexed", "title", 3)
    again = dict(
        part.split("=") for part in library_page.address(query, 2).split("?")[1].split("&")
    )
    assert library_page.query_of({k: v.replace("+", " ") for k, v in again.items()}) == replace(
        query, page=2
    )
    assert library_page.address(library_page.query_of({}), 1) == "/articles"


@pytest.mark.parametrize("page", ["", "0", "-1", "x", "²", "9" * 30])
def test_a_page_that_is_no_number_is_the_first(page: str) -> None:
    assert library_page.query_of({"page": page}).page <= 1


@pytest.mark.parametrize(
    "form",
    [{"since": "yesterday"}, {"since": "2024", "until": "2023"}, {"state": "lost"},
     {"order": "random"}, {"words": "w " * 17}],
)  # fmt: skip
def test_a_form_that_means_nothing_is_said_and_lists_nothing(form: dict[str, str]) -> None:
    with pytest.raises(QuestionError):
        library_page.query_of(form)
    status, page = pages.library_html(Shelf(), form)  # type: ignore[arg-type]
    assert status == 400
    assert 'role="alert"' in page
    assert "<table" not in page


# Over a real corpus


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    (folder / "news").mkdir(parents=True)
    for name, text in {
        "battery.md": "# Ümlaut Battery\n\nDate: 2023-05-01\n\nAll of it.\n",
        "news/plant.md": "# A plant opens\n\nDate: 2024-02-01\n\nText of it.\n",
        "undated.txt": "Nobody knows when. It was written by hand, and of it no day is told.",
    }.items():
        (folder / name).write_text(text, "utf-8")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 and no more")
    return folder


@pytest.fixture
def assistant(folder: Path, tmp_path: Path) -> Iterator[Assistant]:
    with Assistant.open(folder, data_dir=tmp_path / "data", encoder=HashingEncoder()) as opened:
        yield opened


def listed(assistant: Assistant, **form: str) -> list[str]:
    found = assistant.catalog(library_page.query_of(form))
    assert found.found == len(found.articles) + len(found.files)
    return [each.id for each in found.articles] + [file.path for file in found.files]


def test_the_library_is_filtered_and_ordered(assistant: Assistant) -> None:
    newest = ["news/plant.md", "battery.md", "undated.txt"]
    assert listed(assistant) == newest
    assert listed(assistant, order="oldest") == ["battery.md", "news/plant.md", "undated.txt"]
    assert listed(assistant, order="title") == newest, "the one without a title comes last"
    assert listed(assistant, order="file") == sorted(newest)
    assert listed(assistant, words="ümlaut BATT") == ["battery.md"], "letter case does not count"
    assert listed(assistant, words="u\u0308mlaut") == ["battery.md"], "nor how it is composed"
    assert listed(assistant, words="NEWS/") == ["news/plant.md"]
    assert listed(assistant, words="nobody HAND") == ["undated.txt"], "its opening words are shown"
    assert listed(assistant, words="100%_") == [], "no character is a wild card"
    assert listed(assistant, since="2024") == ["news/plant.md"]
    assert listed(assistant, until="2023") == ["battery.md"]
    assert listed(assistant, state="incomplete") == []
    assert listed(assistant, state="indexed") == newest
    assert listed(assistant, state="refused") == ["broken.pdf"]
    assert listed(assistant, state="refused", since="2024") == []


def test_a_list_without_articles_says_what_can_be_done(
    assistant: Assistant, tmp_path: Path
) -> None:
    everything = pages.library_html(assistant, {})[1]
    assert "Show all" not in everything, "all are shown"
    nothing = pages.library_html(assistant, {"words": "zeppelin"})[1]
    assert "Nothing fits." in nothing
    assert "Show all" in nothing
    (tmp_path / "none").mkdir()
    with Assistant.open(
        tmp_path / "none", data_dir=tmp_path / "data", encoder=HashingEncoder()
    ) as empty:
        page = pages.library_html(empty, {})[1]
    assert "There are no articles yet." in page
    assert "assistant index FOLDER" in page
    assert "Nothing fits." not in page
    for found in (everything, pages.library_html(assistant, {"since": "soon"})[1]):
        assert "Nothing fits." not in found
        assert "There are no articles yet." not in found


def test_a_language_that_is_not_stated_is_called_one_where_columns_have_no_heads(
    assistant: Assistant,
) -> None:
    page = pages.library_html(assistant, {})[1]
    assert page.count('<td data-name="Language">not stated</td>') == 3


def test_the_library_tells_what_was_refused_and_why(assistant: Assistant) -> None:
    assert "1 file could not be indexed" in pages.library_html(assistant, {})[1]
    status, page = pages.library_html(assistant, {"state": "refused"})
    assert status == 200
    assert "broken.pdf" in page
    assert html.escape(assistant.report.refused[0].reason) in page
    assert str(Path.cwd()) not in page


def test_a_removed_or_refused_article_says_why_it_is_not_there(assistant: Assistant) -> None:
    assistant.remove("battery.md")
    status, page = pages.article_html(assistant, "battery.md", {})
    assert status == 404
    assert "removed by you" in page
    assert "All of it" not in page
    status, page = pages.article_html(assistant, "broken.pdf", {})
    assert status == 404
    assert html.escape(assistant.report.refused[0].reason) in page


def test_a_file_that_moved_is_found_by_its_link(assistant: Assistant, folder: Path) -> None:
    (folder / "undated.txt").rename(folder / "renamed.txt")
    assistant.refresh()
    status, page = pages.article_html(assistant, "undated.txt", {"highlight": "0-6"})
    assert status == 200
    assert "Now found under" in page
    assert Shown(page).marked == "Nobody"


def test_a_text_is_found_by_its_link_where_its_file_has_another(
    assistant: Assistant, folder: Path
) -> None:
    link = {"highlight": "0-6", "sha256": assistant.article("undated.txt").sha256}
    (folder / "undated.txt").rename(folder / "renamed.txt")
    (folder / "undated.txt").write_text("Somebody has signed this one.")
    assistant.refresh()
    status, page = pages.article_html(assistant, "undated.txt", link)
    assert status == 200
    assert "Now found under" in page
    assert Shown(page).marked == "Nobody"


def test_a_tick_follows_its_file(assistant: Assistant, folder: Path) -> None:
    chosen = Preferences(articles=("undated.txt", "battery.md"))
    (folder / "undated.txt").rename(folder / "renamed.txt")
    assistant.refresh()
    page = pages.library_html(assistant, {}, chosen)[1]
    ticked = re.findall(r'name="article" value="([^"]*)"[^>]* checked', page)
    assert sorted(ticked) == ["battery.md", "renamed.txt"]
    assert "The chat asks 2 articles only" in page
    assert "gone" not in page


def test_articles_that_are_gone_are_not_counted_as_ticked(assistant: Assistant) -> None:
    page = pages.library_html(assistant, {}, Preferences(articles=("battery.md", "lost.txt")))[1]
    assert "The chat asks 1 article only" in page
    assert "1 article that was chosen is gone." in page
    page = pages.library_html(assistant, {}, Preferences(articles=("lost.txt", "lost too.txt")))[1]
    assert "The chat asks" not in page
    assert "2 articles that were chosen are gone." in page
    assert "Ask all articles" in page


def test_the_library_goes_page_by_page(assistant: Assistant) -> None:
    first = assistant.catalog(CatalogQuery(size=2))
    last = assistant.catalog(CatalogQuery(size=2, page=99))
    assert (first.found, first.pages, first.page, len(first.articles)) == (3, 2, 1, 2)
    assert (last.page, len(last.articles)) == (2, 1)
    assert not {a.id for a in first.articles} & {a.id for a in last.articles}


def test_only_the_texts_of_the_page_are_read(assistant: Assistant) -> None:
    run: list[str] = []
    with assistant._corpus._current() as db:
        db.set_trace_callback(run.append)
        for query in (
            CatalogQuery(), CatalogQuery(since="2023", state="incomplete"),
            CatalogQuery(state="refused"), CatalogQuery(words="bridge"),
        ):  # fmt: skip
            choose(db, query)
        db.set_trace_callback(None)
        assert len(run) == 12
        for sql in run:
            plan = " ".join(row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}"))
            assert re.search("COVERING INDEX|INDEX (files_refused|articles_untitled)", plan), sql
            assert not re.search("(SCAN|SEARCH) articles(?! USING (COVERING|INDEX))", plan), sql


# The routes


def request(
    opening: Opening,
    path: str,
    *,
    admitted: bool = True,
    user: str = "",
    uploads: Uploads | None = None,
    form: dict[str, str] | None = None,
) -> tuple[int, dict[str, str], str]:
    """What the routes answer to a path as the server hands it on: decoded."""
    sent_form = urlencode(form or {}).encode()

    async def admit(request: Request) -> bool:
        return admitted

    async def run() -> list[dict[str, Any]]:
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": sent_form, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        plain, _, query = path.partition("?")
        method = "GET" if form is None else "POST"
        scope = {"type": "http", "method": method, "path": unquote(plain), "headers": [],
                 "query_string": query.encode(), "root_path": ""}  # fmt: skip
        with TemporaryDirectory() as folder:
            own = uploads or Uploads(Path(folder), "off")
            routes = pages.page_routes(opening, admit, own, who=lambda _: user)
            await Router(routes)(scope, receive, send)
        return sent

    start, *bodies = asyncio.run(run())
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], headers, b"".join(each["body"] for each in bodies).decode()


def test_pages_have_a_policy_without_exceptions(assistant: Assistant) -> None:
    for path in ("/articles", "/articles/", "/articles/undated.txt", "/articles/none"):
        _, headers, page = request(Opening(lambda: assistant), path)
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["cache-control"] == "no-store"
        assert not re.search(r"<script(?! src=\"/public/)|<style|\son\w+=|\sstyle=", page)


def test_an_id_of_any_characters_is_reached(tmp_path: Path) -> None:
    name = "ü ?#%41\n&'.txt"
    article = Article(id=f"x/{name}", text="Some text.")
    opening = Opening(lambda: Shelf(article))  # type: ignore[arg-type, return-value]
    status, _, page = request(opening, article_page.path_of(article.id) + "?highlight=0-4")
    assert status == 200
    assert Shown(page).marked == "Some"


def test_nobody_reads_without_a_login_where_there_is_one(assistant: Assistant) -> None:
    for path in ("/articles", "/articles/undated.txt"):
        status, headers, page = request(Opening(lambda: assistant), path, admitted=False)
        assert (status, headers["location"]) == (303, "/login")
        assert "undated" not in page


def test_who_has_added_an_article_to_the_library_removes_it_on_its_page(
    assistant: Assistant, tmp_path: Path
) -> None:
    uploads = Uploads(tmp_path / "data", "library")
    file = uploads.incoming()
    file.write_text("The canary of Ada is called Quillon and lives in the blue cage.")
    conversation = "0b2f9c1e-3f2d-4c55-9d0a-0f7a1c2b3d4e"
    added = uploads.add(assistant, file, "canary.txt", "ada", conversation, "library").id
    assert added
    opening, button = Opening(lambda: assistant), "Remove from the library"

    def page(path: str, user: str, form: dict[str, str] | None = None, **more: Any) -> Any:
        return request(opening, path, user=user, uploads=uploads, form=form, **more)

    path, form = article_page.path_of(added), {"article": added}
    _, _, shown = page(path, "ada")
    assert button in shown
    assert f'action="{REMOVAL}"' in shown
    assert f'name="article" value="{added}"' in shown
    assert button not in page(path, "bob")[2]
    assert button not in page("/articles/undated.txt", "ada")[2]
    assert page(REMOVAL, "ada", form, admitted=False)[0] == 303
    for user, wanted in (("bob", form), ("ada", {"article": "undated.txt"}), ("ada", {})):
        assert page(REMOVAL, user, wanted)[0] == 404
    assert page(path, "bob")[0] == 200
    status, headers, told = page(REMOVAL, "ada", form)
    assert (status, "The article was removed" in told) == (200, True)
    assert "form-action 'self'" in headers["content-security-policy"]
    assert page(path, "ada")[0] == 404
    assert page(REMOVAL, "ada", form)[0] == 404
    uploads.close()


def test_a_page_does_not_wait_for_the_articles(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    gate = threading.Event()
    monkeypatch.setattr("assistant.chat.opening.SOON_SECONDS", 0.05)

    def slowly() -> Any:
        gate.wait(10)
        raise CorpusError("the folder is gone")

    opening = Opening(slowly)
    status, headers, page = request(opening, "/articles")
    assert (status, headers["retry-after"]) == (503, "3")
    assert 'http-equiv="refresh"' in page
    gate.set()


def test_an_error_is_told_in_our_words(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> Any:
        raise CorpusError("the folder <b> is gone")

    status, _, page = request(Opening(fail), "/articles")
    assert status == 500
    assert "The folder &lt;b&gt; is gone" in page
    error_id = re.search(r"Error id: (\w+)", page)
    assert error_id
    assert error_id[1] in caplog.text


def test_the_panel_links_to_the_place_in_the_article() -> None:
    from assistant.chat.replies import rendering

    quote = TEXT[4:20]
    cited = Citation(1, "a.txt", "T", None, None, 4, 20, quote, ARTICLE.sha256)
    source = rendering.cited_source(cited, ARTICLE)
    assert source["href"] == f"/articles/a.txt?sha256={ARTICLE.sha256}#4-20"
