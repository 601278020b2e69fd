"""The indexes of a large corpus are merged with what came since, while all goes on."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from embeddings import dense, growing, merging
from embeddings import index as indexes
from embeddings.backup import export_corpus, import_corpus
from embeddings.checking import check_corpus
from embeddings.corpus import Corpus
from embeddings.dense import QuantisedIndex
from embeddings.durable import MERGING
from embeddings.errors import CorpusError
from embeddings.index import Index, is_current, merge_index, open_index, publish_index
from embeddings.lexical import Term
from embeddings.locks import INDEXES_LOCK, MERGING_LOCK, held, is_held
from embeddings.records import Article, Passage, sha256_of
from embeddings.recovery import open_sound
from embeddings.stored import Entry

ROOT = Path(__file__).parents[2]
ARTICLES, PER_ARTICLE, DIMENSION = 80, 30, 32
PATIENCE = 60.0
WORDS = [a + b for a in "bdfgklmnprstvz" for b in ("alen", "orin", "esta", "ibur", "ulom")]


def entry(number: int, word: str = "", passages: int = PER_ARTICLE) -> Entry:
    """An article whose every passage has a word that no other article has."""
    name = f"{number:03}.txt"
    chance = np.random.default_rng(number)
    own = chance.standard_normal(DIMENSION) + 0.7 * chance.standard_normal((passages, DIMENSION))
    vectors = (own / np.linalg.norm(own, axis=1, keepdims=True)).astype("f4")
    word = word or only(number)
    texts = [f"{word} {' '.join(chance.choice(WORDS, 8))} {n}." for n in range(passages)]
    article = Article(name, "\n".join(texts))
    spans, start = [], 0
    for text in texts:
        spans.append(Passage(name, start, start + len(text), text))
        start += len(text) + 1
    return Entry(
        name, sha256_of(name), "r", name, article.sha256, None, article, spans, vectors
    )  # fmt: skip


def only(number: int) -> str:
    """A word, and its own stem."""
    return "q" + "".join(chr(ord("a") + int(digit)) for digit in f"{number:04}") + "x"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dense, "EXACT_MOST", 1000)
        patch.setattr(growing, "GROWN_FROM", 1000)
        folder = tmp_path_factory.mktemp("large") / "corpus"
        corpus = Corpus(folder)
        corpus.switch(corpus.build_for("x"))
        corpus.commit([entry(number) for number in range(ARTICLES)])
        publish_index(corpus)
        corpus.close()
        yield folder


@pytest.fixture
def corpus(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Corpus]:
    """A corpus that is merged after the second new article, built at once after the tenth."""
    monkeypatch.setattr(growing, "MOST_NEW", PER_ARTICLE)
    monkeypatch.setattr(growing, "TOO_MANY_NEW", 10 * PER_ARTICLE)
    monkeypatch.setattr("embeddings.connection.BUSY_SECONDS", 10.0)
    shutil.copytree(template, tmp_path / "corpus")
    corpus = Corpus(tmp_path / "corpus")
    yield corpus
    until(lambda: not is_held(corpus.folder / MERGING_LOCK))
    corpus.close()


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def published(corpus: Corpus) -> str:
    return corpus.derived(["dense"])[0].file


def folders(corpus: Corpus) -> list[str]:
    """What of indexes, finished or not, is in the corpus's folder."""
    return sorted(
        path.name for path in corpus.folder.iterdir() if path.is_dir() and path.name != "uploads"
    )


def vectors_of(corpus: Corpus, number: int) -> dict[int, NDArray[np.float32]]:
    keys = {outline.id: outline.key for outline in corpus.outlines()}
    return corpus.vectors(corpus.passage_numbers([keys[f"{number:03}.txt"]]))


def assert_right(corpus: Corpus, index: Index, there: set[int], gone: set[int]) -> None:
    """Each article that is there is found by its words and by its meaning, those gone by none."""
    for number in there:
        own = vectors_of(corpus, number)
        hits = index.lexical.search(index.lexical.terms(only(number)), 2 * PER_ARTICLE)
        assert {n for n, _ in hits} == set(own), f"words of article {number}"
        asked, vector = next(iter(own.items()))
        assert index.dense.search(vector, 1)[0][0] == asked, f"meaning of article {number}"
    everything = index.dense.search(vector, 10**5)
    living = corpus.living([n for n, _ in everything])
    assert living == {n for n, _ in everything}
    for number in gone:
        assert not index.lexical.search([Term(only(number), only(number))], 10**4)


class Merge(threading.Thread):
    """A merge in this process that stops after so many passages until it is let go on."""

    def __init__(self, folder: Path, file: str, after: int) -> None:
        super().__init__()
        self.stopped, self.go_on, self.merged = threading.Event(), threading.Event(), False
        self._folder, self._file, self._after = folder, file, after
        self.error: CorpusError | None = None

    def run(self) -> None:
        corpus = Corpus(self._folder)
        try:
            self.merged = merge_index(corpus, self._file, self._pause)
        except CorpusError as error:
            self.error = error
        finally:
            corpus.close()
            self.stopped.set()

    def _pause(self, done: int, total: int) -> None:
        if done >= self._after and not self.stopped.is_set():
            self.stopped.set()
            assert self.go_on.wait(PATIENCE)

    def __enter__(self) -> Merge:
        self.start()
        assert self.stopped.wait(PATIENCE)
        return self

    def __exit__(self, *_: object) -> None:
        self.go_on.set()
        self.join()


@pytest.mark.parametrize("kind", ["exact", "quantised"])
def test_all_goes_on_while_a_merge_stands_still(
    corpus: Corpus, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "EXACT_MOST", 1000 if kind == "quantised" else 10**6)
    file = published(corpus)
    corpus.commit([entry(100), entry(101), entry(102)])
    index = open_index(corpus, None)
    with Merge(corpus.folder, published(corpus), 1024) as merge:
        corpus.commit([entry(103), entry(104)])
        publish_index(corpus)
        # Gone: one that was read already, one that was not, one that came before, one since.
        corpus.forget(["003.txt", "070.txt", "101.txt", "103.txt"])
        publish_index(corpus)
        assert published(corpus) == file, "who adds and deletes builds nothing"
        there, gone = {0, 5, 60, 79, 100, 102, 104}, {3, 70, 101, 103}
        index = open_index(corpus, index)
        assert_right(corpus, index, there, gone)
        assert_right(corpus, open_index(corpus), there, gone)
    assert merge.merged
    assert published(corpus) != file
    assert not is_current(corpus, index), "the new ones are taken up though nothing has changed"
    for merged in (open_index(corpus, index), open_index(corpus)):
        assert_right(corpus, merged, there, gone)
        assert merged.tail is not None
        assert len(merged.tail.numbers) == PER_ARTICLE, "only what came since is beside"
        assert isinstance(merged.published and merged.published.dense, QuantisedIndex) == (
            kind == "quantised"
        )
    assert merged.dense.about.recall >= 0.99
    assert all(check.ok and not check.repaired for check in check_corpus(corpus))
    assert len(folders(corpus)) == 2, "nothing is left of the old ones or of the merge"


def test_merged_indexes_find_what_those_built_anew_find(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "EXACT_MOST", 1000)
    corpus.commit([entry(number) for number in range(100, 105)])
    corpus.forget(["003.txt", "101.txt"])
    assert merge_index(corpus, published(corpus))
    merged = open_index(corpus)
    assert merged.published is None, "nothing came meanwhile"
    (recorded,) = corpus.derived(["dense"])
    corpus.forget_derived(["dense", "lexical"])
    anew = open_index(corpus)
    assert corpus.derived(["dense"])[0].checksum == recorded.checksum
    for number in (0, 60, 100, 104):
        vector = next(iter(vectors_of(corpus, number).values()))
        assert merged.dense.search(vector, 20) == anew.dense.search(vector, 20)
        terms = anew.lexical.terms(f"{only(number)} {WORDS[number % 9]} {WORDS[20]}")
        assert merged.lexical.search(terms, 20) == anew.lexical.search(terms, 20)


def test_a_process_of_its_own_merges_and_whoever_adds_goes_on(corpus: Corpus) -> None:
    index, file = open_index(corpus), published(corpus)
    corpus.commit([entry(100)])
    publish_index(corpus)
    assert not (corpus.folder / merging.LOG).exists(), "a few are not worth it"
    with held(corpus.folder / INDEXES_LOCK):
        corpus.commit([entry(101)])
        index = open_index(corpus, index)  # would wait for ever if it built
        assert_right(corpus, index, {0, 100, 101}, set())
        until(lambda: is_held(corpus.folder / MERGING_LOCK))
    until(lambda: published(corpus) != file)
    index = open_index(corpus, index)
    assert index.tail is None
    assert_right(corpus, index, {0, 100, 101}, set())
    until(lambda: not is_held(corpus.folder / MERGING_LOCK))
    assert (corpus.folder / merging.LOG).read_bytes() == b""
    assert len(folders(corpus)) == 2
    sealed, problems = open_sound(corpus.folder)
    sealed.close()
    assert problems == ()


def test_many_that_were_deleted_are_merged_away(corpus: Corpus) -> None:
    file = published(corpus)
    corpus.forget([f"{number:03}.txt" for number in range(ARTICLES // 8)])
    publish_index(corpus)
    until(lambda: published(corpus) != file)
    index = open_index(corpus)
    assert index.dense.size == index.lexical.size == corpus.count()[1]
    assert index.lexical.document_frequency(only(0)) == 0, "their words are gone"


def test_two_processes_start_one_merge(corpus: Corpus) -> None:
    file = published(corpus)
    corpus.commit([entry(100), entry(101)])
    before = corpus.stamp().revision
    code = (
        "import sys; from pathlib import Path; from embeddings import growing;"
        "from embeddings.corpus import Corpus; from embeddings.index import open_index;"
        f"growing.GROWN_FROM = 1000; growing.MOST_NEW = {PER_ARTICLE};"
        "corpus = Corpus(Path(sys.argv[1])); print(flush=True); sys.stdin.readline();"
        "open_index(corpus)"
    )
    askers = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(corpus.folder)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        for _ in range(2)
    ]  # fmt: skip
    for asker in askers:
        assert asker.stdout is not None
        asker.stdout.readline()
    for asker in askers:
        asker.communicate(b"\n", timeout=PATIENCE)
        assert asker.returncode == 0
    until(lambda: published(corpus) != file)
    until(lambda: not is_held(corpus.folder / MERGING_LOCK))
    time.sleep(merging_gives_up := indexes.PATIENCE_SECONDS + 1)
    assert corpus.stamp().revision == before + 1, f"within {merging_gives_up} s, too"
    assert not merge_index(corpus, file), "what is merged by now is not merged again"


def test_only_one_merges_at_a_time(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexes, "PATIENCE_SECONDS", 0.1)
    corpus.commit([entry(100), entry(101)])
    with Merge(corpus.folder, published(corpus), 0) as merge:
        unfinished = [name for name in folders(corpus) if name.startswith(MERGING)]
        assert len(unfinished) == 1
        with pytest.raises(CorpusError, match="merging"):
            merge_index(corpus, published(corpus))
        publish_index(corpus)
        assert not (corpus.folder / merging.LOG).exists(), "no second one is started"
        assert unfinished[0] in folders(corpus), "nor is the first one's work swept away"
    assert merge.merged


KILLED = """
import sys
from pathlib import Path
from embeddings import dense, index
from embeddings.corpus import Corpus

def wait(*_):
    print(flush=True)
    sys.stdin.readline()

corpus, at = Corpus(Path(sys.argv[1])), sys.argv[3]
if at == "recorded":
    index.seal = wait
elif at == "in place":
    corpus.record_derived = wait
index.merge_index(corpus, sys.argv[2], wait if at == "building" else None)
"""


@pytest.mark.crash
@pytest.mark.parametrize("at", ["building", "in place", "recorded"])
def test_a_merge_that_is_killed_does_no_harm(corpus: Corpus, at: str) -> None:
    file = published(corpus)
    corpus.commit([entry(100), entry(101)])
    corpus.forget(["003.txt"])
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(corpus.folder), file, at],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert (published(corpus) != file) == (at == "recorded")
    assert any(name.startswith(MERGING) for name in folders(corpus))

    opened, problems = open_sound(corpus.folder)
    try:
        assert problems == ()
        index = open_index(opened)
        assert_right(opened, index, {0, 79, 100, 101}, {3})
        until(lambda: published(opened) != file)
        until(lambda: not is_held(opened.folder / MERGING_LOCK))
        opened.commit([entry(102), entry(103)])
        assert merge_index(opened, published(opened))
        assert_right(opened, open_index(opened), {0, 79, 100, 101, 102, 103}, {3})
        assert len(folders(opened)) == 2, "what it left is gone"
    finally:
        opened.close()


def test_what_a_killed_merge_left_goes_with_the_next_change(corpus: Corpus) -> None:
    (corpus.folder / f"{MERGING}left").mkdir()
    (corpus.folder / "dense-v2-9-left").mkdir()
    corpus.commit([entry(100)])
    publish_index(corpus)
    assert len(folders(corpus)) == 2


@pytest.mark.parametrize("meanwhile", ["another encoder", "a backup", "built anew"])
def test_a_merge_of_what_is_no_more_is_thrown_away(
    corpus: Corpus, meanwhile: str, tmp_path: Path
) -> None:
    corpus.commit([entry(100), entry(101)])
    export_corpus(corpus, tmp_path / "backup")
    corpus.commit([entry(102)])
    with Merge(corpus.folder, published(corpus), 1024) as merge:
        if meanwhile == "another encoder":
            entries = [entry(number) for number in (*range(ARTICLES), 100, 101, 102)]
            build = corpus.build_for("another")
            split = [(e.article, e.passages, -e.vectors) for e in entries]  # type: ignore[operator]
            corpus.add_passages(build, split)  # type: ignore[arg-type]
            assert corpus.switch(build)
        elif meanwhile == "a backup":
            import_corpus(tmp_path / "backup", corpus.folder)
            corpus.commit([entry(102)])
        else:
            corpus.forget_derived(["dense", "lexical"])
            open_index(corpus)
        derived = corpus.derived(["dense", "lexical"])
    assert not merge.merged
    assert corpus.derived(["dense", "lexical"]) == derived
    assert_right(corpus, open_index(corpus), {0, 100, 101, 102}, set())
    assert len(folders(corpus)) == 2


def test_what_goes_meanwhile_does_not_make_the_search_slower(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recall is of what can be found: else it would look into all lists, in vain."""
    monkeypatch.setattr(dense, "EXACT_MOST", 1000)
    before = open_index(corpus).dense.about
    corpus.commit([entry(100), entry(101)])
    with Merge(corpus.folder, published(corpus), 2048) as merge:
        corpus.forget([f"{number:03}.txt" for number in range(10, 40)])
    assert merge.merged
    about = open_index(corpus).dense.about
    assert about.recall >= 0.99
    assert about.probes <= 2 * before.probes < about.lists


def test_most_may_go_while_the_merge_begins(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "EXACT_MOST", 1000)
    corpus.commit([entry(100), entry(101)])
    sample = Corpus._sample

    def late(self: Corpus, *arguments: object) -> NDArray[np.float32]:
        corpus.forget([f"{number:03}.txt" for number in range(1, ARTICLES)])
        return sample(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Corpus, "_sample", late)
    assert merge_index(corpus, published(corpus))
    assert_right(corpus, open_index(corpus), {0, 100, 101}, {1, 79})


def test_where_changes_come_too_fast_a_running_merge_is_waited_for(corpus: Corpus) -> None:
    index = open_index(corpus)
    corpus.commit([entry(100), entry(101)])
    with Merge(corpus.folder, published(corpus), 1024) as merge:
        corpus.commit([entry(number) for number in range(102, 111)])
        found: list[Index] = []
        asking = threading.Thread(target=lambda: found.append(open_index(corpus, index)))
        asking.start()
        asking.join(0.5)
        assert asking.is_alive(), "eleven are too many"
        merge.go_on.set()
        asking.join(PATIENCE)
    assert merge.merged
    assert found[0].published is not None, "nothing was built a second time"
    assert_right(corpus, found[0], {0, *range(100, 111)}, set())
