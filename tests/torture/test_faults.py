"""R3: when the disk fails, the error says where and why, the old state answers, a retry works."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tests.torture.figures import Figures
from tests.torture.harness import (
    FULL,
    Place,
    Run,
    Server,
    Strace,
    Workers,
    go_on,
    message_of,
    until_stopped,
)
from tests.torture.scenario import ROUNDS, apply
from tests.torture.test_kills import leftovers

pytestmark = pytest.mark.crash

SEED = 20240608
INJECTED = None if FULL else 100
"""Faults injected; None: at every call."""
FAULTS = {
    "ENOSPC": "write pwrite64 openat mkdir rename ftruncate fsync fdatasync",
    "EIO": "write pwrite64 pread64 read fsync fdatasync openat rename unlink ftruncate",
    "EACCES": "openat mkdir rename unlink",
    "EROFS": "openat mkdir rename unlink",
    "EMFILE": "openat",
}
CAUSES = {
    "ENOSPC": "No space left on device|database or disk is full|is the disk full",
    "EIO": "Input/output error|disk I/O error|could not be read",
    "EACCES": "Permission denied|unable to open database file|readonly database",
    "EROFS": "Read-only file system|readonly database|unable to open database file",
    # SQLite opens a file for reading where it cannot open it for writing.
    "EMFILE": "Too many open files|unable to open database file|too many files open|"
    "readonly database",
}
"""Error → how the system says it, how SQLite does, and what is said where Tantivy hides it."""
OUT = {1: "long.txt", 2: "first.txt"}
"""In each round, an article that the user took out before: no fault may bring it back."""
WRITES = {"write", "pwrite64", "fsync", "fdatasync", "ftruncate"}
LINE = re.compile(r"^\d+\s+(?:<\.\.\. )?(\w+)[( ].*$", re.MULTILINE)


@dataclass(frozen=True)
class Fault:
    """One fault: where, and whether it stays."""

    call: str
    k: int
    error: str
    stays: bool
    round: int

    def __str__(self) -> str:
        return f"{self.error} at {self.call} {self.k}{'+' * self.stays}, round {self.round}"


@dataclass
class Outcome:
    """What came of it."""

    fault: str
    hit: bool
    """False when no call of ours met the fault."""
    failed: bool
    """The opening raised."""
    answered: bool
    """The assistant that was open answered while the fault lasted."""
    wrong: list[str]


def ours(line: str, place: Place) -> bool:
    """True when a line of a trace is about the worker's own folders."""
    return f"{place.folder}/" in line


def known_paths(place: Place) -> list[str]:
    """Options that limit strace to the files there are: a disk that fails has no pipes on it."""
    files = [str(path) for path in (*place.data.rglob("*"), *place.articles.rglob("*"))]
    files += [f"{file}-journal" for file in files if file.endswith(".sqlite")]
    return [word for file in files for word in ("-P", file)]


def begun(place: Place, number: int) -> Run:
    """A child with an assistant open, stopped; the folder has changed since."""
    place.restore(number - 1, ROUNDS[number - 1])
    run = place.server.start("failing", **place.paths, out=OUT[number])
    assert run.until("before"), message_of(run)
    until_stopped(run)
    apply(place.articles, ROUNDS[number])
    return run


def ended(run: Run) -> None:
    """Let the child go on without faults, to its end."""
    go_on(run)
    run.finish()
    run.sweep()


def narrowed(fault: Fault) -> bool:
    """True for a lasting fault of calls that also serve what is not on the disk."""
    return fault.stays and fault.call in {"openat", "read"} and fault.error != "EMFILE"


def reference(place: Place, number: int, narrow: bool) -> list[tuple[str, int]]:
    """Each call of a thread on our folders: its name, and which of the thread's calls it is."""
    names = sorted({call for group in FAULTS.values() for call in group.split()})
    run = begun(place, number)
    options = known_paths(place) if narrow else []
    trace = place.folder / "trace"
    with Strace(run, trace, f"trace={','.join(names)}", options=options) as strace:
        run.until("old")
        text = strace.detach()
    ended(run)
    assert run.status == 0, message_of(run)
    found = set()
    counts: dict[tuple[str, str], int] = {}
    for line in text.splitlines():
        match = LINE.match(line)
        if match and "resumed>" not in line:
            key = (line.split()[0], match[1])
            counts[key] = counts.get(key, 0) + 1
            if ours(line, place):
                found.add((match[1], counts[key]))
    return sorted(found)


def points(place: Place) -> list[Fault]:
    """Every fault that can meet one of our calls."""
    found = []
    for number in (1, 2):
        for narrow in (False, True):
            for call, k in reference(place, number, narrow):
                for error, group in FAULTS.items():
                    for stays in (False, True):
                        fault = Fault(call, k, error, stays, number)
                        if call in group.split() and narrowed(fault) == narrow:
                            found.append(fault)
    return found


def inject(place: Place, fault: Fault) -> Outcome:
    """One run with one fault, and what is wrong with what came of it."""
    run = begun(place, fault.round)
    options = known_paths(place) if narrowed(fault) else []
    when = f"{fault.k}+" if fault.stays else str(fault.k)
    with Strace(
        run,
        place.folder / "trace",
        f"trace={fault.call}",
        f"inject={fault.call}:error={fault.error}:when={when}",
        options=options,
    ) as strace:
        lives = run.until("old") is not None
        trace = strace.detach()
    if lives:
        ended(run)
    met = [line for line in trace.splitlines() if "(INJECTED)" in line]
    outcome = judged(
        place, run, str(fault), any(ours(line, place) for line in met), OUT[fault.round]
    )
    swallowed = [
        line
        for line in met
        if fault.call in WRITES and f"{place.data}/" in line and ".lock>" not in line
    ]
    if swallowed and not outcome.failed and not told(run):
        outcome.wrong.append(f"swallowed: {swallowed[0][:200]}")
    if outcome.failed and outcome.hit:
        message = run.value("opened")["error"]["message"]
        if not re.search(f"{CAUSES[fault.error]}|disk I/O error|unable to open database", message):
            outcome.wrong.append(f"no cause: {message}")
    return outcome


def told(run: Run) -> list[str]:
    """What an opening that did not fail said of the fault."""
    opened = run.value("opened")
    return [*opened["notices"], *(f"{path}: {why}" for path, why in opened["report"]["refused"])]


def judged(place: Place, run: Run, fault: str, hit: bool, out: str) -> Outcome:
    """Whether the errors are ours, the old state answered, the retry worked, nothing is lost."""
    wrong: list[str] = []
    opened, old, retried = run.value("opened"), run.value("old"), run.value("retried")
    failed = isinstance(opened, dict) and "error" in opened
    if run.hung or run.status != 0 or retried is None:
        wrong.append(f"crashed: {message_of(run)}")
        return Outcome(fault, hit, failed, False, wrong)
    if not hit:
        return Outcome(fault, hit, failed, False, [])
    if failed:
        wrong += unclear(place, opened["error"])
    answered = isinstance(old, list)
    if answered:
        wrong += [f"old: {line}" for line in untrue(old)]
    else:
        wrong += [f"old: {line}" for line in unclear(place, old["error"])]
    after = run.value("old after")
    if not isinstance(after, list):
        wrong.append(f"old: does not answer when the fault is gone: {after['error']}")
    else:
        wrong += [f"old after: {line}" for line in untrue(after)]
    if "error" in retried:
        wrong.append(f"retry: {retried['error']}")
        return Outcome(fault, hit, failed, answered, wrong)
    looked = place.server.run("verify", **place.paths, doctor=True)
    wrong += astray(place, looked, out)
    return Outcome(fault, hit, failed, answered, wrong)


def unclear(place: Place, error: dict[str, Any]) -> list[str]:
    """What an error leaves unsaid."""
    if not error["ours"]:
        return [f"raw: {error['kind']} in {error['where']}: {error['message']}"]
    found = []
    if str(place.folder) not in error["message"]:
        found.append(f"no path: {error['kind']}: {error['message']}")
    if re.search(r"this is a bug|Traceback", error["message"]) or "\n" in error["message"]:
        found.append(f"not for people: {error['message']}")
    return found


def untrue(hits: Sequence[Sequence[Any]]) -> list[str]:
    """Hits that are not text of a file as it is or was."""
    found = []
    for article_id, start, end, text, _ in hits:
        if not any(state.get(article_id, "")[start:end] == text for state in ROUNDS):
            found.append(f"{article_id} never held {text[:60]!r}")
    if not hits:
        found.append("found nothing")
    return found


def astray(place: Place, looked: Run, out: str | None = None) -> list[str]:
    """How the corpus differs from the folder, less `out`, once all faults are gone."""
    if looked.value("files") is None:
        return [f"unopenable: {looked.value('error')} {message_of(looked)}"]
    folder = {
        path.relative_to(place.articles).as_posix(): path.read_text("utf-8")
        for path in place.articles.rglob("*")
        if path.is_file()
    }
    folder.pop(out or "", None)
    texts = looked.value("texts")
    found = [f"lost: {name}" for name in sorted(folder.keys() - texts.keys())]
    found += [f"foreign: {name}" for name in sorted(texts.keys() - folder.keys())]
    found += [f"half: {n}" for n in sorted(texts.keys() & folder.keys()) if texts[n] != folder[n]]
    found += [f"unfound: {line}" for line in looked.value("unfound")]
    found += [f"damage: {n}: {m}" for n, ok, m, fixed in looked.value("checks") if fixed or not ok]
    found += [f"damage: {notice}" for notice in looked.value("notices")]
    return found + leftovers(looked.value("files"))


def test_every_call_fails(workers: Workers, figures: Figures, strace: None) -> None:
    every = points(workers.places[0])
    chosen = every
    if INJECTED is not None:
        chosen = random.Random(SEED).sample(every, min(INJECTED, len(every)))
    outcomes = workers.map(inject, chosen)
    figures.add("R3", "faults that can be met", len(every))
    record(figures, outcomes, "faults injected")


CROWD = "openings with too few descriptors"


def crowd(place: Place, _: int) -> list[Outcome]:
    """Too few file descriptors, for real."""
    place.restore(0, ROUNDS[1])
    run = place.server.run("crowded", **place.paths)
    found = []
    for message in run.messages:
        for key, value in message.items():
            if key.startswith("free"):
                failed = "error" in value
                wrong = unclear(place, value["error"]) if failed else []
                if failed and not re.search(CAUSES["EMFILE"], value["error"]["message"]):
                    wrong.append(f"no cause: {value['error']['message']}")
                found.append(Outcome(f"descriptors: {key}", True, failed, False, wrong))
    looked = place.server.run("verify", **place.paths, doctor=True)
    last = [] if run.status == 0 else [f"crashed: {message_of(run)}"]
    if "error" in (run.value("retried") or {"error": 1}):
        last.append(f"retry: {run.value('retried')}")
    found.append(Outcome("descriptors: enough", True, False, False, last + astray(place, looked)))
    assert any(outcome.failed for outcome in found)
    return found


def test_too_few_descriptors(workers: Workers, figures: Figures) -> None:
    outcomes = workers.map(crowd, [0])
    record(figures, outcomes[0], CROWD)


def why_no_mounts() -> list[str] | str:
    """A command that gives a process mounts of its own; else why there is none."""
    for command in (["unshare", "-m"], ["unshare", "-rm"]):
        if shutil.which("unshare") is None:
            return "there is no unshare on this machine (util-linux)"
        probe = [*command, "mount", "-t", "tmpfs", "footnote", "/mnt"]
        if subprocess.run(probe, capture_output=True).returncode == 0:
            return command
    return "no file system can be mounted here, not even in a namespace of its own"


SIZES = range(0, 1201, 8) if FULL else range(0, 1201, 75)
"""KiB left on the full file system."""


def test_full_and_read_only_file_systems(workers: Workers, figures: Figures) -> None:
    command = why_no_mounts()
    if isinstance(command, str):
        pytest.skip(command)
    place = workers.places[0]
    template = place.after(0)
    alone = Place(place.folder, Server(place.folder / "mounts.txt", command))
    try:
        outcomes = []
        for how in ("read-only", *map(str, SIZES)):
            shutil.rmtree(place.data, ignore_errors=True)
            run = alone.server.run("mounted", **place.paths, template=str(template), how=how)
            fault = "read-only" if how == "read-only" else f"{how} KiB free"
            outcomes.append(on_a_mount(place, run, fault))
    finally:
        alone.server.close()
    record(figures, outcomes, "openings on a full or read-only file system")
    assert outcomes[0].failed, "indexing on a read-only file system did not fail"
    assert any(outcome.failed for outcome in outcomes[1:])


def on_a_mount(place: Place, run: Run, fault: str) -> Outcome:
    """Judge a run whose data folder only it can see."""
    opened, old, retried = run.value("opened"), run.value("old"), run.value("retried")
    if run.hung or run.status != 0 or retried is None:
        return Outcome(fault, True, False, False, [f"crashed: {message_of(run)}"])
    failed = "error" in opened
    wrong = unclear(place, opened["error"]) if failed else []
    causes = CAUSES["EROFS" if fault == "read-only" else "ENOSPC"]
    if failed and not re.search(causes, opened["error"]["message"]):
        wrong.append(f"no cause: {opened['error']['message']}")
    answered = isinstance(old, list)
    wrong += untrue(old) if answered else [f"old: does not answer: {old['error']}"]
    after = run.value("old after")
    wrong += untrue(after) if isinstance(after, list) else [f"old after: {after['error']}"]
    if "error" in retried:
        wrong.append(f"retry: {retried['error']}")
    return Outcome(fault, True, failed, answered, wrong + astray(place, run))


def record(figures: Figures, outcomes: Sequence[Outcome], kind: str) -> None:
    met = [outcome for outcome in outcomes if outcome.hit]
    figures.add("R3", kind, len(met))
    figures.add("R3", "openings that failed", sum(o.failed for o in met))
    if kind != CROWD:  # there no assistant was open before
        figures.add("R3", "asked during the fault", len(met))
        figures.add("R3", "answered during the fault", sum(o.answered for o in met))
    wrong = [f"{outcome.fault}: {line}" for outcome in met for line in outcome.wrong]
    wrong += [f"{o.fault}: {line}" for o in outcomes if not o.hit for line in o.wrong]
    for name, words in {
        "errors without path or cause": "no path|no cause|not for people",
        "raw errors": "raw|old: raw",
        "crashes": "crashed",
        "failures swallowed": "swallowed",
        "retries that failed": "retry",
        "articles lost or half": "lost|half|foreign|unfound|unopenable|damage",
    }.items():
        lines = [line for outcome in outcomes for line in outcome.wrong]
        figures.add("R3", name, sum(bool(re.match(words, line)) for line in lines))
    kinds = {re.sub(r"\d+|/\S+", "", line.split(": ", 1)[1])[:90]: line for line in wrong}
    assert not wrong, f"{len(wrong)} wrong of {len(met)}, of these kinds:\n" + "\n".join(
        kinds.values()
    )
