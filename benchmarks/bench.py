"""Everything that has a clock, beside those that do the same: `make bench`.

    python -m benchmarks.bench [--full] [--only NAME …] [--growth FILE] [--note TEXT]

Each contender runs in an environment of its own, with the same weights, articles and chunk size.
Rounds are interleaved: in each, every contender does the step once, in turn, so that all meet the
same machine. Written are `benchmarks/results/<commit>.json` and `docs/performance.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.contenders import CONTENDERS, FOOTNOTE, Contender, Environment, environment
from benchmarks.corpora import SEEDS, asked, made_up, recall, write_texts
from benchmarks.measuring import Run, percentile, run
from benchmarks.performance import write_page
from embeddings.export import default_weights_folder

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
FORMAT = "footnote/bench/1"
DIGITS = 4


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    name: str
    cold_rounds: int
    warm_rounds: int
    questions: int | None
    """Asked of every contender; None for all."""
    ingest_rounds: int
    made_up: int
    """Articles of the ingest rounds."""
    growth: tuple[int, ...]
    """Passages of the corpora that `benchmarks/growth.py` makes."""


QUICK = Size("quick", 3, 1, 100, 2, 60, (1_000, 10_000))
FULL = Size("full", 5, 3, None, 3, 600, (1_000, 10_000, 100_000, 1_000_000))


def main() -> None:
    """Measure, write the results, write the page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--full", action="store_true", help="more rounds, questions, articles")
    parser.add_argument("--only", nargs="*", metavar="NAME", help="contenders beside Footnote")
    parser.add_argument(
        "--growth", type=Path, metavar="FILE", help="figures of benchmarks/growth.py; made if none"
    )
    parser.add_argument("--note", default="", help="what else ran; the page says it")
    options = parser.parse_args()
    size = FULL if options.full else QUICK
    chosen = [
        one
        for one in CONTENDERS
        if options.only is None or one is FOOTNOTE or one.key in options.only
    ]
    environments = {one.key: environment(one.title, one.requirements) for one in chosen}
    with tempfile.TemporaryDirectory(prefix="footnote-bench-") as folder:
        bench = Bench(Path(folder), chosen, environments, size)
        found = {**about(size, chosen, environments), **bench.measure()}
        results = {"format": FORMAT, "note": options.note, **found}
        results["growth"] = growth(options.growth or grown(Path(folder), size))
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{results['commit']}.json"
    path.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    print(f"wrote {path.relative_to(ROOT)}")
    for written in write_page(results):
        print(f"wrote {written.relative_to(ROOT)}")


def grown(folder: Path, size: Size) -> Path:
    """Run `benchmarks/growth.py`; where its figures are."""
    figures = folder / "growth.json"
    passages = map(str, size.growth)
    script = str(ROOT / "benchmarks" / "growth.py")
    command = [sys.executable, script, "--json", str(figures), "--passages", *passages]
    subprocess.run(command, cwd=ROOT, stdout=sys.stderr, check=True)
    return figures


def growth(figures: Path) -> list[dict[str, Any]]:
    """A row a size: its plain figures, and the median and 95th percentile of its times."""
    rows: list[dict[str, Any]] = json.loads(figures.read_text("utf-8"))["rows"]
    return [
        {
            name: value
            for name, value in row.items()
            if isinstance(value, int | float | str) or (isinstance(value, dict) and "p50" in value)
        }
        for row in rows
    ]


def about(
    size: Size, chosen: Sequence[Contender], environments: Mapping[str, Environment]
) -> dict[str, Any]:
    """What was measured, and where."""
    git = ["git", "-C", str(ROOT)]
    commit = subprocess.run(
        [*git, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=True
    )
    changed = subprocess.run(
        [*git, "status", "--porcelain", "--", "assistant", "embeddings"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return {
        "commit": commit.stdout.strip(),
        "uncommitted_changes": bool(changed.stdout.strip()),
        "date": time.strftime("%Y-%m-%d"),
        "size": size.name,
        "machine": {
            "cores": os.cpu_count(),
            "system": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(),
        },
        "contenders": {
            one.key: {
                "title": one.title,
                "environment_mib": environments[one.key].mib,
                "versions": _direct(one, environments[one.key]),
            }
            for one in chosen
        },
    }


def _direct(one: Contender, made: Environment) -> dict[str, str]:
    """Versions of what the requirement file names."""
    if one.requirements is None or made.versions is None:
        return {}
    text = (ROOT / "benchmarks" / "peers" / one.requirements).read_text("utf-8")
    names = [line.split("=")[0].split("<")[0] for line in text.splitlines() if line[:1].isalpha()]
    return {name: made.versions[name] for name in names if name in made.versions}


def check_floors(whole: Path, rounded_down: Path) -> None:
    """Raises `ValueError` unless the second model is the smaller: a byte a weight, not four."""
    sizes = whole.stat().st_size, rounded_down.stat().st_size
    if sizes[1] > 0.5 * sizes[0]:
        raise ValueError(f"the two floors have the same weights: {sizes[0]} and {sizes[1]} bytes")


class Bench:
    """One run of everything."""

    def __init__(
        self,
        folder: Path,
        chosen: Sequence[Contender],
        environments: Mapping[str, Environment],
        size: Size,
    ) -> None:
        self.folder, self.chosen, self.size = folder, chosen, size
        self.environments = environments
        self.texts = write_texts(folder / "articles")
        self.five = folder / "five"
        self.own_questions = asked(write_texts(self.five, [SEEDS]), size.questions)
        self.questions = asked(self.texts, size.questions)

    def measure(self) -> dict[str, Any]:
        """All steps, in turn."""
        export = self._prepare_weights()
        stores, indexes = self._stores()
        return {
            "corpus": {
                "articles": len(self.texts),
                "characters": sum(map(len, self.texts.values())),
                "questions": len(self.questions),
                "ingest_articles": self.size.made_up,
            },
            "first_export_seconds": round(export, 1),
            "index": indexes,
            "cold": self._cold(stores),
            **self._warm(stores),
            "answer": self._answers(),
            "ingest": self._ingest(),
        }

    def _step(self, one: Contender, step: str, articles: Path, store: Path, *given: str) -> Run:
        print(f"  {step:7} {one.title}", file=sys.stderr)
        python = self.environments[one.key].python
        return run(python, one.module, step, articles, store, self.weights[one.weights], *given)

    def _prepare_weights(self) -> float:
        """The model in its three forms; seconds that Footnote's export takes.

        The floors get the published weights and round them by themselves: Footnote's own
        encoder is rounded already, which made both floors the same program for a while.
        """
        data, floors = self.folder / "exported", self.folder / "floors"
        python = self.environments[FOOTNOTE.key].python
        exported = run(python, FOOTNOTE.module, "export", self.five, data, floors)
        (onnx,) = (path.parent for path in (floors / "encoders").glob("*/model.onnx"))
        self.weights = {"torch": default_weights_folder(), "onnx": onnx, "fast": Path("fast")}
        int8 = next((one for one in self.chosen if one.weights == "int8"), None)
        if int8:
            self.weights["int8"] = self.folder / "int8"
            run(self.environments[int8.key].python, int8.module, "quantize", onnx,
                self.weights["int8"])  # fmt: skip
            check_floors(onnx / "model.onnx", self.weights["int8"] / "model.onnx")
        return float(exported.reply["seconds"])

    def _store(self, one: Contender, name: str) -> Path:
        """A fresh store; Footnote's holds the exported encoder, as from the second start on."""
        store = self.folder / "stores" / f"{one.key}-{name}"
        shutil.rmtree(store, ignore_errors=True)
        store.parent.mkdir(exist_ok=True)
        if one.module == FOOTNOTE.module:
            shutil.copytree(self.folder / "exported" / "encoders", store / "encoders")
        return store

    def _stores(self) -> tuple[dict[str, Path], dict[str, Any]]:
        """The real articles indexed by each; what the index takes on disk."""
        stores, indexes = {}, {}
        for one in self.chosen:
            store = stores[one.key] = self._store(one, "articles")
            reply = self._step(one, "ingest", self.folder / "articles", store).reply
            indexes[one.key] = {
                "mib": round(size_mib(store), 2),
                "passages": reply["passages"],
                "characters": reply["characters"],
            }
        return stores, indexes

    def _cold(self, stores: Mapping[str, Path]) -> dict[str, list[dict[str, float]]]:
        rounds: dict[str, list[dict[str, float]]] = {one.key: [] for one in self.chosen}
        for number in range(self.size.cold_rounds):
            question = self.questions[number].question
            for one in self.chosen:
                done = self._step(one, "cold", self.folder / "articles", stores[one.key], question)
                rounds[one.key].append(
                    rounded(
                        {
                            "wall": done.wall,
                            "cpu": done.cpu,
                            "peak_mib": done.peak_mib,
                            **{name: done.reply[name] for name in ("load", "open", "search")},
                        }
                    )
                )
        return rounds

    def _warm(self, stores: Mapping[str, Path]) -> dict[str, Any]:
        """Time of a search, and what is found."""
        given = self._write("questions.json", [one.question for one in self.questions])
        rounds: dict[str, list[dict[str, float]]] = {one.key: [] for one in self.chosen}
        recalls: dict[str, list[float]] = {}
        for _ in range(self.size.warm_rounds):
            for one in self.chosen:
                done = self._step(
                    one, "warm", self.folder / "articles", stores[one.key], str(given)
                )
                rounds[one.key].append(percentiles(done.reply["ms"]))
                recalls[one.key] = [
                    recall(hits, question, self.texts)
                    for hits, question in zip(done.reply["hits"], self.questions, strict=True)
                ]
        return {"warm": rounds, "quality": quality(recalls)}

    def _answers(self) -> list[dict[str, Any]]:
        """Footnote's answers on the five articles, by stage."""
        store = self._store(FOOTNOTE, "five")
        self._step(FOOTNOTE, "ingest", self.five, store)
        given = self._write("own.json", [one.question for one in self.own_questions])
        rounds = []
        for _ in range(self.size.warm_rounds):
            reply = self._step(FOOTNOTE, "answer", self.five, store, str(given)).reply
            names_of_stages = dict.fromkeys(name for row in reply["stages"] for name in row)
            stages = {
                name: percentiles([row.get(name, 0.0) for row in reply["stages"]])
                for name in names_of_stages
            }
            rounds.append(
                {
                    "questions": len(reply["ms"]),
                    **percentiles(reply["ms"]),
                    "processor": percentiles(reply["cpu_ms"]),
                    "stages": stages,
                }
            )
        return rounds

    def _ingest(self) -> dict[str, list[dict[str, float]]]:
        articles = self.folder / "made-up"
        made_up(articles, self.texts, self.size.made_up)
        rounds: dict[str, list[dict[str, float]]] = {one.key: [] for one in self.chosen}
        for _ in range(self.size.ingest_rounds):
            for one in self.chosen:
                store = self._store(one, "made-up")
                done = self._step(one, "ingest", articles, store)
                counted = ("articles", "passages", "characters", "seconds")
                rounds[one.key].append(
                    rounded(
                        {
                            **{name: done.reply[name] for name in counted},
                            "wall": done.wall,
                            "cpu": done.cpu,
                            "peak_mib": done.peak_mib,
                            "index_mib": size_mib(store),
                        }
                    )
                )
                shutil.rmtree(store)
        return rounds

    def _write(self, name: str, questions: Sequence[str]) -> Path:
        path = self.folder / name
        path.write_text(json.dumps(questions), "utf-8")
        return path


def quality(recalls: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """Recall@5 of each with its interval, and what Footnote's is more, by question."""
    from eval.intervals import figure, paired_p

    ours = recalls[FOOTNOTE.key]
    found = {}
    for key, values in recalls.items():
        differences = [a - b for a, b in zip(ours, values, strict=True)]
        found[key] = {
            "recall_at_5": figure(values).to_dict(),
            "footnote_minus_this": figure(differences).to_dict(),
            "p": round(paired_p(differences), 4) if any(differences) else 1.0,
        }
    return found


def percentiles(milliseconds: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile."""
    return rounded({"p50": percentile(milliseconds, 0.5), "p95": percentile(milliseconds, 0.95)})


def rounded(figures: Mapping[str, float]) -> dict[str, float]:
    """Four significant digits say more than enough."""
    return {name: float(f"{value:.{DIGITS}g}") for name, value in figures.items()}


def size_mib(store: Path) -> float:
    """What an index takes on disk, without the model beside it."""
    return (
        sum(
            path.stat().st_size
            for path in store.rglob("*")
            if path.is_file() and "encoders" not in path.relative_to(store).parts
        )
        / 2**20
    )


if __name__ == "__main__":
    main()
