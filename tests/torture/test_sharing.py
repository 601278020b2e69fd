"""R6: two processes index one corpus while others read, and those at work are killed."""

from __future__ import annotations

import random
import shutil
import time

import pytest

from tests.torture.figures import Figures
from tests.torture.harness import FULL, Place, Run, Workers, message_of
from tests.torture.jobs import mixed_articles
from tests.torture.scenario import apply, changing, many

pytestmark = pytest.mark.crash

SEED = 20240611
EACH = 500 if FULL else 200
CHUNK = 50
CHANGING = 12
VERSIONS = EACH // CHUNK + 1
READERS = 8 if FULL else 4
KILLS = 12 if FULL else 4
SHARE = {
    "left": {"count": EACH, "chunk": CHUNK, "changes": CHANGING},
    "right": {"count": EACH, "chunk": CHUNK, "changes": 0},
}
LONGEST_WAIT = 30.0
"""Seconds within which another indexer goes on after one was killed."""


def kill_some(place: Place, indexers: dict[str, Run], chance: random.Random) -> list[float]:
    """Kill an indexer now and then and start it anew; how long the others took to go on."""
    waits = []
    for _ in range(KILLS):
        time.sleep(0.2 + chance.random())
        name = chance.choice(sorted(indexers))
        run = indexers[name]
        run.kill()
        run.finish()
        run.sweep()
        began = time.monotonic()
        indexers[name] = place.server.start("indexer", **place.paths, prefix=name, **SHARE[name])
        assert indexers[name].until("chunk", LONGEST_WAIT), f"{name} did not go on"
        waits.append(time.monotonic() - began)
    return waits


def test_two_index_while_others_read(workers: Workers, figures: Figures) -> None:
    place = workers.places[0]
    chance = random.Random(SEED)
    shutil.rmtree(place.data, ignore_errors=True)
    apply(place.articles, changing(CHANGING, 0))
    place.server.run("index", **place.paths)
    stop = place.folder / "stop"
    stop.unlink(missing_ok=True)
    readers = [
        place.server.start(
            "reader",
            **place.paths,
            stop_file=str(stop),
            seed=number,
            changes=CHANGING,
            versions=VERSIONS,
        )
        for number in range(READERS)
    ]
    assert all(run.until("reading") for run in readers)
    indexers = {
        name: place.server.start("indexer", **place.paths, prefix=name, **share)
        for name, share in SHARE.items()
    }
    waits = kill_some(place, indexers, chance)
    for run in indexers.values():
        run.finish(300)
    stop.touch()
    for run in readers:
        run.finish(60)
    wrong = [f"indexer: {message_of(run)}" for run in indexers.values() if run.status != 0]
    wrong += [f"reader: {message_of(run)}" for run in readers if run.status != 0]
    wrong += [f"reader: {line}" for run in readers for line in run.value("wrong") or ()]
    looked = place.server.start("verify", **place.paths, doctor=True)
    looked.finish(120)
    texts = looked.value("texts") or {}
    wanted = dict(many("left", EACH)) | dict(many("right", EACH))
    wanted |= changing(CHANGING, VERSIONS - 1)
    missing = [name for name, text in wanted.items() if texts.get(name) != text]
    asked = sum(run.value("asked") or 0 for run in readers)
    figures.add("R6", "articles indexed by two processes", 2 * EACH)
    figures.add("R6", "articles changed meanwhile, again and again", CHANGING)
    figures.add("R6", "indexers killed at work", KILLS)
    figures.add("R6", "readers", READERS)
    figures.add("R6", "searches and answers checked", asked)
    figures.add("R6", "generations seen by readers", sum(r.value("states") or 0 for r in readers))
    figures.add("R6", "mixed or wrong answers", len(wrong))
    figures.add("R6", "articles missing", len(missing))
    figures.most("R6", "longest time until another went on, seconds", max(waits))
    wrong += [f"doctor: {n}: {m}" for n, ok, m, fixed in looked.value("checks") or () if not ok]
    assert not wrong, "\n".join(wrong[:10])
    assert not missing, f"{len(missing)} missing: {missing[:5]} {message_of(looked)[:2000]}"
    assert asked > 10 * READERS


def test_a_mixed_answer_is_caught() -> None:
    old, new = (changing(1, version)["changing-00.txt"] for version in (0, 1))
    known = {"changing-00.txt": [old, new]}
    at = old.index("In year 1905")
    whole = [("changing-00.txt", 0, new[:90]), ("changing-00.txt", at, new[at : at + 60])]
    mixed = [("changing-00.txt", 0, old[:90]), ("changing-00.txt", at, new[at : at + 60])]

    assert list(mixed_articles(known, whole)) == []
    assert len(list(mixed_articles(known, mixed))) == 1
