"""What a question costs as the corpus grows: from 1,000 to 1,000,000 passages.

The corpora are made here. Words follow Zipf's law, as in any language (frequency ~ 1 / rank).
Vectors are a mixture of Gaussians: topics, in a topic articles, in an article its passages. How far
they spread over the 384 dimensions is an estimate, not fitted to the vectors of a real encoder.
Each corpus is built once. Then, in each round and for each size in turn, a fresh process opens it,
asks, and is told of an article that comes and goes. Questions cost what they cost the default
encoder, but the vector that is searched with is made here, too. Recall is that of the ten best
passages, against exact search; it is measured in the first round.

    python benchmarks/growth.py [--passages 1000 10000 100000 1000000] [--rounds 1] [--json FILE]
                                [--keep FOLDER]

docs/performance.md tells what `--rounds 3 --json benchmarks/results/growth.json` leaves: building
1,000,000 passages takes a quarter of an hour and 4 GB, so `make bench` does not do it anew.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from assistant import Assistant
    from embeddings.corpus import Corpus
    from embeddings.encoder import OnnxEncoder
    from embeddings.index import Index
    from embeddings.records import Article, Passage
    from embeddings.stored import Entry

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

SIZES = (1_000, 10_000, 100_000, 1_000_000)
DIMENSION = 384
PASSAGES = 10
"""In an article; an article is of one topic."""
TOPIC = 250
"""Articles of a topic."""
WORDS = 90
"""In a passage: some 600 characters."""
SENTENCE = 15
VOCABULARY = 200_000
OWN_WORDS = 12
"""Words of a passage that are drawn evenly: names and numbers are as rare as they are many."""
QUESTIONS = 200
COMPARED = 50
"""Questions that recall is measured with."""
WORDS_ASKED = 7
COMMITTED = 200
"""Articles in a commit."""
SEED = 20240702

DECAY, SHIFT = 0.85, 12.0
"""Variance of the i-th principal component ~ (i + SHIFT) ** -DECAY."""
SHARES = (0.35, 0.30, 0.35)
"""Of the variance: between topics, between articles of a topic, between passages of an article."""
NOISE = 0.75
"""Standard deviation of what a question adds to the vector of the passage it asks for, in those of
a passage; the cosine of the two is then about 0.75, as for questions with a good answer."""


@dataclass(frozen=True, slots=True)
class World:
    """Where vectors and texts come from, by seed: the same for every size."""

    spread: NDArray[np.float32]
    words: NDArray[np.str_]
    ranks: NDArray[np.float64]
    """Cumulative frequency of the words."""

    @classmethod
    def made(cls) -> World:
        """The one and only."""
        chance = np.random.default_rng(SEED)
        variance = (np.arange(DIMENSION) + SHIFT) ** -DECAY
        spread = np.sqrt(variance / variance.sum()).astype(np.float32)
        letters = np.array([a + b for a in "bdfgklmnprstvz" for b in "aeiou"])
        syllables = chance.choice(letters, size=(2 * VOCABULARY, 4))
        lengths = chance.integers(2, 5, size=len(syllables))
        spelt = {"".join(row[:n]) for row, n in zip(syllables, lengths, strict=True)}
        words = np.array(sorted(spelt))
        chance.shuffle(words)
        words = words[:VOCABULARY]
        ranks = np.cumsum(1.0 / np.arange(1, len(words) + 1))
        return cls(spread, words, ranks / ranks[-1])

    def vectors(self, topic: int, article: int) -> NDArray[np.float32]:
        """Of the passages of one article, float32 (PASSAGES, 384), unit norm."""
        parts = [
            np.random.default_rng((SEED, 1, topic)).standard_normal((1, DIMENSION)),
            np.random.default_rng((SEED, 2, article)).standard_normal((1, DIMENSION)),
            np.random.default_rng((SEED, 3, article)).standard_normal((PASSAGES, DIMENSION)),
        ]
        return unit(sum(np.sqrt(s) * p for s, p in zip(SHARES, parts, strict=True)) * self.spread)

    def text(self, article: int) -> list[str]:
        """The passages of one article."""
        chance = np.random.default_rng((SEED, 4, article))
        drawn = np.searchsorted(self.ranks, chance.random((PASSAGES, WORDS)))
        drawn[:, :OWN_WORDS] = chance.integers(0, len(self.words), size=(PASSAGES, OWN_WORDS))
        drawn = chance.permuted(drawn, axis=1)
        return [" ".join(sentences(self.words[row].tolist())) for row in drawn]

    def question(self, number: int, articles: int) -> tuple[str, NDArray[np.float32]]:
        """What is asked, and its vector: near that of a passage, which shares its words."""
        chance = np.random.default_rng((SEED, 5, number))
        article, place = int(chance.integers(articles)), int(chance.integers(PASSAGES))
        words = self.text(article)[place].lower().replace(".", "").split()
        asked = chance.choice(words, size=WORDS_ASKED, replace=False)
        own = self.vectors(article // TOPIC, article)[place]
        noise = unit(chance.standard_normal((1, DIMENSION)) * self.spread)[0]
        return f"What about {' '.join(asked)}?", unit((own + NOISE * noise)[None])[0]


def unit(vectors: Any) -> NDArray[np.float32]:
    """Rows of unit norm, float32."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = (vectors / lengths).astype(np.float32)
    return scaled


def sentences(words: list[str]) -> Iterator[str]:
    """The words as sentences."""
    for first in range(0, len(words), SENTENCE):
        yield " ".join(words[first : first + SENTENCE]).capitalize() + "."


@cache
def world() -> World:
    """Made once a process."""
    return World.made()


def article_of(number: int) -> tuple[Article, tuple[Passage, ...]]:
    """An article and its passages."""
    from embeddings.records import Article, Passage

    parts = world().text(number)
    article = Article(f".uploads/{number:07d}.txt", "\n\n".join(parts), f"Report {number}")
    passages, start = [], 0
    for part in parts:
        passages.append(Passage(article.id, start, start + len(part), part, article.label, None))
        start += len(part) + 2
    return article, tuple(passages)


class Encoder:
    """The default encoder, as far as time goes; the vectors are the made ones."""

    dimension = DIMENSION

    def __init__(self, real: OnnxEncoder, known: dict[str, NDArray[np.float32]]) -> None:
        self._real = real
        self.fingerprint = "made-for-growth"
        self._known = known

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One unit vector a text, float32 (n, 384)."""
        vectors = self._real.encode(texts)
        known = (self._known.get(text, own) for text, own in zip(texts, vectors, strict=True))
        return np.stack(list(known))


def entry_of(number: int) -> Entry:
    """An article, ready to be committed."""
    from embeddings.readers import READING
    from embeddings.stored import Entry

    article, passages = article_of(number)
    vectors = world().vectors(number // TOPIC, number)
    return Entry(
        article.id, article.sha256, READING, article.id, article.sha256, None,
        article, passages, vectors,
    )  # fmt: skip


def build(folder: Path, passages: int) -> dict[str, Any]:
    """Commit the articles and build the indexes, in this process."""
    from embeddings.corpus import Corpus
    from embeddings.index import publish_index
    from embeddings.passages import made_with

    corpus = Corpus(folder)
    corpus.switch(corpus.build_for(made_with("made-for-growth")))
    began = time.perf_counter()
    articles = passages // PASSAGES
    for first in range(0, articles, COMMITTED):
        corpus.commit([entry_of(n) for n in range(first, min(first + COMMITTED, articles))])
    committed = time.perf_counter()
    before = peak_mib()
    publish_index(corpus)
    done = time.perf_counter()
    corpus.close()
    return {
        "commit_seconds": round(committed - began, 1),
        "index_seconds": round(done - committed, 1),
        "commit_peak_mib": before,
        "index_peak_mib": peak_mib(),
    }


def ask(data: Path, passages: int, *, recall: bool) -> dict[str, Any]:
    """Open the corpus, ask, add an article and take it out, in this process."""
    from assistant import Assistant
    from embeddings.encoder import DEFAULT_ENCODER, load_encoder

    asked = [world().question(number, passages // PASSAGES) for number in range(QUESTIONS)]
    questions = [question for question, _ in asked]
    began, work = time.perf_counter(), time.process_time()
    encoder = Encoder(load_encoder(DEFAULT_ENCODER, data), dict(asked))
    with Assistant.open(data / "articles", data_dir=data, encoder=encoder) as assistant:
        opened = time.perf_counter()
        assistant.ask(questions[0])
        answered = time.perf_counter()
        figures: dict[str, Any] = {
            "open_seconds": round(opened - began, 2),
            "open_and_answer_seconds": round(answered - began, 2),
            "open_and_answer_processor_seconds": round(time.process_time() - work, 2),
        }
        index, corpus = assistant._current_index(), assistant._corpus
        figures |= timed("encode", lambda q: encoder.encode([q]), questions)
        figures |= timed("dense", lambda a: index.dense.search(a[1], 50), asked)
        figures |= timed(
            "lexical", lambda q: index.lexical.search(index.lexical.terms(q), 50), questions
        )
        figures |= timed("retrieve", lambda q: assistant.retrieve(q, 12), questions)
        figures |= timed("answer", assistant.ask, questions[:50])
        figures["peak_mib"] = peak_mib()
        figures |= comes_and_goes(assistant)
        if recall:
            figures |= compared(index, corpus, [vector for _, vector in asked])
    files = [path for path in data.rglob("*") if path.is_file()]
    figures["data_mib"] = round(sum(path.stat().st_size for path in files) / 2**20)
    return figures | {"kind": str(index.dense.about), "load": round(os.getloadavg()[0], 1)}


def comes_and_goes(assistant: Assistant) -> dict[str, float]:
    """Seconds until an article that is added is found, and until one taken out is not."""
    path = assistant.uploads / "new.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("The Quxwolf Treaty was signed by nine ministers in Zelhaven.\n", "utf-8")
    question = "Who signed the Quxwolf Treaty in Zelhaven?"

    def found() -> bool:
        return any("Quxwolf" in hit.passage.text for hit in assistant.retrieve(question, 10))

    began = time.perf_counter()
    added = assistant.add(("new.txt",))
    returned = time.perf_counter()
    assert found()
    asked = time.perf_counter()
    assert added.article_id is not None
    path.unlink()  # whoever opens the corpus next would read it again
    assistant.forget(added.article_id)
    removed = time.perf_counter()
    assert not found(), "what is taken out is not found by the next question"
    return {
        "add_seconds": round(returned - began, 2),
        "added_and_found_seconds": round(asked - began, 2),
        "remove_seconds": round(removed - asked, 2),
        "removed_and_asked_seconds": round(time.perf_counter() - asked, 2),
    }


def compared(index: Index, corpus: Corpus, vectors: list[NDArray[np.float32]]) -> dict[str, Any]:
    """Recall of the best ten against exact search: of all passages, and where few are allowed."""
    queries = np.stack(vectors[:COMPARED])
    with corpus.snapshot() as snapshot:
        numbers = np.empty(snapshot.count, dtype=np.int64)
        scores = np.empty((len(queries), snapshot.count), dtype=np.float32)
        for first, rows in blocks(snapshot.passages):
            numbers[first : first + len(rows)] = [number for number, _, _ in rows]
            scores[:, first : first + len(rows)] = queries @ np.stack([v for _, _, v in rows]).T
    chance = np.random.default_rng(SEED)

    def measured(allowed: NDArray[np.int64] | None) -> dict[str, Any]:
        """`allowed` are places in `numbers`."""
        places = np.arange(len(numbers)) if allowed is None else allowed
        given = None if allowed is None else numbers[allowed].tolist()
        found, milliseconds = 0.0, []
        for query, own in zip(queries, scores, strict=True):
            best = set(numbers[places[np.argsort(-own[places])[:10]]].tolist())
            began = time.perf_counter()
            hits = index.dense.search(query, 10, given)
            milliseconds.append(1000 * (time.perf_counter() - began))
            found += len(best & {number for number, _ in hits}) / len(best)
        return {"recall_at_10": round(found / len(queries), 4), "dense_ms": spread(milliseconds)}

    shares = {"one passage": 1, "0.1 %": len(numbers) // 1000, "10 %": len(numbers) // 10,
              "50 %": len(numbers) // 2}  # fmt: skip
    return {
        "recall_at_10": measured(None)["recall_at_10"],
        "filtered": {
            name: measured(np.sort(chance.choice(len(numbers), count, replace=False)))
            for name, count in shares.items()
            if count
        },
    }


def blocks(rows: Iterable[Any], size: int = 8192) -> Iterator[tuple[int, list[Any]]]:
    """The rows in lists, each with the place of its first."""
    first, block = 0, []
    for row in rows:
        block.append(row)
        if len(block) == size:
            yield first, block
            first, block = first + size, []
    if block:
        yield first, block


def timed(name: str, call: Callable[[Any], Any], given: Sequence[Any]) -> dict[str, Any]:
    """Milliseconds of the calls, the first few left out: of wall time, and of processor time."""
    wall, processor = [], []
    for one in given:
        began, work = time.perf_counter(), time.process_time()
        call(one)
        processor.append(1000 * (time.process_time() - work))
        wall.append(1000 * (time.perf_counter() - began))
    return {f"{name}_ms": spread(wall[5:]), f"{name}_processor_ms": spread(processor[5:])}


def spread(milliseconds: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile."""
    p50, p95 = np.percentile(milliseconds, [50, 95])
    return {"p50": round(float(p50), 2), "p95": round(float(p95), 2)}


def peak_mib() -> int:
    """The most that was resident in this process at any time."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main() -> None:
    """Build each size; then, in each round, ask each in turn, in processes of their own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--passages", type=int, nargs="+", default=SIZES)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--json", type=Path, help="where the figures go, too")
    parser.add_argument(
        "--keep", type=Path, help="folder for the corpora; used again if it has them"
    )
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(step(options.step, options.keep, options.passages[0])))
        return
    with tempfile.TemporaryDirectory() as temporary:
        rows = measure(options.keep or Path(temporary), options.passages, options.rounds)
    print(json.dumps(rows, indent=2))
    figures = {**about(), "rounds": options.rounds, "rows": rows}
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")


STEPS = ("build", "ask", "ask-and-compare")


def about() -> dict[str, Any]:
    """What was measured, and where."""
    git = ["git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD"]
    commit = subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    return {
        "commit": commit,
        "date": time.strftime("%Y-%m-%d"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def measure(folder: Path, sizes: Sequence[int], rounds: int) -> list[dict[str, Any]]:
    """A row a size, as `row_of` has them."""
    built: dict[int, dict[str, Any]] = {}
    asked: dict[int, list[dict[str, Any]]] = {size: [] for size in sizes}
    for size in sizes:
        own = folder / f"{size}"
        (own / "articles").mkdir(parents=True, exist_ok=True)
        kept = own / "built.json"
        if not kept.exists():
            kept.write_text(json.dumps(run("build", own, size)), "utf-8")
        built[size] = json.loads(kept.read_text("utf-8"))
    for number in range(rounds):
        for size in sizes:
            done = run(STEPS[1] if number else STEPS[2], folder / f"{size}", size)
            print(f"round {number + 1}, {size:,}: {json.dumps(done)}", file=sys.stderr, flush=True)
            asked[size].append(done)
    return [row_of(size, built[size], asked[size]) for size in sizes]


def row_of(size: int, built: dict[str, Any], asked: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Each figure's median over the rounds, and under `rounds` those of each round."""
    middle = {name: _median([one[name] for one in asked if name in one]) for name in asked[0]}
    return {"passages": size, **built, **middle, "rounds": list(asked)}


def _median(values: Sequence[Any]) -> Any:
    """Of numbers, or of each number in dictionaries of them; else the first."""
    if isinstance(values[0], dict):
        return {name: _median([one[name] for one in values]) for name in values[0]}
    return round(median(values), 4) if isinstance(values[0], int | float) else values[0]


def run(name: str, folder: Path, passages: int) -> dict[str, Any]:
    """One step in a fresh process."""
    command = [sys.executable, __file__, "--step", name, "--keep", str(folder)]
    command += ["--passages", str(passages)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def step(name: str, folder: Path, passages: int) -> dict[str, Any]:
    """What a fresh process does."""
    from assistant.service import corpus_folder

    if name == "build":
        return build(corpus_folder(folder, [folder / "articles"]), passages)
    return ask(folder, passages, recall=name == STEPS[2])


if __name__ == "__main__":
    main()
