from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from embeddings.corpus import Corpus
from embeddings.errors import CorpusError
from embeddings.index import build_index
from embeddings.indexing import index_folders
from embeddings.locks import INDEXING_LOCK, held
from embeddings.recovery import damage_of, open_sound
from embeddings.sealing import SEAL, read_seal
from tests.fakes import HashingEncoder
from tests.journals import leave_only_a_journal

ENCODER = HashingEncoder()
NAMES = ("a.txt", "b.txt", "c.txt", "d.txt")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    folder.mkdir()
    for name in NAMES:
        text = f"The article {name}. " + f"It has many words about {name}. " * 40
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def data(folder: Path, tmp_path: Path) -> Path:
    """A sealed corpus from which d.txt was removed, and whose c.txt was z.txt before."""
    (folder / "c.txt").rename(folder / "z.txt")
    corpus, _ = open_sound(tmp_path / "data")
    index(corpus, folder)
    (folder / "z.txt").rename(folder / "c.txt")
    corpus.remove("d.txt")
    index(corpus, folder)
    corpus.close()
    return tmp_path / "data"


def index(corpus: Corpus, folder: Path) -> tuple[str, ...]:
    report = index_folders([folder], corpus, lambda: ENCODER, lambda: ENCODER.fingerprint)
    return report.added


def opened(data: Path, folder: Path) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """What was told at opening, what was read again, and the articles after that."""
    corpus, notices = open_sound(data)
    added = index(corpus, folder)
    articles = tuple(article.id for article in corpus.articles())
    assert damage_of(corpus.path) is None
    corpus.close()
    return notices, added, articles


def test_a_sound_corpus_is_told_nothing_of(data: Path, folder: Path) -> None:
    sealed = read_seal(data)
    assert sealed is not None
    assert list(sealed.removed.values()) == ["d.txt"]
    assert opened(data, folder) == ((), (), ("a.txt", "b.txt", "c.txt"))


def test_a_repair_that_fails_leaves_nothing_open(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_open: list[Corpus] = []
    connect, close = Corpus._connect, Corpus.close

    def opening(corpus: Corpus) -> None:
        connect(corpus)
        held_open.append(corpus)

    def closing(corpus: Corpus) -> None:
        close(corpus)
        held_open.remove(corpus)

    def refused(*_: object) -> None:
        raise CorpusError("the disk is full")

    monkeypatch.setattr(Corpus, "_connect", opening)
    monkeypatch.setattr(Corpus, "close", closing)
    monkeypatch.setattr(Corpus, "keep_out", refused)
    content = bytearray((data / "corpus.sqlite").read_bytes())
    content[-100] ^= 1
    (data / "corpus.sqlite").write_bytes(content)
    with pytest.raises(CorpusError, match="the disk is full"):
        open_sound(data)
    assert held_open == []


def test_one_flipped_bit_anywhere_is_told_and_costs_no_article(data: Path, folder: Path) -> None:
    path = data / "corpus.sqlite"
    original = path.read_bytes()
    chance = random.Random(7)
    for _ in range(40):
        damaged = bytearray(original)
        place = chance.randrange(len(damaged))
        damaged[place] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        notices, _, articles = opened(data, folder)
        assert notices, place
        assert articles == ("a.txt", "b.txt", "c.txt"), place
        aside = data / "corpus.damaged-1.sqlite"
        assert aside.read_bytes() == bytes(damaged), place
        aside.unlink()
        original = path.read_bytes()


def test_a_damaged_text_is_named_and_read_again_and_the_others_are_not(
    data: Path, folder: Path
) -> None:
    path = data / "corpus.sqlite"
    path.write_bytes(path.read_bytes().replace(b"words about a.txt", b"words about x.txt", 1))
    notices, added, articles = opened(data, folder)
    assert "2 articles that are intact" in notices[0]
    assert notices[1].endswith(": a.txt")
    assert added == ("a.txt",)
    assert articles == ("a.txt", "b.txt", "c.txt")


def test_a_damaged_text_without_its_file_is_named_and_kept_aside(data: Path, folder: Path) -> None:
    path = data / "corpus.sqlite"
    path.write_bytes(path.read_bytes().replace(b"words about a.txt", b"words about x.txt", 1))
    (folder / "a.txt").unlink()
    notices, _, articles = opened(data, folder)
    assert notices[1].endswith(": a.txt")
    assert articles == ("b.txt", "c.txt")
    assert b"words about a.txt" in (data / "corpus.damaged-1.sqlite").read_bytes()


def test_a_file_whose_row_is_lost_can_be_indexed_with_another_text(
    data: Path, folder: Path
) -> None:
    corpus, _ = open_sound(data)
    (folder / "copy.txt").write_text((folder / "a.txt").read_text())
    index(corpus, folder)
    corpus.close()
    with sqlite3.connect(data / "corpus.sqlite") as db:
        db.execute("UPDATE files SET reason = 'x' WHERE path = 'a.txt'")
    (folder / "a.txt").write_text("Another text, from now on.")
    _, added, articles = opened(data, folder)
    assert added == ("a.txt", "copy.txt")
    assert articles == ("a.txt", "b.txt", "c.txt", "copy.txt")


def test_a_journal_that_outlived_its_file_is_not_played_into_the_new_one(
    data: Path, folder: Path
) -> None:
    leave_only_a_journal(data / "corpus.sqlite")
    _, _, articles = opened(data, folder)
    assert articles == ("a.txt", "b.txt", "c.txt")


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def zero_a_page(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[8192:12288] = bytes(4096)
    path.write_bytes(content)


def lose_a_row(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM passages WHERE number = (SELECT max(number) FROM passages)")


@pytest.mark.parametrize(
    "damage", [truncate, empty, Path.unlink, zero_a_page, lose_a_row], ids=lambda f: f.__name__
)
def test_whatever_happens_to_the_file_the_articles_come_back(
    data: Path, folder: Path, damage: Callable[[Path], None]
) -> None:
    damage(data / "corpus.sqlite")
    notices, _, articles = opened(data, folder)
    assert "corpus.sqlite" in notices[0]
    assert articles == ("a.txt", "b.txt", "c.txt"), "what was removed stays out"


def test_an_older_version_is_not_taken_for_the_latest(data: Path, folder: Path) -> None:
    older = (data / "corpus.sqlite").read_bytes()
    (folder / "e.txt").write_text("One more article.")
    opened(data, folder)
    corpus, _ = open_sound(data)
    corpus.remove("b.txt")
    build_index(corpus)
    corpus.close()
    (data / "corpus.sqlite").write_bytes(older)
    notices, added, articles = opened(data, folder)
    assert "older than what was committed" in notices[0]
    assert added == ("e.txt",)
    assert articles == ("a.txt", "c.txt", "e.txt"), "what was removed since stays out"


def test_one_damaged_definition_does_not_take_the_other_tables_along(
    data: Path, folder: Path
) -> None:
    path = data / "corpus.sqlite"
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE former", b"CREATE TABLF former", 1))
    notices, added, articles = opened(data, folder)
    assert "3 articles that are intact" in notices[0]
    assert (added, articles) == ((), ("a.txt", "b.txt", "c.txt"))
    # A byte that is no UTF-8 in the names of the columns.
    path.write_bytes(
        path.read_bytes().replace(b"CREATE TABLE removed", b"CREATE TABLE remov\xe9d", 1)
    )
    notices, _, articles = opened(data, folder)
    assert notices
    assert articles == ("a.txt", "b.txt", "c.txt")


def test_the_corpus_of_another_folder_is_not_taken_for_this_one(
    data: Path, folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "x.txt").write_text("Another article.")
    corpus, _ = open_sound(tmp_path / "other-data")
    index(corpus, other)
    corpus.close()
    shutil.copy(tmp_path / "other-data" / "corpus.sqlite", data / "corpus.sqlite")
    notices, _, articles = opened(data, folder)
    assert "that of another corpus" in notices[0]
    assert articles == ("a.txt", "b.txt", "c.txt")


@pytest.mark.parametrize("content", [None, b"", b"{}", b'{"seal": 1}'])
def test_without_its_seal_every_row_is_verified(
    data: Path, folder: Path, content: bytes | None
) -> None:
    if content is None:
        (data / SEAL).unlink()
    else:
        (data / SEAL).write_bytes(content)
    notices, added, articles = opened(data, folder)
    assert "verified" in notices[0]
    assert (added, articles) == ((), ("a.txt", "b.txt", "c.txt"))
    assert opened(data, folder)[0] == (), "it is sealed again"


def test_damage_under_a_broken_seal_is_found_row_by_row(data: Path, folder: Path) -> None:
    path = data / "corpus.sqlite"
    (data / SEAL).unlink()
    path.write_bytes(path.read_bytes().replace(b"words about a.txt", b"words about x.txt", 1))
    notices, added, articles = opened(data, folder)
    assert "is not what was written" in notices[0]
    assert (added, articles) == (("a.txt",), ("a.txt", "b.txt", "c.txt"))


def test_a_corpus_of_an_earlier_format_is_made_anew(data: Path, folder: Path) -> None:
    with sqlite3.connect(data / "corpus.sqlite") as db:
        db.execute("PRAGMA user_version = 1")
    notices, added, articles = opened(data, folder)
    assert "earlier version" in notices[0]
    assert (added, articles) == (("a.txt", "b.txt", "c.txt"),) * 2


def test_a_corpus_of_a_later_format_is_left_alone(data: Path) -> None:
    with sqlite3.connect(data / "corpus.sqlite") as db:
        db.execute("PRAGMA user_version = 3")
    with pytest.raises(CorpusError, match="update Footnote"):
        open_sound(data)


def test_nothing_is_repaired_under_a_process_that_is_indexing(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    truncate(data / "corpus.sqlite")
    monkeypatch.setattr("embeddings.recovery.PATIENCE_SECONDS", 0.2)
    before = (data / "corpus.sqlite").read_bytes()
    with held(data / INDEXING_LOCK), pytest.raises(CorpusError, match="cannot lock"):
        open_sound(data)
    assert (data / "corpus.sqlite").read_bytes() == before


def test_an_old_index_finds_no_new_passage_after_a_repair(data: Path, folder: Path) -> None:
    corpus, _ = open_sound(data)
    with corpus.snapshot() as snapshot:
        before = {number for number, _, _ in snapshot.passages}
    lose_a_row(corpus.path)
    repaired, _ = open_sound(data)
    index(repaired, folder)
    with repaired.snapshot() as snapshot:
        now = {number: passage.article_id for number, passage, _ in snapshot.passages}
    kept = {number: corpus.passages([number]) for number in before}
    for number, found in kept.items():
        if found:
            assert now[number] == found[number].article_id
    assert max(now) > max(before) + 1000
