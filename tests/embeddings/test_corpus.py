from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from embeddings.corpus import Corpus
from embeddings.errors import CorpusError, DamagedError
from embeddings.index import Index, build_index, load_index, open_index
from embeddings.lexical import mended
from embeddings.records import Article, Passage, sha256_of
from embeddings.stored import Derived, Entry
from tests.fakes import HashingEncoder

ENCODER = HashingEncoder()


def entry(path: str, *texts: str) -> Entry:
    article = Article(path, "\n".join(texts))
    passages, start = [], 0
    for text in texts:
        passages.append(Passage(path, start, start + len(text), text))
        start += len(text) + 1
    vectors = ENCODER.encode(texts)
    return Entry(
        path, sha256_of(repr(texts)), "r", path, article.sha256, None, article, passages, vectors
    )


def same_text(path: str, other: Entry) -> Entry:
    return Entry(path, other.sha256, "r", path, other.text_sha256)


def put(corpus: Corpus, path: str, *texts: str) -> Article:
    given = entry(path, *texts)
    assert corpus.commit([given]) == ()
    assert given.article is not None
    return given.article


def rows_of(corpus: Corpus) -> list[tuple[int, Passage, list[float]]]:
    with corpus.snapshot() as snapshot:
        return [(number, passage, list(vector)) for number, passage, vector in snapshot.passages]


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    corpus = Corpus(tmp_path / "c")
    corpus.switch(corpus.build_for("x"))
    return corpus


def test_an_article_comes_back_as_it_was(corpus: Corpus) -> None:
    text = "One 🙂 line\r"
    article = Article(
        "a.pdf", text, "Title", "2024-01-01", "x/a.pdf",
        author="Ann", language="en", pages=(0, 4), incomplete="page 2 is an image",
    )  # fmt: skip
    passage = Passage("a.pdf", 0, 3, "One", "Title", "2024-01-01")
    vectors = ENCODER.encode(["One"])
    given = Entry("a.pdf", "b", "r", "x/a.pdf", article.sha256, "x", article, [passage], vectors)
    corpus.commit([given])
    assert corpus.article("a.pdf") == article
    assert corpus.article("b.txt") is None
    ((_, found, vector),) = rows_of(corpus)
    assert found == passage
    assert np.array_equal(vector, vectors[0])


def test_a_failed_write_leaves_nothing_behind(corpus: Corpus) -> None:
    put(corpus, "a.txt", "first")
    before = corpus.generation()
    bad = entry("a.txt", "second")
    with pytest.raises(ValueError, match="2 passages and 1 vectors"):
        corpus.commit([
            entry("b.txt", "third"),
            Entry(
                bad.path, bad.sha256, bad.read_as, bad.source, bad.text_sha256, None, bad.article,
                [*bad.passages, *bad.passages], bad.vectors,
            ),
        ])  # fmt: skip
    assert corpus.generation() == before
    assert [article.text for article in corpus.articles()] == ["first"]


def test_equal_texts_are_kept_once_and_live_as_long_as_one_file_has_them(corpus: Corpus) -> None:
    first = entry("a.txt", "the text")
    corpus.commit([first, same_text("b.txt", first), same_text("c.txt", first)])
    (article,) = corpus.articles()
    assert (article.id, article.also_at) == ("a.txt", ("b.txt", "c.txt"))
    assert corpus.article("b.txt") == article
    assert len(rows_of(corpus)) == 1

    assert corpus.forget(["a.txt"]) == (("a.txt", "b.txt"),)
    (article,) = corpus.articles()
    assert (article.id, article.source, article.also_at) == ("b.txt", "b.txt", ("c.txt",))
    assert corpus.article("a.txt") == article, "its former id is remembered"

    assert corpus.forget(["c.txt", "b.txt"]) == (), "the text stays with neither"
    assert corpus.articles() == ()
    assert corpus.article("a.txt") is None
    assert rows_of(corpus) == []


def test_a_text_goes_on_under_the_last_file_that_is_left(corpus: Corpus) -> None:
    first = entry("a.txt", "the text")
    corpus.commit([first, *(same_text(f"{name}.txt", first) for name in "bcd")])

    stays = corpus.forget(["a.txt", "b.txt", "d.txt"])
    assert stays == (("a.txt", "c.txt"), ("b.txt", "c.txt"), ("d.txt", "c.txt"))


def test_files_that_swap_their_texts_lose_none(corpus: Corpus) -> None:
    one, two = entry("1.txt", "one"), entry("2.txt", "two")
    corpus.commit([one, two])
    missed = corpus.commit([same_text("1.txt", two), same_text("2.txt", one)])
    # Whoever let go of a text last has to bring it again; nobody gets a wrong one.
    for path in missed:
        assert corpus.file(path) is None
        put(corpus, path, "one" if path == "2.txt" else "two")
    texts = {path: article.text for path in ("1.txt", "2.txt") if (article := corpus.article(path))}
    assert texts == {"1.txt": "two", "2.txt": "one"}


def test_a_removed_text_stays_out_wherever_it_lies(corpus: Corpus) -> None:
    first = entry("a.txt", "secret")
    corpus.commit([first, same_text("b.txt", first)])
    corpus.remove("b.txt")
    assert corpus.articles() == ()
    assert rows_of(corpus) == []
    corpus.commit([entry("c.txt", "secret"), same_text("a.txt", first)])
    assert corpus.articles() == ()
    for path in ("a.txt", "b.txt", "c.txt"):
        stored = corpus.file(path)
        assert stored is not None
        assert stored.state == "removed"
    assert b"secret" not in corpus.path.read_bytes(), "what is deleted is overwritten"


def test_passage_numbers_are_never_used_again(corpus: Corpus) -> None:
    put(corpus, "a.txt", "first")
    ((number, *_),) = rows_of(corpus)
    corpus.forget(["a.txt"])
    put(corpus, "a.txt", "second")
    assert corpus.passages([number]) == {}
    assert rows_of(corpus)[0][0] > number


def test_another_build_is_made_beside_the_one_in_use(corpus: Corpus) -> None:
    article = put(corpus, "a.txt", "first")
    before = rows_of(corpus)
    build = corpus.build_for("y")
    assert not corpus.switch(build)
    passage = Passage("a.txt", 0, 5, "first")
    corpus.add_passages(build, [(article, [passage], HashingEncoder(32).encode(["first"]))])
    assert rows_of(corpus) == before
    assert corpus.switch(build)
    assert corpus.build() == (build, "y")
    ((_, _, vector),) = rows_of(corpus)
    assert len(vector) == 32
    assert corpus.count() == (1, 1)


def test_a_changed_letter_in_the_store_is_noticed(corpus: Corpus) -> None:
    put(corpus, "a.txt", "three hundred")
    with sqlite3.connect(corpus.path) as db:
        db.execute("UPDATE articles SET text = 'four hundred'")
    with pytest.raises(DamagedError, match=r"a\.txt"):
        corpus.article("a.txt")


def test_a_changed_place_of_a_passage_is_noticed(corpus: Corpus) -> None:
    put(corpus, "a.txt", "three hundred")
    ((number, *_),) = rows_of(corpus)
    with sqlite3.connect(corpus.path) as db:
        db.execute("UPDATE passages SET start = 1")
    with pytest.raises(DamagedError, match=r"a\.txt"):
        corpus.passages([number])


def test_a_file_that_is_no_corpus_is_refused(tmp_path: Path) -> None:
    (tmp_path / "corpus.sqlite").write_bytes(b"not a database, but long enough to look at" * 50)
    with pytest.raises(DamagedError, match="damaged"):
        Corpus(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(CorpusError, match="file"):
        Corpus(tmp_path / "file" / "c")


def test_a_name_is_found_however_its_letters_are_composed(corpus: Corpus) -> None:
    # As file systems of macOS write it, and as a keyboard does.
    decomposed, composed = "Cafe\u0301.txt", "Caf\u00e9.txt"
    put(corpus, decomposed, "text")
    found = corpus.article(composed)
    assert found is not None
    assert found.id == decomposed
    put(corpus, composed, "another text")
    assert [getattr(corpus.article(name), "id", None) for name in (decomposed, composed)] == [
        decomposed, composed,
    ]  # fmt: skip
    corpus.remove(composed)
    assert [article.id for article in corpus.articles()] == [decomposed]


def test_two_corpora_on_one_file_see_each_other(corpus: Corpus) -> None:
    other = Corpus(corpus.folder)
    put(corpus, "a.txt", "text")
    assert other.article("a.txt") is not None
    other.forget(["a.txt"])
    assert corpus.article("a.txt") is None
    assert corpus.count() == (0, 0)


def test_a_corpus_that_was_put_in_its_place_is_the_one_that_is_read(
    corpus: Corpus, tmp_path: Path
) -> None:
    other = Corpus(tmp_path / "other")
    other.switch(other.build_for("x"))
    put(other, "b.txt", "another")
    other.close()
    put(corpus, "a.txt", "text")
    other.path.replace(corpus.path)
    assert [article.id for article in corpus.articles()] == ["b.txt"]
    corpus.path.unlink()
    with pytest.raises(DamagedError, match="cannot be found"):
        corpus.articles()


def test_what_is_being_read_stays_one_state_when_another_corpus_takes_its_place(
    corpus: Corpus, tmp_path: Path
) -> None:
    put(corpus, "a.txt", "text")
    other = Corpus(tmp_path / "other")
    other.close()
    with corpus.reading():
        other.path.replace(corpus.path)
        assert [article.id for article in corpus.articles()] == ["a.txt"]
    assert corpus.articles() == ()


def test_a_corpus_is_read_again_once_what_took_its_place_can_be(
    corpus: Corpus, tmp_path: Path
) -> None:
    put(corpus, "a.txt", "text")
    sound = Path(shutil.copy(corpus.path, tmp_path / "sound"))
    (tmp_path / "damaged").write_bytes(b"no corpus" * 1000)
    (tmp_path / "damaged").replace(corpus.path)
    for _ in range(2):
        with pytest.raises(DamagedError, match="not a database"):
            corpus.articles()
    sound.replace(corpus.path)
    assert [article.id for article in corpus.articles()] == ["a.txt"]


def test_a_closed_corpus_is_not_said_to_be_damaged(corpus: Corpus) -> None:
    corpus.close()
    with pytest.raises(CorpusError, match="has been closed") as refused:
        corpus.count()
    assert not isinstance(refused.value, DamagedError)


# The derived indexes

COLOURS, THINGS = ("red", "green", "blue"), ("tree", "car", "sky")
TEXTS = [f"{colour} {thing} river mountain" for colour in COLOURS for thing in THINGS]


@pytest.fixture
def index(corpus: Corpus) -> Index:
    put(corpus, "a.txt", *TEXTS)
    return build_index(corpus)


def test_dense_search_equals_brute_force(corpus: Corpus, index: Index) -> None:
    query = ENCODER.encode(["green car"])[0]
    expected = sorted((-float(np.dot(v, query)), n) for n, _, v in rows_of(corpus))[:4]
    found = index.dense.search(query, 4)
    assert np.allclose([s for _, s in found], [-s for s, _ in expected], atol=1e-6)
    assert {n for n, _ in found[:1]} == {n for _, n in expected[:1]}
    assert len(index.dense.search(query, 100)) == len(TEXTS)


def test_lexical_search_ranks_the_passage_with_the_rare_words_first(
    corpus: Corpus, index: Index
) -> None:
    lexical = index.lexical
    number, score = lexical.search(lexical.terms("Which trees are green?"), 3)[0]
    assert corpus.passages([number])[number].text == "green tree river mountain"
    assert score > 0
    assert lexical.search(lexical.terms("what is the of"), 3) == []


@pytest.mark.parametrize("count", [0, 1, 4, len(TEXTS)])
def test_a_search_among_some_passages_is_the_search_among_all_without_the_others(
    corpus: Corpus, index: Index, count: int
) -> None:
    allowed = [number for number, _, _ in rows_of(corpus)][-count:] if count else []
    query = ENCODER.encode(["green car"])[0]
    everything = index.dense.search(query, 100)
    terms = index.lexical.terms("green car river")
    dense = {number: score for number, score in everything if number in allowed}
    lexical = [hit for hit in index.lexical.search(terms, 100) if hit[0] in allowed]
    for k in (1, 3, 100):
        found = index.dense.search(query, k, allowed)  # FAISS orders equal scores as it likes
        assert [score for _, score in found] == list(dense.values())[:k]
        assert all(dense[number] == score for number, score in found)
        assert index.lexical.search(terms, k, allowed) == lexical[:k]
    assert index.lexical.search(index.lexical.terms("zeppelin"), 9, allowed) == []


def test_passages_are_found_by_the_fields_of_their_article(corpus: Corpus) -> None:
    for path in ("b.txt", "a.txt"):
        put(corpus, path, f"one {path}", f"two {path}")
    first, second = corpus.outlines()
    assert (first.id, first.source, first.date) == ("a.txt", None, None)
    found = corpus.passages(corpus.passage_numbers([second.key]))
    assert [passage.text for _, passage in sorted(found.items())] == ["one b.txt", "two b.txt"]
    assert corpus.passage_numbers([]) == []
    assert corpus.outlines() is corpus.outlines(), "kept until something changes"
    corpus.forget(["a.txt"])
    assert corpus.outlines() == (second,)
    assert corpus.outlines().newest is None


def test_an_article_comes_from_each_file_that_has_its_text(corpus: Corpus) -> None:
    text = put(corpus, "b.txt", "one")
    put(corpus, "z.txt", "two")
    for path in ("a.txt", "c.txt"):
        corpus.commit([Entry(path, path, "r", f"articles/{path}", text.sha256)])
    shared, alone = corpus.outlines()
    assert (shared.id, shared.also_from) == ("b.txt", ("articles/a.txt", "articles/c.txt"))
    assert (alone.id, alone.also_from) == ("z.txt", ())
    corpus.forget(["b.txt"])
    shared, _ = corpus.outlines()
    assert (shared.source, shared.also_from) == ("articles/a.txt", ("articles/c.txt",))


def test_a_text_is_known_by_the_names_it_has_and_had(corpus: Corpus) -> None:
    text = put(corpus, "a.txt", "one")
    put(corpus, "other.txt", "three")
    corpus.commit([Entry("b.txt", "b", "r", "b.txt", text.sha256)])
    put(corpus, "a.txt", "two")
    for name in ("a.txt", "b.txt"):
        cited = corpus.cited(name, text.sha256)
        assert cited is not None, name
        assert (cited.id, cited.text) == ("b.txt", text.text)
    assert corpus.cited("other.txt", text.sha256) is None, "it never had this text"
    assert corpus.cited("a.txt", "0" * 64) is None


def test_an_index_of_an_earlier_layout_is_built_again(corpus: Corpus, index: Index) -> None:
    (recorded,) = corpus.derived(["lexical"])
    earlier = f"lexical-{recorded.generation}-0a1b2c3d"
    (corpus.folder / recorded.file).rename(corpus.folder / earlier)
    corpus.record_derived(
        {"lexical": Derived(recorded.generation, recorded.build, earlier, recorded.checksum)}
    )
    told: list[str] = []
    assert load_index(corpus, told.append) is None
    again = open_index(corpus, None, told.append)
    assert told == [], "it is not damaged"
    assert again.lexical.size == len(TEXTS)
    assert not (corpus.folder / earlier).exists()


def test_a_typo_finds_its_word(index: Index) -> None:
    (term,) = index.lexical.terms("mountian")
    assert (term.spellings, term.alternatives) == (("mountain",), ("mountain",))
    assert index.lexical.terms("mountain")[0].alternatives == ()
    assert index.lexical.terms("zeppelin")[0].alternatives == ()


def test_a_word_that_is_none_is_mended(index: Index) -> None:
    def mend(question: str) -> str:
        return mended(question, index.lexical.terms(question), {"riven"}.__contains__)

    assert mend("Which Mountian is highest, the mountian?") == (
        "Which Mountain is highest, the mountain?"
    )
    assert mend("which mountain, which zeppelin") == "which mountain, which zeppelin"
    assert index.lexical.terms("riven")[0].spellings, "it is near a word of the corpus"
    assert mend("is it riven?") == "is it riven?"


def test_an_abbreviation_is_not_a_slip_for_another(index: Index) -> None:
    def mend(question: str) -> str:
        return mended(question, index.lexical.terms(question), lambda word: False)

    assert mend("Is RVER a rver?") == "Is RVER a river?"
    assert mend("Is RIEVR a NRiver?") == "Is RIVER a NRiver?"
    assert mend("WHICH MUNTAIN IS HIGH?") == "WHICH MOUNTAIN IS HIGH?"


def test_an_index_is_of_one_generation(corpus: Corpus, index: Index) -> None:
    assert index.generation == corpus.generation()
    put(corpus, "b.txt", "another text")
    stale = load_index(corpus)
    assert stale is not None
    assert stale.generation < corpus.generation()
    assert build_index(corpus).dense.size == len(TEXTS) + 1


def test_earlier_indexes_are_swept_away(corpus: Corpus, index: Index) -> None:
    (corpus.folder / ".new-left-by-a-crash").mkdir()
    put(corpus, "b.txt", "another text")
    build_index(corpus)
    names = sorted(path.name.partition("-")[0] for path in corpus.folder.iterdir())
    assert names == [
        "corpus.seal", "corpus.sqlite", "dense", "indexes.lock", "lexical",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["dense", "lexical"])
def test_one_flipped_bit_anywhere_makes_an_index_unusable(
    corpus: Corpus, index: Index, name: str
) -> None:
    (derived,) = corpus.derived([name])
    path = corpus.folder / derived.file
    files = [p for p in path.iterdir() if p.suffix != ".lock"] if path.is_dir() else [path]
    for file in files:
        original = file.read_bytes()
        for place in {0, len(original) // 3, len(original) - 1}:
            flipped = bytearray(original)
            flipped[place] ^= 0x10
            file.write_bytes(bytes(flipped))
            told: list[str] = []
            assert load_index(corpus, told.append) is None, (file.name, place)
            assert path.name in told[0]
        file.write_bytes(original[:-1])
        assert load_index(corpus) is None, file.name
        file.write_bytes(original)
    assert load_index(corpus) is not None


@pytest.mark.parametrize("name", ["dense", "lexical"])
def test_an_index_that_is_open_does_not_depend_on_its_files(
    corpus: Corpus, index: Index, name: str
) -> None:
    (derived,) = corpus.derived([name])
    path = corpus.folder / derived.file
    for file in path.iterdir() if path.is_dir() else [path]:
        file.write_bytes(b"")
    terms = index.lexical.terms("green tree")
    (best, _), *_ = index.lexical.search(terms, 3)
    assert corpus.passages([best])[best].text == "green tree river mountain"
    assert len(index.dense.search(ENCODER.encode(["green car"])[0], 100)) == len(TEXTS)
