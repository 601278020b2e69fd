from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from embeddings.corpus import Corpus
from embeddings.dense import DenseIndex
from embeddings.errors import CorpusError, DamagedError
from embeddings.lexical import LexicalIndex
from embeddings.records import Article, Passage
from tests.fakes import HashingEncoder

ENCODER = HashingEncoder()


def put(corpus: Corpus, name: str, *texts: str) -> Article:
    article = Article(name, "\n".join(texts))
    passages, start = [], 0
    for text in texts:
        passages.append(Passage(name, start, start + len(text), text))
        start += len(text) + 1
    corpus.put(article, passages, ENCODER.encode(texts), file_sha256="f", indexed_as="x")
    return article


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return Corpus(tmp_path / "c")


def test_an_article_comes_back_as_it_was(corpus: Corpus) -> None:
    article = put(corpus, "a.txt", "One 🙂 line\r", "two")
    assert corpus.article("a.txt") == article
    assert corpus.article("b.txt") is None
    _, rows = corpus.snapshot()
    assert [passage.text for _, passage, _ in rows] == ["One 🙂 line\r", "two"]
    assert np.allclose(rows[0][2], ENCODER.encode(["One 🙂 line\r"])[0])


def test_a_failed_write_leaves_nothing_behind(corpus: Corpus) -> None:
    put(corpus, "a.txt", "first")
    before = corpus.generation()
    bad = [Passage("a.txt", 0, 5, "first"), Passage("a.txt", None, 5, "first")]  # type: ignore[arg-type]
    with pytest.raises(sqlite3.IntegrityError):
        corpus.put(
            Article("a.txt", "second"), bad, ENCODER.encode(["x", "y"]),
            file_sha256="g", indexed_as="x",
        )  # fmt: skip
    assert corpus.generation() == before
    found = corpus.article("a.txt")
    assert found is not None
    assert found.text == "first"


def test_a_changed_letter_in_the_store_is_noticed(corpus: Corpus) -> None:
    put(corpus, "a.txt", "three hundred")
    with sqlite3.connect(corpus.path) as db:
        db.execute("UPDATE articles SET text = 'four hundred'")
    with pytest.raises(DamagedError, match=r"a\.txt"):
        corpus.article("a.txt")


def test_a_file_that_is_no_corpus_is_refused(tmp_path: Path) -> None:
    (tmp_path / "corpus.sqlite").write_bytes(b"not a database, but long enough to look at" * 50)
    with pytest.raises(DamagedError, match="damaged"):
        Corpus(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(CorpusError, match="file"):
        Corpus(tmp_path / "file" / "c")


def test_two_corpora_on_one_file_see_each_other(corpus: Corpus) -> None:
    other = Corpus(corpus.folder)
    put(corpus, "a.txt", "text")
    assert other.article("a.txt") is not None
    other.delete(["a.txt"])
    assert corpus.article("a.txt") is None
    assert corpus.count() == (0, 0)


# The derived indexes

COLOURS, THINGS = ("red", "green", "blue"), ("tree", "car", "sky")
TEXTS = [f"{colour} {thing} river mountain" for colour in COLOURS for thing in THINGS]


def test_dense_search_equals_brute_force(corpus: Corpus) -> None:
    put(corpus, "a.txt", *TEXTS)
    index = DenseIndex.build(corpus, *corpus.snapshot())
    query = ENCODER.encode(["green car"])[0]
    _, rows = corpus.snapshot()
    expected = sorted(((-float(v @ query), n) for n, _, v in rows))[:4]
    found = index.search(query, 4)
    assert np.allclose([s for _, s in found], [-s for s, _ in expected], atol=1e-6)
    assert {n for n, _ in found[:1]} == {n for _, n in expected[:1]}
    assert len(index.search(query, 100)) == len(TEXTS)


def test_lexical_search_ranks_the_passage_with_the_rare_words_first(corpus: Corpus) -> None:
    put(corpus, "a.txt", *TEXTS)
    index = LexicalIndex.build(corpus, *corpus.snapshot())
    number, score = index.search(index.terms("Which trees are green?"), 3)[0]
    assert corpus.passages([number])[number].text == "green tree river mountain"
    assert score > 0
    assert index.search(index.terms("what is the of"), 3) == []


def test_a_typo_finds_its_word(corpus: Corpus) -> None:
    put(corpus, "a.txt", *TEXTS)
    index = LexicalIndex.build(corpus, *corpus.snapshot())
    (term,) = index.terms("mountian")
    assert term.alternatives == ("mountain",)
    assert index.terms("mountain")[0].alternatives == ()
    assert index.terms("zeppelin")[0].alternatives == ()


@pytest.mark.parametrize("kind", [DenseIndex, LexicalIndex])
def test_an_index_is_stale_after_a_change(
    corpus: Corpus, kind: type[DenseIndex] | type[LexicalIndex]
) -> None:
    put(corpus, "a.txt", *TEXTS)
    assert kind.load(corpus) is None
    kind.build(corpus, *corpus.snapshot())
    assert kind.load(corpus) is not None
    put(corpus, "b.txt", "another text")
    assert kind.load(corpus) is None


@pytest.mark.parametrize("kind", [DenseIndex, LexicalIndex])
def test_one_flipped_bit_anywhere_makes_an_index_unusable(
    corpus: Corpus, kind: type[DenseIndex] | type[LexicalIndex]
) -> None:
    put(corpus, "a.txt", *TEXTS)
    kind.build(corpus, *corpus.snapshot())
    name = "dense" if kind is DenseIndex else "lexical"
    derived = corpus.derived(name)
    assert derived is not None
    path = corpus.folder / derived.file
    files = [p for p in path.iterdir() if p.suffix != ".lock"] if path.is_dir() else [path]
    for file in files:
        original = file.read_bytes()
        for place in {0, len(original) // 3, len(original) - 1}:
            flipped = bytearray(original)
            flipped[place] ^= 0x10
            file.write_bytes(bytes(flipped))
            assert kind.load(corpus) is None, (file.name, place)
        file.write_bytes(original[:-1])
        assert kind.load(corpus) is None, file.name
        file.write_bytes(original)
    assert kind.load(corpus) is not None
