"""How long a page of the library takes: `python benchmarks/catalog.py [ARTICLES]`.

The articles are made up, 4 KB each; a tenth has no title, a seventh no date.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from embeddings.catalog import CatalogQuery
from embeddings.corpus import Corpus
from embeddings.records import Article, sha256_of
from embeddings.stored import Entry

WORDS = 5_000
WORDS_OF_ARTICLE = 500
BATCH = 1_000
TRIES = 3


def main() -> None:
    """Print the milliseconds of several pages, the best of three tries."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("articles", type=int, nargs="?", default=100_000)
    number = parser.parse_args().articles
    rng = random.Random(1)
    words = ["".join(rng.choices("abcdefghijklmnop", k=7)) for _ in range(WORDS)]
    with tempfile.TemporaryDirectory() as folder:
        corpus = Corpus(Path(folder))
        fill(corpus, number, words, rng)
        size = corpus.path.stat().st_size >> 20
        print(f"{number:,} articles, {size} MiB\n\n| page | found | milliseconds |\n|---|---|---|")
        for name, query in pages(words).items():
            found, best = 0, float("inf")
            for _ in range(TRIES):
                start = time.perf_counter()
                found = corpus.catalog(query).found
                best = min(best, time.perf_counter() - start)
            print(f"| {name} | {found:,} | {best * 1000:.0f} |")
        corpus.close()


def pages(words: list[str]) -> dict[str, CatalogQuery]:
    """The pages that are timed."""
    return {
        "newest, first page": CatalogQuery(),
        "newest, page 1,000": CatalogQuery(page=1_000),
        "oldest, last page": CatalogQuery(order="oldest", page=10**6),
        "by title, first page": CatalogQuery(order="title"),
        "by title, last page": CatalogQuery(order="title", page=10**6),
        "by file, page 1,000": CatalogQuery(order="file", page=1_000),
        "one word": CatalogQuery(words=words[5]),
        "two words, by title": CatalogQuery(words=f"{words[5]} {words[6][:3]}", order="title"),
        "a word that no title has": CatalogQuery(words="zzz"),
        "one year": CatalogQuery(since="2010-01-01", until="2010-12-31"),
        "may be incomplete": CatalogQuery(state="incomplete"),
        "refused": CatalogQuery(state="refused"),
    }


def fill(corpus: Corpus, number: int, words: list[str], rng: random.Random) -> None:
    """Commit so many articles, without passages: the library has no use for them."""
    corpus.switch(corpus.build_for("none"))
    batch: list[Entry] = []
    for article in made_up(number, words, rng):
        sha256 = sha256_of(article.id)
        batch.append(
            Entry(
                article.id, sha256, "benchmark", article.id, article.sha256, article.incomplete,
                article, (), np.zeros((0, 1), np.float32),
            )
        )  # fmt: skip
        if len(batch) == BATCH:
            corpus.commit(batch)
            batch = []
    corpus.commit(batch)


def made_up(number: int, words: list[str], rng: random.Random) -> Iterator[Article]:
    """So many articles of random words."""
    for n in range(number):
        yield Article(
            id=f"news/{n % 100}/{n}.txt",
            text=f"{n} " + " ".join(rng.choices(words, k=WORDS_OF_ARTICLE)),
            title=" ".join(rng.choices(words, k=8)).title() if n % 10 else None,
            date=f"20{n % 25:02}-{n % 12 + 1:02}-{n % 28 + 1:02}" if n % 7 else None,
            language="en",
            incomplete="page 3 is a picture" if n % 50 == 0 else None,
        )


if __name__ == "__main__":
    main()
