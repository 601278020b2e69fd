"""The indexes in a real Milvus server, against the embedded ones over the same corpus.

The server is Milvus Lite's, started here; with FOOTNOTE_MILVUS_URI (and FOOTNOTE_MILVUS_TOKEN) in
the environment it is the one named there, which proves a cluster (docs/cluster.md).
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant import Assistant, Settings
from assistant.retrieval.retriever import retrieve
from embeddings import milvus
from embeddings.checking import check_corpus
from embeddings.corpus import Corpus
from embeddings.errors import EngineError, SettingsError
from embeddings.index import Index, build_index, load_index, open_index
from embeddings.joined import joined_index
from embeddings.lexical import Term
from embeddings.milvus import Collection, MilvusDense
from embeddings.records import Article, Passage
from embeddings.stored import Engine, Entry
from embeddings.vocabulary import tokens_of
from tests.engines import MilvusLite
from tests.fakes import HashingEncoder

OUTSIDE = os.environ.get("FOOTNOTE_MILVUS_URI")
TOKEN = os.environ.get("FOOTNOTE_MILVUS_TOKEN")
ENCODER = HashingEncoder(dimension=32)
SYLLABLES = "ba be bo da de do fa fe fo ka ke ko la le lo ma me mo na ne no ra re ro".split()
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusLite | None]:
    """The server that was started for these tests; None when one is there already."""
    if OUTSIDE:
        yield None
        return
    if MilvusLite.binary() is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI tests the engine, and milvus-lite is not installed")
        pytest.skip("milvus-lite is not installed")
    with MilvusLite(tmp_path_factory.mktemp("milvus")) as lite:
        yield lite


@pytest.fixture
def engine(server: MilvusLite | None) -> Engine:
    return Engine(server.uri if server else str(OUTSIDE), TOKEN)


@pytest.fixture
def corpus(tmp_path: Path, engine: Engine) -> Iterator[Corpus]:
    """An empty corpus whose indexes the engine holds; its collections are dropped at the end."""
    corpus = Corpus(tmp_path / "c")
    corpus.switch(corpus.build_for("x"))
    corpus.engine = engine
    yield corpus
    with milvus._said(engine):
        for name in milvus._client(engine).list_collections(timeout=30):
            if name.startswith(f"footnote_{corpus.identity()}_"):
                Collection(engine, name).drop()
    corpus.close()


def word(chance: np.random.Generator) -> str:
    """One of some 300,000 words, few of them frequent, as in any language (Zipf)."""
    rank = min(int(chance.zipf(1.35)), 300_000)
    letters = []
    while rank:
        rank, place = divmod(rank, len(SYLLABLES))
        letters.append(SYLLABLES[place])
    return "".join(letters) + "x"


def entry(name: str, seed: int, passages: int = 6, words: int = 40) -> Entry:
    """An article of made words, the vectors of its passages in a cluster of their own."""
    chance = np.random.default_rng(seed)
    texts = [" ".join(word(chance) for _ in range(words)) for _ in range(passages)]
    text = "\n".join(texts)
    title = f"{name} " + " ".join(word(chance) for _ in range(5))
    article = Article(name, text, title, f"20{seed % 20:02}-01-01", name)
    made, start = [], 0
    for own in texts:
        made.append(Passage(name, start, start + len(own), own, title, article.date))
        start += len(own) + 1
    centre = np.random.default_rng(seed % 7).normal(size=32)
    vectors = unit(centre + 0.8 * chance.normal(size=(passages, 32)))
    return Entry(name, str(seed), "r", name, article.sha256, None, article, made, vectors)


def unit(vectors: NDArray[np.float64]) -> NDArray[np.float32]:
    rows: NDArray[np.float32] = vectors.astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def questions(count: int) -> NDArray[np.float32]:
    chance = np.random.default_rng(99)
    centres = np.array([np.random.default_rng(i % 7).normal(size=32) for i in range(count)])
    return unit(centres + 0.8 * chance.normal(size=(count, 32)))


def embedded(corpus: Corpus) -> Index:
    """The indexes of the same corpus as files, in memory."""
    engine, corpus.engine = corpus.engine, None
    index = build_index(corpus)
    corpus.engine = engine
    return index


def numbers_in(corpus: Corpus) -> list[int]:
    with corpus.snapshot() as snapshot:
        return [number for number, _, _ in snapshot.passages]


def collection(index: Index) -> Collection:
    assert isinstance(index.dense, MilvusDense)
    return index.dense.collection


def agree(corpus: Corpus, index: Index) -> bool:
    """Whether the engine holds the passages of the corpus, row by row and bit by bit."""
    assert isinstance(index.dense, MilvusDense)
    return milvus.difference(corpus, index.dense) is None


def nearest(
    corpus: Corpus, vector: NDArray[np.float32], k: int, allowed: list[int] | None = None
) -> list[tuple[int, float]]:
    """Brute force; equal scores by number."""
    with corpus.snapshot() as snapshot:
        scored = [
            (number, float(own @ vector))
            for number, _, own in snapshot.passages
            if allowed is None or number in allowed
        ]
    return sorted(scored, key=lambda hit: (-hit[1], hit[0]))[:k]


def same(found: list[tuple[int, float]], expected: list[tuple[int, float]], *, exact: bool) -> None:
    """The same hits and scores; of an engine that searches nearly exactly, nearly the same hits."""
    scores = dict(expected)
    both = [n for n, _ in found if n in scores]
    assert [s for n, s in found if n in scores] == pytest.approx(
        [scores[n] for n in both], abs=1e-5
    )
    if exact:
        assert [n for n, _ in found] == [n for n, _ in expected]
    else:
        assert len(both) >= 0.95 * len(expected)


def test_dense_search_is_the_exact_one(corpus: Corpus) -> None:
    corpus.commit([entry(f"a{i}", i) for i in range(120)])
    files, index = embedded(corpus), build_index(corpus)
    assert files.dense.size == index.dense.size == 720
    for vector in questions(40):
        found = index.dense.search(vector, 50)
        same(found, nearest(corpus, vector, 50), exact=bool(collection(index).exact))
        assert {n for n, _ in found} == {n for n, _ in files.dense.search(vector, 50)}
        some = [number for number, _ in found[::7]] + [10**9]
        assert index.dense.cosines(vector, some)[-1] == -1
        assert index.dense.cosines(vector, some) == pytest.approx(
            files.dense.cosines(vector, some), abs=1e-5
        )
    own, expected = (i.dense.vector(numbers_in(corpus)[0]) for i in (index, files))
    assert own is not None
    assert expected is not None
    assert np.array_equal(own, expected)


def test_equal_scores_go_by_number(corpus: Corpus) -> None:
    twins = entry("twins", 1)
    assert twins.vectors is not None
    corpus.commit([replace(twins, vectors=np.repeat(twins.vectors[:1], 6, axis=0))])
    found = build_index(corpus).dense.search(twins.vectors[0], 4)
    assert [number for number, _ in found] == numbers_in(corpus)[:4]


def test_filters_are_those_of_brute_force(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus.commit([entry(f"a{i}", i) for i in range(120)])
    files, index = embedded(corpus), build_index(corpus)
    numbers = numbers_in(corpus)
    exact = bool(collection(index).exact)
    monkeypatch.setattr(milvus, "NUMBERS_AT_ONCE", 200)  # the longest filter takes several searches
    for allowed in ([numbers[300]], numbers[::45], numbers[100:650]):
        for vector in questions(5):
            found = index.dense.search(vector, 20, allowed)
            same(found, nearest(corpus, vector, 20, allowed), exact=exact)
        for term in ("bex", "box", "bebex"):
            hits = index.lexical.search([Term(term, term)], 700, allowed)
            own = files.lexical.search([Term(term, term)], 700, allowed)
            assert {n for n, _ in hits} == {n for n, _ in own} <= set(allowed)
    assert index.dense.search(questions(1)[0], 5, []) == []
    assert index.lexical.search([Term("bex", "bex")], 5, []) == []


def test_words_are_those_of_the_embedded_index(corpus: Corpus) -> None:
    corpus.commit([entry(f"a{i}", i) for i in range(200)])
    files, index = embedded(corpus), build_index(corpus)
    with corpus.snapshot() as snapshot:
        words = sorted({token[1:] for _, p, _ in snapshot.passages for token in tokens_of(p)})
    assert len(words) > 2000
    for field in ("body", "title"):
        counts = [files.lexical.frequency(field, stem) for stem in words]
        assert [index.lexical.frequency(field, stem) for stem in words] == counts
    assert index.lexical.size == files.lexical.size
    rare = [stem for stem in words if 3 <= files.lexical.document_frequency(stem) <= 30]
    chance = np.random.default_rng(0)
    overlaps, ratios = [], []
    for _ in range(60):
        terms = [Term(stem, stem) for stem in chance.choice(rare, 3, replace=False)]
        own, found = files.lexical.search(terms, 20), dict(index.lexical.search(terms, 20))
        least = own[-1][1]  # equal scores are cut off anywhere: a title stands on six passages
        overlaps += [number in found for number, score in own if score > least]
        ratios += [found[number] / score for number, score in own if number in found]
    assert np.mean(overlaps) >= 0.95
    assert np.median(ratios) == pytest.approx(1, abs=0.05)


def test_a_mistyped_word_finds_what_the_embedded_index_finds(corpus: Corpus) -> None:
    corpus.commit([entry(f"a{i}", i) for i in range(40)])
    files, index = embedded(corpus), build_index(corpus)
    with corpus.snapshot() as snapshot:
        known = sorted({token[1:] for _, p, _ in snapshot.passages for token in tokens_of(p)})
    mistyped = [f"{w[:3]}{w[4]}{w[3]}{w[5:]}" for w in known if len(w) > 7][:300]
    terms = [index.lexical.terms(w) for w in mistyped]
    assert terms == [files.lexical.terms(w) for w in mistyped]
    assert sum(bool(term.alternatives) for (term,) in terms) > 100
    (term,) = next(own for own in terms if own[0].alternatives)
    assert index.lexical.search([term], 5)


def test_a_word_weighs_what_it_is_given(corpus: Corpus) -> None:
    corpus.commit([entry(f"a{i}", i) for i in range(20)])
    index = build_index(corpus)
    (_, plain), *_ = index.lexical.search([Term("bex", "bex")], 1)
    (_, half), *_ = index.lexical.search([Term("bex", "bex")], 1, weigh=lambda field, stem: 0.5)
    assert half == pytest.approx(plain / 2)


def test_what_is_retrieved_is_the_same(corpus: Corpus) -> None:
    corpus.commit([entry(f"a{i}", i) for i in range(120)])
    files, index = embedded(corpus), build_index(corpus)
    chance = np.random.default_rng(5)
    shared = []
    for vector in questions(30):
        encoder = _Given(vector)
        asked = " ".join(word(chance) for _ in range(6))
        own, found = (retrieve(asked, 10, i, encoder, corpus).hits for i in (files, index))
        assert len(own) == len(found) == 10
        shared.append(len({hit.passage for hit in own} & {hit.passage for hit in found}) / 10)
    assert np.mean(shared) >= 0.95


def test_the_servers_own_hybrid_is_that_of_the_two_lists(corpus: Corpus) -> None:
    """Whoever asks the collection without Footnote can let the server fuse: RRF, k = 60."""
    from pymilvus import AnnSearchRequest, RRFRanker

    corpus.commit([entry(f"a{i}", i) for i in range(120)])
    index = build_index(corpus)
    asked = collection(index)
    for vector in questions(10):
        dense, words = asked.dense(vector, 50), asked.lexical("bbex bbox bdax bbebex")
        lists = [asked.search(query, 50, None, fresh=True) for query in (dense, words)]
        requests = [
            AnnSearchRequest(q["data"], q["anns_field"], q["search_params"], 50)
            for q in (dense, words)
        ]
        (found,) = asked.call(
            "hybrid_search", requests, RRFRanker(60), limit=20, consistency_level="Strong"
        )
        fused: dict[int, float] = {}
        for hits in lists:
            for place, (number, _) in enumerate(hits, start=1):
                fused[number] = fused.get(number, 0) + 1 / (60 + place)
        best = sorted(fused.values(), reverse=True)[:20]
        assert [hit["distance"] for hit in found] == pytest.approx(best, abs=1e-3)


def test_what_changes_is_changed_there(corpus: Corpus) -> None:
    corpus.commit([entry(f"a{i}", i) for i in range(10)])
    first = build_index(corpus)
    assert collection(first).count() == first.dense.size == 60
    corpus.commit([entry("a3", 33, passages=4), entry("new", 50)])
    corpus.forget(["a7"])
    second = open_index(corpus, first)
    assert second.generation == corpus.generation() > first.generation
    assert sorted(collection(second).numbers()) == sorted(numbers_in(corpus))
    assert collection(second).count() == second.dense.size == 58
    assert agree(corpus, second)
    same_words = embedded(corpus)
    assert open_index(corpus).lexical.size == same_words.lexical.size


def test_the_vocabulary_of_changes_is_that_of_a_fresh_one(corpus: Corpus) -> None:
    corpus.commit([entry(f"a{i}", i) for i in range(10)])
    build_index(corpus)
    corpus.forget(["a1", "a2"])
    corpus.commit([entry("b", 77)])
    changed = build_index(corpus).lexical._reading.vocabulary  # type: ignore[attr-defined]
    said = [changed._db.execute(f"SELECT * FROM {t} ORDER BY 1").fetchall() for t in TABLES]
    corpus.forget_derived([milvus.NAME])
    fresh = build_index(corpus).lexical._reading.vocabulary  # type: ignore[attr-defined]
    assert fresh is not changed
    assert said == [fresh._db.execute(f"SELECT * FROM {t} ORDER BY 1").fetchall() for t in TABLES]


TABLES = ("held", "tokens", "spellings")


def test_what_is_deleted_is_not_found_even_before_the_server_knows(corpus: Corpus) -> None:
    corpus.commit([entry(f"a{i}", i) for i in range(10)])
    index = build_index(corpus)
    gone = entry("a4", 4)
    assert gone.vectors is not None
    assert gone.article is not None
    asked, encoder = gone.article.text[:60], _Given(gone.vectors[0])
    before = retrieve(asked, 5, index, encoder, corpus).hits
    assert before[0].passage.article_id == "a4"
    corpus.forget(["a4"])
    assert collection(index).count() == 60
    after = retrieve(asked, 5, index, encoder, corpus).hits
    assert after
    assert "a4" not in {hit.passage.article_id for hit in after}


def test_another_encoders_collection_is_refused(corpus: Corpus) -> None:
    corpus.commit([entry("a", 1)])
    build_index(corpus)
    there = Collection.of(corpus, corpus.roll().build)
    there.drop()
    there.make(32, "another-encoder@1")
    with pytest.raises(EngineError, match=r"made with another-encoder@1, this corpus with x;"):
        load_index(corpus)
    corpus.commit([entry("b", 2)])
    with pytest.raises(EngineError, match="drop the collection"):
        open_index(corpus)


def test_another_build_has_a_collection_of_its_own(corpus: Corpus) -> None:
    corpus.commit([entry("a", 1), entry("b", 2)])
    old = collection(build_index(corpus))
    build = corpus.build_for("y")
    made = [entry("a", 1), entry("b", 2)]
    corpus.add_passages(
        build,
        [(e.article, e.passages, e.vectors) for e in made],  # type: ignore[misc]
    )
    assert corpus.switch(build)
    new = open_index(corpus)
    assert collection(new).name != old.name
    assert not old.is_there()
    assert agree(corpus, new)


def test_what_the_server_has_lost_is_written_again(corpus: Corpus) -> None:
    corpus.commit([entry(f"a{i}", i) for i in range(10)])
    there = collection(build_index(corpus))
    lost = numbers_in(corpus)[5]
    losses: dict[str, Callable[[], None]] = {
        "held 59 passages in place of 60": lambda: there.delete([lost]),
        "has no collection": there.drop,
    }
    for reason, lose in losses.items():
        lose()
        told: list[str] = []
        index = open_index(corpus, None, told.append)
        assert reason in told[0]
        assert len(told) == 1
        assert agree(corpus, index)


def test_what_does_not_belong_there_is_deleted(corpus: Corpus) -> None:
    """As a killed process leaves it, when its article is gone by the next time."""
    corpus.commit([entry("a", 1)])
    there = collection(build_index(corpus))
    row = {"id": 10**6, "article": 99, "emb": [0.0] * 32, "words": "bzeppelin"}
    there.put([row])
    told: list[str] = []
    index = open_index(corpus, None, told.append)
    assert "held 7 passages in place of 6" in told[0]
    assert sorted(there.numbers()) == numbers_in(corpus)
    assert agree(corpus, index)


def test_a_damaged_or_lost_vocabulary_is_made_again(corpus: Corpus) -> None:
    corpus.commit([entry(f"a{i}", i) for i in range(4)])
    build_index(corpus)
    for damage in ("flip", "unlink"):
        (path,) = corpus.folder.glob(f"{milvus.NAME}-*")
        if damage == "flip":
            content = bytearray(path.read_bytes())
            content[len(content) // 2] ^= 1
            path.write_bytes(content)
        else:
            path.unlink()
        told: list[str] = []
        index = open_index(corpus, None, told.append)
        assert len(told) == 1
        assert path.name in told[0]
        assert agree(corpus, index)


def test_the_doctor_compares_row_by_row(corpus: Corpus) -> None:
    corpus.commit([entry(f"a{i}", i) for i in range(4)])
    there = collection(build_index(corpus))
    number = numbers_in(corpus)[3]
    row = there.rows([number])[number]
    for changed in ({"words": "bother"}, {"emb": [1.0] + [0.0] * 31}):
        there.put([{**row, **changed}])
        check = check_corpus(corpus)[-1]
        assert check.ok
        assert check.repaired
        assert f"{number}; written again" in check.message
        index = open_index(corpus)
        assert agree(corpus, index)
    assert not check_corpus(corpus)[-1].repaired


def test_back_to_files_beside_the_corpus(corpus: Corpus) -> None:
    corpus.commit([entry(f"a{i}", i) for i in range(10)])
    index = build_index(corpus)
    assert not list(corpus.folder.glob("dense-*"))
    corpus.engine = None
    files = open_index(corpus)
    assert not list(corpus.folder.glob(f"{milvus.NAME}-*"))
    for vector in questions(5):
        assert [n for n, _ in files.dense.search(vector, 9)] == [
            n for n, _ in index.dense.search(vector, 9)
        ]


def test_a_library_there_and_private_articles_here(corpus: Corpus, tmp_path: Path) -> None:
    corpus.commit([entry(f"a{i}", i) for i in range(10)])
    private = Corpus(tmp_path / "private")
    private.switch(private.build_for("x"))
    private.commit([entry("mine", 500)])
    both = joined_index(build_index(corpus), build_index(private))
    files = joined_index(embedded(corpus), build_index(private))
    mine = entry("mine", 500).passages[2].text.split()
    terms = both.lexical.terms(" ".join(mine[:9]))
    found, own = both.lexical.search(terms, 20), files.lexical.search(terms, 20)
    assert any(number < 0 for number, _ in found)
    assert len({n for n, _ in found} & {n for n, _ in own}) >= 18
    for vector in questions(5):
        same(both.dense.search(vector, 9), files.dense.search(vector, 9), exact=True)
    private.close()


def test_texts_of_all_kinds_and_lengths(corpus: Corpus) -> None:
    """No word at all, one as long as a column, and letters beyond ASCII."""
    texts = ("of the and", "z" * 70_000, "Ünïcödé 上海 москва", " ".join(["stone"] * 9000))
    entries = []
    for place, text in enumerate(texts):
        article = Article(f"t{place}", text, "x" * 200)
        passage = Passage(article.id, 0, len(text), text, article.title)
        vectors = ENCODER.encode([text])
        entries.append(
            Entry(article.id, "s", "r", "s", article.sha256, None, article, [passage], vectors)
        )
    corpus.commit(entries)
    files, index = embedded(corpus), build_index(corpus)
    for asked in ("unicode", "上海", "Москва", "stones"):
        terms = index.lexical.terms(asked)
        assert [n for n, _ in index.lexical.search(terms, 9)] == [
            n for n, _ in files.lexical.search(terms, 9)
        ]


@pytest.mark.slow
def test_answers_are_the_same(engine: Engine, data_dir: Path, tmp_path: Path) -> None:
    here = Settings(data_dir=data_dir)
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "encoders").symlink_to(data_dir / "encoders", target_is_directory=True)
    there = Settings(data_dir=tmp_path / "there", milvus_uri=engine.uri, milvus_token=engine.token)
    with Assistant.open(settings=here) as files, Assistant.open(settings=there) as served:
        corpus = served._corpus
        try:
            for question in ASKED:
                own, found = files.ask(question), served.ask(question)
                assert (found.text, found.refusal) == (own.text, own.refusal)
                assert found.citations == own.citations
                assert found.confidence == pytest.approx(own.confidence, abs=0.05)
            cited = found.citations[0].article_id
            served.remove(cited)
            assert cited not in {c.article_id for c in served.ask(ASKED[-1]).citations}
            assert isinstance(served._current_index().dense, MilvusDense)
            assert all(check.ok and not check.repaired for check in served.doctor())
        finally:
            Collection.of(corpus, corpus.roll().build).drop()


ASKED = (
    "What is the weather on the moon?",
    "Who is the mayor of Nigde?",
    "Which projects were signed, and what are they worth?",
    "How many vehicles did SAIC Ningde produce?",
)


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path / "c")
    corpus.switch(corpus.build_for("x"))
    corpus.engine = Engine("http://127.0.0.1:9", "root:secret")
    corpus.commit([entry("a", 1)])
    with pytest.raises(EngineError) as caught:
        open_index(corpus)
    said = str(caught.value)
    assert "http://127.0.0.1:9" in said
    assert "docs/cluster.md" in said
    assert "secret" not in said + repr(corpus.engine)
    assert "\n" not in said
    corpus.close()


def test_a_client_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    corpus = Corpus(tmp_path / "c")
    corpus.switch(corpus.build_for("x"))
    corpus.engine = Engine("http://127.0.0.1:9")
    corpus.commit([entry("a", 1)])
    with pytest.raises(SettingsError, match=r"pip install -e '\.\[milvus\]'"):
        open_index(corpus)
    corpus.close()


@pytest.mark.crash
def test_a_killed_server_keeps_what_it_acknowledged(corpus: Corpus, tmp_path: Path) -> None:
    """And the next indexing completes what it did not get."""
    if MilvusLite.binary() is None:
        pytest.skip("milvus-lite is not installed")
    with MilvusLite(tmp_path) as lite:
        corpus.engine = Engine(lite.uri)
        _kill_while_it_writes(lite, corpus)
    corpus.engine = None


def _kill_while_it_writes(lite: MilvusLite, corpus: Corpus) -> None:
    corpus.commit([entry(f"a{i}", i) for i in range(300)])
    roll = corpus.roll()
    there = Collection.of(corpus, roll.build)
    there.make(32, roll.made_with)
    acknowledged: list[int] = []
    killing = threading.Event()

    def insert() -> None:
        for key, split in corpus.split(sorted(roll.keys), roll.build).items():
            rows = [milvus._row(key, *one) for one in split]
            try:
                there.put(rows)
            except EngineError:
                return
            acknowledged.extend(number for number, _, _ in split)
            if len(acknowledged) > 300:
                killing.set()

    writer = threading.Thread(target=insert)
    writer.start()
    assert killing.wait(60)
    lite.kill()
    writer.join(60)
    assert 300 < len(acknowledged) < 1800
    lite.start()
    found_again(lambda: there.check(roll.made_with))
    kept = set(there.numbers())
    assert set(acknowledged) <= kept
    numbers = acknowledged[::50]
    vectors = corpus.vectors(numbers)
    for number in numbers:
        ((found, score),) = there.search(there.dense(vectors[number], 1), 1, None, fresh=True)
        assert found == number
        assert score == pytest.approx(1, abs=1e-5)
    index = open_index(corpus)
    assert agree(corpus, index)
    lite.kill()
    with pytest.raises(EngineError):
        index.dense.search(questions(1)[0], 5)
    lite.start()
    # the same index finds it again
    found_again(lambda: index.dense.search(questions(1)[0], 5))


def found_again(ask: Callable[[], object]) -> None:
    """Ask until the server answers: gRPC looks for one that was away every two seconds."""
    for _ in range(200):
        try:
            ask()
            return
        except EngineError:
            time.sleep(0.1)
    pytest.fail("the server that was started again is not found")


@pytest.mark.crash
def test_a_killed_writer_leaves_nothing_that_stays_wrong(corpus: Corpus, engine: Engine) -> None:
    corpus.commit([entry(f"a{i}", i) for i in range(400)])
    code = (
        "import sys; from pathlib import Path; from embeddings.corpus import Corpus;"
        "from embeddings.stored import Engine;"
        "from embeddings.index import publish_index;"
        "corpus = Corpus(Path(sys.argv[1]));"
        "corpus.engine = Engine(sys.argv[2], sys.argv[3] or None);"
        "publish_index(corpus, lambda done, total: print(done, flush=True))"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", code, str(corpus.folder), engine.uri, engine.token or ""],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert writer.stdout is not None
    for line in writer.stdout:
        if int(line) >= 128:
            writer.kill()
            break
    writer.wait()
    writer.stdout.close()
    there = Collection.of(corpus, corpus.roll().build)
    assert 0 < there.count() < 2400
    corpus.forget([f"a{i}" for i in range(0, 100, 3)])
    index = open_index(corpus)
    assert agree(corpus, index)
    assert sorted(there.numbers()) == sorted(numbers_in(corpus))


class _Given:
    """An encoder that knows one vector."""

    fingerprint, dimension = f"given-{uuid.uuid4()}", 32

    def __init__(self, vector: NDArray[np.float32]) -> None:
        self._vector = vector

    def encode(self, texts: object) -> NDArray[np.float32]:
        return self._vector.reshape(1, -1)
