"""What holds of every reader, whatever the bytes, the words or the cells."""

from __future__ import annotations

import codecs
import csv
import io
import time
from dataclasses import replace
from datetime import date
from email.message import EmailMessage
from email.policy import SMTP
from html import escape

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from embeddings.errors import ReadError
from embeddings.readers import READERS, read_article
from embeddings.readers.metadata import find_metadata
from embeddings.records import Article
from embeddings.splitting import split_article
from tests.documents import ENGLISH, docx, rtf
from tests.fuzz.trial import assert_honest, assert_sound

# Readers import their libraries when first called, and the machine is shared: time is tested below.
_unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

CHARACTERS = st.characters(
    exclude_categories=["Cs", "Cc", "Co"], exclude_characters="\ufffe\uffff\ufeff\u00ad"
)
"""What stays in a text: no surrogates, controls, private characters, soft hyphens."""
WORDS = st.text(CHARACTERS, min_size=1, max_size=40).map(str.strip).filter(bool)
CELLS = st.text(CHARACTERS, max_size=30)
LETTERS = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)
ENCODINGS = (
    "cp1252 cp1251 gb18030 big5 shift_jis euc_kr utf-7 koi8-r utf-16-le utf-32-be cp437 iso2022_jp"
).split()
HEADERS = (
    "From Subject Date Content-Type Content-Transfer-Encoding MIME-Version Content-Disposition "
    "Sender To X-Any"
).split()
NEARLY_DATES = "Published date : \n 2024 - 03 Mar 5th , T 9:30 Z # title: — １２ ٣".split(" ")
SENTENCE = "The harbour bridge reopened on Tuesday after eleven months of repairs."


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def squeezed(text: str) -> str:
    return "".join(text.split())


def read(content: bytes, name: str) -> Article | None:
    """The article, checked; None when it was refused, for a reason that was checked."""
    try:
        article = read_article(content, name, name)
    except ReadError as error:
        assert_honest(str(error), name)
        return None
    assert_sound(article)
    return article


@_unhurried
@given(st.binary(max_size=400), st.sampled_from(sorted(READERS)))
def test_any_bytes_are_an_article_or_refused(content: bytes, suffix: str) -> None:
    read(content, f"any{suffix}")


@_unhurried
@given(
    st.text(max_size=200),
    st.sampled_from(ENCODINGS),
)
def test_text_of_any_encoding_is_an_article_or_refused(text: str, encoding: str) -> None:
    read(text.encode(encoding, "ignore"), "any.txt")


@_unhurried
@given(
    st.text(CHARACTERS | st.sampled_from("\n\r\t"), min_size=1).filter(str.strip),
    st.sampled_from(
        [
            (codecs.BOM_UTF8, "utf-8"),
            (codecs.BOM_UTF16_LE, "utf-16-le"),
            (codecs.BOM_UTF16_BE, "utf-16-be"),
            (codecs.BOM_UTF32_LE, "utf-32-le"),
            (codecs.BOM_UTF32_BE, "utf-32-be"),
        ]
    ),
)
def test_marked_unicode_comes_back_character_for_character(
    text: str, marked: tuple[bytes, str]
) -> None:
    mark, encoding = marked
    private = sum(0xE000 <= ord(char) <= 0xF8FF for char in text)
    assume(private <= 0.02 * len(text))  # characters without a meaning are refused
    article = read(mark + text.encode(encoding), "marked.txt")
    assert article is not None
    assert article.text == text


@_unhurried
@given(st.lists(LETTERS, min_size=1, max_size=30))
def test_utf_8_needs_no_mark(words: list[str]) -> None:
    text = " ".join(words)
    article = read(text.encode(), "plain.txt")
    assert article is not None
    assert article.text == text


@_unhurried
@given(
    st.lists(st.lists(CELLS, min_size=2, max_size=5), min_size=1, max_size=8),
    st.sampled_from([(".csv", ","), (".csv", ";"), (".tsv", "\t")]),
)
def test_cells_survive(rows: list[list[str]], kind: tuple[str, str]) -> None:
    suffix, delimiter = kind
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    article = read(out.getvalue().encode(), f"cells{suffix}")
    if article is not None and article.incomplete is None:
        text = squeezed(article.text)
        said = [row for row in rows if any(cell.strip() for cell in row)]
        header = [] if len(said) > 1 else said[:1]  # a name is said with each value, and only then
        for cell in (cell for row in [*header, *said[1:]] for cell in row):
            for word in cell.replace('"', " ").replace(";", " ").replace(",", " ").split():
                assert word in text, (cell, article.text)


@_unhurried
@given(st.lists(WORDS, min_size=1, max_size=6))
def test_text_in_html_survives(paragraphs: list[str]) -> None:
    body = "".join(f"<p>{escape(paragraph)}</p>\n" for paragraph in paragraphs)
    page = f"<!DOCTYPE html><html><head><meta charset=utf-8></head><body>{body}</body></html>"
    article = read(page.encode(), "page.html")
    assert article is not None
    text = squeezed(article.text)
    for paragraph in paragraphs:
        assert squeezed(paragraph) in text


@_unhurried
@given(st.text(max_size=300))
def test_any_markup_is_an_article_or_refused(inside: str) -> None:
    page = f"<html><body><p>{SENTENCE}</p>{inside}</body></html>"
    read(page.encode("utf-8", "replace"), "page.html")


@_unhurried
@example({"From": b"", "Content-Type": b"\x01/"})
@given(
    st.dictionaries(
        st.sampled_from(HEADERS),
        st.binary(max_size=80) | st.text(max_size=60).map(encoded),
        max_size=6,
    )
)
@example({"Content-Type": b"text/plain; charset=idna"})
@example({"Date": b"Thu, 99 Foo 99999 99:99:99 +9999"})
@example({"From": b"=?utf-8?b?////?= <@>"})
def test_any_headers_are_an_article_or_refused(headers: dict[str, bytes]) -> None:
    head = b"".join(b"%s: %s\r\n" % (name.encode(), value) for name, value in headers.items())
    read(head + b"\r\n" + SENTENCE.encode(), "letter.eml")


@_unhurried
@given(WORDS, WORDS)
def test_subject_and_body_of_a_letter_survive(subject: str, body: str) -> None:
    message = EmailMessage(policy=SMTP)
    message["From"] = "Zoë <zoe@example.org>"
    message["Subject"] = " ".join(subject.split())
    message.set_content(f"{SENTENCE}\n\n{body}\n")
    article = read(message.as_bytes(), "letter.eml")
    assert article is not None
    assert article.title is None or squeezed(article.title) == squeezed(subject)
    assert squeezed(body) in squeezed(article.text)


@_unhurried
@given(WORDS)
def test_characters_survive_rtf(words: str) -> None:
    facts = replace(ENGLISH, paragraphs=(SENTENCE, words))
    article = read(rtf(facts), "words.rtf")
    assert article is not None
    assert squeezed(words) in squeezed(article.text)


@settings(_unhurried, max_examples=15)
@given(WORDS)
def test_characters_survive_docx(words: str) -> None:
    facts = replace(ENGLISH, paragraphs=(SENTENCE, words))
    article = read(docx(facts), "words.docx")
    assert article is not None
    assert squeezed(words) in squeezed(article.text)


# What an article says of itself


@given(st.text(max_size=500))
def test_looking_for_metadata_never_fails(text: str) -> None:
    found = find_metadata(text)
    assert found.title is None or found.title.strip()
    assert found.date is None or date.fromisoformat(found.date).isoformat() == found.date


@given(st.lists(st.sampled_from([*NEARLY_DATES, " "])))
def test_near_dates_never_fail(pieces: list[str]) -> None:
    found = find_metadata("".join(pieces))
    assert found.date is None or date.fromisoformat(found.date).isoformat() == found.date


MEGABYTE = 1_000_000
SLOW = {
    "word characters": "a" * MEGABYTE,
    "no word characters": "-" * MEGABYTE,
    "white space": " " * MEGABYTE,
    "labels": "published " * (MEGABYTE // 10),
    "label and space": "published" + " " * MEGABYTE,
    "date and spaces": "2024-03-05" + " ," * (MEGABYTE // 2),
    "date, time and spaces": "2024-03-05 09:30" + " " * MEGABYTE + "x",
    "digits": "1" * MEGABYTE,
    "hyphens and digits": "2024-" * (MEGABYTE // 5),
    "months": "March " * (MEGABYTE // 6),
    "hashes": "#" * MEGABYTE,
    "hashes at the end": "a " + "#" * MEGABYTE + " a",
    "quotes after a stop": "." + "'" * MEGABYTE + "a",
    "line ends": "\n" * MEGABYTE,
    "carriage returns": "\r" * MEGABYTE,
    "dates": "2024-03-05\n" * (MEGABYTE // 11),
    "title labels": "title:" * (MEGABYTE // 6),
    "long lines": ("x " * 9_000 + "\n") * (MEGABYTE // 18_001),
}


@pytest.mark.parametrize("name", SLOW)
@pytest.mark.parametrize("before", ["", "A title\n\n"])
def test_no_text_makes_the_search_for_metadata_slow(name: str, before: str) -> None:
    began = time.process_time()
    find_metadata(before + SLOW[name])
    assert time.process_time() - began < 1


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".txt", ".md", ".html", ".rtf", ".csv", ".eml"])
@pytest.mark.parametrize("name", SLOW)
def test_no_text_makes_a_reader_slow(name: str, suffix: str) -> None:
    opening = {".rtf": "{\\rtf1\\ansi ", ".eml": "Subject: a\n\n"}.get(suffix, "")
    content = (opening + SLOW[name] + "}" * (suffix == ".rtf")).encode()
    began = time.process_time()
    read(content, f"slow{suffix}")
    assert time.process_time() - began < 10


# Passages


@_unhurried
@given(
    st.text(max_size=1500) | st.lists(WORDS, max_size=60).map("\n".join),
    st.sampled_from([".txt", ".md", ".html", ".csv"]),
)
def test_passages_of_what_was_read_stand_in_it(text: str, suffix: str) -> None:
    article = read(encoded(text), f"any{suffix}")
    if article is None:
        return
    for passage in split_article(article):
        assert article.text[passage.start : passage.end] == passage.text
        assert passage.text.strip()
