"""Do the evaluation's figures move with what searches: exactly, quantised, or in Milvus?

Each asks the same questions in a process and a data folder of its own; each is then compared with
the exact one question by question, by the tests of `python -m eval compare`. Small corpora are
searched exactly: for the second one they are quantised as large ones are. Milvus is that of
FOOTNOTE_MILVUS_URI, else Milvus Lite's server, where it is installed.

    python -m benchmarks.engines [--set larkmere] [--json benchmarks/results/engines.json]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import runpy
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.drawing import table
from embeddings.dense import NAME, read_about
from eval.comparison import Comparison, compare
from eval.saved import read_saved

__all__ = ["lines", "told"]

ROOT = Path(__file__).resolve().parent.parent
EXACT, QUANTISED, MILVUS = "exact", "quantised", "Milvus"
URI = "FOOTNOTE_MILVUS_URI"
EVALUATE = "from eval.__main__ import app; app()"
QUANTISE = f"from embeddings import dense; dense.EXACT_MOST = 0; {EVALUATE}"


def main() -> None:
    """Ask, compare, print, and keep the figures if a file is named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--set", default="larkmere", help="of eval/sets.toml")
    parser.add_argument("--json", type=Path, help="where the figures go, too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="footnote-engines-") as folder:
        kinds = dict(evaluated(options.set, Path(folder)))
        exact = read_saved(Path(folder) / EXACT / "run")
        figures = {
            "set": options.set,
            "date": time.strftime("%Y-%m-%d"),
            "exact": kinds.pop(EXACT),
            "others": {
                name: told(kind, compare(exact, read_saved(Path(folder) / name / "run")))
                for name, kind in kinds.items()
            },
        }
    print("\n".join(lines(figures)))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")


def evaluated(chosen: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Each engine's name and what it says of itself, its run in a folder of its name."""
    for name, code in ((EXACT, EVALUATE), (QUANTISED, QUANTISE)):
        ask(code, chosen, folder / name, {URI: ""})
        (index,) = (folder / name / "data").rglob(f"{NAME}-v*")
        about = read_about(index)
        if about is None or about.kind != name:
            raise SystemExit(f"error: {index} is not {name} but {about}")
        yield name, f"{about}, {about.passages} passages"
    with milvus(folder) as uri:
        if uri is None:
            print(f"Milvus is left out: set {URI}, or install milvus-lite", file=sys.stderr)
            return
        ask(EVALUATE, chosen, folder / MILVUS, {URI: uri})
        yield MILVUS, "Milvus Lite" if not os.environ.get(URI) else "the server that was named"


@contextlib.contextmanager
def milvus(folder: Path) -> Iterator[str | None]:
    """Where Milvus listens; None where there is none."""
    given = os.environ.get(URI)
    # By its path: another package called `tests` may be installed.
    lite = runpy.run_path(str(ROOT / "tests" / "engines.py"))["MilvusLite"]
    if given or lite.binary() is None:
        yield given or None
        return
    with lite(folder) as server:
        yield server.uri


def ask(code: str, chosen: str, folder: Path, environment: Mapping[str, str]) -> None:
    """One evaluation, in a process of its own; its run is in `folder/run`."""
    print(f"asking the questions of {chosen}, {folder.name}", file=sys.stderr, flush=True)
    command = [sys.executable, "-c", code, "--set", chosen, "--no-gate"]
    command += ["--data-dir", str(folder / "data"), "--out", str(folder / "run")]
    given = {name: value for name, value in (os.environ | environment).items() if value}
    subprocess.run(command, cwd=ROOT, env=given, stdout=subprocess.DEVNULL, check=True)


def told(kind: str, comparison: Comparison) -> dict[str, Any]:
    """How an engine's run differs from the exact one."""
    return {
        "kind": kind,
        "questions": comparison.shared,
        "lost": list(comparison.lost),
        "won": list(comparison.won),
        "measures": [
            {
                "name": change.name,
                "exact": change.before.value,
                "this": change.after.value,
                "p": round(change.p, 4),
            }
            for change in comparison.changes
            if not change.measure.name.startswith("latency")
        ],
    }


def lines(figures: Mapping[str, Any]) -> Iterator[str]:
    """The figures in Markdown: a table of the measures, a column of values and of p an engine."""
    others = figures["others"]
    yield f"Set {figures['set']}, {figures['date']}."
    yield ""
    yield f"- exact: {figures['exact']}."
    for name, one in others.items():
        yield (
            f"- {name}: {one['kind']}; of {one['questions']} questions {len(one['lost'])} lost and "
            f"{len(one['won'])} won."
        )
    yield ""
    measures: dict[str, Sequence[str]] = {}
    for one in others.values():
        for each in one["measures"]:
            row = measures.setdefault(each["name"], (each["name"], _shown(each["exact"])))
            measures[each["name"]] = (*row, _shown(each["this"]), f"{each['p']:.3g}")
    heads = ("", "exact", *(head for name in others for head in (name, "p")))
    yield from table(heads, measures.values())


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


if __name__ == "__main__":
    main()
