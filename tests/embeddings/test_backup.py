from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from embeddings import backup
from embeddings.backup import export_corpus, import_corpus
from embeddings.corpus import Corpus
from embeddings.durable import sweep
from embeddings.errors import CorpusError, ReadError
from embeddings.index import open_index
from embeddings.indexing import IndexReport, Progress, index_folders, restoring
from embeddings.locks import INDEXES_LOCK, held
from embeddings.recovery import damage_of
from tests.fakes import HashingEncoder
from tests.journals import leave_only_a_journal

ENCODER = HashingEncoder()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "a.txt").write_text("Walruses sleep on the ice.")
    (folder / "b.txt").write_text("The harbour was dredged in May.")
    return folder


@pytest.fixture
def corpus(folder: Path, tmp_path: Path) -> Corpus:
    corpus = Corpus(tmp_path / "data")
    index(corpus, folder)
    return corpus


@pytest.fixture
def saved(corpus: Corpus, tmp_path: Path) -> Path:
    export_corpus(corpus, tmp_path / "backup.sqlite")
    return tmp_path / "backup.sqlite"


def index(corpus: Corpus, folder: Path) -> None:
    index_folders([folder], corpus, lambda: ENCODER, lambda: ENCODER.fingerprint)


def texts(corpus: Corpus) -> list[str]:
    return [article.text for article in corpus.articles()]


def test_a_backup_ends_though_others_go_on_writing(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "PAGES_AT_ONCE", 4)
    seen: list[int] = []

    def write(progress: Progress) -> None:
        seen.append(progress.done)
        if len(seen) < 100:
            other = sqlite3.connect(corpus.path, timeout=0)
            with closing(other), suppress(sqlite3.OperationalError), other:
                other.execute(f"CREATE TABLE written_{len(seen)} (x)")

    assert export_corpus(corpus, tmp_path / "backup.sqlite", write) == 2
    assert len(seen) > 2
    assert seen == sorted(set(seen)), "it began again"


def test_who_has_the_corpus_open_asks_the_backup_once_it_is_put_back(
    corpus: Corpus, saved: Path, folder: Path
) -> None:
    before = corpus.fingerprint()
    (folder / "a.txt").write_text("Penguins eat fish.")
    index(corpus, folder)
    loaded = open_index(corpus)
    newest = max(corpus.passage_numbers([outline.key for outline in corpus.outlines()]))
    assert corpus.fingerprint() != before

    assert import_corpus(saved, corpus.folder) == 2
    assert corpus.fingerprint() == before
    index_now = open_index(corpus, loaded)
    [hit] = index_now.lexical.search(index_now.lexical.terms("walruses"), 5)
    assert corpus.passages([hit[0]])[hit[0]].text == "Walruses sleep on the ice."
    assert [outline.id for outline in corpus.outlines()] == ["a.txt", "b.txt"]

    # No number is given twice: who searches the indexes of before finds nothing else by it.
    (folder / "a.txt").write_text("Seals dive for an hour.")
    index(corpus, folder)
    keys = [outline.key for outline in corpus.outlines() if outline.id == "a.txt"]
    assert min(corpus.passage_numbers(keys)) > newest


def test_a_backup_is_put_back_while_another_process_sweeps(
    corpus: Corpus, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def swept(path: Path) -> str | None:
        with suppress(CorpusError), held(corpus.folder / INDEXES_LOCK, seconds=0):
            sweep(corpus.folder)
        return damage_of(path)

    monkeypatch.setattr(backup, "damage_of", swept)
    assert import_corpus(saved, corpus.folder) == 2


def test_what_was_taken_out_stays_out_though_the_disk_is_full_in_between(
    corpus: Corpus, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus.remove("b.txt")

    def full(*given: object) -> None:
        raise CorpusError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Corpus, "keep_out", full)
        with pytest.raises(CorpusError, match="no space"):
            import_corpus(saved, corpus.folder)
    assert texts(corpus) == ["Walruses sleep on the ice."]
    assert import_corpus(saved, corpus.folder) == 2
    assert texts(corpus) == ["Walruses sleep on the ice."]


def report(corpus: Corpus, folder: Path, *, keep_restored: bool) -> IndexReport:
    return index_folders(
        [folder],
        corpus,
        lambda: ENCODER,
        lambda: ENCODER.fingerprint,
        keep_restored=keep_restored,
    )


def put_back(saved: Path, folder: Path) -> Corpus:
    with restoring(folder):
        import_corpus(saved, folder)
    return Corpus(folder)


@pytest.mark.parametrize("there", [True, False])
def test_a_backup_keeps_what_has_no_file_until_it_is_indexed(
    saved: Path, tmp_path: Path, there: bool
) -> None:
    restored = put_back(saved, tmp_path / "new")
    elsewhere = tmp_path / "elsewhere"
    if there:
        elsewhere.mkdir()
        (elsewhere / "c.txt").write_text("The ferry sails at nine.")
    for _ in range(2):
        told = report(restored, elsewhere, keep_restored=True)
        assert (told.kept, told.removed) == (("a.txt", "b.txt"), ())
        assert told.articles == 2 + there
    if there:
        assert report(restored, elsewhere, keep_restored=False).removed == ("a.txt", "b.txt")
        assert texts(restored) == ["The ferry sails at nine."]
    else:
        with pytest.raises(ReadError, match="there is no folder"):
            report(restored, elsewhere, keep_restored=False)
        assert len(texts(restored)) == 2


def test_a_backup_follows_its_files_once_all_were_there(
    saved: Path, folder: Path, tmp_path: Path
) -> None:
    restored = put_back(saved, tmp_path / "new")
    (folder / "b.txt").rename(tmp_path / "b.txt")
    assert report(restored, folder, keep_restored=True).kept == ("b.txt",)
    (tmp_path / "b.txt").rename(folder / "b.txt")
    assert report(restored, folder, keep_restored=True).kept == ()
    (folder / "b.txt").unlink()
    assert report(restored, folder, keep_restored=True).removed == ("b.txt",)


def test_a_backup_that_is_refused_changes_nothing(
    corpus: Corpus, saved: Path, folder: Path
) -> None:
    saved.write_bytes(saved.read_bytes()[:-4096])
    with pytest.raises(ReadError), restoring(corpus.folder):
        import_corpus(saved, corpus.folder)
    (folder / "a.txt").unlink()
    assert report(corpus, folder, keep_restored=True).removed == ("a.txt",)


def test_a_backup_of_a_later_format_replaces_nothing(corpus: Corpus, saved: Path) -> None:
    with sqlite3.connect(saved) as db:
        db.execute("PRAGMA user_version = 3")
    with pytest.raises(ReadError, match=f"{saved} has format 3.*update Footnote"):
        import_corpus(saved, corpus.folder)
    assert len(texts(corpus)) == 2
    assert not list(corpus.folder.glob("corpus.replaced-*"))


def test_a_backup_that_may_not_be_read_is_named(
    corpus: Corpus, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = Path.open

    def refused(path: Path, *given: Any) -> Any:
        if path == saved:
            raise PermissionError(13, "Permission denied")
        return sound(path, *given)

    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(ReadError, match=f"cannot read {saved}: Permission denied"):
        import_corpus(saved, corpus.folder)


def test_a_journal_that_is_there_is_not_played_into_the_backup(
    corpus: Corpus, saved: Path, folder: Path
) -> None:
    for number in range(20):
        (folder / f"{number}.txt").write_text(f"Buoy {number} was painted.")
    index(corpus, folder)
    corpus.close()
    leave_only_a_journal(corpus.path)

    import_corpus(saved, corpus.folder)
    assert damage_of(corpus.path) is None
    assert len(texts(Corpus(corpus.folder))) == 2


def test_a_file_that_came_while_the_corpus_was_copied_is_not_written_over(
    corpus: Corpus, tmp_path: Path
) -> None:
    path = tmp_path / "backup.sqlite"

    def another_comes(_: Progress) -> None:
        path.write_text("another backup")

    with pytest.raises(CorpusError, match="is there already"):
        export_corpus(corpus, path, another_comes)
    assert path.read_text() == "another backup"
    assert [file.name for file in tmp_path.glob("*.sqlite")] == [path.name]
