"""How well the proof of a written sentence works: `python benchmarks/grounding.py FOLDER`.

FOLDER holds the public sets. Claims of SciFact with the sentences that support or contradict them,
and written answers of CLAPnq with the sentences they were made from, are each also held against
another sentence of the same article. The answers of CLAPnq are falsified besides, one fact each.
`LEAST_SUPPORT` of `assistant.proof.grounding` is fitted on every other claim and measured on the
rest.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.language.facts import facts_of
from assistant.proof.grounding import (
    LEAST_RELEVANCE,
    LEAST_SUPPORT,
    Quote,
    cleaned,
    coverage,
    fault,
    support,
)
from embeddings.reader_model import ReaderModel
from embeddings.splitting import split_sentences

SEED = 20240101
RESAMPLES = 2000
MOST_QUOTES = 4
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence and what it cites; `kind` says whether that proves it."""

    kind: str
    number: int
    """Of the claim: even ones are fitted on, odd ones measured."""
    text: str
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A pair, and what each part of the proof says of it."""

    pair: Pair
    support: float
    coverage: float
    proven: bool
    """By the rules alone."""


def main() -> None:
    """Print the threshold, the figures of the proof and those of simple baselines."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="folder of the public sets")
    folder = parser.parse_args().folder
    pairs = [*_scifact(folder / "scifact"), *_clapnq(folder / "clapnq")]
    reader = ReaderModel.load()
    judged = [
        Judged(
            pair,
            support(pair.text, pair.quotes, reader),
            coverage(pair.text, pair.quotes),
            fault(pair.text, pair.quotes) is None,
        )
        for pair in pairs
    ]
    fitted, measured = ([j for j in judged if j.pair.number % 2 == half] for half in (0, 1))
    least = _best(fitted, lambda j: j.support)
    print(f"LEAST_SUPPORT fitted on {len(fitted)} pairs: {least:.2f}; in use: {LEAST_SUPPORT}\n")
    _print_balanced(fitted, measured)
    _print_passed(measured)
    _print_relevance(folder, reader)


POSITIVE = ("SciFact supported", "CLAPnq supported")
UNRELATED = ("SciFact unrelated", "CLAPnq unrelated")


def _print_balanced(fitted: Sequence[Judged], measured: Sequence[Judged]) -> None:
    least = _best(fitted, lambda j: j.coverage)
    tests: dict[str, Callable[[Judged], bool]] = {
        "everything passes": lambda _: True,
        f"coverage of words ≥ {least:.2f}": lambda j: j.coverage >= least,
        "the reader": lambda j: j.support >= LEAST_SUPPORT,
        "the rules": lambda j: j.proven,
        "the rules and the reader": lambda j: j.proven and j.support >= LEAST_SUPPORT,
    }
    tasks = {
        "SciFact, supported or unrelated": ("SciFact supported", "SciFact unrelated"),
        "SciFact, supported or contradicted": ("SciFact supported", "SciFact contradicted"),
        "CLAPnq, supported or unrelated": ("CLAPnq supported", "CLAPnq unrelated"),
        "CLAPnq, supported or falsified": ("CLAPnq supported", "CLAPnq falsified"),
    }
    print("| balanced accuracy (95 %) |", " | ".join(tasks), "|\n|---|", "---|" * len(tasks))
    for name, passes in tests.items():
        cells = [
            _interval(
                [passes(j) for j in measured if j.pair.kind == true],
                [not passes(j) for j in measured if j.pair.kind.startswith(false)],
            )
            for true, false in tasks.values()
        ]
        print(f"| {name} | {' | '.join(cells)} |")


def _print_passed(measured: Sequence[Judged]) -> None:
    print("\n| pairs | n | pass the rules | pass the reader | pass both |\n|---|---|---|---|---|")
    groups: dict[str, list[Judged]] = defaultdict(list)
    for each in measured:
        groups[each.pair.kind].append(each)
    for kind, group in sorted(groups.items()):
        heard = [j.support >= LEAST_SUPPORT for j in group]
        shares = (
            np.mean([j.proven for j in group]),
            np.mean(heard),
            np.mean([j.proven and h for j, h in zip(group, heard, strict=True)]),
        )
        print(f"| {kind} | {len(group)} |", " | ".join(f"{s:.0%}" for s in shares), "|")


def _print_relevance(folder: Path, reader: ReaderModel) -> None:
    """How much of the evidence speaks to its question, and how much of injected orders to any."""
    rows = [r for r in _rows(folder / "clapnq" / "queries.jsonl") if r["metadata"]["answerable"]]
    evidence = [
        support(row["text"], [Quote(text)], reader)
        for row in rows
        for text in row["metadata"].get("evidence", ())
    ]
    attacks = [
        row["attack"] for p in sorted(folder.glob("attacks-*/rows.jsonl")) for row in _rows(p)
    ]
    orders = [
        support(rows[number % len(rows)]["text"], [Quote(attack[:600])], reader)
        for number, attack in enumerate(attacks)
    ]
    print(f"\nLogit of the question at least {LEAST_RELEVANCE}:")
    for name, logits in (("evidence of CLAPnq", evidence), ("injected orders", orders)):
        share = np.mean([logit >= LEAST_RELEVANCE for logit in logits])
        print(f"{name}: {share:.1%} of {len(logits)}")


def _best(judged: Sequence[Judged], score: Callable[[Judged], float]) -> float:
    """The threshold of the highest balanced accuracy on supported and unrelated pairs.

    Both collections count the same, however many pairs they have.
    """
    candidates = sorted({round(score(j), 2) for j in judged})

    def accuracy(least: float) -> float:
        rates = []
        for true, false in zip(POSITIVE, UNRELATED, strict=True):
            rates.append(np.mean([score(j) >= least for j in judged if j.pair.kind == true]))
            rates.append(np.mean([score(j) < least for j in judged if j.pair.kind == false]))
        return float(np.mean(rates))

    return max(candidates, key=accuracy)


def _interval(true: Sequence[bool], false: Sequence[bool]) -> str:
    """Balanced accuracy with its percentile bootstrap interval, resampled within each class."""
    rng = np.random.default_rng(SEED)

    def resampled(values: Sequence[bool]) -> Any:
        return rng.choice(np.array(values, float), (RESAMPLES, len(values))).mean(axis=1)

    low, high = np.percentile((resampled(true) + resampled(false)) / 2, [2.5, 97.5])
    return f"{(np.mean(true) + np.mean(false)) / 2:.1%} ({low:.1%}–{high:.1%})"


def _scifact(folder: Path) -> Iterator[Pair]:
    rng = random.Random(SEED)
    corpus = {row["_id"]: row for row in _rows(folder / "corpus.jsonl")}
    for number, row in enumerate(_rows(folder / "queries.jsonl")):
        for evidence in row["metadata"].get("evidence", []):
            article = corpus[evidence["doc"]]
            quotes = tuple(Quote(text, article["title"]) for text in evidence["text"])
            supported = evidence["label"] == "SUPPORT"
            kind = "SciFact supported" if supported else "SciFact contradicted"
            yield Pair(kind, number, row["text"], quotes[:MOST_QUOTES])
            text = article["text"]
            others = [text[a:b] for a, b in split_sentences(text)]
            others = [o for o in others if not any(o in q.text or q.text in o for q in quotes)]
            if supported and others:
                quote = Quote(rng.choice(others), article["title"])
                yield Pair("SciFact unrelated", number, row["text"], (quote,))


def _clapnq(folder: Path) -> Iterator[Pair]:
    rng = random.Random(SEED)
    corpus = {row["_id"]: row for row in _rows(folder / "corpus.jsonl")}
    relevant = {
        query: passage
        for path in sorted((folder / "qrels").glob("*.tsv"))
        for query, passage, _ in (line.split("\t") for line in path.read_text().splitlines()[1:])
    }
    names = sorted(
        {n for row in corpus.values() for run in facts_of(row["title"]).names for n in run}
    )
    for number, row in enumerate(_rows(folder / "queries.jsonl")):
        evidence = row["metadata"].get("evidence")
        if not evidence or not row["metadata"].get("answerable") or row["_id"] not in relevant:
            continue
        passage = corpus[relevant[row["_id"]]]
        quotes = tuple(Quote(text, passage["title"]) for text in evidence)
        others = [s for s in passage["metadata"]["sentences"] if s not in evidence]
        if len(quotes) > MOST_QUOTES or not others:
            continue
        answer = row["metadata"]["answers"][0]
        for start, end in split_sentences(answer):
            text = cleaned(_untokenised(answer[start:end]))
            yield Pair("CLAPnq supported", number, text, quotes)
            quote = Quote(rng.choice(others), passage["title"])
            yield Pair("CLAPnq unrelated", number, text, (quote,))
            for what, changed in _falsified(text, names, rng):
                yield Pair(f"CLAPnq falsified: {what}", number, changed, quotes)


def _untokenised(text: str) -> str:
    """CLAPnq's text as one writes it: its quotation marks and stops stand apart, as tokens."""
    text = re.sub(r"``|''", '"', text)
    text = re.sub(r"[\[\]]", "", text)
    return re.sub(r"\s+([.,;:!?%)])", r"\1", text)


def _falsified(text: str, names: Sequence[str], rng: random.Random) -> Iterator[tuple[str, str]]:
    """The sentence with one fact changed, in each way that it allows."""
    numbers = list(re.finditer(r"(?<![\w.,])\d+(?![\w.,]*\d)", text))
    if numbers:
        match = rng.choice(numbers)
        yield "a number", _put(text, match, str(int(match[0]) + rng.randint(1, 9)))
    words = [m for m in re.finditer(r"\b[A-Z][a-z]{3,}\b", text) if m.start() > 0]
    if words:
        match = rng.choice(words)
        yield "a name", _put(text, match, rng.choice(names).capitalize())
    verb = re.search(r"\b(?:is|was|are|were|has|have|can|will)\b", text)
    if verb and not re.search(r"\bnot\b|n't", text):
        yield "a not", _put(text, verb, f"{verb[0]} not")


def _put(text: str, match: re.Match[str], other: str) -> str:
    return text[: match.start()] + other + text[match.end() :]


def _rows(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


if __name__ == "__main__":
    main()
