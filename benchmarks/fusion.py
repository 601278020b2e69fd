"""How to put the lexical and the dense ranking together: `python benchmarks/fusion.py FOLDER…`.

Prints nDCG@10 on each BEIR folder for either ranking alone, for reciprocal rank fusion with several
constants, and for convex combinations of the scores with several weights, as Markdown. The folders
are indexed once, under `--data-dir`, where `python -m eval bench` finds them again.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from embeddings.encoder import DEFAULT_ENCODER, load_encoder
from eval.beir import Query, load_benchmark
from eval.bench import opened
from eval.intervals import figure

DEPTH = 50
SHARES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
CONSTANTS = (5, 10, 20, 60)
Ranked = Sequence[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Found:
    """What both searches found for one query, at most DEPTH passages each."""

    lexical: Ranked
    dense: Ranked
    cosines: dict[int, float]
    documents: dict[int, str]


def fused_by_rank(found: Found, constant: int) -> dict[int, float]:
    """Σ 1 / (constant + rank), Cormack, Clarke and Büttcher, SIGIR 2009."""
    scores: dict[int, float] = {}
    for ranking in (found.lexical, found.dense):
        for rank, (number, _) in enumerate(ranking, start=1):
            scores[number] = scores.get(number, 0.0) + 1 / (constant + rank)
    return scores


def fused_by_score(found: Found, share: float) -> dict[int, float]:
    """`share` × cosine + (1 - `share`) × BM25 / its highest, Bruch, Gai and Ingber, TOIS 2023."""
    words = dict(found.lexical)
    most = max(words.values(), default=0.0) or 1.0
    return {
        number: share * max(cosine, 0.0) + (1 - share) * words.get(number, 0.0) / most
        for number, cosine in found.cosines.items()
    }


def ndcg(queries: Sequence[Query], rankings: Iterable[Sequence[str]]) -> list[float]:
    """nDCG@10 of each query's documents, as trec_eval has it."""
    import ir_measures
    from ir_measures import nDCG

    run = {
        query.id: {document: float(-place) for place, document in enumerate(documents)}
        for query, documents in zip(queries, rankings, strict=True)
    }
    qrels = {query.id: dict(query.relevance) for query in queries}
    return [metric.value for metric in ir_measures.iter_calc([nDCG @ 10], qrels, run)]


def table(folder: Path, data_dir: Path, limit: int | None) -> str:
    """One benchmark's rows, as Markdown."""
    benchmark = load_benchmark(folder, None, limit)
    encoder = load_encoder(DEFAULT_ENCODER, data_dir)
    asked: list[Found] = []
    with opened(benchmark, data_dir, encoder) as (corpus, index):
        for query in benchmark.queries:
            vector = encoder.encode([query.text])[0]
            lexical = index.lexical.search(index.lexical.terms(query.text), DEPTH)
            dense = index.dense.search(vector, DEPTH)
            numbers = [number for number, _ in (*lexical, *dense)]
            cosines = dict(zip(numbers, index.dense.cosines(vector, numbers), strict=True))
            names = {n: p.article_id for n, p in corpus.passages(numbers).items()}
            asked.append(Found(lexical, dense, cosines, names))

    ways: dict[str, Callable[[Found], dict[int, float]]] = {
        "lexical": lambda found: dict(found.lexical),
        "dense": lambda found: dict(found.dense),
    }
    for constant in CONSTANTS:
        ways[f"reciprocal ranks, {constant}"] = partial(fused_by_rank, constant=constant)
    for share in SHARES:
        ways[f"scores, {share:.1f} dense"] = partial(fused_by_score, share=share)
    rows = [f"| {benchmark.name}, {len(benchmark.queries)} queries | nDCG@10 |", "|---|---|"]
    for name, scores_of in ways.items():
        rankings = []
        for found in asked:
            scores = scores_of(found)
            order = sorted(scores, key=lambda n: (-scores[n], found.documents[n]))
            rankings.append(list(dict.fromkeys(found.documents[n] for n in order)))
        value = figure(ndcg(benchmark.queries, rankings))
        rows.append(f"| {name} | {value.value:.3f} ({value.low:.3f}–{value.high:.3f}) |")
    return "\n".join(rows) + "\n"


def main() -> None:
    """Print a table for each folder."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+", help="BEIR folders")
    parser.add_argument("--data-dir", type=Path, required=True, help="where the index is kept")
    parser.add_argument("--limit", type=int, help="ask a sample of this many queries")
    options = parser.parse_args()
    for folder in options.folders:
        print(table(folder, options.data_dir, options.limit))


if __name__ == "__main__":
    main()
