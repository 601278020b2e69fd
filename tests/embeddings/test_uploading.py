from __future__ import annotations

from pathlib import Path

import pytest

from embeddings.corpus import Corpus
from embeddings.errors import CorpusError
from embeddings.folders import UPLOADS
from embeddings.indexing import IndexReport, index_folders
from embeddings.locks import INDEXING_LOCK, held
from embeddings.uploading import Added, add_upload, forget_upload
from tests.fakes import HashingEncoder

NAME = ("one", "bridge.txt")
ID = ".uploads/one/bridge.txt"


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return Corpus(tmp_path / "data")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "a.txt").write_text("The first article. It says little.")
    return folder


def put(corpus: Corpus, content: str | bytes, parts: tuple[str, ...] = NAME) -> Path:
    path = corpus.folder.joinpath(UPLOADS, *parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def add(corpus: Corpus, parts: tuple[str, ...] = NAME, dimensions: int = 64) -> Added:
    encoder = HashingEncoder(dimensions)
    return add_upload(parts, corpus, lambda: encoder, lambda: encoder.fingerprint)


def index(corpus: Corpus, *folders: Path) -> IndexReport:
    encoder = HashingEncoder()
    return index_folders(folders, corpus, lambda: encoder, lambda: encoder.fingerprint)


def test_a_file_becomes_an_article_at_once(corpus: Corpus) -> None:
    put(corpus, "The bridge is 40 metres long.")
    added = add(corpus)
    assert (added.state, added.article_id, added.reason) == ("read", ID, None)
    article = corpus.article(ID)
    assert article is not None
    assert article.text == "The bridge is 40 metres long."
    assert corpus.derived(("dense",))[0].generation == corpus.generation()


def test_a_file_that_is_refused_leaves_no_trace(corpus: Corpus, folder: Path) -> None:
    index(corpus, folder)
    before = corpus.generation()
    put(corpus, b"%PDF-1.7 nothing", ("one", "bridge.pdf"))
    added = add(corpus, ("one", "bridge.pdf"))
    assert added.state == "refused"
    assert added.article_id is None
    assert "damaged" in (added.reason or "")
    assert corpus.generation() == before
    assert corpus.file(".uploads/one/bridge.pdf") is None


def test_text_that_may_be_missing_is_told(corpus: Corpus) -> None:
    head = b"From: a@b.c\nContent-Type: text/plain; charset=utf-8\n\n"
    put(corpus, head + b"The bridge \xff is 40 metres long.\n", ("one", "bridge.eml"))
    added = add(corpus, ("one", "bridge.eml"))
    assert added.state == "incomplete"
    article = corpus.article(".uploads/one/bridge.eml")
    assert article is not None
    assert article.incomplete == added.reason != ""


def test_a_text_that_is_there_is_not_added_twice(corpus: Corpus, folder: Path) -> None:
    index(corpus, folder)
    put(corpus, "The first article. It says little.")
    added = add(corpus)
    assert (added.state, added.article_id) == ("known", "a.txt")
    assert corpus.count()[0] == 1


def test_a_text_that_was_removed_stays_out(corpus: Corpus, folder: Path) -> None:
    index(corpus, folder)
    corpus.remove("a.txt")
    put(corpus, "The first article. It says little.")
    assert add(corpus).state == "refused"
    assert corpus.count()[0] == 0


def test_indexing_the_folder_leaves_what_was_added(corpus: Corpus, folder: Path) -> None:
    put(corpus, "The bridge is 40 metres long.")
    add(corpus)
    report = index(corpus, folder)
    assert report.added == ("a.txt",)
    assert report.removed == ()
    assert corpus.article(ID)
    (folder / "a.txt").unlink()
    assert index(corpus, folder).removed == ("a.txt",)
    assert corpus.article(ID)


def test_what_was_added_outlives_its_file(corpus: Corpus, folder: Path) -> None:
    """A backup that is put in place elsewhere brings the texts and not the files."""
    path = put(corpus, "The bridge is 40 metres long.")
    add(corpus)
    path.unlink()
    assert index(corpus, folder).removed == ()
    assert corpus.article(ID)


def test_a_lost_article_comes_back_from_its_file(corpus: Corpus, folder: Path) -> None:
    put(corpus, "The bridge is 40 metres long.")
    add(corpus)
    corpus.forget([ID])
    assert index(corpus, folder).added == (ID, "a.txt")


def test_what_is_forgotten_can_be_added_again(corpus: Corpus) -> None:
    put(corpus, "The bridge is 40 metres long.")
    add(corpus)
    forget_upload(ID, corpus)
    assert corpus.article(ID) is None
    assert corpus.derived(("dense",))[0].generation == corpus.generation()
    assert add(corpus).state == "read"


def test_another_encoder_is_not_mixed_in(corpus: Corpus, folder: Path) -> None:
    index(corpus, folder)
    put(corpus, "The bridge is 40 metres long.")
    with pytest.raises(CorpusError, match="another encoder"):
        add(corpus, dimensions=32)
    assert corpus.article(ID) is None


def test_who_is_indexing_is_not_waited_for_forever(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embeddings.uploading.PATIENCE_SECONDS", 0.1)
    put(corpus, "The bridge is 40 metres long.")
    with (
        held(corpus.folder / INDEXING_LOCK),
        pytest.raises(CorpusError, match="another process has been writing"),
    ):
        add(corpus)
    assert corpus.article(ID) is None
