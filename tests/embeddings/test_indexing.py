from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from embeddings import indexing
from embeddings.corpus import Corpus
from embeddings.errors import ReadError, UnreadError
from embeddings.folders import find_files, read_file
from embeddings.indexing import IndexReport, Progress, index_folders
from embeddings.locks import INDEXING_LOCK, held
from embeddings.passages import BESIDE, split_and_encode
from embeddings.records import Article
from embeddings.splitting import split_parts
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
    assert [s.path for s in report.refused] == ["a.txt"]
    (folder / "a.txt").write_text("Now it says something else.")
    assert index(corpus, folder).added == ("a.txt",)


def test_another_encoder_encodes_everything_again(folder: Path, corpus: Corpus) -> None:
    index(corpus, folder)
    encoder = HashingEncoder(32)
    report = index(corpus, folder, encoder=encoder)
    assert report.unchanged == ("a.txt", "sub/b.md")
    assert len(encoder.encoded) == report.passages
    with corpus.snapshot() as snapshot:
        assert {len(vector) for _, _, vector in snapshot.passages} == {32}


def test_what_is_passed_over_is_named_with_its_reason(folder: Path, corpus: Corpus) -> None:
    (folder / "film.mp4").write_bytes(b"x")
    (folder / "broken.txt").write_bytes(b"\x00\x01\x02")
    (folder / "empty.txt").write_text("")
    (folder / "link.txt").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe.txt")
    reasons = {s.path: s.reason for s in index(corpus, folder).refused}
    assert set(reasons) == {"film.mp4", "broken.txt", "empty.txt", "link.txt", "pipe.txt"}
    assert "no reader" in reasons["film.mp4"]
    assert "not text" in reasons["broken.txt"]
    assert "empty" in reasons["empty.txt"]
    assert "symbolic link" in reasons["link.txt"]
    assert "regular file" in reasons["pipe.txt"]
    assert corpus.count()[0] == 2


def test_the_ignore_file_leaves_files_out(folder: Path, corpus: Corpus) -> None:
    (folder / ".footnoteignore").write_text("# notes\n*.md\n")
    report = index(corpus, folder)
    assert report.added == ("a.txt",)
    assert report.refused == ()


def test_the_ignore_file_may_begin_with_a_byte_order_mark(folder: Path, corpus: Corpus) -> None:
    (folder / ".footnoteignore").write_text("*.md\n", "utf-8-sig")
    assert index(corpus, folder).added == ("a.txt",)


@pytest.mark.parametrize(
    ("rules", "left"),
    [
        (["/*", "!/keep/"], ["keep/a.txt", "keep/d.md", "keep/new.d/e.txt", "keep/sub/b.txt"]),
        (["*", "!*/", "!*.md"], ["keep/d.md"]),
        (["/keep/*", "!/keep/sub/"], ["keep/sub/b.txt", "top.txt"]),
        (["/keep/**", "!/keep/sub/", "!b.txt"], ["keep/sub/b.txt", "top.txt"]),
        (["*.d", "!/keep/"], ["keep/a.txt", "keep/d.md", "keep/sub/b.txt", "top.txt"]),
        (["keep/", "!keep/a.txt"], ["top.txt"]),
        (["sub", "*.txt", "!a.txt"], ["keep/a.txt", "keep/d.md"]),
        (["top.txt/", "a.txt "], ["keep/d.md", "keep/new.d/e.txt", "keep/sub/b.txt", "top.txt"]),
    ],
)
def test_the_ignore_file_leaves_out_what_git_would(
    tmp_path: Path, rules: list[str], left: list[str]
) -> None:
    folder = tmp_path / "tree"
    for name in ("top.txt", "keep/a.txt", "keep/d.md", "keep/sub/b.txt", "keep/new.d/e.txt"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("Text.")
    (folder / ".footnoteignore").write_text("\n".join(rules) + "\n")
    assert [file.article_id for file in find_files([folder])] == left


@pytest.mark.parametrize("line", ["!", "drafts\\", "[z-a]"])
def test_a_line_of_the_ignore_file_that_is_no_pattern_is_named(
    folder: Path, corpus: Corpus, line: str
) -> None:
    (folder / ".footnoteignore").write_text(f"*.tmp\n{line}\n")
    with pytest.raises(ReadError, match=r"\.footnoteignore, line 2: .* is no pattern"):
        index(corpus, folder)


def test_folders_may_be_nested_deeper_than_functions_can_call(folder: Path) -> None:
    here = os.getcwd()
    try:  # step by step: the whole path is too long to be handed over
        os.chdir(folder)
        for _ in range(1200):
            os.mkdir("d")
            os.chdir("d")
        Path("deep.txt").write_text("The deepest article of all.")
        os.chdir(here)
        found = [file.article_id for file in find_files([folder])]
        assert found == ["a.txt", "/".join(["d"] * 1200 + ["deep.txt"]), "sub/b.md"]
    finally:
        os.chdir(here)
        subprocess.run(["rm", "-rf", folder / "d"], check=True)  # shutil.rmtree calls itself


def test_what_footnote_keeps_below_the_folder_is_no_article(folder: Path) -> None:
    data = folder / "data"
    private = data / "uploads" / "private" / "one.txt"
    private.parent.mkdir(parents=True)
    private.write_text("What one of those who ask has added for themselves.")
    corpus, encoder = Corpus(data / "corpora" / "articles"), HashingEncoder()
    for _ in range(2):
        report = index_folders(
            [folder], corpus, lambda: encoder, lambda: encoder.fingerprint, apart=data
        )
        assert report.refused == ()
        assert [article.id for article in corpus.articles()] == ["a.txt", "sub/b.md"]
    with pytest.raises(ReadError, match="is the data folder, too"):
        list(find_files([data], apart=data))


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
    looked_at: list[str | None] = []
    encoder = HashingEncoder()
    report = index_folders(
        [folder], corpus, lambda: encoder, lambda: encoder.fingerprint,
        lambda progress: looked_at.append(progress.article_id),
        stop=lambda: "a.txt" in looked_at,
    )  # fmt: skip
    assert (report.added, report.interrupted) == (("a.txt",), True)
    assert corpus.count()[0] == 1
    report = index(corpus, folder)
    assert (report.unchanged, report.added) == (("a.txt",), ("sub/b.md",))


def test_a_moved_file_keeps_its_text_and_its_history(folder: Path, corpus: Corpus) -> None:
    index(corpus, folder)
    (folder / "a.txt").rename(folder / "sub" / "z.txt")
    encoder = HashingEncoder()
    report = index(corpus, folder, encoder=encoder)
    assert report.moved == (("a.txt", "sub/z.txt"),)
    assert (report.added, report.removed, report.duplicates) == ((), (), ())
    assert encoder.encoded == []
    found = corpus.article("a.txt")
    assert found is not None
    assert (found.id, found.source) == ("sub/z.txt", "articles/sub/z.txt")


def test_a_copy_is_kept_once_with_both_sources(folder: Path, corpus: Corpus) -> None:
    index(corpus, folder)
    # The same text in other bytes, and the same bytes.
    (folder / "copy.txt").write_bytes(b"\xef\xbb\xbf" + (folder / "a.txt").read_bytes())
    (folder / "twin.txt").write_bytes((folder / "a.txt").read_bytes())
    report = index(corpus, folder)
    assert report.duplicates == (("copy.txt", "a.txt"), ("twin.txt", "a.txt"))
    assert report.articles == 2
    found = corpus.article("a.txt")
    assert found is not None
    assert found.also_at == ("copy.txt", "twin.txt")
    (folder / "a.txt").unlink()
    assert index(corpus, folder).moved == (("a.txt", "copy.txt"),)
    assert corpus.count()[0] == 2


def test_copies_that_are_deleted_together_are_all_told_to_be_gone(
    folder: Path, corpus: Corpus
) -> None:
    (folder / "copy.txt").write_bytes((folder / "a.txt").read_bytes())
    index(corpus, folder)
    (folder / "a.txt").unlink()
    (folder / "copy.txt").unlink()
    report = index(corpus, folder)
    assert (report.removed, report.moved) == (("a.txt", "copy.txt"), ())


def test_files_that_swap_places_are_followed(folder: Path, corpus: Corpus) -> None:
    (folder / "c.txt").write_text("A third article. It says nothing.")
    index(corpus, folder)
    texts = [(folder / name).read_text() for name in ("a.txt", "c.txt")]
    (folder / "a.txt").write_text(texts[1])
    (folder / "c.txt").write_text(texts[0])
    report = index(corpus, folder)
    assert report.updated == ("a.txt", "c.txt")
    found = [corpus.article(name) for name in ("a.txt", "c.txt")]
    assert [article.text for article in found if article] == texts[::-1]
    assert index(corpus, folder).unchanged == ("a.txt", "c.txt", "sub/b.md")


@pytest.mark.parametrize("files_at_once", [1, 64])
@pytest.mark.parametrize("name", ["0.txt", "a-old.txt", "z.txt"])
def test_a_file_that_moved_and_left_its_name_to_another_is_followed(
    folder: Path, corpus: Corpus, name: str, files_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "BATCH_FILES", files_at_once)
    index(corpus, folder)
    before = corpus.article("a.txt")
    assert before is not None
    (folder / "a.txt").rename(folder / name)
    (folder / "a.txt").write_text("Something new has the old name.")
    (folder / "new.txt").write_text("Something else is new.")
    report = index(corpus, folder)
    assert (report.moved, report.duplicates) == ((("a.txt", name),), ())
    assert (report.updated, report.added) == (("a.txt",), ("new.txt",))
    cited = corpus.cited("a.txt", before.sha256)
    assert cited is not None
    assert (cited.id, cited.text) == (name, before.text)
    assert index(corpus, folder).unchanged == tuple(sorted((name, "a.txt", "new.txt", "sub/b.md")))


@pytest.mark.parametrize("files_at_once", [1, 64])
@pytest.mark.parametrize(
    "names", [("log.txt", "log.1.txt", "log.2.txt"), ("c.txt", "b.txt", "a.txt")]
)
def test_files_that_take_each_others_places_are_followed(
    folder: Path,
    corpus: Corpus,
    names: tuple[str, ...],
    files_at_once: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As logs do, whose oldest is written over; whichever is read first."""
    monkeypatch.setattr(indexing, "BATCH_FILES", files_at_once)
    for name in names:
        (folder / name).write_text(f"What was said in {name} before.")
    index(corpus, folder)
    before = [corpus.article(name) for name in names]
    for old, new in reversed(list(pairwise(names))):
        (folder / old).replace(folder / new)
    (folder / names[0]).write_text("The newest.")
    index(corpus, folder)
    for article, new in zip(before, names[1:], strict=False):
        assert article is not None
        cited = corpus.cited(article.id, article.sha256)
        assert cited is not None
        assert (cited.id, cited.text) == (new, article.text)
    last = before[-1]
    assert last is not None
    assert corpus.cited(last.id, last.sha256) is None
    assert sorted(corpus._rows("SELECT id FROM former")) == sorted((name,) for name in names[:-1])


def test_a_new_copy_of_a_new_file_is_no_move(
    folder: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "BATCH_FILES", 1)
    index(corpus, folder)
    for name in ("0.txt", "1.txt", "z.txt"):
        (folder / name).write_text("Three files say it.")
    (folder / "a.txt").write_text("It has changed.")
    report = index(corpus, folder)
    assert (report.added, report.updated, report.moved) == (("0.txt",), ("a.txt",), ())
    assert report.duplicates == (("1.txt", "0.txt"), ("z.txt", "0.txt"))


def test_an_interrupted_change_of_encoder_leaves_the_old_one_in_use(
    folder: Path, corpus: Corpus
) -> None:
    for number in range(100):
        (folder / f"{number}.txt").write_text(f"Article number {number}. It is one of many.")
    index(corpus, folder)
    encoder, steps = HashingEncoder(32), []
    report = index_folders(
        [folder], corpus, lambda: encoder, lambda: encoder.fingerprint,
        lambda progress: steps.append(progress.stage),
        stop=lambda: steps.count("encoding again") > 0,
    )  # fmt: skip
    assert report.interrupted
    with corpus.snapshot() as snapshot:
        assert {len(vector) for _, _, vector in snapshot.passages} == {64}
    assert 0 < len(encoder.encoded) < 102
    index(corpus, folder, encoder=encoder)
    assert len(encoder.encoded) == 102, "what was encoded before the interruption is kept"


def test_one_process_indexes_at_a_time(folder: Path, corpus: Corpus) -> None:
    encoder = HashingEncoder()
    with held(corpus.folder / INDEXING_LOCK):
        report = index_folders(
            [folder], corpus, lambda: encoder, lambda: encoder.fingerprint, wait=False
        )
        assert report.busy
        assert corpus.count() == (0, 0)
    assert index(corpus, folder).added == ("a.txt", "sub/b.md")


def test_strange_names_are_stored_safely(folder: Path, corpus: Corpus) -> None:
    names = [
        b"caf\xe9.txt",
        "\u202egnp.txt".encode(),
        b"x" * 251 + b".txt",
        b"a\nb.txt",
        b"..a.txt",
    ]
    for number, name in enumerate(names[:-1]):
        path = os.path.join(os.fsencode(folder), name)
        with open(path, "wb") as file:
            file.write(f"Article {number} has a strange name.".encode())
    added = index(corpus, folder).added
    assert "caf\\xe9.txt" in added
    assert len(added) == 6
    for article_id in added:
        assert corpus.article(article_id) is not None
    assert set(index(corpus, folder).unchanged) == set(added)


def test_links_lead_nowhere(folder: Path, corpus: Corpus, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("A secret outside of the folder.")
    (folder / "linked").symlink_to(outside, target_is_directory=True)
    os.link(outside / "secret.txt", folder / "hard.txt")
    report = index(corpus, folder)
    assert report.added == ("a.txt", "sub/b.md")
    reasons = {note.path: note.reason for note in report.refused}
    assert "symbolic link" in reasons["linked"]
    assert "hard link" in reasons["hard.txt"]


def test_a_folder_swapped_for_a_link_while_it_is_looked_through_is_not_followed(
    folder: Path, corpus: Corpus, tmp_path: Path
) -> None:
    found = [file for file in find_files([folder]) if file.article_id == "sub/b.md"]
    (folder / "sub").rename(tmp_path / "elsewhere")
    (folder / "sub").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    with pytest.raises(ReadError, match=r"sub/b\.md: cannot be read"):
        read_file(found[0])


def test_what_cannot_be_looked_into_now_is_not_forgotten(
    folder: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    index(corpus, folder)
    listing = os.scandir

    def refusing(path: Path) -> Any:  # root may look into every folder, so the system is played
        if Path(path).name == "sub":
            raise PermissionError(13, "Permission denied", str(path))
        return listing(path)

    monkeypatch.setattr(os, "scandir", refusing)
    report = index(corpus, folder)
    assert report.removed == ()
    assert [(note.path, note.reason) for note in report.refused] == [
        ("sub", "cannot be looked into: Permission denied")
    ]
    assert corpus.article("sub/b.md") is not None


def test_a_file_that_will_not_be_read_is_refused_once_and_named_every_time(
    folder: Path, corpus: Corpus
) -> None:
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and then nothing")
    (first,) = index(corpus, folder).refused
    (second,) = index(corpus, folder).refused
    assert first == second
    assert first.path == "broken.pdf"
    (folder / "broken.pdf").unlink()
    assert index(corpus, folder).refused == ()


def test_a_file_that_grew_too_large_is_not_answered_from_its_earlier_text(
    folder: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    index(corpus, folder)
    monkeypatch.setattr("embeddings.folders.LARGEST_FILE_BYTES", 100)
    (folder / "a.txt").write_text("word " * 100)
    report = index(corpus, folder)
    assert report.removed == ("a.txt",)
    assert "larger than" in report.refused[0].reason
    assert corpus.article("a.txt") is None


def test_a_file_that_was_too_slow_is_tried_again_but_not_for_ever(
    folder: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []

    def too_slow(reader: object, content: bytes, article_id: str, source: str) -> Article:
        read.append(article_id)
        raise UnreadError(f"{article_id}: took longer than 30 s to read")

    monkeypatch.setattr("embeddings.readers.sandbox.SandboxedReader.read", too_slow)
    for _ in range(5):
        (first, _) = index(corpus, folder).refused
        assert (first.path, first.reason) == ("a.txt", "took longer than 30 s to read")
    assert read.count("a.txt") == 3
    (folder / "a.txt").write_text("Changed.")
    monkeypatch.undo()
    assert index(corpus, folder).added == ("a.txt",)


def test_a_slow_file_is_read_when_there_is_time(
    folder: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_slow(reader: object, content: bytes, article_id: str, source: str) -> Article:
        raise UnreadError(f"{article_id}: took longer than 30 s to read")

    with monkeypatch.context() as busy:
        busy.setattr("embeddings.readers.sandbox.SandboxedReader.read", too_slow)
        assert index(corpus, folder).added == ()
    assert index(corpus, folder).added == ("a.txt", "sub/b.md")


def paragraphs(*words: str) -> str:
    """An article of one passage for each word."""
    return "Report\n\n" + "\n\n".join(f"{word} {'is what it is about, ' * 26}" for word in words)


def test_only_what_is_new_in_a_changed_file_is_encoded(folder: Path, corpus: Corpus) -> None:
    (folder / "long.txt").write_text(paragraphs("Iron", "Tin", "Lead"))
    index(corpus, folder)
    (folder / "long.txt").write_text(paragraphs("Iron", "Zinc", "Lead"))
    encoder = HashingEncoder()
    assert index(corpus, folder, encoder=encoder).updated == ("long.txt",)
    assert any("Zinc" in text for text in encoder.encoded)
    assert not any("Iron" in text or "Lead" in text for text in encoder.encoded)
    article = corpus.article("long.txt")
    assert article is not None
    [(passages, vectors)] = split_and_encode([article], HashingEncoder())
    with corpus.snapshot() as snapshot:
        stored = {
            passage.start: vector.tobytes()
            for _, passage, vector in snapshot.passages
            if passage.article_id == "long.txt"
        }
    assert stored == {p.start: v.tobytes() for p, v in zip(passages, vectors, strict=True)}


def things() -> Article:
    """An article of many passages that overlap."""
    kinds = ("cart", "bell", "lamp", "rope")
    text = " ".join(f"There is a {kinds[n % 4]} with the number {n} on it." for n in range(80))
    return Article("a", text, title="Things")


def test_text_that_passages_share_is_encoded_once() -> None:
    encoder = HashingEncoder()
    [(passages, vectors)] = split_and_encode([things()], encoder)
    assert sum(len(passage.text) for passage in passages) > 1.5 * len(things().text)
    assert all(text.startswith("Things\n") for text in encoder.encoded)
    told = "".join(text.removeprefix("Things\n") for text in encoder.encoded)
    assert "".join(told.split()) == "".join(things().text.split())
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)


def test_a_passage_is_its_own_part_and_less_of_those_beside_it() -> None:
    article = things()
    [(passages, vectors)] = split_and_encode([article], HashingEncoder())
    parts = split_parts(article.text)
    assert len(passages) == len(parts) > 3
    own = HashingEncoder().encode([f"Things\n{article.text[s:e].strip()}" for s, e in parts])
    for number, (passage, vector) in enumerate(zip(passages, vectors, strict=True)):
        mean = np.zeros(len(vector))
        for place, (start, end) in enumerate(parts):
            shared = min(end, passage.end) - max(start, passage.start)
            assert (shared > 0) == (abs(place - number) <= 1)
            mean += max(shared, 0) * (1 if place == number else BESIDE) * own[place]
        assert np.allclose(vector, mean / np.linalg.norm(mean), atol=1e-6)


def test_equal_passages_are_encoded_once(folder: Path, corpus: Corpus) -> None:
    for number in range(3):
        name = f"Report\n\nNotice {'of what is equal everywhere, ' * 22}\n\nNumber {number}."
        (folder / f"{number}.txt").write_text(name)
    encoder = HashingEncoder()
    index(corpus, folder, encoder=encoder)
    assert len(encoder.encoded) == len(set(encoder.encoded)) < corpus.count()[1]


def test_files_are_read_while_those_before_are_encoded(
    folder: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The encoder waits until another file is looked at; one after the other it would wait long."""
    monkeypatch.setattr(indexing, "BATCH_FILES", 1)
    for number in range(4):
        (folder / f"{number}.txt").write_text(f"The article number {number}.")
    looked_at: list[str | None] = []
    alone: list[str] = []

    class Waiting(HashingEncoder):
        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            before = len(looked_at)
            deadline = time.monotonic() + 5
            while len(looked_at) == before and before < 6 and time.monotonic() < deadline:
                time.sleep(0.001)
            if len(looked_at) == before and before < 6:
                alone.extend(texts)
            return super().encode(texts)

    encoder = Waiting()
    report = index_folders(
        (folder,),
        corpus,
        lambda: encoder,
        lambda: encoder.fingerprint,
        lambda step: looked_at.append(step.article_id),
    )
    assert alone == []
    assert len(report.added) == 6
    assert corpus.count()[0] == 6


def test_what_nobody_waits_for_is_not_encoded_to_its_end(
    folder: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a second Ctrl-C: the run ends while its long article is encoded beside."""
    monkeypatch.setattr(indexing, "BATCH_FILES", 1)
    (folder / "long.txt").write_text(paragraphs(*(f"Number {n}" for n in range(200))))
    begun = Event()

    class Slow(HashingEncoder):
        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            if any("Number" in text for text in texts):
                begun.set()
                time.sleep(0.3)
            return super().encode(texts)

    def interrupted(step: Progress) -> None:
        if step.article_id == "sub/b.md" and begun.wait(60):
            raise KeyboardInterrupt

    encoder = Slow()
    with pytest.raises(KeyboardInterrupt):
        index_folders(
            [folder], corpus, lambda: encoder, lambda: encoder.fingerprint, interrupted
        )  # fmt: skip
    assert sum("Number" in text for text in encoder.encoded) < 100
    assert corpus.article("a.txt") is not None, "what was committed stays"
    assert index(corpus, folder).added == ("long.txt", "sub/b.md")


def test_a_failed_encoder_loses_nothing_that_was_committed(
    folder: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "BATCH_FILES", 1)

    class Failing(HashingEncoder):
        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            if any("second" in text for text in texts):
                raise RuntimeError("out of memory")
            return super().encode(texts)

    encoder = Failing()
    with pytest.raises(RuntimeError, match="out of memory"):
        index(corpus, folder, encoder=encoder)
    assert corpus.article("a.txt") is not None
    assert corpus.article("sub/b.md") is None
    assert index(corpus, folder).added == ("sub/b.md",)
