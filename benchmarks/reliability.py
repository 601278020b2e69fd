"""Writes docs/reliability.md from the figures that `make torture` leaves.

    python benchmarks/reliability.py FOLDER

FOLDER holds crash.json (tests/torture), fuzzing.json and bombs.json (tests/fuzz), memory.json
(benchmarks/memory.py). What is missing is left out, and the page says so.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reliability.md"

BOMBS_SHOWN = 12
FIGURES = ("crash.json", "fuzzing.json", "bombs.json", "memory.json")

PROMISES = {
    "R1": (
        "Killed anywhere",
        "A process that indexes is killed (SIGKILL) at its k-th system call of a kind, at a random "
        "moment, or again while it recovers. Then the corpus is opened and compared with what had "
        "been acknowledged. A kill spares what the kernel holds in memory, so this says nothing of "
        "a power cut; the order of writes, below, does.",
    ),
    "R2": (
        "The order of writes",
        "Every system call of a run is traced. Nothing may be acknowledged before what it needs "
        "has been synced: data, then its name, then the folder, SQLite's journal too. Writers that "
        "leave out a step on purpose prove that the check can fail.",
    ),
    "R3": (
        "A disk that fails",
        "System calls fail, once or from then on, with ENOSPC, EIO, EACCES, EROFS or EMFILE; the "
        "file system is full or read-only; descriptors run out. The error has to name path and "
        "cause, an assistant that is open has to go on answering, and once the fault is gone a "
        "retry has to find everything.",
    ),
    "R4": (
        "Damaged files",
        "Each file of the data folder is damaged in turn: single bits, truncation, zeros, added "
        "bytes, another file's content, an older version, deletion. Opening has to refuse with the "
        "file's name, or repair it and say so; a changed byte that is accepted in silence counts "
        "as undetected even when the answers are right. Without effect are lock files, which hold "
        "nothing, and bits in unused parts of a corpus whose seal a crash has left behind.",
    ),
    "R5": (
        "Indexes made again",
        "All indexes are deleted and made again from the corpus; the same queries have to find the "
        "same passages, with scores within 0.00001.",
    ),
    "R6": (
        "Several processes at once",
        "Two processes index into one corpus while others search and ask; those at work are killed "
        "and started anew. Every hit and citation is compared with its article's text.",
    ),
    "R7": (
        "Wrong clocks",
        "Files change to others of equal size, under equal, past and future times, while the clock "
        "jumps by up to ten years. What has changed has to be found by its content.",
    ),
}


def main() -> None:
    """Read the figures, write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="what `make torture` has written")
    folder = parser.parse_args().folder
    if not any((folder / name).is_file() for name in FIGURES):
        parser.error(f"{folder} has none of {', '.join(FIGURES)}: run `make torture` first")
    PAGE.write_text("\n".join(page(folder)) + "\n", "utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")


def page(folder: Path) -> Iterable[str]:
    """The lines of the page."""
    yield "# Reliability, measured"
    yield ""
    yield (
        "What Footnote promises of its storage and its readers, and what came of trying to break "
        "it. `make torture` measures all of this anew and writes this page; a shorter version runs "
        "with every change. A count of zero is a fact about these runs, not a proof."
    )
    parts = (
        ("crash.json", crashes),
        ("fuzzing.json", fuzzing),
        ("bombs.json", bombs),
        ("memory.json", memory),
    )
    for name, write in parts:
        path = folder / name
        if path.exists():
            yield from write(json.loads(path.read_text("utf-8")))
        else:
            yield from ("", f"*Not measured this time: {name.removesuffix('.json')}.*")


def crashes(figures: Mapping[str, Any]) -> Iterable[str]:
    """R1–R7: a paragraph and a table each."""
    kind = "the full version" if figures["full"] else "the short version, as with every change"
    minutes = figures["seconds"] / 60
    yield ""
    yield "## Storage"
    yield ""
    yield (
        f"Measured with {kind}: {minutes:.0f} minutes on {figures['cores']} cores, Python "
        f"{figures['python']}. The articles are few and short, so that there can be many runs."
    )
    promises: Mapping[str, Mapping[str, float]] = figures["promises"]
    for promise, (title, words) in PROMISES.items():
        if promise not in promises:
            continue
        yield from ("", f"### {promise}: {title}", "", words, "")
        yield from table(("", "count"), ((name, n) for name, n in promises[promise].items()))
        files = {name: of for name, of in promises.items() if name.startswith(f"{promise} ")}
        if files:
            columns = list(dict.fromkeys(column for of in files.values() for column in of))
            yield ""
            yield from table(
                ("file", *columns),
                (
                    (f"`{name.removeprefix(promise).strip()}`", *(of.get(c, 0) for c in columns))
                    for name, of in files.items()
                ),
            )


def fuzzing(figures: Mapping[str, Any]) -> Iterable[str]:
    """R8: spoiled documents."""
    yield ""
    yield "## Readers: spoiled documents (R8)"
    yield ""
    yield (
        f"{figures['documents']:,} documents, spoiled by seed, through the reader as the indexer "
        "uses it: a child process with limits of time and memory. A document has to be indexed, "
        "flagged as possibly incomplete, or refused with a reason. A crash or a hang is one of the "
        "program; a reader that dies or runs out of its limits is a refusal, counted beside it."
    )
    yield ""
    columns = {
        "documents": "documents",
        "indexed": "indexed",
        "incomplete": "flagged",
        "refused": "refused",
        "crashes": "crashes",
        "hangs": "hangs",
        "reader_crashed": "reader died",
        "out_of_time": "out of time",
        "out_of_memory": "out of memory",
        "slowest_seconds": "slowest, s",
        "peak_mib": "peak, MiB",
    }
    rows = (
        (name, *(of.get(column, 0) for column in columns))
        for name, of in figures["formats"].items()
    )
    yield from table(("format", *columns.values()), rows)


def bombs(figures: Mapping[str, Any]) -> Iterable[str]:
    """R8: hand-made bombs."""
    yield ""
    yield "## Readers: bombs (R8)"
    yield ""
    yield (
        f"{figures['bombs']} documents made to exhaust time or memory, or to reach out of their "
        f"file. {figures['refused']} were refused, the others read within the limits; the slowest "
        f"took {figures['slowest_seconds']:g} s, the child process needed at most "
        f"{figures['peak_mib']} MiB, and the process that asked grew by at most "
        f"{figures['asking_process_grew_mib']} MiB. The {BOMBS_SHOWN} that took longest:"
    )
    yield ""
    longest = sorted(figures["each"], key=lambda row: (-row["seconds"], row["name"]))
    rows = (
        (f"`{row['name']}`", row["outcome"], row["seconds"], row["peak_mib"])
        for row in longest[:BOMBS_SHOWN]
    )
    yield from table(("bomb", "outcome", "seconds", "peak, MiB"), rows)


def memory(figures: Mapping[str, Any]) -> Iterable[str]:
    """Memory of indexing."""
    answering = figures["answering"]
    yield ""
    yield "## Memory of indexing"
    yield ""
    yield (
        f"One process indexed {figures['articles']:,} small articles ({figures['passages']:,} "
        f"passages, {figures['dimension']} dimensions) in {figures['seconds']:,.0f} s "
        "with an encoder that needs no model; the default model adds a constant. Reading, encoding "
        "and committing hold a batch or two at a time. Building the indexes holds a byte a "
        f"dimension of each vector: so the peak, {figures['peak_mib']:,} MiB, grows with their "
        f"number, and so does answering afterwards, which takes "
        f"{answering['resident_mib']:,.0f} MiB. The last row is after the "
        f"indexes were built. The data folder holds {figures['data_mib']:,} MiB."
    )
    yield ""
    columns = ("resident_mib", "own_mib", "peak_mib")
    start = {"articles": 0, **figures["before_indexing"], "seconds": 0}
    rows = (
        (row["articles"], *(round(row[n]) for n in columns), round(row["seconds"]))
        for row in (start, *figures["rows"])
    )
    heads = ("articles", "resident, MiB", "of that its own", "peak so far", "seconds")
    yield from table(heads, rows)


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterable[str]:
    """A Markdown table; numbers to the right."""
    yield f"| {' | '.join(heads)} |"
    yield "|---|" + "--:|" * (len(heads) - 1)
    for row in rows:
        yield f"| {' | '.join(map(shown, row))} |"


def shown(value: object) -> str:
    """A number with its thousands apart, anything else as it is."""
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.3g}" if value < 1 else f"{value:,.2f}"
    if isinstance(value, int | float):
        return f"{int(value):,}"
    return str(value)


if __name__ == "__main__":
    main()
