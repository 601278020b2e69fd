"""Two corpora asked as one must answer as one corpus with all of their articles would."""

from __future__ import annotations

from pathlib import Path

import pytest

from embeddings.corpus import Corpus
from embeddings.index import Index, open_index
from embeddings.indexing import index_articles
from embeddings.joined import JoinedCorpus, joined_index
from embeddings.records import Article
from tests.fakes import HashingEncoder

LIBRARY = tuple(
    Article(f"{n}.txt", f"The bridge number {n} crosses the river Hollin and is {n} metres long.")
    for n in range(1, 13)
)
ADDED = (
    Article(".uploads/x/viaduct.txt", "The viaduct of Hollin is 412 metres long and of brick."),
    Article(".uploads/x/tower.txt", "The tower is 31 metres high and has a clock."),
)
QUESTIONS = ("How long is the viaduct?", "Which bridge crosses the Hollin?", "tower clock", "brick")


def filled(folder: Path, *articles: Article) -> Corpus:
    corpus = Corpus(folder)
    index_articles(articles, corpus, HashingEncoder())
    return corpus


@pytest.fixture
def one(tmp_path: Path) -> tuple[Corpus, Index]:
    corpus = filled(tmp_path / "one", *LIBRARY, *ADDED)
    return corpus, open_index(corpus)


@pytest.fixture
def two(tmp_path: Path) -> tuple[JoinedCorpus, Index]:
    library, added = filled(tmp_path / "library", *LIBRARY), filled(tmp_path / "added", *ADDED)
    joined = joined_index(open_index(library), open_index(added))
    return JoinedCorpus(library, added), joined


def named(corpus: Corpus, hits: list[tuple[int, float]]) -> dict[str, float]:
    passages = corpus.passages([number for number, _ in hits])
    return {passages[number].article_id: score for number, score in hits}


@pytest.mark.parametrize("question", QUESTIONS)
def test_scores_are_those_of_one_corpus(
    one: tuple[Corpus, Index], two: tuple[JoinedCorpus, Index], question: str
) -> None:
    vector = HashingEncoder().encode([question])[0]
    alone, both = one[1], two[1]
    terms = both.lexical.terms(question)
    assert terms == alone.lexical.terms(question)
    words = named(two[0], both.lexical.search(terms, 50))
    # Lengths are weighed by each corpus's own mean; what a word weighs is the same.
    assert words == pytest.approx(named(one[0], alone.lexical.search(terms, 50)), rel=0.15)
    meaning = named(two[0], both.dense.search(vector, 50))
    assert meaning == pytest.approx(named(one[0], alone.dense.search(vector, 50)), abs=1e-5)


def test_a_word_that_only_the_added_have_weighs_as_a_rare_one(
    two: tuple[JoinedCorpus, Index],
) -> None:
    corpus, index = two
    hits = index.lexical.search(index.lexical.terms("viaduct of the river Hollin"), 50)
    assert next(iter(named(corpus, hits))) == ADDED[0].id


def test_only_what_is_allowed_is_found_in_either(two: tuple[JoinedCorpus, Index]) -> None:
    corpus, index = two
    keys = {outline.id: outline.key for outline in corpus.outlines()}
    chosen = [keys["3.txt"], keys[ADDED[1].id]]
    allowed = corpus.passage_numbers(chosen)
    vector = HashingEncoder().encode(["metres"])[0]
    terms = index.lexical.terms("metres")
    for hits in (index.dense.search(vector, 9, allowed), index.lexical.search(terms, 9, allowed)):
        assert named(corpus, hits).keys() == {"3.txt", ADDED[1].id}
    assert index.dense.search(vector, 9, []) == index.lexical.search(terms, 9, []) == []
    assert len(index.dense.search(vector, 3)) == len(index.lexical.search(terms, 3)) == 3


def test_articles_of_both_are_there(two: tuple[JoinedCorpus, Index]) -> None:
    corpus, index = two
    ids = sorted(article.id for article in (*LIBRARY, *ADDED))
    assert [article.id for article in corpus.articles()] == ids
    assert [outline.id for outline in corpus.outlines()] == ids
    assert corpus.outlines() is corpus.outlines(), "kept until something changes"
    assert corpus.count()[0] == len(ids)
    assert index.lexical.size == index.dense.size == corpus.count()[1]
    with corpus.reading():
        assert corpus.article("1.txt")
        assert corpus.article(ADDED[0].id)
    assert corpus.article("none") is None
    for article in (LIBRARY[0], ADDED[0]):
        assert corpus.cited(article.id, article.sha256)
    assert corpus.cited("1.txt", ADDED[0].sha256) is None
    assert corpus.paths() == set(ids)


def test_the_fingerprint_changes_with_either(two: tuple[JoinedCorpus, Index]) -> None:
    corpus = two[0]
    seen = {corpus.fingerprint(), corpus._library.fingerprint()}
    corpus._added.forget([ADDED[0].id])
    seen.add(corpus.fingerprint())
    corpus._library.forget(["1.txt"])
    seen.add(corpus.fingerprint())
    assert len(seen) == 4
