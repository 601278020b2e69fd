"""Indexes of large corpora: quantised, and searched together with what came since."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from embeddings import dense, growing, lexical, sealing
from embeddings.checking import check_corpus
from embeddings.corpus import Corpus
from embeddings.dense import QuantisedIndex
from embeddings.durable import checksum_of_file, checksum_of_folder
from embeddings.index import Index, load_index, open_index, publish_index
from embeddings.lexical import LexicalIndex, Term
from embeddings.rawfile import Hashing
from embeddings.records import Article, Passage, sha256_of
from embeddings.recovery import open_sound
from embeddings.sealing import Seal, read_seal
from embeddings.stored import Entry

ARTICLES, PER_ARTICLE, DIMENSION = 120, 25, 32
TOPICS = 12
WORDS = [a + b for a in "bdfgklmnprstvz" for b in ("alen", "orin", "esta", "ibur", "ulom")]


def unit(rows: NDArray[np.float64]) -> NDArray[np.float32]:
    scaled: NDArray[np.float32] = (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype("f4")
    return scaled


def entry(name: str, seed: int, passages: int = PER_ARTICLE, word: str = "") -> Entry:
    """An article whose passages lie together, near those of other articles of its topic."""
    chance = np.random.default_rng(seed)
    topic = np.random.default_rng(seed % TOPICS).standard_normal(DIMENSION)
    own = topic + 0.7 * chance.standard_normal((passages, DIMENSION))
    drawn = random.Random(seed)
    texts = [f"{word} {' '.join(drawn.choices(WORDS, k=12))}.".strip() for _ in range(passages)]
    article = Article(name, "\n".join(texts))
    spans, start = [], 0
    for text in texts:
        spans.append(Passage(name, start, start + len(text), text))
        start += len(text) + 1
    return Entry(name, sha256_of(name), "r", name, article.sha256, None, article, spans, unit(own))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], Corpus]]:
    """Puts a corpus with published indexes of the large kind into a folder."""
    import shutil

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dense, "EXACT_MOST", 1000)
        patch.setattr(growing, "GROWN_FROM", 1000)
        template = tmp_path_factory.mktemp("large") / "corpus"
        corpus = Corpus(template)
        corpus.switch(corpus.build_for("x"))
        corpus.commit([entry(f"{n:03}.txt", n) for n in range(ARTICLES)])
        publish_index(corpus)
        corpus.close()

        def copied(folder: Path) -> Corpus:
            shutil.copytree(template, folder)
            return Corpus(folder)

        yield copied


@pytest.fixture
def corpus(filled: Callable[[Path], Corpus], tmp_path: Path) -> Iterator[Corpus]:
    corpus = filled(tmp_path / "corpus")
    yield corpus
    corpus.close()


def exact(
    corpus: Corpus, query: NDArray[np.float32], k: int, allowed: set[int] | None = None
) -> list[tuple[int, float]]:
    """By comparing with every vector there is."""
    with corpus.snapshot() as snapshot:
        scores = [
            (number, float(vector @ query))
            for number, _, vector in snapshot.passages
            if allowed is None or number in allowed
        ]
    return sorted(scores, key=lambda hit: -hit[1])[:k]


def assert_same(hits: list[tuple[int, float]], expected: list[tuple[int, float]]) -> None:
    assert [number for number, _ in hits] == [number for number, _ in expected]
    assert [score for _, score in hits] == pytest.approx([s for _, s in expected], abs=1e-6)


def queries(count: int) -> NDArray[np.float32]:
    chance = np.random.default_rng(7)
    topics = [np.random.default_rng(n % TOPICS).standard_normal(DIMENSION) for n in range(count)]
    return unit(np.stack(topics) + chance.standard_normal((count, DIMENSION)))


def numbers_of(corpus: Corpus, *names: str) -> list[int]:
    keys = {outline.id: outline.key for outline in corpus.outlines()}
    return corpus.passage_numbers([keys[name] for name in names])


def published(corpus: Corpus) -> str:
    return corpus.derived(["dense"])[0].file


def test_many_passages_are_quantised_and_their_scores_are_exact(corpus: Corpus) -> None:
    index = open_index(corpus)
    assert isinstance(index.dense, QuantisedIndex)
    assert index.dense.about.recall >= 0.99
    assert 0 < index.dense.about.probes < index.dense.about.lists
    found = 0
    for query in queries(40):
        hits, best = index.dense.search(query, 10), exact(corpus, query, 10)
        scores = dict(exact(corpus, query, ARTICLES * PER_ARTICLE))
        assert_same(hits, [(n, scores[n]) for n, _ in hits])
        assert [s for _, s in hits] == sorted((s for _, s in hits), reverse=True)
        found += len({n for n, _ in hits} & {n for n, _ in best})
    assert found / 400 >= 0.97


def test_the_recall_that_is_kept_is_measured(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "LEAST_RECALL", 0.0)
    corpus.forget_derived(["dense", "lexical"])
    index = open_index(corpus).dense
    assert index.about.probes == 1
    found = 0
    for query in queries(40):
        best = exact(corpus, query, 10)
        found += len({n for n, _ in index.search(query, 10)} & {n for n, _ in best})
    assert index.about.recall < 0.95
    assert index.about.recall == pytest.approx(found / 400, abs=0.2)


@pytest.mark.parametrize("share", [1 / 3000, 0.1, 0.3, 0.9])
@pytest.mark.parametrize("few", [0, 500])
def test_a_filter_is_exact_however_few_it_allows(
    corpus: Corpus, share: float, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "FEW", few)
    monkeypatch.setattr(dense, "SCANNED", 2000)
    index = open_index(corpus)
    total = ARTICLES * PER_ARTICLE
    for seed, query in enumerate(queries(12)):
        allowed = random.Random(seed).sample(range(1, total + 1), max(1, round(share * total)))
        hits = index.dense.search(query, 10, allowed)
        best = exact(corpus, query, 10, set(allowed))
        assert {number for number, _ in hits} <= set(allowed)
        same = {number for number, _ in hits} & {number for number, _ in best}
        assert len(same) >= (len(best) if share < 0.5 else len(best) - 1)
    assert index.dense.search(query, 10, []) == []


def test_a_filter_far_from_the_query_finds_what_it_allows(corpus: Corpus) -> None:
    """Those of another topic lie in lists that the query would never look into."""
    index = open_index(corpus)
    far = numbers_of(corpus, *(f"{n:03}.txt" for n in range(ARTICLES) if n % TOPICS == 5))
    [query] = queries(1)
    assert len(far) < dense.FEW
    for few in (0, dense.FEW):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(dense, "FEW", few)
            hits = index.dense.search(query, 10, far)
        assert [n for n, _ in hits] == [n for n, _ in exact(corpus, query, 10, set(far))]


def test_a_small_corpus_is_searched_exactly(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path / "small")
    corpus.switch(corpus.build_for("x"))
    corpus.commit([entry("a.txt", 1), entry("b.txt", 2)])
    index = open_index(corpus)
    assert index.dense.about.kind == "exact"
    for query in queries(5):
        assert_same(index.dense.search(query, 7), exact(corpus, query, 7))


def test_what_is_added_is_found_at_once_without_a_new_index(corpus: Corpus) -> None:
    first = open_index(corpus)
    file = published(corpus)
    corpus.commit([entry("new.txt", 605, word="zeppelin")])
    publish_index(corpus)
    index = open_index(corpus, first)
    assert index.generation == corpus.generation()
    assert published(corpus) == file
    new = set(numbers_of(corpus, "new.txt"))
    [term] = index.lexical.terms("zeppelin")
    assert term == Term("zeppelin", "zeppelin"), "a word that only the new have is known"
    assert {n for n, _ in index.lexical.search([term], 50)} == new
    for query in queries(20):
        hits, best = index.dense.search(query, 10), exact(corpus, query, 10)
        assert len({n for n, _ in hits} & {n for n, _ in best}) >= 9
    vector = corpus.vectors([max(new)])[max(new)]
    assert_same(index.dense.search(vector, 1), [(max(new), 1.0)])
    assert index.dense.cosines(vector, [max(new), 1, 10**9])[::2] == [pytest.approx(1.0), -1.0]
    assert index.dense.size == index.lexical.size == (ARTICLES + 1) * PER_ARTICLE


def test_what_was_found_before_is_still_searched_when_more_comes(corpus: Corpus) -> None:
    index = open_index(corpus)
    for number, word in enumerate(("zeppelin", "quokka", "fjordland")):
        corpus.commit([entry(f"new{number}.txt", 600 + number, 2, word)])
        before, index = index, open_index(corpus, index)
        assert before.lexical.document_frequency(word) == 0, "an index stays as it is"
    assert index.tail is not None
    assert len(index.tail.numbers) == 6
    for number, word in enumerate(("zeppelin", "quokka", "fjordland")):
        hits = index.lexical.search(index.lexical.terms(word), 5)
        assert {n for n, _ in hits} == set(numbers_of(corpus, f"new{number}.txt"))
    corpus.forget(["new1.txt"])
    index = open_index(corpus, index)
    assert index.lexical.search(index.lexical.terms("zeppelin"), 5)
    assert not index.lexical.search([Term("quokka", "quokka")], 5)


def test_what_is_deleted_is_not_found_and_takes_no_place(corpus: Corpus) -> None:
    """All of a topic but one article goes: the rest of its passages still fill the hits."""
    [query] = queries(1)
    first = open_index(corpus)
    words = first.lexical.terms(WORDS[0])
    nearest = [f"{n:03}.txt" for n in range(0, ARTICLES, TOPICS)]
    corpus.forget(nearest[1:])
    for index in (first, open_index(corpus, first)):
        hits = index.dense.search(query, 10)
        assert [n for n, _ in hits] == [n for n, _ in exact(corpus, query, 10)]
    assert published(corpus)
    found = [n for n, _ in index.lexical.search(words, 60)]
    assert set(found) <= set(range(1, ARTICLES * PER_ARTICLE + 1))
    assert corpus.living(found) == set(found)
    assert len(found) == 60


def test_a_changed_article_is_found_as_it_is_now(corpus: Corpus) -> None:
    first = open_index(corpus)
    corpus.commit([entry("003.txt", 900, word="zeppelin")])
    index = open_index(corpus, first)
    hits = index.lexical.search(index.lexical.terms("zeppelin"), 50)
    assert {n for n, _ in hits} == set(numbers_of(corpus, "003.txt"))
    everything = index.dense.search(queries(1)[0], ARTICLES * PER_ARTICLE)
    assert {n for n, _ in everything} <= set(range(1, (ARTICLES + 1) * PER_ARTICLE + 1))
    assert corpus.living([n for n, _ in everything]) == {n for n, _ in everything}


def test_filters_hold_for_old_and_new_together(corpus: Corpus) -> None:
    first = open_index(corpus)
    corpus.commit([entry("new.txt", 605, word="zeppelin")])
    index = open_index(corpus, first)
    allowed = [*numbers_of(corpus, "007.txt"), *numbers_of(corpus, "new.txt")]
    for query in queries(5):
        hits = index.dense.search(query, 30, allowed)
        assert [n for n, _ in hits] == [n for n, _ in exact(corpus, query, 30, set(allowed))]
    terms = index.lexical.terms(f"zeppelin {WORDS[0]} {WORDS[1]} {WORDS[2]}")
    old_only = numbers_of(corpus, "007.txt")
    assert {n for n, _ in index.lexical.search(terms, 99, old_only)} <= set(old_only)
    assert {n for n, _ in index.lexical.search(terms, 99, allowed)} > set(allowed[PER_ARTICLE:])


def test_scores_of_words_are_nearly_those_of_an_index_made_anew(corpus: Corpus) -> None:
    first = open_index(corpus)
    corpus.commit([entry(f"new{n}.txt", 500 + n) for n in range(4)])
    index = open_index(corpus, first)
    assert index.published is not None
    terms = index.lexical.terms(" ".join(WORDS[::9]))
    beside = dict(index.lexical.search(terms, 30))
    corpus.forget_derived(["dense", "lexical"])
    anew = open_index(corpus)
    assert anew.published is None
    assert beside == pytest.approx(dict(anew.lexical.search(terms, 30)), rel=1e-2)


@pytest.mark.parametrize("change", ["many new", "many gone", "another encoder"])
def test_after_too_many_changes_the_indexes_are_built_anew(
    corpus: Corpus, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, file = open_index(corpus), published(corpus)
    if change == "many new":
        monkeypatch.setattr(growing, "MOST_NEW", PER_ARTICLE)
        monkeypatch.setattr(growing, "TOO_MANY_NEW", PER_ARTICLE)
        corpus.commit([entry("new1.txt", 601), entry("new2.txt", 602)])
    elif change == "many gone":
        corpus.forget([f"{n:03}.txt" for n in range(ARTICLES // 2 + 1)])
    else:
        build = corpus.build_for("another")
        entries = [entry(f"{n:03}.txt", n) for n in range(ARTICLES)]
        corpus.add_passages(
            build,
            [
                (e.article, e.passages, -e.vectors)
                for e in entries
                if e.article and e.vectors is not None
            ],
        )
        assert corpus.switch(build)
    publish_index(corpus)
    assert published(corpus) != file
    index = open_index(corpus, first)
    assert index.published is None
    assert index.dense.size == corpus.count()[1]


def test_a_fresh_process_finds_what_was_added_since(corpus: Corpus) -> None:
    corpus.commit([entry("new.txt", 605, word="zeppelin")])
    publish_index(corpus)
    told: list[str] = []
    index = open_index(corpus, tell=told.append)
    assert told == []
    assert index.published is not None
    assert index.lexical.search(index.lexical.terms("zeppelin"), 5)


def test_doctor_verifies_large_indexes_and_what_came_since(corpus: Corpus) -> None:
    corpus.commit([entry("new.txt", 605)])
    corpus.forget(["004.txt"])
    file = published(corpus)
    checks = {check.name: check for check in check_corpus(corpus)}
    assert all(check.ok and not check.repaired for check in checks.values())
    assert "recall@10 " in checks["indexes"].message
    assert f"{ARTICLES * PER_ARTICLE} passages" in checks["indexes"].message
    assert published(corpus) == file


def test_doctor_notices_a_wrong_vector_in_a_large_index(corpus: Corpus) -> None:
    """One that is written as it should be, of other vectors than the corpus has."""
    (recorded,) = corpus.derived(["dense"])
    index = load_index(corpus)
    assert isinstance(index, Index)
    assert index.dense.holds(1, corpus.vectors([1])[1])
    assert not index.dense.holds(1, corpus.vectors([PER_ARTICLE + 1])[PER_ARTICLE + 1])
    assert not index.dense.holds(10**6, corpus.vectors([1])[1])
    assert checksum_of_folder(corpus.folder / recorded.file) == recorded.checksum


@pytest.mark.parametrize("file", [dense.VECTORS, dense.ABOUT])
def test_damage_to_a_large_index_is_noticed_and_mended(corpus: Corpus, file: str) -> None:
    path = corpus.folder / published(corpus) / file
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)
    told: list[str] = []
    index = open_index(corpus, tell=told.append)
    assert len(told) == 1
    assert str(path.parent) in told[0]
    assert index.dense.size == ARTICLES * PER_ARTICLE
    open_index(corpus, tell=told.append)
    assert len(told) == 1


def test_damage_to_an_open_index_changes_nothing(corpus: Corpus) -> None:
    index = open_index(corpus)
    [query] = queries(1)
    before = index.dense.search(query, 10)
    path = corpus.folder / published(corpus) / dense.VECTORS
    path.write_bytes(bytes(path.stat().st_size))
    assert index.dense.search(query, 10) == before
    path.write_bytes(b"")
    assert index.dense.search(query, 10) == before


def test_equal_corpora_get_equal_indexes(filled: Callable[[Path], Corpus], tmp_path: Path) -> None:
    corpus = filled(tmp_path / "again")
    file = published(corpus)
    corpus.forget_derived(["dense", "lexical"])
    publish_index(corpus)
    (recorded,) = corpus.derived(["dense"])
    assert recorded.file != file
    other = filled(tmp_path / "other")
    assert other.derived(["dense"])[0].checksum == recorded.checksum


@pytest.mark.parametrize("k", [1, 10, 60])
def test_rare_words_lead_to_the_same_passages(
    corpus: Corpus, k: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(3)
    rare = [f"rare{number}" for number in range(8)]
    corpus.commit([entry(f"rare{n}.txt", 700 + n, 20, chance.choice(rare)) for n in range(40)])
    corpus.forget_derived(["dense", "lexical"])
    index = open_index(corpus).lexical
    monkeypatch.setattr(lexical, "MANY_PASSAGES", 10**9)
    asked = [" ".join(chance.sample(rare, 3) + chance.sample(WORDS, 3)) for _ in range(40)]
    expected = [index.search(index.terms(question), k) for question in asked]
    monkeypatch.setattr(lexical, "MANY_PASSAGES", 0)
    searches: list[int] = []
    best = LexicalIndex._best

    def counted(self: LexicalIndex, leading: Any, others: Any, *given: Any) -> Any:
        searches.append(len(others))
        return best(self, leading, others, *given)

    monkeypatch.setattr(LexicalIndex, "_best", counted)
    for question, hits in zip(asked, expected, strict=True):
        found = index.search(index.terms(question), k)
        assert [score for _, score in found] == pytest.approx(
            [score for _, score in hits], rel=1e-5
        )
        least = hits[-1][1] + 1e-4
        assert {n for n, s in found if s > least} == {n for n, s in hits if s > least}
    assert any(searches), "some words were only looked up"


def sealed(corpus: Corpus) -> bool:
    """Whether the corpus file is sealed as it is now."""
    found = read_seal(corpus.folder)
    return found is not None and found == corpus.stamp()


def test_a_large_corpus_is_sealed_beside_and_nobody_waits(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "LARGE_BYTES", 0)
    go_on, stamp = threading.Event(), Corpus.stamp

    def slow(self: Corpus) -> Seal:
        assert go_on.wait(30)
        return stamp(self)

    with monkeypatch.context() as patch:
        patch.setattr(Corpus, "stamp", slow)
        corpus.commit([entry("new.txt", 605, 2, "zeppelin")])
        publish_index(corpus)
        corpus.forget(["new.txt"])
        publish_index(corpus)
        go_on.set()
        while sealing._to_seal:
            time.sleep(0.01)
    assert sealed(corpus)
    opened, notices = open_sound(corpus.folder)
    opened.close()
    assert notices == ()


def test_nobody_seals_what_has_changed_meanwhile(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamp = Corpus.stamp

    def late(self: Corpus) -> Seal:
        found = stamp(self)
        corpus.commit([entry("new.txt", 605, 2, "zeppelin")])
        return found

    before = read_seal(corpus.folder)
    monkeypatch.setattr(Corpus, "stamp", late)
    sealing._seal_unless_changed(corpus.folder)
    assert read_seal(corpus.folder) == before
    monkeypatch.undo()
    sealing._seal_unless_changed(corpus.folder)
    assert sealed(corpus)


@pytest.mark.parametrize("writes", [0, 1, 9])
def test_a_corpus_that_is_written_to_while_it_is_hashed_is_hashed_as_it_is_then(
    corpus: Corpus, writes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embeddings.corpus.STAMP_STEPS", (1, 1))
    read, reads = Hashing.read, []

    def interrupted(self: Hashing, most: int | None = None) -> bool:
        reads.append(most)
        more = read(self, most)
        if len(reads) <= writes and most is not None:
            threading.Thread(target=other.forget, args=([f"{len(reads):03}.txt"],)).start()
            time.sleep(0.2)  # it has to wait for the end of this step
        return more

    monkeypatch.setattr(Hashing, "read", interrupted)
    other = Corpus(corpus.folder)
    try:
        found = corpus.stamp()
        assert found.checksum == checksum_of_file(corpus.path)
        assert found.revision == corpus.revision()
        assert (None in reads) == (writes == 9), "at last it is read at once"
    finally:
        other.close()
