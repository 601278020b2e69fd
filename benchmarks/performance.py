"""Writes docs/performance.md and its plots from the results of `make bench`.

python -m benchmarks.performance benchmarks/results/COMMIT.json
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.contenders import FAST, FOOTNOTE
from benchmarks.drawing import bars_svg, table
from benchmarks.engines import lines as engine_lines
from benchmarks.growth_page import growth_svg, section, shown
from benchmarks.measuring import Ratio, ratio

__all__ = ["BOUNDS", "Bound", "bars_svg", "page", "write_page"]

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"
IMAGES = ROOT / "docs" / "images"
MOST_ANSWER_MS = 150.0

OPENING = """\
# Performance, measured

`make bench` measures all of this anew, beside others that find passages, and writes this page
(`make bench FULL=1`: more rounds, questions and articles, for hours). Each contender runs in an
environment of its own, made on first use and kept in the user's cache folder; its versions are
pinned in `benchmarks/peers/`. All have the weights of all-MiniLM-L6-v2, which Footnote and the int8
floor round to a byte each, the same articles, and chunks of 600 characters that overlap by 200;
with its encoder `fast` Footnote has half of their layers, trained anew. Each contender
is one short script of documented calls, all other settings at their defaults, threads too.

- **What to trust.** Seconds here are those of one shared machine. Rounds are interleaved: in each,
  every contender does the step once, in turn. A ratio is made within a round; told are the median
  of the rounds, the least and the most of them, and the ratio of each one's quietest round.
- **What is compared is not the same thing.** Footnote gives a whole answer, read, composed and
  proven against the articles, or a refusal; the others give the five best passages.
- **The floors** are the least that finds a passage by meaning: a model, a flat FAISS index and a
  JSON file, without words, filters, transactions or checksums.
"""

ENGINES_ASKED = """\
## Do the figures move with what searches?

`python -m benchmarks.engines` asks the questions of a set three times: of the exact search that a
small corpus has, of the same passages quantised as a large corpus's are, and of Milvus. Each is
compared with the exact one question by question; `p` is of the paired tests of
`python -m eval compare`, not yet adjusted for how many there are. A corpus as small as this one
says little of a million passages, whose recall is measured above.
"""
PROFILES = """\
## Where the time goes

`python -m benchmarks.profiles` draws this anew with py-spy: samples of all threads that were at
work, so width is processor time. Frames below 0.5 % are left out; orange is `assistant/`, blue
`embeddings/`, grey the libraries that they call.

[![Flame graph of a warm answer](images/flame-question.svg)](images/flame-question.svg)

[![Flame graph of indexing](images/flame-ingest.svg)](images/flame-ingest.svg)
"""
WIDEST = """\
What was done about them:

- **The reader's model.** Each window ran on all cores by itself; now each runs on one core, several
  side by side. `python -m benchmarks.reader_windows`, given both cores for itself: 89 → 43 ms a
  reading, 144 → 77 ms of processor, and the same numbers; all 334 development questions got the
  same bytes. What is left is arithmetic: fewer windows, or a smaller reader, would change answers.
- **The encoder's model**: when asking, only the question is left (the words of the best sentences
  were encoded too, until decision 0034). When indexing it is nearly all there is: equal texts are
  encoded once, and so is what passages share; texts run side by side, without padding; and the
  encoder `fast` has half of the layers (decision 0036).
- **Opening sessions** (and FAISS) is paid once a process. The reader and the encoder load while
  the index opens; the encoder's graph is fused when it is exported, which gives the same vectors.
"""
PROFILE = ROOT / "benchmarks" / "results" / "profile.json"
GROWN = ROOT / "benchmarks" / "results" / "growth.json"
"""A run of `benchmarks/growth.py` over all sizes, kept."""
ENGINES = ROOT / "benchmarks" / "results" / "engines.json"
"""The figures of `benchmarks/engines.py`, kept."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What must hold of Footnote's figure divided by another's."""

    what: str
    step: str
    other: str
    limit: float
    at_most: bool
    value: Callable[[Mapping[str, float]], float]
    ours: str = FOOTNOTE.key


def _wall(row: Mapping[str, float]) -> float:
    return row["wall"]


def _rate(row: Mapping[str, float]) -> float:
    return row["articles"] / row["seconds"]


BOUNDS = (
    Bound("cold first answer", "cold", "langchain", 0.15, True, _wall),
    Bound("cold first answer", "cold", "llama_index", 0.15, True, _wall),
    Bound("cold first answer", "cold", "onnx", 1.3, True, _wall),
    Bound("cold first answer", "cold", "onnx_int8", 1.3, True, _wall),
    Bound("articles a second", "ingest", "langchain", 2.0, False, _rate),
    Bound("articles a second", "ingest", "llama_index", 2.0, False, _rate),
    Bound("articles a second", "ingest", "onnx_int8", 0.9, False, _rate),
    Bound("articles a second, fast encoder", "ingest", "langchain", 5.0, False, _rate, FAST.key),
    Bound("articles a second, fast encoder", "ingest", "llama_index", 5.0, False, _rate, FAST.key),
)


def main() -> None:
    """Read the results that are named, write the page."""
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m benchmarks.performance benchmarks/results/COMMIT.json")
    for written in write_page(json.loads(Path(sys.argv[1]).read_text("utf-8"))):
        print(f"wrote {written.relative_to(ROOT)}")


def write_page(
    results: Mapping[str, Any],
    page_path: Path = PAGE,
    images: Path = IMAGES,
    grown: Path = GROWN,
) -> list[Path]:
    """Write the page and its plots; what was written. `grown` is the run of growth to tell of."""
    profile, kept, engines = _read(PROFILE), _read(grown), _read(ENGINES)
    drawn = plots(results) | ({"growth": growth_svg(kept)} if kept else {})
    written = []
    for name, svg in drawn.items():
        path = images / f"performance-{name}.svg"
        path.write_text(svg, "utf-8")
        written.append(path)
    page_path.write_text("\n".join(page(results, profile, kept, engines)) + "\n", "utf-8")
    return [*written, page_path]


def _read(path: Path) -> dict[str, Any]:
    """Figures that were kept; none where there is no such file."""
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return found


def plots(results: Mapping[str, Any]) -> dict[str, str]:
    """The plots by name."""
    cold = {key: statistics.median(map(_wall, rows)) for key, rows in results["cold"].items()}
    ingest = {key: statistics.median(map(_rate, rows)) for key, rows in results["ingest"].items()}
    recalls = {key: one["recall_at_5"]["value"] for key, one in results["quality"].items()}
    return {
        name: bars_svg(title, {_title(results, key): value for key, value in figures.items()})
        for name, title, figures in (
            ("cold", "Fresh process to first answer or passages, seconds (less is better)", cold),
            ("ingest", "Articles indexed a second (more is better)", ingest),
            ("recall", "Recall@5 of what an answer needs (more is better)", recalls),
        )
    }


def page(
    results: Mapping[str, Any],
    profile: Mapping[str, Any],
    kept: Mapping[str, Any],
    engines: Mapping[str, Any],
) -> Iterator[str]:
    """The lines of the page.

    The last three are what `benchmarks.profiles`, `growth` and `engines` left, if they did.
    """
    machine, corpus = results["machine"], results["corpus"]
    yield OPENING
    changed = ", with changes not committed yet" if results["uncommitted_changes"] else ""
    yield (
        f"Measured on {results['date']} at `{results['commit']}`{changed}, size "
        f"`{results['size']}`: {machine['cores']} cores, {machine['system']}, Python "
        f"{machine['python']}. The corpus: {corpus['articles']} articles of the project's own "
        f"({corpus['characters']:,} characters), {corpus['questions']} development questions; for "
        f"ingest {corpus['ingest_articles']} made-up articles of the same sentences. All figures: "
        f"`benchmarks/results/{results['commit']}.json`. {results['note']}".rstrip()
    )
    for part in (_bounds, _cold, _stages, _warm, _ingest, _index):
        yield ""
        yield from part(results)
    yield from ("", "## As the corpus grows", "")
    yield from section(kept) if kept else _growth(results)
    yield ""
    if engines:
        yield ENGINES_ASKED
        yield from engine_lines(engines)
        yield ""
    yield PROFILES
    if profile:
        for name, title in (("question", "A warm answer"), ("ingest", "Indexing")):
            bars = (f"`{one['function']}` {one['share']:.0%}" for one in profile[name])
            yield f"- {title}, the widest bars: {', '.join(bars)}."
        yield ""
    yield WIDEST.rstrip("\n")


def _bounds(results: Mapping[str, Any]) -> Iterator[str]:
    yield from ("## What must hold", "")
    rows = []
    for bound in BOUNDS:
        if {bound.ours, bound.other} <= results[bound.step].keys():
            found = found_ratio(results, bound)
            held = found.median <= bound.limit if bound.at_most else found.median >= bound.limit
            rows.append(
                (
                    f"{bound.what} ÷ {_title(results, bound.other)}",
                    f"{'≤' if bound.at_most else '≥'} {bound.limit:g}",
                    f"{found.median:.2f}",
                    f"{found.least:.2f}–{found.most:.2f}",
                    f"{found.quietest:.2f}",
                    "holds" if held else "**falls short**",
                )
            )
    yield from table(
        ("Footnote's ÷ the other's", "aim", "median round", "rounds", "quietest", ""), rows
    )
    p50s = [row["p50"] for row in results["answer"]]
    middle = statistics.median(p50s)
    verdict = "holds" if middle <= MOST_ANSWER_MS else "**falls short**"
    yield ""
    yield (
        f"Warm answer on the five articles, with the reader: p50 {middle:.0f} ms, "
        f"{min(p50s):.0f} ms in the quietest round; the aim is {MOST_ANSWER_MS:.0f} ms: {verdict}."
    )


def found_ratio(results: Mapping[str, Any], bound: Bound) -> Ratio:
    """Footnote's figure over the other's."""
    rounds = results[bound.step]
    ours, theirs = ([bound.value(row) for row in rounds[k]] for k in (bound.ours, bound.other))
    return ratio(ours, theirs, min if bound.at_most else max)


def _cold(results: Mapping[str, Any]) -> Iterator[str]:
    yield from ("## Cold first answer", "", "![Cold first answer](images/performance-cold.svg)", "")
    yield (
        "A fresh process, from its start to its reply, the disk's cache warm. Loading is the "
        "library and its model (Footnote's model is loaded while it opens). The first start on a "
        "machine, before any of this, exports Footnote's model once: "
        f"{results['first_export_seconds']:g} s. "
        f"{_rounds(results['cold'])}"
    )
    yield ""
    yield from table(
        ("", "seconds", "least", "most", "processor, s", "load", "open", "search", "peak, MiB"),
        (
            (
                _title(results, key),
                *(f"{value:.2f}" for value in _spread([row["wall"] for row in rows])),
                *(f"{_median(rows, name):.2f}" for name in ("cpu", "load", "open", "search")),
                f"{_median(rows, 'peak_mib'):.0f}",
            )
            for key, rows in results["cold"].items()
        ),
    )


def _stages(results: Mapping[str, Any]) -> Iterator[str]:
    rounds = results["answer"]
    yield from ("## Warm answer, by stage", "")
    yield (
        f"{rounds[0]['questions']} questions to the five articles, in one process. "
        f"Median of {len(rounds)} rounds, milliseconds."
    )
    yield ""
    rows = [
        (name, *(f"{statistics.median(r['stages'][name][p] for r in rounds):.1f}" for p in P))
        for name in rounds[0]["stages"]
    ]
    whole = ("**whole answer**", *(f"{statistics.median(r[p] for r in rounds):.1f}" for p in P))
    of_cpu = (statistics.median(r["processor"][p] for r in rounds) for p in P)
    processor = ("processor time", *(f"{value:.1f}" for value in of_cpu))
    yield from table(("stage", "p50", "p95"), (*rows, whole, processor))


P = ("p50", "p95")


def _warm(results: Mapping[str, Any]) -> Iterator[str]:
    yield from ("## Warm search, and what it finds", "")
    yield "![Recall@5](images/performance-recall.svg)"
    yield ""
    yield (
        "The five best passages, in one process, milliseconds. Recall@5 is the share of the places "
        "that an answer needs of which more than half is found, with a 95 % interval over "
        "questions; `p` is of a paired permutation test against Footnote. "
        f"{_rounds(results['warm'])}"
    )
    yield ""
    rows = []
    for key, rounds in results["warm"].items():
        one = results["quality"][key]
        r, d = one["recall_at_5"], one["footnote_minus_this"]
        ours = key == FOOTNOTE.key
        rows.append(
            (
                _title(results, key),
                *(f"{_median(rounds, p):.1f}" for p in P),
                f"{r['value']:.3f} ({r['low']:.3f}–{r['high']:.3f})",
                "" if ours else f"{d['value']:+.3f} ({d['low']:+.3f} to {d['high']:+.3f})",
                "" if ours else f"{one['p']:.4f}",
            )
        )
    yield from table(("", "p50", "p95", "recall@5", "Footnote's less this", "p"), rows)


def _ingest(results: Mapping[str, Any]) -> Iterator[str]:
    yield from ("## Ingest", "", "![Ingest](images/performance-ingest.svg)", "")
    yield (
        "From the articles to an index on disk. Loading the model is left out for the others, and "
        "is part of Footnote's seconds; starting the process is in none. Characters are those of "
        "passages: Footnote widens its own to whole sentences, and encodes what they share once "
        "(decision 0031). Processor seconds and memory are of the whole process. "
        f"{_rounds(results['ingest'])}"
    )
    yield ""
    rows = []
    for key, rounds in results["ingest"].items():
        rates = [_rate(row) for row in rounds]
        passages = statistics.median(row["passages"] / row["seconds"] for row in rounds)
        characters = statistics.median(row["characters"] / row["seconds"] for row in rounds)
        rows.append(
            (
                _title(results, key),
                *(f"{value:.1f}" for value in _spread(rates)),
                f"{passages:.1f}",
                f"{characters:,.0f}",
                f"{_median(rounds, 'cpu'):.0f}",
                f"{_median(rounds, 'peak_mib'):.0f}",
            )
        )
    heads = ("articles/s", "least", "most", "passages/s", "characters/s", "processor, s",
             "peak, MiB")  # fmt: skip
    yield from table(("", *heads), rows)


def _index(results: Mapping[str, Any]) -> Iterator[str]:
    yield from ("## Size", "")
    yield (
        "Of the index of the corpus on disk, without the model, and of the environment that the "
        "requirement file makes. Footnote's holds the articles themselves, both indexes and what "
        "it takes to recover."
    )
    yield ""
    yield from table(
        ("", "index, MiB", "passages", "environment, MiB"),
        (
            (
                _title(results, key),
                f"{one['mib']:.1f}",
                f"{one['passages']:,}",
                f"{results['contenders'][key]['environment_mib'] or '–'}",
            )
            for key, one in results["index"].items()
        ),
    )


def _growth(results: Mapping[str, Any]) -> Iterator[str]:
    """The figures of `benchmarks/growth.py` that `make bench` measured, a column a size."""
    rows: Sequence[Mapping[str, Any]] = results["growth"]
    yield (
        "`benchmarks/growth.py` makes the corpora itself: words by Zipf's law, vectors in "
        "clusters. Times are median and 95th percentile, in milliseconds."
    )
    yield ""
    names = [name for name in rows[0] if name != "passages"]
    yield from table(
        ("passages", *(f"{row['passages']:,}" for row in rows)),
        ((name.replace("_", " "), *(shown(row.get(name, "–")) for row in rows)) for name in names),
    )


def _title(results: Mapping[str, Any], key: str) -> str:
    title: str = results["contenders"][key]["title"]
    return title


def _rounds(rows: Mapping[str, Sequence[object]]) -> str:
    number = len(next(iter(rows.values())))
    return "One round." if number == 1 else f"Median of {number} rounds."


def _median(rows: Sequence[Mapping[str, float]], name: str) -> float:
    return statistics.median(row[name] for row in rows)


def _spread(values: Sequence[float]) -> tuple[float, float, float]:
    return statistics.median(values), min(values), max(values)


if __name__ == "__main__":
    main()
