"""How much memory indexing takes as the folder grows.

Reading, encoding and committing must stay flat; building the indexes holds what is left of the
vectors, which the peak shows: it grows with their number.

Small generated articles are written to a temporary folder and indexed by one process with an
encoder that costs next to nothing; every 5,000 articles it looks at its own memory. What a model
would add is the same for any number of articles.

    python benchmarks/memory.py [ARTICLES] [--every 5000] [--figures FOLDER]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embeddings.indexing import Progress

ROOT = Path(__file__).resolve().parent.parent
DIMENSION = 384
"""As the default encoder's."""
WORDS = [f"{a}{b}{c}" for a in "blmnprst" for b in "aeiou" for c in ("dal", "rek", "min", "sot")]
PER_FOLDER = 1000


class WordEncoder:
    """Bag of words, hashed: no model, no memory."""

    dimension = DIMENSION
    fingerprint = f"words-{DIMENSION}"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One unit vector a text, float32 (n, 384)."""
        vectors = np.full((len(texts), DIMENSION), 1e-3, dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split():
                vectors[row, crc32(word.encode()) % DIMENSION] += 1
        unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


def main() -> None:
    """Write the articles, index them, print the table, leave `memory.json`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("articles", type=int, nargs="?", default=100_000)
    parser.add_argument("--every", type=int, default=5_000, help="articles between two looks")
    parser.add_argument("--figures", type=Path, help="folder for memory.json")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as folder:
        print(f"Writing {options.articles:,} articles …", file=sys.stderr)
        write(Path(folder) / "articles", options.articles)
        figures = measure(Path(folder), options.articles, options.every)
    show(figures)
    if options.figures:
        options.figures.mkdir(parents=True, exist_ok=True)
        text = json.dumps(figures, indent=2) + "\n"
        (options.figures / "memory.json").write_text(text, "utf-8")


def write(folder: Path, count: int) -> None:
    """`count` articles of about 100 words, a thousand to a folder."""
    chance = random.Random(20240612)
    for number in range(count):
        path = folder / f"{number // PER_FOLDER:03d}" / f"{number:06d}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        words = chance.choices(WORDS, k=100)
        lines = [" ".join(words[i : i + 10]).capitalize() + "." for i in range(0, 100, 10)]
        path.write_text(f"Report {number}\n\n" + " ".join(lines) + "\n", "utf-8")


def measure(folder: Path, count: int, every: int) -> dict[str, Any]:
    """Index, and look at this process every so many articles; ask once at the end."""
    from assistant import Assistant

    encoder = WordEncoder()
    rows: list[dict[str, float]] = []
    began = time.monotonic()

    def look(step: Progress) -> None:
        """Progress comes one by one; only what crosses the next mark is a row."""
        wanted = every * (len(rows) + 1)
        if step.stage == "indexing" and step.done >= wanted and wanted <= count:
            row = {"articles": step.done, **memory(), "peak_mib": peak()}
            rows.append({**row, "seconds": time.monotonic() - began})

    start, before = memory(), peak()
    assistant = Assistant.open(
        folder / "articles", data_dir=folder / "data", encoder=encoder, progress=look
    )
    indexed = memory()
    seconds = time.monotonic() - began
    with assistant:
        assistant.retrieve(f"{WORDS[0]} {WORDS[50]} {WORDS[100]}", 10)
        answering = memory()
        report = assistant.report
    files = [path for path in (folder / "data").rglob("*") if path.is_file()]
    return {
        "articles": report.articles,
        "passages": report.passages,
        "seconds": round(seconds, 1),
        "before_indexing": {**start, "peak_mib": before},
        "after_indexing": indexed,
        "answering": answering,
        "peak_mib": peak(),
        "data_mib": round(sum(path.stat().st_size for path in files) / 2**20),
        "dimension": DIMENSION,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "rows": rows,
    }


def memory() -> dict[str, float]:
    """This process's memory in MiB: all that is resident, and the part that is its own."""
    status = dict(
        line.split(":", 1) for line in Path("/proc/self/status").read_text("utf-8").splitlines()
    )
    kibibytes = {name: int(status[name].split()[0]) for name in ("VmRSS", "RssAnon")}
    return {
        "resident_mib": round(kibibytes["VmRSS"] / 1024, 1),
        "own_mib": round(kibibytes["RssAnon"] / 1024, 1),
    }


def peak() -> int:
    """The most that was resident at any time, in MiB."""
    import resource

    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def show(figures: dict[str, Any]) -> None:
    """The table: memory after so many articles."""
    heads = ("resident MiB", "own MiB", "peak MiB so far", "seconds")
    print(f"{'articles':>12}" + "".join(f"{head:>18}" for head in heads))
    start = {"articles": 0, **figures["before_indexing"], "seconds": 0.0}
    for row in (start, *figures["rows"]):
        values = (row[name] for name in ("resident_mib", "own_mib", "peak_mib", "seconds"))
        print(f"{row['articles']:12,}" + "".join(f"{value:18.0f}" for value in values))
    print(
        f"indexed {figures['articles']:,} articles, {figures['passages']:,} passages in "
        f"{figures['seconds']:.0f} s; peak {figures['peak_mib']} MiB; then answering with "
        f"{figures['answering']['resident_mib']:.0f} MiB; data folder {figures['data_mib']} MiB"
    )


if __name__ == "__main__":
    main()
