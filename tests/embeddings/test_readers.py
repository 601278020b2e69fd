from __future__ import annotations

from pathlib import Path

import pytest

from embeddings.errors import ReadError
from embeddings.readers import read_article
from embeddings.readers.metadata import find_metadata

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
        ("A title\n\nOn March 3, 2021 the bridge opened.", None),
        ("A title\n\nDate: 2021-02-30\n\nText.", None),
        ("A title\n\nIt opened in 2021.", None),
    ],
)
def test_a_date_is_found_where_it_is_stated_and_never_guessed(head: str, date: str | None) -> None:
    assert find_metadata(head).date == date


def test_a_sentence_is_no_title() -> None:
    assert find_metadata("The bridge opened today.\n\nPeople came.").title is None
    assert find_metadata("# The bridge\n\nIt opened.").title == "The bridge"


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
