"""R1: killed anywhere, nothing acknowledged is lost, nothing is half, and it opens again."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.torture.figures import Figures
from tests.torture.harness import FULL, Place, Run, Strace, Workers, message_of
from tests.torture.scenario import LAST, ROUNDS, State, apply

pytestmark = pytest.mark.crash

SEED = 20240607
RANDOM_KILLS = 3000 if FULL else 300
RECOVERY_KILLS = 1000 if FULL else 60
SWEPT_KILLS = None if FULL else 110
"""Kills at a system call; None: at every one."""
LONGEST_REOPEN = 5.0
CALLS = (
    "write pwrite64 fsync fdatasync rename renameat2 unlink unlinkat ftruncate mkdir mkdirat rmdir"
).split()
CALL = re.compile(r"^(\d+)\s+(?:<\.\.\. )?(\w+)[( ]")


@dataclass
class Known:
    """What the killed process had said by the time it died."""

    before: State
    """The folder's files before the round it died in."""
    after: State
    acknowledged: set[str] = field(default_factory=set)
    finished: bool = False
    """The round's report was given: everything is acknowledged, deletions too."""
    removing: str | None = None
    removed: bool = False


@dataclass
class Kill:
    """What a kill did."""

    how: str
    died: bool
    wrong: list[str]
    reopened: float
    first: float


def judged(
    place: Place, known: Known, chance: random.Random, how: str, died: bool, doctor: bool = True
) -> Kill:
    """Open again, and compare what is there with what was acknowledged."""
    folder: dict[str, str] = {}
    for name in known.before.keys() | known.after.keys():
        old, new = known.before.get(name), known.after.get(name)
        settled = known.finished or name in known.acknowledged
        text = new if settled or chance.random() < 0.5 else old
        if text is not None:
            folder[name] = text
    apply(place.articles, folder)
    run = place.server.run("verify", **place.paths, doctor=doctor)
    wrong: list[str] = []
    error = run.value("error")
    if error is not None or run.status != 0 or run.value("files") is None:
        wrong.append(f"unopenable: {error} {message_of(run)}")
        return Kill(how, died, wrong, run.value("reopened") or 0.0, 0.0)
    report, texts = run.value("report"), run.value("texts")
    out = known.removing if known.removing and known.removing not in texts else None
    if known.removing and out is None and known.removed:
        wrong.append(f"lost: the removal of {known.removing}")
    if out and folder.pop(out, None) is None:
        wrong.append(f"lost: {out}")
    kept = known.after.keys() if known.finished else known.acknowledged & known.after.keys()
    unchanged = {folder.get(name) for name in report["unchanged"]}  # two files may share a text
    for name in sorted(kept - {out}):
        if folder[name] not in unchanged:
            wrong.append(f"lost: {name} was acknowledged and is not known: {report}")
    for name in sorted(folder.keys() - texts.keys()):
        if folder[name] not in texts.values():
            wrong.append(f"lost: {name} is in the folder and not in the corpus")
    for name in sorted(texts.keys() - folder.keys()):
        wrong.append(f"foreign: {name} is in the corpus and not in the folder")
    for name in sorted(texts.keys() & folder.keys()):
        if texts[name] != folder[name]:
            wrong.append(f"half: {name} holds {texts[name][:80]!r}…")
    if known.finished and report["removed"]:
        wrong.append(f"lost: deletions that had been reported: {report['removed']}")
    wrong += [f"unfound: {line}" for line in run.value("unfound")]
    for name, ok, message, repaired in run.value("checks") or ():
        if texts and (not ok or repaired):
            wrong.append(f"damage: doctor says {name}: {message}")
    wrong += [f"damage: {notice}" for notice in run.value("notices")]
    wrong += leftovers(run.value("files"))
    if run.value("reopened") > LONGEST_REOPEN:
        wrong.append(f"slow: reopening took {run.value('opened'):.1f} s")
    return Kill(how, died, wrong, run.value("reopened"), run.value("first"))


TEMPORARY = re.compile(r"(^|/)\.new|\.tmp[^/]*$")
"""SQLite's journal may stay: there is never more than one, and the next commit takes it."""
MOST_ENTRIES = 40
"""Files and folders of a small corpus at rest; more means that something piles up."""


def leftovers(files: Sequence[str]) -> list[str]:
    """Temporary files that a later run did not sweep."""
    found: list[str] = []
    for name in sorted(files):
        if TEMPORARY.search(name) and not (found and f"leftover: {name}".startswith(found[-1])):
            found.append(f"leftover: {name}")
    if len(files) > MOST_ENTRIES:
        found.append(f"leftover: {len(files)} files and folders: {files}")
    return found


def heard(run: Run, known: Known) -> Known:
    """Add what the run said to what is known."""
    for message in run.messages:
        known.acknowledged.update(message.get("acknowledged", ()))
        if "report" in message:
            known.finished = True
    return known


def counted(trace: str) -> dict[str, int]:
    """Most calls of one thread, for each system call: strace counts each thread by itself."""
    counts: dict[tuple[str, str], int] = {}
    for line in trace.splitlines():
        found = CALL.match(line)
        if found and "resumed>" not in line:
            key = (found[1], found[2])
            counts[key] = counts.get(key, 0) + 1
    most: dict[str, int] = {}
    for (_, call), count in counts.items():
        most[call] = max(most.get(call, 0), count)
    return most


def points(place: Place) -> list[tuple[str, int, str, int]]:
    """Job, round, system call and k of every place to be killed at."""
    found = []
    for job, arguments in (("index", {"stop": True}), ("index_late", {})):
        for number in range(LAST + 1):
            place.restore(number - 1, ROUNDS[number])
            run = place.server.start(job, **place.paths, **arguments)
            strace = Strace(run, place.folder / "trace", f"trace={','.join(CALLS)}")
            run.finish()
            most = counted(strace.close())
            assert run.status == 0, message_of(run)
            found += [
                (job, number, call, k) for call in CALLS for k in range(1, most.get(call, 0) + 1)
            ]
    return found


def kill_at(place: Place, case: tuple[str, int, str, int]) -> Kill:
    """Kill at the k-th of a system call, then look."""
    job, number, call, k = case
    how = f"{job} round {number}: {call} {k}"
    chance = random.Random(f"{SEED}/{how}")
    place.restore(number - 1, ROUNDS[number])
    arguments = {"stop": True} if job == "index" else {}
    run = place.server.start(job, **place.paths, **arguments)
    strace = Strace(
        run,
        place.folder / "trace",
        f"trace={call}",
        f"inject={call}:signal=KILL:when={k}",
    )
    run.finish()
    strace.close()
    before = ROUNDS[number - 1] if number else {}
    known = heard(run, Known(before, ROUNDS[number]))
    kill = judged(place, known, chance, how, run.killed)
    run.sweep()
    return kill


def spread(cases: Sequence[tuple[str, int, str, int]], most: int | None) -> list[Any]:
    """At most `most` of the cases, evenly."""
    if most is None or len(cases) <= most:
        return list(cases)
    return [cases[number * len(cases) // most] for number in range(most)]


def test_killed_at_each_system_call(workers: Workers, figures: Figures, strace: None) -> None:
    every = points(workers.places[0])
    kills = workers.map(kill_at, spread(every, SWEPT_KILLS))
    figures.add("R1", "system calls to be killed at", len(every))
    _record(figures, kills, "at a system call")


def kill_sometime(place: Place, number: int) -> Kill:
    """Kill a session of several rounds at a random moment, then look."""
    chance = random.Random(f"{SEED}/random/{number}")
    for _ in range(4):  # a session that was quicker than expected is over before the kill
        length = session_seconds(place)
        wait = chance.random() * length * 0.97
        place.restore(-1, {})
        run = place.server.start("session", **place.paths)
        run.until("go")
        began = time.monotonic()
        time.sleep(wait)
        run.kill()
        run.finish()
        if run.killed:
            break
        place.scratch["session"] = min(length, (length + time.monotonic() - began) / 2) * 0.95
    how = f"random kill {number}, seed {SEED}, after {wait * 1000:.1f} ms"
    kill = judged(place, session_known(run), chance, how, run.killed, doctor=number % 4 == 0)
    run.sweep()
    return kill


def session_known(run: Run) -> Known:
    """What is known of a session of several rounds."""
    at = max((m["round"] for m in run.messages if "report" in m), default=-1)
    begun = max((m["round"] for m in run.messages if "begun" in m), default=-1)
    if at == LAST:
        known = Known(ROUNDS[LAST], ROUNDS[LAST], finished=True)
        known.removing = run.value("removing")
        known.removed = run.value("removed") is not None
        return known
    before = ROUNDS[at] if at >= 0 else {}
    known = Known(before, ROUNDS[at + 1])
    if begun == at + 1:
        for message in run.messages:
            if message.get("round") == begun:
                known.acknowledged.update(message.get("acknowledged", ()))
    return known


def session_seconds(place: Place) -> float:
    """How long an undisturbed session takes here; of three, the one in the middle."""
    if "session" not in place.scratch:
        took = []
        for _ in range(3):
            place.restore(-1, {})
            run = place.server.start("session", **place.paths)
            run.until("go")
            began = time.monotonic()
            run.finish()
            assert run.value("over"), message_of(run)
            took.append(time.monotonic() - began)
        place.scratch["session"] = sorted(took)[1]
    return float(place.scratch["session"])


def test_killed_at_random(workers: Workers, figures: Figures) -> None:
    kills = workers.map(kill_sometime, range(RANDOM_KILLS))
    _record(figures, kills, "at random")


def kill_recovery(place: Place, number: int) -> Kill:
    """Kill an indexing run, kill the run that recovers, a few times over; then look."""
    chance = random.Random(f"{SEED}/recovery/{number}")
    length = session_seconds(place)
    at = chance.randrange(1, LAST + 1)
    place.restore(at - 1, ROUNDS[at])
    known = Known(ROUNDS[at - 1], ROUNDS[at])
    how = f"recovery kill {number}, seed {SEED}, round {at}"
    for _ in range(chance.choice((2, 2, 3, 4))):
        run = place.server.start("index", **place.paths)
        wait = chance.random() * length / (LAST + 1)
        time.sleep(wait)
        run.kill()
        run.finish()
        run.sweep()
        how += f", {wait * 1000:.1f} ms"
        heard(run, known)
    return judged(place, known, chance, how, True)


def test_killed_while_recovering(workers: Workers, figures: Figures) -> None:
    kills = workers.map(kill_recovery, range(RECOVERY_KILLS))
    _record(figures, kills, "while recovering")


def _record(figures: Figures, kills: Sequence[Kill], kind: str) -> None:
    figures.add("R1", f"killed {kind}", sum(kill.died for kill in kills))
    for name, words in {
        "articles lost": "lost",
        "half articles": "half",
        "stores that did not open": "unopenable",
        "articles from elsewhere": "foreign",
        "articles not found": "unfound",
        "indexes or articles damaged": "damage",
        "temporary files left": "leftover",
    }.items():
        count = sum(line.startswith(words) for kill in kills for line in kill.wrong)
        figures.add("R1", name, count)
    figures.most("R1", "slowest reopening, seconds", max(kill.reopened for kill in kills))
    figures.most("R1", "slowest first answer, seconds", max(kill.first for kill in kills))
    wrong = [f"{kill.how}: {line}" for kill in kills for line in kill.wrong]
    wrong.sort(key=lambda line: ": leftover: " in line)
    assert not wrong, f"{len(wrong)} wrong of {len(kills)} kills:\n" + "\n".join(wrong[:12])
