"""Flame graphs of asking and of indexing, drawn from what py-spy samples.

    python -m benchmarks.profiles

Written are `docs/images/flame-question.svg` and `flame-ingest.svg`, and the widest bars in
`benchmarks/results/profile.json`. py-spy runs in an environment of its own. Its own graphs hold a
program and every frame; these hold what can be seen, and are small enough to keep.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from benchmarks.contenders import environment
from benchmarks.corpora import SEEDS, asked, made_up, write_texts
from benchmarks.measuring import run

__all__ = ["Frame", "flame_svg", "read_stacks", "tree_of", "widest"]

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
RESULTS = ROOT / "benchmarks" / "results" / "profile.json"
RATE = 200
"""Samples a second."""
LEAST = 0.005
"""Share of the time below which a frame is left out."""
BARS = 3
WIDTH, ROW, TOP, CHARACTER = 1000, 17, 30, 6.4
INK = "#222222"
COLOURS = {"assistant/": "#f2b46d", "embeddings/": "#8fbfe0"}
OTHER = "#d9d9d9"
OWN = re.compile(r"\((?:assistant|embeddings)/")


@dataclass(slots=True)
class Frame:
    """A function, the samples in it and below it, and what it called."""

    name: str
    samples: int = 0
    below: dict[str, Frame] = field(default_factory=dict)

    @property
    def own(self) -> int:
        """Samples in the function itself, or in what has no Python frame of its own."""
        return self.samples - sum(frame.samples for frame in self.below.values())


def main() -> None:
    """Sample both, draw both."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--questions", type=int, default=150)
    parser.add_argument("--articles", type=int, default=150)
    options = parser.parse_args()
    found = {}
    with tempfile.TemporaryDirectory(prefix="footnote-profile-") as name:
        folder = Path(name)
        texts = write_texts(folder / "articles", [SEEDS])
        made_up(folder / "made-up", texts, options.articles)
        data = folder / "data"
        run(Path(sys.executable), "with_footnote", "export", folder, data, folder / "floors")
        shutil.copytree(data, folder / "other")
        run(Path(sys.executable), "with_footnote", "ingest", folder / "articles", data, "")
        questions = [one.question for one in asked(texts, options.questions)]
        (folder / "questions.json").write_text(json.dumps(questions), "utf-8")
        asking = ("answer", folder / "articles", data, "", folder / "questions.json")
        indexing = ("ingest", folder / "made-up", folder / "other", "")
        for name, title, root, step in (
            ("question", "A warm answer, by function", "Assistant.ask", asking),
            ("ingest", "Indexing, by function", "Assistant.refresh", indexing),
        ):
            tree = tree_of(sample(folder / f"{name}.txt", *map(str, step)), root)
            (IMAGES / f"flame-{name}.svg").write_text(flame_svg(title, tree), "utf-8")
            found[name] = widest(tree)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    print(json.dumps(found, indent=1))


def sample(output: Path, *step: str) -> Iterator[tuple[list[str], int]]:
    """What py-spy sees of one step; a stack is its function names, the outermost first."""
    py_spy = environment("py-spy", "py_spy.txt").python.with_name("py-spy")
    subprocess.run(
        [
            str(py_spy), "record", "--format", "raw", "--function", "--rate", str(RATE),
            "--output", str(output), "--", sys.executable, "-m",
            "benchmarks.peers.with_footnote", *step,
        ],
        cwd=ROOT, env={k: v for k, v in os.environ.items() if not k.startswith("FOOTNOTE_")},
        stdout=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    return read_stacks(output.read_text("utf-8"))


def read_stacks(raw: str) -> Iterator[tuple[list[str], int]]:
    """Stacks and how often each was seen, from py-spy's raw format: `a (file:1);b (file:9) 12`.

    A thread that waits for another spends no time.
    """
    for line in raw.splitlines():
        frames, _, count = line.rpartition(" ")
        stack = [re.sub(r":\d+\)$", ")", frame) for frame in frames.split(";")]
        if frames and "wait (threading.py)" not in stack[-1]:
            yield stack, int(count)


def tree_of(stacks: Iterable[tuple[list[str], int]], root: str) -> Frame:
    """The stacks below the function `root`; those of a thread from its first own function.

    What neither holds is left out: starting Python, importing, the profiler's own child.
    """
    tree = Frame("all")
    for stack, count in stacks:
        kept = _below(stack, root)
        if not kept:
            continue
        at = tree
        at.samples += count
        for name in kept:
            at = at.below.setdefault(name, Frame(name))
            at.samples += count
    return tree


def _below(stack: list[str], root: str) -> list[str]:
    for place, name in enumerate(stack):
        if name.partition(" ")[0] == root:
            return stack[place:]
    threaded = any("threading.py" in name for name in stack)
    own = next((place for place, name in enumerate(stack) if OWN.search(name)), None)
    return stack[own:] if threaded and own is not None else []


def widest(tree: Frame) -> list[dict[str, float | str]]:
    """The project's functions in which most of the time is spent, with the libraries they call."""
    totals: Counter[str] = Counter()

    def add(frame: Frame, within: str) -> None:
        within = frame.name if OWN.search(frame.name) else within
        totals[within] += frame.own
        for one in frame.below.values():
            add(one, within)

    for one in tree.below.values():
        add(one, one.name)
    return [
        {"function": name, "share": round(samples / tree.samples, 3)}
        for name, samples in totals.most_common(BARS)
    ]


def flame_svg(title: str, tree: Frame) -> str:
    """A flame graph (Gregg, "The flame graph", CACM 2016), the outermost function on top.

    Raises `ValueError` when nothing was sampled.
    """
    if not tree.samples:
        raise ValueError("nothing was sampled")
    bars: list[str] = []
    depth = _draw(tree, 0.0, 0, tree.samples, bars)
    height = TOP + ROW * depth + 8
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            f'width="{WIDTH}" height="{height}" role="img" font-family="monospace" '
            f'font-size="10.5" fill="{INK}">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
            f'<text x="6" y="18" font-size="13" font-family="sans-serif">{escape(title)} '
            f"({tree.samples:,} samples)</text>",
            *bars,
            "</svg>",
            "",
        ]
    )


def _draw(frame: Frame, left: float, depth: int, whole: int, bars: list[str]) -> int:
    """Add the bars below `frame`; how many rows there are."""
    deepest = depth
    for one in sorted(frame.below.values(), key=lambda f: (-f.samples, f.name)):
        share = one.samples / whole
        if share >= LEAST:
            bars.append(_bar(one.name, left, depth, share))
            deepest = max(deepest, _draw(one, left, depth + 1, whole, bars))
        left += WIDTH * share
    return max(deepest, depth + bool(frame.below))


def _bar(name: str, left: float, depth: int, share: float) -> str:
    y, wide = TOP + ROW * depth, WIDTH * share
    colour = next((c for part, c in COLOURS.items() if f"({part}" in name), OTHER)
    room = int((wide - 4) / CHARACTER)
    shown = name.partition(" (")[0]
    label = (
        f'<text x="{left + 3:.1f}" y="{y + 12}">{escape(shown[:room])}</text>' if room > 2 else ""
    )
    return (
        f'<g><title>{escape(name)}: {share:.1%}</title><rect x="{left:.1f}" y="{y}" '
        f'width="{max(wide - 0.5, 0.5):.1f}" height="{ROW - 1}" fill="{colour}"/>{label}</g>'
    )


if __name__ == "__main__":
    main()
