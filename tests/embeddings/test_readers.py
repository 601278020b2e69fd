from __future__ import annotations

import csv
import io
import subprocess
import sys
import zipfile
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from embeddings.errors import ReadError
from embeddings.readers import read_article
from embeddings.readers.metadata import find_metadata
from embeddings.readers.pdf_layout import Line, paragraphs, whole_lines
from embeddings.readers.prose import iso_date, language_tag, stated_title
from embeddings.records import Article, Document
from tests import documents

SEEDS = Path(__file__).parents[2] / "seeds"


@pytest.mark.parametrize(
    ("name", "title", "date"),
    [
        ("000_16a79fb0c8db9746", "Leaders visited Ningde Advanced Electronic Technology Company",
         "2020-09-24"),
        ("001_d40343a9a9aa84fa",
         "Ningde City Strives to Strengthen New Energy Vehicle Industry Chain", "2024-01-01"),
        ("002_e3b84b1c175dd032",
         "Chen Zhichang special investigation of key industrial project construction", None),
        ("003_999e1e7306369b4b",
         "Municipal government signs strategic cooperation agreement with CEC", None),
        ("004_a9205e703483e647", None, None),
    ],
)  # fmt: skip
def test_the_seeds_say_this_of_themselves(name: str, title: str | None, date: str | None) -> None:
    path = SEEDS / f"{name}.txt"
    article = read_article(path.read_bytes(), path.name, path.name)
    assert (article.title, article.date) == (title, date)
    assert article.text == path.read_bytes().decode("utf-8")


@pytest.mark.parametrize(
    ("head", "date"),
    [
        ("A title\n\nPublished: March 3, 2021\n\nText.", "2021-03-03"),
        ("A title\n\n3 March 2021\n\nText.", "2021-03-03"),
        ("A title\n2021/03/03 10:20\n\nText.", "2021-03-03"),
        ("A title\n\nOSLO, March 3, 2021 — The bridge opened.", "2021-03-03"),
        ("A title\n\nWednesday, March 3, 2021\n\nText.", "2021-03-03"),
        ("A title\n\nPublished on Wed 3 March 2021\n\nText.", "2021-03-03"),
        ("A title\n\nBy Ada B. Berg, 3 March 2021\n\nText.", "2021-03-03"),
        ("A title\n\nBy Ada Berg and Ben Lund | Wednesday, March 3, 2021\n\nText.", "2021-03-03"),
        ("A title\n\nBy Ada Berg, Spring 2021\n\nText.", None),
        ("A title\n\nBy Ada Berg, March 2021\n\nText.", None),
        ("A title\n\nBy Wednesday, 3 March 2021\n\nText.", None),
        ("A title\n\nBy Ada Berg, 3 March 2021, all had left.\n\nText.", None),
        ("A title\n\nNEW YORK, 3 March 2021 (Wire) - The bridge opened.", "2021-03-03"),
        ("A title\n\nIn Oslo, March 3, 2021 — a Wednesday — saw the bridge open.", None),
        ("A title\n\nOn March 3, 2021 the bridge opened.", None),
        ("A title\n\nDate: 2021-02-30\n\nText.", None),
        ("A title\n\nIt opened in 2021.", None),
        ("Issued 3 March 1921 as a stamp.", None),
        ("Published 2 May 2021 in Oslo, the book was sold out at once and\nprinted again.", None),
        ("A title\n\nIssued 3 March 1921", "1921-03-03"),
        ("date 2021-03-03 The Whole Title of It Stands Behind", "2021-03-03"),
        ("A title\n\nUpdated 3 March 2021 10:30 am CET | by the editors of all our pages.",
         "2021-03-03"),
        ("A title\n\nPosted March 3, 2021 by Ada in News, Events and More", "2021-03-03"),
        ("A title\n\nPosted on March 3, 2021 in News", "2021-03-03"),
        ("Update 2021-03-03: the bridge is closed.", "2021-03-03"),
        ("Date: 2021-03-03 it was when the bridge opened.", "2021-03-03"),
    ],
)  # fmt: skip
def test_a_date_is_found_where_it_is_stated_and_never_guessed(head: str, date: str | None) -> None:
    assert find_metadata(head).date == date


def test_front_matter_states_title_date_and_author_and_the_text_stays_whole() -> None:
    yaml = "---\ntitle: 'The bridge: open'\ndate: 2021-03-03T10:00Z\ntags: [a]\n---\n\nMany came.\n"
    article = read_article(yaml.encode(), "a.md", "a.md")
    assert (article.title, article.date, article.text) == ("The bridge: open", "2021-03-03", yaml)
    toml = (
        '+++\ntitle = "The bridge"\ndate = 2021-03-03\nauthors = ["Ada", "Ben"]\n+++\nPeople came.'
    )
    article = read_article(toml.encode(), "a.md", "a.md")
    assert (article.title, article.date, article.author) == ("The bridge", "2021-03-03", "Ada, Ben")


@pytest.mark.parametrize(
    "head",
    [
        '---\ntitle: "\\UFFFFFFFF"\n---\nText.',
        '---\ntitle: "\\U00110000"\n---\nText.',
        f"+++\nweight = {'1' * 5_000}\n+++\nText.",
    ],
    ids=["a letter that cannot be", "a letter after the last", "a number out of range"],
)
def test_a_note_is_read_whatever_its_front_matter_holds(head: str) -> None:
    assert read_article(head.encode(), "a.md", "a.md").text == head


@pytest.mark.parametrize(
    "head",
    ["---\n\nA scene\n\n---\n\nAnother.", "---\ntitle: [\n---\nText.", "---\ntitle: open\nText."],
)
def test_a_rule_above_the_text_is_no_front_matter(head: str) -> None:
    article = read_article(head.encode(), "a.md", "a.md")
    assert article.author is None
    assert article.title != "open"
    assert article.text == head


def test_a_sentence_is_no_title() -> None:
    assert find_metadata("The bridge opened today.\n\nPeople came.").title is None
    assert find_metadata("# The bridge\n\nIt opened.").title == "The bridge"


@pytest.mark.parametrize(
    "head",
    [
        ".. _bridge:\n\nThe bridge\n==========\n\nIt opened.",
        ".. _bridge:\n\n**********\nThe bridge\n**********\n\nIt opened.",
        ".. -*- mode: rst -*-\n.. contents::\n\nThe bridge\n\nIt opened.",
        "#!/usr/bin/env run\n\nThe bridge\n\nIt opened.",
        "Date: 2021-03-01\n\nThe bridge\n---\nIt opened.",
    ],
)
def test_what_is_for_a_program_is_no_title_and_a_line_below_one_is_its_mark(head: str) -> None:
    assert find_metadata(head).title == "The bridge"


@pytest.mark.parametrize(
    "head",
    [
        "---\nlayout: post\n---\n\n# The bridge",
        "***\nSTART OF THE PROJECT\n***\n\nThe bridge\n\nIt opened.",
        "------\nPage 1\n---\n\nThe bridge\n\nIt opened.",
    ],
)
def test_a_line_between_rules_is_no_title(head: str) -> None:
    assert find_metadata(head).title == "The bridge"


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", bytes(range(256)) * 10, b"\xff\xfe\x00"]
)
def test_what_is_no_text_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(ReadError, match=r"^note\.txt: "):
        read_article(content, "note.txt", "note.txt")


def test_an_empty_file_and_an_unknown_kind_are_refused() -> None:
    with pytest.raises(ReadError, match="no text"):
        read_article(b" \n\t", "note.txt", "note.txt")
    with pytest.raises(ReadError, match="no reader"):
        read_article(b"x", "film.mp4", "film.mp4")


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "gb18030"]
)
def test_encodings_are_told_apart(encoding: str) -> None:
    words = "The café on the Straße served 300,600 guests — and a visitor said “café”. "
    if encoding == "gb18030":
        words = "宁德市新能源汽车产业链持续增强，新能源汽车产业项目签约十个。"
    text = words * 20
    content = text.encode(encoding)
    if encoding == "utf-16-le":
        content = b"\xff\xfe" + content
    assert read_article(content, "a.txt", "a.txt").text == text


def read(content: bytes | str, name: str) -> Article:
    content = content.encode() if isinstance(content, str) else content
    return read_article(content, name, name)


def packed(**parts: str) -> bytes:
    """A zip file; `__` in a name stands for `/`, `_` for `.`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), text)
    return out.getvalue()


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def docx(body: str, **parts: str) -> bytes:
    document = f"<w:document {W}><w:body>{body}</w:body></w:document>"
    return packed(word__document_xml=document, **parts)


def paragraph(text: str, properties: str = "") -> str:
    return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


def test_every_sample_says_what_it_was_made_of() -> None:
    for sample in documents.samples():
        if sample.refused:
            with pytest.raises(ReadError):
                read(sample.content, sample.name)
            continue
        article = read(sample.content, sample.name)
        flat = " ".join(article.text.split())
        assert all(" ".join(words.split()) in flat for words in sample.paragraphs), sample.name
        assert not [words for words in sample.absent if words in article.text], sample.name
        for field in ("title", "author", "date", "language"):
            assert getattr(article, field) == getattr(sample, field), (sample.name, field)
        assert len(article.pages) == sample.pages


def test_a_word_document_in_order_with_all_that_hangs_on_it() -> None:
    listed = "<w:pPr><w:numPr/></w:pPr>"
    box = f"<w:txbxContent>{paragraph('In a box.')}</w:txbxContent>"
    body = (
        paragraph("Before.")
        + paragraph("one", listed)
        + paragraph("two", listed)
        + "<w:p><w:r><w:t>Kept</w:t></w:r><w:del><w:r><w:delText> gone</w:delText></w:r></w:del>"
        + "<w:ins><w:r><w:t> and new.</w:t></w:r></w:ins>"
        + f"<w:r><mc:AlternateContent xmlns:mc='m'><mc:Choice>{box}</mc:Choice>"
        + f"<mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r></w:p>"
        + f"<w:tbl><w:tr><w:tc>{paragraph('a')}</w:tc><w:tc>{paragraph('b')}</w:tc></w:tr>"
        + f"<w:tr><w:tc>{paragraph('c')}</w:tc><w:tc>{paragraph('d')}</w:tc></w:tr></w:tbl>"
        + f"<w:sdt><w:sdtContent>{paragraph('In a control.')}</w:sdtContent></w:sdt>"
    )
    notes = f"<w:footnotes {W}><w:footnote>{paragraph('A note.')}</w:footnote></w:footnotes>"
    comments = f"<w:comments {W}><w:comment>{paragraph('Is it?')}</w:comment></w:comments>"
    parts = {"word__footnotes_xml": notes, "word__comments_xml": comments}
    article = read(docx(body, **parts), "a.docx")
    assert article.title is None
    assert article.text == (
        "Before.\n\none\ntwo\n\nKept and new.\n\nIn a box.\n\na | b\nc | d\n\nIn a control.\n\n"
        "A note.\n\nComments:\nIs it?"
    )


WEB_LISTS = """<html><body><main><h1>Rules</h1><p>Do these:</p>
  <ul><li>Oil it.</li><li><p>Turn it on. Then wait.</p><ul><li>a while</li></ul></li><li></li></ul>
  <ol start="3"><li>Third</li><li value="7"><p>Seventh</p><pre>run it</pre></li><li>Eighth</li></ol>
  <ol type="a"><li>a) its own letter</li><li>none</li></ol><p>The end.</p></main></body></html>"""


def test_the_items_of_a_pages_lists_begin_as_the_page_shows_them() -> None:
    assert read(WEB_LISTS, "a.html").text == (
        "Rules\n\nDo these:\n\n- Oil it.\n\n- Turn it on. Then wait.\n\n- a while\n\n"
        "3. Third\n\n7. Seventh\n\nrun it\n\n8. Eighth\n\n"
        "a) its own letter\n- none\n\nThe end."
    )


def test_the_items_of_words_lists_begin_as_word_shows_them() -> None:
    def item(text: str, list_: int, level: int = 0) -> str:
        place = f'<w:ilvl w:val="{level}"/><w:numId w:val="{list_}"/>'
        return paragraph(text, f"<w:pPr><w:numPr>{place}</w:numPr></w:pPr>")

    def level(number: int, kind: str, text: str) -> str:
        said = f'<w:numFmt w:val="{kind}"/><w:lvlText w:val="{text}"/>'
        return f'<w:lvl w:ilvl="{number}">{said}</w:lvl>'

    shapes = (
        f'<w:abstractNum w:abstractNumId="5">{level(0, "decimal", "%1.")}'
        f"{level(1, 'bullet', '·')}{level(2, 'decimal', '%1.%2')}</w:abstractNum>"
        '<w:num w:numId="1"><w:abstractNumId w:val="5"/></w:num>'
    )
    body = (
        item("First", 1) + item("of it", 1, 1) + item("", 1) + item("Third", 1)
        + paragraph("Between.") + item("chapter", 1, 2) + item("unknown", 9)
        + paragraph("styled", '<w:pPr><w:pStyle w:val="ListBullet"/></w:pPr>')
    )  # fmt: skip
    numbering = f"<w:numbering {W}>{shapes}</w:numbering>"
    assert read(docx(body, word__numbering_xml=numbering), "a.docx").text == (
        "1. First\n- of it\n3. Third\n\nBetween.\n\nchapter\nunknown\n- styled"
    )
    damaged = read(docx(body, word__numbering_xml="<w:numbering"), "a.docx").text
    assert damaged.startswith("First\nof it\nThird\n\nBetween.")


def test_a_list_that_counts_down_and_one_in_a_cell() -> None:
    page = (
        "<html><body><main><h1>Winners</h1><p>From the last:</p><ol reversed><li>Bronze</li>"
        "<li>Silver</li><li>Gold</li></ol><table><tr><td>Genre</td><td><ul><li>Rock</li>"
        "<li>Pop</li></ul></td></tr></table></main></body></html>"
    )
    assert read(page, "a.html").text == (
        "Winners\n\nFrom the last:\n\n3. Bronze\n2. Silver\n1. Gold\n\nGenre | Rock Pop"
    )


def test_words_lists_count_as_word_does() -> None:
    def item(text: str, list_: int, level: int = 0) -> str:
        place = f'<w:ilvl w:val="{level}"/><w:numId w:val="{list_}"/>'
        return paragraph(text, f"<w:pPr><w:numPr>{place}</w:numPr></w:pPr>")

    def level(number: int, text: str, more: str = "") -> str:
        said = f'{more}<w:numFmt w:val="decimal"/><w:lvlText w:val="{text}"/>'
        return f'<w:lvl w:ilvl="{number}">{said}</w:lvl>'

    fifth = '<w:start w:val="5"/>'
    shapes = (
        f'<w:abstractNum w:abstractNumId="1">{level(0, "%1.", fifth)}</w:abstractNum>'
        f'<w:abstractNum w:abstractNumId="2">{level(0, "Article %1")}{level(1, "%2.")}'
        "</w:abstractNum>"
        '<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>'
        '<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>'
        '<w:num w:numId="3"><w:abstractNumId w:val="1"/><w:lvlOverride w:ilvl="0">'
        '<w:startOverride w:val="1"/></w:lvlOverride></w:num>'
        '<w:num w:numId="4"><w:abstractNumId w:val="2"/></w:num>'
    )
    body = (
        item("a", 1) + item("b", 1) + paragraph("Between.") + item("on", 2)
        + paragraph("Anew.") + item("first", 3) + item("second", 3)
        + paragraph("Fees.") + item("Fees", 4) + item("x", 4, 1) + item("y", 4, 1)
        + item("Terms", 4) + item("z", 4, 1)
    )  # fmt: skip
    numbering = f"<w:numbering {W}>{shapes}</w:numbering>"
    assert read(docx(body, word__numbering_xml=numbering), "a.docx").text == (
        "5. a\n6. b\n\nBetween.\n\n7. on\n\nAnew.\n\n1. first\n2. second\n\nFees.\n\n"
        "Fees\n1. x\n2. y\nTerms\n1. z"
    )


ODT_SPACES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"'
)


def odt_of(body: str, styles: str) -> bytes:
    content = (
        f"<office:document-content {ODT_SPACES}><office:body><office:text>{body}"
        "</office:text></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.text"
    made = f"<office:document-styles {ODT_SPACES}>{styles}</office:document-styles>"
    return packed(mimetype=kind, content_xml=content, styles_xml=made)


def test_an_open_documents_lists_count_as_it_does() -> None:
    def counting(name: str, more: str = "") -> str:
        return (
            f'<text:list-style style:name="{name}"><text:list-level-style-number text:level="1" '
            f'style:num-format="1" {more}/><text:list-level-style-number text:level="2" '
            'style:num-format="1" text:display-levels="2"/></text:list-style>'
        )

    bullets = (
        '<text:list-style style:name="Dots"><text:list-level-style-bullet text:level="1"/>'
        '<text:list-level-style-bullet text:level="2"/></text:list-style>'
    )

    def item(inside: str, more: str = "") -> str:
        return f"<text:list-item {more}>{inside}</text:list-item>"

    def p(text: str) -> str:
        return f"<text:p>{text}</text:p>"

    dots = f'<text:list text:style-name="Dots">{item(p("dot"))}</text:list>'
    body = (
        f'<text:list text:style-name="A">{item(p("One") + dots)}{item(p("Two"))}</text:list>'
        + p("Note.")
        + f'<text:list text:style-name="A" text:continue-numbering="true">{item(p("Three"))}'
        + f"{item(p('Seven'), 'text:start-value=' + chr(34) + '7' + chr(34))}</text:list>"
        + p("Fifth on.")
        + f'<text:list text:style-name="B">{item(p("Five"))}'
        + f"{item('<text:list>' + item(p('of it')) + '</text:list>')}</text:list>"
        + f'<text:list text:style-name="Dots">{item("<text:h>Intro</text:h>")}</text:list>'
    )
    styles = counting("A") + counting("B", 'text:start-value="5"') + bullets
    assert read(odt_of(body, styles), "a.odt").text == (
        "1. One\n- dot\n2. Two\n\nNote.\n\n3. Three\n7. Seven\n\nFifth on.\n\n"
        "5. Five\nof it\n\nIntro"
    )


def test_the_items_of_an_open_documents_lists_begin_as_it_shows_them() -> None:
    def listed(*items: str, style: str = "") -> str:
        named = f' text:style-name="{style}"' if style else ""
        made = "".join(f"<text:list-item>{each}</text:list-item>" for each in items)
        return f"<text:list{named}>{made}</text:list>"

    def line(text: str) -> str:
        return f"<text:p>{text}</text:p>"

    counting = (
        '<text:list-style style:name="Steps"><text:list-level-style-number text:level="1" '
        'style:num-format="1"/><text:list-level-style-bullet text:level="2"/></text:list-style>'
    )
    body = (
        listed(line("Oil it."), line("Wait.") + listed(line("a while")), style="Steps")
        + line("Between.")
        + listed(line("one"), line("two"))
    )
    assert read(odt_of(body, counting), "a.odt").text == (
        "1. Oil it.\n2. Wait.\n- a while\n\nBetween.\n\n- one\n- two"
    )


def test_the_items_of_lists_that_a_style_numbers_begin_as_word_shows_them() -> None:
    def styled(text: str, style: str, more: str = "") -> str:
        return paragraph(text, f'<w:pPr><w:pStyle w:val="{style}"/>{more}</w:pPr>')

    def style(name: str, inside: str = "", parent: str = "") -> str:
        based = f'<w:basedOn w:val="{parent}"/>' if parent else ""
        return f'<w:style w:styleId="{name}">{based}<w:pPr>{inside}</w:pPr></w:style>'

    def level(number: int, style: str) -> str:
        said = '<w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/>'.replace("1", str(number + 1))
        return f'<w:lvl w:ilvl="{number}"><w:pStyle w:val="{style}"/>{said}</w:lvl>'

    numbering = (
        f'<w:abstractNum w:abstractNumId="5">{level(0, "Clause")}{level(1, "Sub")}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="5"/></w:num>'
    )
    place = '<w:numPr><w:numId w:val="1"/></w:numPr>'
    styles = (
        style("Clause", place) + style("Sub", place) + style("Own", parent="Clause")
        + style("Heading", place + '<w:outlineLvl w:val="0"/>', "Clause")
        + style("Endless", parent="Endless")
    )  # fmt: skip
    body = (
        styled("Mix", "Clause") + styled("slowly", "Sub") + styled("well", "Sub")
        + styled("Bake", "Own") + styled("Notes", "Heading")
        + styled("Eat", "Clause", '<w:numPr><w:numId w:val="0"/></w:numPr>')
        + styled("End", "Endless")
    )  # fmt: skip
    parts = {
        "word__numbering_xml": f"<w:numbering {W}>{numbering}</w:numbering>",
        "word__styles_xml": f"<w:styles {W}>{styles}</w:styles>",
    }
    assert read(docx(body, **parts), "a.docx").text == (
        "1. Mix\n1. slowly\n2. well\n2. Bake\n\nNotes\n\nEat\n\nEnd"
    )
    parts["word__styles_xml"] = "<w:styles"
    assert read(docx(body, **parts), "a.docx").text.startswith("Mix\n\nslowly")


def test_raised_digits_make_no_number_with_those_before_them_in_a_page() -> None:
    page = (
        "<p>It made 300<sup>1</sup> buses in 2020<sup><a href='#2'>2,</a> <b>3</b></sup>, "
        "10<sup>−6</sup> m<sup>2</sup>, 3<sup>1</sup>/<sub>2</sub> of <sup>14</sup>C, "
        "101<sub>2</sub>, log<sub>2</sub>8, CO<sub>2</sub>, the 5<sup>th</sup>, "
        "400<sup>[1]</sup>, 500<span style='font-size: 8px; VERTICAL-ALIGN:super'>4</span>, "
        "600<sup>7 as told in 2021</sup>.</p>"
        "<table><tr><td>20<sup>5</sup></td><td style='vertical-align: super'>7</td><td>8</td></tr>"
        "</table>"
    )
    assert read(page, "a.html").text == (
        "It made 300¹ buses in 2020², ³, 10⁻⁶ m², 3¹/₂ of ¹⁴C, 101₂, log₂8, CO2, the 5th, "
        "400[1], 500⁴, 600 7 as told in 2021.\n\n20⁵ | 7 | 8"
    )


def test_raised_digits_make_no_number_with_those_before_them_in_word() -> None:
    def run(text: str, how: str = "", style: str = "") -> str:
        said = f'<w:rStyle w:val="{style}"/>' if style else ""
        said += f'<w:vertAlign w:val="{how}"/>' if how else ""
        return f"<w:r><w:rPr>{said}</w:rPr><w:t>{text}</w:t></w:r>"

    formula = (
        "<m:oMath xmlns:m='m'><m:sSup><m:e><m:r><m:t>10</m:t></m:r></m:e><m:sup><m:r><m:t>6</m:t>"
        "</m:r></m:sup></m:sSup><m:f><m:num><m:r><m:t>1</m:t></m:r></m:num><m:den><m:r><m:t>2"
        "</m:t></m:r></m:den></m:f></m:oMath>"
    )
    box = f"<w:r><w:txbxContent>{paragraph('Made in 2021.')}</w:txbxContent></w:r>"
    body = (
        f"<w:p>{run('It made 300')}{run('1', 'superscript')}{run('2', 'superscript')}"
        f"{run(' cars in 2020')}{run('3', style='Mark')}{run(' and 7')}{run('4', 'subscript')}"
        f"{run(' of 5', 'baseline', 'Mark')}.{box}</w:p><w:p>{formula}</w:p>"
    )
    styles = (
        '<w:style w:styleId="Up"><w:rPr><w:vertAlign w:val="superscript"/></w:rPr></w:style>'
        '<w:style w:styleId="Mark"><w:basedOn w:val="Up"/></w:style>'
    )
    article = read(docx(body, word__styles_xml=f"<w:styles {W}>{styles}</w:styles>"), "a.docx")
    assert article.text == ("It made 300¹² cars in 2020³ and 7₄ of 5\n\nMade in 2021.\n\n10⁶1/2")


def test_raised_digits_make_no_number_with_those_before_them_in_an_open_document() -> None:
    def style(name: str, position: str = "", more: str = "") -> str:
        stated = f'style:text-position="{position}"' if position else ""
        return (
            f'<style:style style:family="text" style:name="{name}" {more}>'
            f"<style:text-properties {stated}/></style:style>"
        )

    styles = (
        style("Up", "super 58%") + style("Share", "33% 80%") + style("Down", "-33% 80%")
        + style("On", "0% 100%") + style("Bold")
        + style("Mark", more='style:parent-style-name="Up"')
    )  # fmt: skip

    def span(text: str, name: str) -> str:
        return f'<text:span text:style-name="{name}">{text}</text:span>'

    note = "<text:note><text:note-body><text:p>Of 2019.</text:p></text:note-body></text:note>"
    body = (
        f"<text:p>It made 300{span('1', 'Up')} cars, 10{span(span('6', 'Bold'), 'Share')} bolts, "
        f"101{span('2', 'Down')}, 20{span('20', 'On')} in 2020{span(note, 'Mark')} and "
        f"2021{span('4', 'Mark')}.</text:p>"
    )
    assert read(odt_of(body, styles), "a.odt").text == (
        "It made 300¹ cars, 10⁶ bolts, 101₂, 2020 in 2020 (Of 2019.) and 2021⁴."
    )


def test_comments_in_an_open_document_stand_by_themselves() -> None:
    comment = (
        '<office:annotation><dc:creator xmlns:dc="dc">Ann</dc:creator>'
        '<dc:date xmlns:dc="dc">2024-01-01T10:00:00</dc:date><text:p>Check this.</text:p>'
        "<text:p>And that.</text:p></office:annotation>"
    )
    body = (
        f"<text:p>It rose in 2020{comment}. By <text:creator>Ada</text:creator>.</text:p>"
        "<text:p>It fell.</text:p>"
    )
    article = read(odt_of(body, ""), "a.odt")
    assert article.text == (
        "It rose in 2020. By Ada.\n\nIt fell.\n\nComments:\nCheck this. And that."
    )
    assert article.title is None


def test_damaged_word_xml_is_read_as_far_as_it_goes_and_says_so() -> None:
    whole = docx(paragraph("First.") + paragraph("Second.") + "<w:p><w:r><w:t>Third & last")
    article = read(whole, "a.docx")
    assert article.text.startswith("First.\n\nSecond.")
    assert article.incomplete is not None
    assert "damaged near line 1 of its part word/document.xml" in article.incomplete


def test_entities_are_not_resolved(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret", "utf-8")
    xml = (
        f'<!DOCTYPE d [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
        f"<w:document {W}><w:body>{paragraph('Said: &x;.')}</w:body></w:document>"
    )
    with pytest.raises(ReadError, match="defines entities"):
        read(packed(word__document_xml=xml), "a.docx")
    page = f'<!DOCTYPE d [<!ENTITY x SYSTEM "{secret.as_uri()}">]><p>Said: &x;.</p>'
    assert "the secret" not in read(page, "a.html").text


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"%PDF-1.4\n...", "a.docx", "not a DOCX file but a PDF"),
        (b"PK\x03\x04rest", "a.txt", "not a TXT file but a zip archive"),
        (b"PK\x03\x04rest", "a.docx", "does not open as a zip"),
        (b"{\\rtf1 hi}", "a.md", "not an MD file but an RTF document"),
        (b"\x89PNG\r\n\x1a\n", "a.pdf", "not a PDF file but a PNG image"),
        (b"GIF89a....", "a.html", "not an HTML file but a GIF image"),
        (b"plain words", "a.epub", "not an EPUB file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.docx", "an old Office document"),
        (
            b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"),
            "a.docx",
            "password-protected",
        ),
        (b"%PDF-1.4\nnothing more", "a.pdf", "the PDF is damaged"),
        (packed(xl__workbook_xml="<x/>"), "a.docx", "not a DOCX file"),
        (packed(mimetype="application/vnd.oasis.opendocument.spreadsheet"), "a.odt", "not an ODT"),
        (b"just words\n\nand more", "a.eml", "not an e-mail"),
        (b"", "a.pdf", "the file is empty"),
        (b"<html><body><script>x()</script></body></html>", "a.html", "no text"),
    ],
)
def test_what_is_not_what_its_name_says_is_refused_with_the_reason(
    content: bytes, name: str, reason: str
) -> None:
    with pytest.raises(ReadError, match=rf"^{name}: .*{reason}"):
        read(content, name)


def test_a_page_without_its_navigation() -> None:
    page = """<!DOCTYPE html><html lang="en-gb"><head>
      <title>The bridge reopens | The Herald</title>
      <meta name="author" content="A. Writer">
      <meta property="article:published_time" content="2021-03-03T10:00:00Z">
      <style>p { color: red }</style></head><body>
      <header><a href="/">The Herald</a> <a href="/login">Log in</a></header>
      <nav><ul><li><a href="/a">News</a></li><li><a href="/b">Sport</a></li></ul></nav>
      <div class="cookie-banner">We use cookies.</div>
      <main><article><header><h1>The bridge reopens</h1></header>
      <p>It took <b>eleven</b>
         months&nbsp;of work.</p>
      <pre>kept
  as is</pre>
      <h2>Details<span class="mw-editsection"><a href="/e">edit</a></span></h2>
      <ul><li>one</li><li>two</li></ul>
      <table><tr><th>Year</th><th>Cables</th></tr><tr><td>1974</td><td>64</td></tr></table>
      <p>More on this<br>tomorrow.</p></article></main>
      <aside><h2>Most read</h2><a href="/c">Something else</a></aside>
      <footer>All rights reserved</footer><script>track()</script></body></html>"""
    article = read(page, "a.html")
    assert article.text == (
        "The bridge reopens\n\nIt took eleven months of work.\n\nkept\nas is\n\nDetails\n\n"
        "- one\n- two\n\n"
        "Year | Cables\n1974 | 64\n\nMore on this\ntomorrow."
    )
    assert (article.title, article.date) == ("The bridge reopens", "2021-03-03")
    assert (article.author, article.language) == ("A. Writer", "en-GB")


@pytest.mark.parametrize(
    "page",
    [
        "<p>Only words.</p>",
        "Only words.",
        "<div class='menu'><p>Only words.</p></div>",
        "<body style='display:none'><p>Only words.</p></body>",
        "<form><p>Only words.</p></form>",
        "<nav>Only words.</nav>",
        "<table><tr><td><table><tr><td>Only words.</td></tr></table></td></tr></table>",
        "<article></article><div>Only words.</div>",
        "<div>" * 1_000 + "Only words.",
    ],
)
def test_an_odd_page_loses_nothing(page: str) -> None:
    assert read(page, "a.html").text == "Only words."


def test_a_page_laid_out_by_a_table_is_no_table() -> None:
    words = "The first sentence of it is long enough to be a paragraph of an essay. " * 5
    page = f"<table><tr><td>Menu</td><td>{words}<br><br>{words}</td></tr></table>"
    assert read(page, "a.html").text == f"Menu\n\n{words.strip()}\n\n{words.strip()}"


@pytest.mark.parametrize(
    "declared", ["windows-1252", "iso-8859-1", "koi8-r", "utf-16", "nonsense", "undefined"]
)
def test_a_page_is_decoded_as_it_declares_where_that_fits(declared: str) -> None:
    encoding = "koi8-r" if declared == "koi8-r" else "cp1252"
    words = "Мост снова открыт" if declared == "koi8-r" else "Le café est rouvert, “enfin”"
    page = f"<html><head><meta charset={declared}></head><body><p>{words}</p></body></html>"
    assert read(page.encode(encoding), "a.html").text == words


def test_a_mail_prefers_plain_words_and_names_what_it_leaves() -> None:
    mail = EmailMessage()
    mail["From"] = "Zoë Lindqvist <zoe@example.com>"
    mail["Subject"] = "Die Brücke"
    mail["Date"] = "Wed, 3 Mar 2021 23:59:00 -0500"
    mail.set_content("Plain words.\n")
    mail.add_alternative("<p>Plain <b>words</b>.</p>", subtype="html")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="plan.pdf")
    article = read(mail.as_bytes(policy=SMTP), "a.eml")
    assert article.text == "Plain words."
    assert (article.title, article.author, article.date) == (
        "Die Brücke", "Zoë Lindqvist", "2021-03-03",
    )  # fmt: skip
    assert article.incomplete == "1 attachment was not read: plan.pdf"


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1"])
def test_a_mail_whose_headers_are_not_encoded_as_they_should_be_is_read(encoding: str) -> None:
    mail = (
        "From: Zoë Lindqvist <zoe@example.com>\nSubject: Die Brücke\n"
        f"Content-Type: text/plain; charset={encoding}\n\nDie Brücke ist wieder offen.\n"
    )
    article = read(mail.encode(encoding), "a.eml")
    assert (article.title, article.author) == ("Die Brücke", "Zoë Lindqvist")
    # Where nothing says what they are, it is not guessed.
    article = read(b"From: a@b.c\nSubject: Br\xfccke\n\nThe bridge is open.\n", "a.eml")
    assert article.title == "Br\ufffdcke"


def test_a_comma_in_an_encoded_name_is_part_of_it() -> None:
    mail = "From: =?utf-8?q?Lindqvist=2C_Zo=C3=AB?= <zoe@example.com>\nSubject: x\n\nWords.\n"
    assert read(mail, "a.eml").author == "Lindqvist, Zoë"


def test_a_mail_is_read_though_its_subject_cannot_be_decoded() -> None:
    mail = "Subject: =?utf-8?b?abcde?=\nFrom: =?utf-8?b?abcde?= <a@b.c>\n\nThe bridge is open.\n"
    article = read(mail, "a.eml")
    assert article.text == "The bridge is open."
    assert article.title == "=?utf-8?b?abcde?="


def test_a_mail_whose_plain_form_says_nothing_is_read_as_html() -> None:
    mail = EmailMessage()
    mail["Subject"] = "News"
    mail.set_content("See the web version.\n")
    mail.add_alternative("<p>The bridge has reopened after eleven months.</p>", subtype="html")
    assert read(bytes(mail), "a.eml").text == "The bridge has reopened after eleven months."


@pytest.mark.parametrize(
    "mail",
    [
        'Subject: x\nContent-Type: multipart/encrypted; boundary="b"\n\n--b\n\nx\n--b--\n',
        "Subject: x\n\n-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n",
    ],
)
def test_an_encrypted_mail_is_refused(mail: str) -> None:
    with pytest.raises(ReadError, match="encrypted"):
        read(mail, "a.eml")


def test_a_mail_that_lost_its_boundary_is_text() -> None:
    mail = "Subject: x\nContent-Type: multipart/mixed\n\nStill some words.\n"
    assert "Still some words." in read(mail, "a.eml").text


def test_a_mail_cut_short_says_so() -> None:
    mail = EmailMessage()
    mail["Subject"] = "News"
    mail.set_content("The bridge has reopened.\n")
    mail.add_attachment("Never seen.\n", filename="a.txt")
    content = bytes(mail)
    article = read(content[: content.index(b"Never")], "a.eml")
    assert article.text == "The bridge has reopened."
    assert article.incomplete is not None


@pytest.mark.parametrize(
    ("table", "lines"),
    [
        ("Year,Cables\n1974,64\n2024,70\n", "Year: 1974; Cables: 64.\nYear: 2024; Cables: 70."),
        ("Jahr;Preis\n1974;1,5\n", "Jahr: 1974; Preis: 1,5."),
        ("1,2\n3,4\n", "1 | 2\n3 | 4"),
        ("one column\nof words\n", "one column\nof words"),
        ('a,b\n"x, y","two\nlines"\n', "a: x, y; b: two lines."),
        ("a,b\n1,\n,2\n,,\n", "a: 1.\nb: 2."),
        ("a,b\r1,2\r", "a: 1; b: 2."),
        ('a,b\n1,5" pipe\n2,x\n', 'a: 1; b: 5" pipe.\na: 2; b: x.'),
        ("a,note\n,It closed.\n1,\n", "note: It closed.\na: 1."),
        ("a,note\n,x\n1,\n", "note: x.\na: 1."),
        ("sep=;\nname;note\nAnn;x, y\n", "name: Ann; note: x, y."),
        ('"sep=|"\r\na|b\r\n1,5|2\r\n', "a: 1,5; b: 2."),
        ("\ufeffSEP=\t\na\tb\n1;1\t2\n", "a: 1;1; b: 2."),
        ("Place,Cables,\n,old,new\nWest,64,70\n", "Place: West; Cables old: 64; Cables new: 70."),
    ],
)
def test_a_row_is_a_sentence(table: str, lines: str) -> None:
    limit = csv.field_size_limit()
    assert read(table, "a.csv").text == lines
    assert csv.field_size_limit() == limit


@pytest.mark.parametrize("column", ["date", "published", "Release date", "time"])
def test_a_table_was_not_published_on_the_day_of_its_first_row(column: str) -> None:
    rows = f"{column},event\n2021-01-02,Opening\n2023-06-07,Closing\n"
    assert read(rows, "a.csv").date is None
    assert read(rows.replace(",", "\t"), "a.tsv").date is None


def test_an_rtf_document_in_its_fonts_encodings() -> None:
    rtf = (
        rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Times;}{\f1\fcharset204 Times;}}"
        rb"{\info{\title Br\'fccke}{\author Z. L.}{\creatim\yr2021\mo3\dy3}}"
        rb"\f0 Caf\'e9 \u8212?{\f1 \'cc\'ee\'f1\'f2}\par Second\line line {\v hidden}{\*\x gone}"
        rb"\par\trowd\cellx1 a\cell b\cell\row\trowd c\cell d\cell\row\pard "
        rb"After \u-10179?\u-8704?.}"
    )
    article = read(rtf, "a.rtf")
    assert article.text == "Café —Мост\n\nSecond\nline\n\na | b\nc | d\n\nAfter 😀."
    assert (article.title, article.author, article.date) == ("Brücke", "Z. L.", "2021-03-03")
    cut = read(rtf[:-30], "a.rtf")
    assert cut.incomplete is not None
    assert "cut short" in cut.incomplete


def rtf(body: str) -> str:
    return r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}{\f3\fcharset2 Symbol;}}" + body + r"\par}"


def test_what_tracked_changes_took_out_of_an_rtf_document_is_not_read() -> None:
    body = (
        r"It is worth {\deleted\revauthdel1 500 {\v0 or 600 }{\footnote Gone.}}{\revised 700} "
        r"million.{\mvf  It was.}\par Then \deleted never \deleted0 always \deleted not \plain it."
        r"\par{\deleted{\listtext 1.\tab}An item.}\par The end."
    )
    assert read(rtf(body), "a.rtf").text == (
        "It is worth 700 million.\n\nThen always it.\n\nThe end."
    )


def test_the_notes_of_an_rtf_document_stand_after_its_text() -> None:
    body = (
        r"Sales were 300{\super 1} cars{\super\chftn{\footnote\pard\plain{\super\chftn} Without "
        r"vans{\*\footnote of old}.\par Nor {\b buses}.}} in 2020{\up6 2}, CO{\sub 2}, "
        r"10{\super 6\nosupersub 0}.\par\trowd a{\footnote In a cell.}\cell b\cell\row\pard After"
    )
    notes = "Without vansof old.\n\nNor buses.\n\nIn a cell."
    whole = f"Sales were 300¹ cars in 2020², CO2, 10⁶0.\n\na | b\n\nAfter\n\n{notes}"
    assert read(rtf(body), "a.rtf").text == whole
    cut = read(r"{\rtf1 It closed{\footnote In the end", "a.rtf")
    assert cut.text == "It closed\n\nIn the end"


def test_the_items_of_an_rtf_documents_lists_begin_as_it_shows_them() -> None:
    def item(mark: str, text: str) -> str:
        return r"{\listtext\pard\plain " + mark + r"\tab}\pard\ls1 " + text + r"\par "

    body = (
        r"Steps:\par " + item("1.", "Mix") + item("(2)", r"Bake\line long") + item("a)", "Eat")
        + item(r"{\f3\'b7}", "dot") + item("2.1", "chapter") + item("7.", "")
        + r"{\pntext 3.\tab}old\par Then.\par "
        + r"\trowd{\listtext 1.\tab}x\cell y\cell\row\pard After"
    )  # fmt: skip
    assert read(rtf(body), "a.rtf").text == (
        "Steps:\n\n1. Mix\n2. Bake\nlong\na) Eat\n- dot\nchapter\n3. old\n\nThen.\n\nx | y\n\nAfter"
    )


def test_a_book_in_the_order_of_its_spine() -> None:
    package = """<package xmlns="http://www.idpf.org/2007/opf"
      xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>A book</dc:title>
      <dc:creator>A</dc:creator><dc:creator>B</dc:creator><dc:language>en_GB</dc:language>
      <dc:date>2021-03</dc:date></metadata><manifest>
      <item id="n" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>
      <item id="b" href="b%20b.xhtml" media-type="application/xhtml+xml"/>
      <item id="a" href="a.xhtml" media-type="application/xhtml+xml"/>
      <item id="x" href="lost.xhtml" media-type="application/xhtml+xml"/></manifest>
      <spine><itemref idref="a"/><itemref idref="b"/><itemref idref="x"/></spine></package>"""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("OPS/book.opf", package)
        archive.writestr("OPS/a.xhtml", "<h1>One</h1><p>First&nbsp;words.</p>")
        archive.writestr("OPS/b b.xhtml", "<html><body><p>Second words.</p></body></html>")
        archive.writestr("OPS/nav.xhtml", "<html><body><p>Contents</p></body></html>")
    article = read(out.getvalue(), "a.epub")
    assert article.text == "One\n\nFirst words.\n\nSecond words."
    assert (article.title, article.author, article.language) == ("A book", "A, B", "en-GB")
    assert article.date is None
    assert article.incomplete == "1 chapter could not be read: lost.xhtml"


def test_a_damaged_chapter_does_not_take_the_book_along() -> None:
    made = documents.epub(documents.ENGLISH)
    whole = read(made, "a.epub").text
    name = next(name for name in documents.members(made) if name.endswith("1.xhtml"))
    content = bytearray(made)
    header = content.index(name.encode())  # in the header before the part; its bytes follow
    content[header + len(name) + 60] ^= 0xFF
    article = read(bytes(content), "a.epub")
    assert article.incomplete == f"1 chapter could not be read: {name.rpartition('/')[2]}"
    assert 0 < len(article.text) < len(whole)


def test_a_bomb_in_a_zip_is_not_unpacked() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * 20_000_000)
    with pytest.raises(ReadError, match="100 times its size"):
        read(out.getvalue(), "a.docx")


def lines(*rows: tuple[str, float, float, float]) -> list[Line]:
    """Lines of a page: text, left, right, base line; 12 points high, 5 a character."""
    return [
        Line(text, left, right, base, 12.0, first_word=5.0 * len(text.split()[0]))
        for text, left, right, base in rows
    ]


def test_raised_digits_make_no_number_with_those_before_them_in_a_pdf() -> None:
    def placed(*pieces: tuple[str, float, float]) -> bytes:
        drawn = b"".join(
            b"/F1 %f Tf %f Ts (%s) Tj " % (size, rise, text.encode()) for text, size, rise in pieces
        )
        return b"BT 1 0 0 1 72 700 Tm %s ET" % drawn

    stream = placed(
        ("The plant made 300", 12, 0), ("1,2", 7, 5), (" cars, 10", 12, 0), ("-6", 7, 5),
        ("m, CO", 12, 0), ("2", 8, -2), (" and 101", 12, 0), ("2", 8, -2), (" bolts in 20", 12, 0),
        ("20", 10, 0), (" at D", 12, 0), ("5", 12, 3), (".", 12, 0),
    ) + b" BT 0 1 -1 0 400 300 Tm /F1 12 Tf (W12) Tj /F1 6 Tf (12) Tj ET"  # fmt: skip
    made = documents.pdf_file(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
            b" /Resources << /Font << /F1 5 0 R >> >> >>",
            4: documents.pdf_stream(stream),
            5: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        }
    )
    text = read(made, "a.pdf").text
    assert text.replace(" ", "") == ("Theplantmade300¹,²cars,10⁻⁶m,CO2and101₂boltsin2020atD5.W1212")


def test_a_raised_piece_of_a_line_makes_no_number_with_the_one_before_it() -> None:
    def piece(text: str, left: float, base: float, height: float) -> Line:
        return Line(text, left, left + 5 * len(text), base, height)

    made = [piece("Made 300", 50, 700, 12), piece("1", 90, 704, 7), piece(" cars", 95, 700, 12)]
    assert [line.text for line in whole_lines(made)] == ["Made 300¹ cars"]
    note = [piece("2", 50, 664, 7), piece("300 vans", 55, 660, 12)]
    assert [line.text for line in whole_lines(note)] == ["²300 vans"]


def test_the_lines_of_a_paragraph_are_joined_and_others_are_not() -> None:
    page = lines(
        ("A heading", 50, 100, 700),
        ("The first line goes to the very end of it and", 50, 300, 670),
        ("the second one as well, for it is a paragraph and", 50, 299, 656),
        ("then it ends.", 50, 110, 642),
        ("• one item", 50, 110, 628),
        ("• another", 50, 100, 614),
        ("Year | 1974", 50, 200, 600),
    )
    assert paragraphs(page) == (
        "A heading\n\nThe first line goes to the very end of it and the second one as well, for it "
        "is a paragraph and then it ends.\n• one item\n• another\nYear | 1974"
    )


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        ("ef", "ficient", "efficient"),
        ("Lucene", "BM25", "Lucene-BM25"),
        ("state-of", "the", "state-of-the"),
    ],
)
def test_a_divided_word_is_put_together(first: str, second: str, joined: str) -> None:
    page = lines((first, 50, 300, 100), (second, 50, 300, 86))
    page[0].divided = True
    assert paragraphs(page) == joined


@pytest.mark.parametrize(
    ("stated", "date"),
    [
        ("2024-03-05T10:00:00Z", "2024-03-05"), ("D:20240305093000+01'00'", "2024-03-05"),
        ("2024/3/5", "2024-03-05"), ("20240305", "2024-03-05"), ("2024-02-30", None),
        ("1970-01-01T00:00:00Z", None), ("yesterday", None), ("2024", None), (None, None),
    ],
)  # fmt: skip
def test_a_machines_date_is_a_day_or_nothing(stated: str | None, date: str | None) -> None:
    assert iso_date(stated) == date


@pytest.mark.parametrize(
    ("stated", "tag"),
    [("en", "en"), ("EN_us", "en-US"), ("zh-Hans-CN", "zh-Hans-CN"), ("und", None), ("", None),
     ("English, probably", None)],
)  # fmt: skip
def test_a_language_is_a_tag_or_nothing(stated: str, tag: str | None) -> None:
    assert language_tag(stated) == tag


@pytest.mark.parametrize(
    "title",
    ["Untitled", "(anonymous)", "Document1", "paper.dvi", "Microsoft Word - notes.doc", " "],
)
def test_what_a_program_writes_for_a_title_is_none(title: str) -> None:
    assert stated_title(title) is None


def test_the_readers_load_nothing_until_they_are_used() -> None:
    code = "import sys, embeddings.readers.sandbox; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=SEEDS.parent, capture_output=True, text=True, check=True
    )
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert not loaded & {"lxml", "pypdf", "pypdfium2", "chardet", "numpy", "email"}


def test_a_book_may_name_a_place_in_its_chapter() -> None:
    made = documents.epub(documents.ENGLISH)
    package = next(name for name in documents.members(made) if name.endswith(".opf"))
    text = documents.members(made)[package].decode()
    assert '.xhtml"' in text
    changed = documents.with_members(
        made, {package: text.replace('.xhtml"', '.xhtml#top"').encode()}
    )
    before, after = (read_article(content, "a.epub", "a.epub") for content in (made, changed))
    assert after.text == before.text
    assert after.incomplete is None


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RecursionError("maximum recursion depth exceeded"), "its parts are nested too deep"),
        (KeyError("b'/Kids'"), "damaged, or not what its name says"),
    ],
)
def test_what_surprises_a_library_is_said_in_words(
    error: Exception, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(content: bytes) -> Document:
        raise error

    monkeypatch.setattr("embeddings.readers.READERS", {".eml": failing})
    with pytest.raises(ReadError, match=words) as refused:
        read_article(b"From: a", "a.eml", "a.eml")
    assert "Error" not in str(refused.value)


def test_what_a_library_says_is_shown_without_the_name_of_its_error() -> None:
    content = documents.pdf(documents.ENGLISH).replace(b"startxref", b"startxxxx")
    article = read_article(content, "a.pdf", "a.pdf")
    assert article.incomplete is not None
    assert "Error" not in article.incomplete
