from __future__ import annotations

import os
from pathlib import Path

import pytest

from embeddings.corpus import Corpus
from embeddings.errors import ReadError
from embeddings.indexing import IndexReport, Progress, index_folders
from tests.fakes import HashingEncoder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text("The first article. It says little.")
    (folder / "sub" / "b.md").write_text("# The second\n\nIt says more.")
    return folder


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return Corpus(tmp_path / "data")


def index(corpus: Corpus, *folders: Path, encoder: HashingEncoder | None = None) -> IndexReport:
    encoder = encoder or HashingEncoder()
    return index_folders(folders, corpus, lambda: encoder, lambda: encoder.fingerprint)


def test_ids_are_paths_below_the_folder(folder: Path, corpus: Corpus) -> None:
    report = index(corpus, folder)
    assert report.added == ("a.txt", "sub/b.md")
    assert report.articles == 2
    article = corpus.article("sub/b.md")
    assert article is not None
    assert (article.title, article.source) == ("The second", "articles/sub/b.md")


def test_an_unchanged_folder_is_no_work(folder: Path, corpus: Corpus) -> None:
    index(corpus, folder)
    generation = corpus.generation()
    encoder = HashingEncoder()
    report = index(corpus, folder, encoder=encoder)
    assert report.unchanged == ("a.txt", "sub/b.md")
    assert encoder.encoded == []
    assert corpus.generation() == generation


def test_content_decides_and_not_the_clock(folder: Path, corpus: Corpus) -> None:
    index(corpus, folder)
    path = folder / "a.txt"
    times = path.stat().st_atime, path.stat().st_mtime
    path.write_text("The first article. It says LITTLE.")
    os.utime(path, times)
    os.utime(folder / "sub" / "b.md", (0, 0))
    assert index(corpus, folder).updated == ("a.txt",)
    article = corpus.article("a.txt")
    assert article is not None
    assert "LITTLE" in article.text


def test_a_deleted_file_is_gone(folder: Path, corpus: Corpus) -> None:
    index(corpus, folder)
    (folder / "a.txt").unlink()
    assert index(corpus, folder).removed == ("a.txt",)
    assert corpus.article("a.txt") is None


def test_a_removed_article_stays_out_until_its_file_changes(folder: Path, corpus: Corpus) -> None:
    index(corpus, folder)
    corpus.remove("a.txt")
    report = index(corpus, folder)
    assert report.added == ()
    assert [s.path for s in report.skipped] == ["a.txt"]
    (folder / "a.txt").write_text("Now it says something else.")
    assert index(corpus, folder).added == ("a.txt",)


def test_another_encoder_encodes_everything_again(folder: Path, corpus: Corpus) -> None:
    index(corpus, folder)
    report = index(corpus, folder, encoder=HashingEncoder(32))
    assert report.updated == ("a.txt", "sub/b.md")
    _, rows = corpus.snapshot()
    assert {len(vector) for _, _, vector in rows} == {32}


def test_what_is_passed_over_is_named_with_its_reason(folder: Path, corpus: Corpus) -> None:
    (folder / "film.mp4").write_bytes(b"x")
    (folder / "broken.txt").write_bytes(b"\x00\x01\x02")
    (folder / "empty.txt").write_text("")
    (folder / "link.txt").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe.txt")
    reasons = {s.path: s.reason for s in index(corpus, folder).skipped}
    assert set(reasons) == {"film.mp4", "broken.txt", "empty.txt", "link.txt", "pipe.txt"}
    assert "no reader" in reasons["film.mp4"]
    assert "not text" in reasons["broken.txt"]
    assert "no text" in reasons["empty.txt"]
    assert "symbolic link" in reasons["link.txt"]
    assert "regular file" in reasons["pipe.txt"]
    assert corpus.count()[0] == 2


def test_the_ignore_file_leaves_files_out(folder: Path, corpus: Corpus) -> None:
    (folder / ".footnoteignore").write_text("# notes\n*.md\n")
    report = index(corpus, folder)
    assert report.added == ("a.txt",)
    assert report.skipped == ()


def test_several_folders_put_their_name_before_the_id(
    folder: Path, tmp_path: Path, corpus: Corpus
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.txt").write_text("Another first.")
    assert index(corpus, folder, other).added == (
        "articles/a.txt",
        "articles/sub/b.md",
        "other/a.txt",
    )
    twin = tmp_path / "x" / "other"
    twin.mkdir(parents=True)
    with pytest.raises(ReadError, match="two of the folders"):
        index(corpus, other, twin)


def test_a_folder_that_is_not_there_changes_nothing(folder: Path, corpus: Corpus) -> None:
    index(corpus, folder)
    with pytest.raises(ReadError, match="there is no folder"):
        index(corpus, folder.with_name("nowhere"))
    with pytest.raises(ReadError, match="is not a folder"):
        index(corpus, folder / "a.txt")
    assert corpus.count()[0] == 2


def test_an_interruption_keeps_what_was_finished(folder: Path, corpus: Corpus) -> None:
    def stop(progress: Progress) -> None:
        if progress.done == 1:
            raise KeyboardInterrupt

    encoder = HashingEncoder()
    with pytest.raises(KeyboardInterrupt):
        index_folders([folder], corpus, lambda: encoder, lambda: encoder.fingerprint, stop)
    assert corpus.count()[0] == 1
    report = index(corpus, folder)
    assert (report.unchanged, report.added) == (("a.txt",), ("sub/b.md",))
