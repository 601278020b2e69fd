"""R4: no changed byte of the data folder goes unnoticed, and none is thrown away."""

from __future__ import annotations

import hashlib
import os
import random
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from embeddings.encoder import OnnxEncoder
from embeddings.errors import ModelError
from tests.torture.figures import Figures
from tests.torture.harness import (
    FULL,
    LARGE,
    Place,
    Workers,
    go_on,
    message_of,
    until_stopped,
)
from tests.torture.scenario import ROUNDS

pytestmark = pytest.mark.crash

SEED = 20240609
FLIPS = {"lexical": 500 if FULL else 12}
"""Bits flipped in each file of the lexical index, one at a time …"""
MOST_FLIPS = 2000 if FULL else 60
"""… and in each other file."""
ENCODER_FLIPS = 1000 if FULL else 40
TRUNCATIONS = 100 if FULL else 10
BLOCKS = 20 if FULL else 3
SWAPS = 100 if FULL else 2
ASKED = 50
"""One in so many cases is asked a question too, not only searched."""
ROUND = 2
OUT = "added.txt"
"""An article that the user took out: damage must not bring it back."""


@dataclass(frozen=True)
class Damage:
    """One way to damage one file."""

    file: str
    """Relative to the data folder, its number among those of its kind for a name."""
    how: str
    at: int = 0
    other: str = ""

    def __str__(self) -> str:
        return f"{self.file}: {self.how} {self.at or ''}{self.other}"


@dataclass
class Outcome:
    """What came of it."""

    damage: Damage
    kind: str
    """error, repaired, quarantined, or undetected."""
    wrong: list[str]


def kind_of(name: str) -> str:
    """A name for people for a file of the data folder: the same on every machine."""
    parts = Path(name).parts[2:]
    plain = re.sub(r"^(dense|lexical)(?:-\w+)+", r"\1", "/".join(parts))
    return re.sub(r"[0-9a-f]{32}", "*", plain)


def pristine(place: Place) -> Path:
    """A data folder with everything in it: a corpus, its indexes, an article taken out."""
    template = place.folder / "pristine"
    if not template.exists():
        place.restore(ROUND, ROUNDS[ROUND])
        run = place.server.run("remove", **place.paths, article=OUT, stop=False)
        assert run.status == 0, message_of(run)
        if LARGE in os.environ:  # scores are those of indexes made anew only from then on
            for index in place.data.rglob("dense-*"):
                shutil.rmtree(index)
        for _ in range(2):
            run = place.server.run("inspect", **place.paths, question=QUESTION)
            assert run.status == 0, message_of(run)
        shutil.copytree(place.data, template)
        place.scratch["expected"] = run.value("first")
        older = place.after(ROUND - 1)
        place.scratch["older"] = {
            kind_of(name): (older / name).read_bytes() for name in names(older)
        }
    return template


CORPUS, SEAL = "corpus.sqlite", "corpus.seal"
UNSEALED = "bit flipped, with the seal from before,"
"""As after a crash between a commit and its seal: the rows' own checksums must do."""
QUESTION = "What did the report on long say of a loss?"


def names(folder: Path) -> list[str]:
    """Every file of a folder."""
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def identified(place: Place) -> dict[str, str]:
    """Kind and number of a file → its name in this place; names are drawn anew for each."""
    found: dict[str, str] = {}
    for name in names(pristine(place)):
        kind = kind_of(name)
        number = sum(key.split("#")[0] == kind for key in found)
        found[f"{kind}#{number}" if number else kind] = name
    return found


def damages(place: Place) -> Iterator[Damage]:
    """Every damage of every file."""
    template = pristine(place)
    files = identified(place)
    for key, name in files.items():
        chance = random.Random(f"{SEED}/{key}")
        content = (template / name).read_bytes()
        size = len(content)
        yield Damage(key, "deleted")
        others = [k for k, n in files.items() if (template / n).read_bytes() != content]
        for other in chance.sample(others, min(SWAPS, len(others))):
            yield Damage(key, "swapped with ", other=other)
        if not size:
            continue
        bits = range(8 * size)
        flips = min(len(bits), FLIPS.get(key.split("/")[0], MOST_FLIPS))
        for bit in chance.sample(bits, flips):
            yield Damage(key, "bit flipped", bit)
        cuts = TRUNCATIONS if FULL or "/" not in key else TRUNCATIONS // 2
        for length in sorted({size * part // cuts for part in range(cuts)}):
            yield Damage(key, "truncated to", length)
        blocks = [b for b in range(0, size, 512) if any(content[b : b + 512])]
        for block in chance.sample(blocks, min(BLOCKS, len(blocks))):
            yield Damage(key, "512 zeros at", block)
        yield Damage(key, "bytes added", size)
        if place.scratch["older"].get(kind_of(name), content) != content:
            yield Damage(key, "an older version")
        if key == CORPUS:
            for bit in chance.sample(bits, flips):
                yield Damage(key, UNSEALED, bit)


def spoil(place: Place, damage: Damage) -> bytes | None:
    """Damage the file; returns the bytes it then holds, None when it is gone."""
    files = identified(place)
    path = place.data / files[damage.file]
    content = bytearray(path.read_bytes())
    if damage.how == "deleted":
        path.unlink()
        return None
    if damage.other:
        other = place.data / files[damage.other]
        taken = other.read_bytes()
        other.write_bytes(content)
        content = bytearray(taken)
    elif damage.how == UNSEALED:
        content[damage.at // 8] ^= 1 << damage.at % 8
        (place.data / files[SEAL]).write_bytes(place.scratch["older"][SEAL])
    elif damage.how == "bit flipped":
        content[damage.at // 8] ^= 1 << damage.at % 8
    elif damage.how == "truncated to":
        del content[damage.at :]
    elif damage.how == "512 zeros at":
        end = min(len(content), damage.at + 512)
        content[damage.at : end] = bytes(end - damage.at)
    elif damage.how == "bytes added":
        content += random.Random(SEED).randbytes(100)
    else:
        content = bytearray(place.scratch["older"][kind_of(files[damage.file])])
    path.write_bytes(content)
    return bytes(content)


def try_one(place: Place, damage: Damage) -> Outcome:
    """Damage, open, look."""
    template = pristine(place)
    shutil.rmtree(place.data, ignore_errors=True)
    shutil.copytree(template, place.data)
    place.restore_articles(ROUNDS[ROUND])
    damaged = spoil(place, damage)
    asked = random.Random(f"{SEED}/{damage}").randrange(ASKED) == 0
    run = place.server.run("inspect", **place.paths, question=QUESTION if asked else None)
    first, second = run.value("first"), run.value("second")
    if run.status != 0 or second is None:
        return Outcome(damage, "crash", [f"crash: {message_of(run)}"])
    name = identified(place)[damage.file]
    touched = [name, *([identified(place)[damage.other]] if damage.other else [])]
    if "error" in first:
        return Outcome(damage, "error", unnamed(first["error"], touched))
    told = [*first["notices"]]
    expected = place.scratch["expected"]
    wrong, lost = differences(first, expected, told)
    kind = "quarantined" if lost else "repaired"
    if not told:
        kind = "undetected"
        if not may_pass(damage):
            wrong.append("undetected: nothing was said")
    if "error" in second:
        wrong.append(f"second: the next opening fails: {second['error']}")
    else:
        wrong += [f"second: {line}" for line in differences(second, expected, told)[0]]
        if second["notices"] and not lost:
            wrong.append(f"second: damage is still told of: {second['notices']}")
    sealed = damaged is not None and kind != "undetected" and damage.file == CORPUS
    if damaged is not None and sealed and not kept(place, damaged):
        wrong.append("gone: the damaged corpus was not kept aside")
    return Outcome(damage, kind, wrong)


def may_pass(damage: Damage) -> bool:
    """True for what may go unnoticed, as long as every article and answer is right.

    A lock holds nothing. A seal from before is what a crash after a commit leaves, and with it
    only the bytes of the corpus that hold something are checked, row by row.
    """
    if damage.how == "an older version":
        return damage.file == SEAL
    return damage.how == UNSEALED or (".lock" in damage.file and damage.how == "deleted")


def unnamed(error: dict[str, Any], touched: Sequence[str]) -> list[str]:
    """What an error about damage leaves unsaid."""
    if not error["ours"]:
        return [f"raw: {error['kind']} in {error['where']}: {error['message']}"]
    parts = {part for name in touched for part in (Path(name).name, *Path(name).parts[2:3])}
    if not any(part in error["message"] for part in parts):
        return [f"unnamed: {error['message']}"]
    return []


def differences(
    seen: dict[str, Any], expected: dict[str, Any], told: Sequence[str]
) -> tuple[list[str], list[str]]:
    """What is wrong with what was seen, and which articles are out, named as damaged."""
    said = "\n".join(told)
    wrong = []
    lost = sorted(expected["texts"].keys() - seen["texts"].keys())
    wrong += [f"lost: {name} is gone, and not named" for name in lost if name not in said]
    for name, text in seen["texts"].items():
        if name == OUT and OUT not in said and "taken out" not in said:
            wrong.append("back: an article that was taken out is back, and it is not said")
        elif name != OUT and text != expected["texts"].get(name):
            wrong.append(f"changed: {name} holds {text[:60]!r}")
    if lost or OUT in seen["texts"]:
        return wrong, lost
    if not same(seen["hits"], expected["hits"]):
        wrong.append("answers: not the hits of before")
    if seen["answer"] and seen["answer"] != expected["answer"]:
        wrong.append(f"answers: {seen['answer'][0]!r}, not {expected['answer'][0]!r}")
    return wrong, lost


def same(seen: Sequence[Sequence[Any]], expected: Sequence[Sequence[Any]]) -> bool:
    """True when each question has the same hits with the same scores; ties in any order."""
    for one, other in zip(seen, expected, strict=False):  # the second look asks less
        if sorted(map(tuple, (h[:4] for h in one))) != sorted(map(tuple, (h[:4] for h in other))):
            return False
        if any(abs(a[4] - b[4]) > 1e-5 for a, b in zip(one, other, strict=True)):
            return False
    return True


def kept(place: Place, content: bytes) -> bool:
    """True when the data folder still holds a file of just this content."""
    wanted = hashlib.sha256(content).digest()
    return any(
        hashlib.sha256(path.read_bytes()).digest() == wanted
        for path in place.data.rglob("*")
        if path.is_file() and path.stat().st_size == len(content)
    )


def test_damage_is_noticed(workers: Workers, figures: Figures) -> None:
    cases = list(damages(workers.places[0]))
    outcomes = workers.map(try_one, cases)
    for outcome in outcomes:
        kind = outcome.damage.file.split("#")[0]
        for promise in ("R4", f"R4 {kind}"):
            figures.add(promise, "damages", 1)
            for name in ("error", "repaired", "quarantined", "undetected", "crash"):
                title = TITLES[name]
                if name == "undetected" and may_pass(outcome.damage):
                    title = "without effect, and not noticed"
                figures.add(promise, title, outcome.kind == name)
            for title, beginning in FAILURES.items():
                found = any(re.match(f"(second: )?({beginning})", line) for line in outcome.wrong)
                figures.add(promise, title, found)
    report([f"{o.damage}: {line}" for o in outcomes for line in o.wrong], len(outcomes))


TITLES = {
    "error": "refused, the file named",
    "repaired": "repaired, and said",
    "quarantined": "an article set aside, and named",
    "undetected": "undetected",
    "crash": "crashes",
}


FAILURES = {
    "raw errors": "raw",
    "wrong answers": "answers|changed|lost",
    "articles taken out that came back in silence": "back",
    "thrown away": "gone",
}


def report(wrong: Sequence[str], count: int) -> None:
    """Fail with one of each kind."""
    kinds = {re.sub(r"\d+|/\S+", "", line)[:70]: line for line in wrong}
    some = list(kinds.values())[:25]
    assert not wrong, f"{len(wrong)} wrong of {count}, of these kinds:\n" + "\n".join(some)


def test_damage_of_an_encoder_is_noticed(exported: Path, tmp_path: Path, figures: Figures) -> None:
    folder = tmp_path / "encoder"
    shutil.copytree(next((exported / "encoders").glob("*/encoder.json")).parent, folder)
    chance = random.Random(f"{SEED}/encoder")
    unnoticed: list[str] = []
    tried = 0

    def look(what: str) -> None:
        try:
            OnnxEncoder(folder)
        except ModelError as error:
            if str(folder) not in str(error):
                unnoticed.append(f"{what}: not named: {error}")
        else:
            unnoticed.append(f"{what}: loaded")

    OnnxEncoder(folder)
    for path in sorted(folder.iterdir()):
        size = path.stat().st_size
        for bit in chance.sample(range(8 * size), min(8 * size, ENCODER_FLIPS)):
            with path.open("r+b") as file:
                flip(file, bit)
                file.flush()
                look(f"{path.name}: bit {bit}")
                flip(file, bit)
            tried += 1
        aside = path.rename(tmp_path / path.name)
        look(f"{path.name}: deleted")
        for part in range(0, 100, 1 if FULL else 25):
            with aside.open("rb") as whole:
                path.write_bytes(whole.read(size * part // 100))
            look(f"{path.name}: truncated to {part} %")
            tried += 1
        aside.replace(path)
    OnnxEncoder(folder)
    figures.add("R4", "damages of an encoder", tried)
    figures.add("R4", "undetected damages of an encoder", len(unnoticed))
    report(unnoticed, tried)


def flip(file: BinaryIO, bit: int) -> None:
    """Flip one bit of an open file."""
    file.seek(bit // 8)
    byte = file.read(1)[0]
    file.seek(bit // 8)
    file.write(bytes([byte ^ 1 << bit % 8]))


LIVE = 400 if FULL else 40


def while_open(place: Place, number: int) -> list[str]:
    """Damage the corpus under an open assistant, and ask it."""
    chance = random.Random(f"{SEED}/live/{number}")
    template = pristine(place)
    shutil.rmtree(place.data, ignore_errors=True)
    shutil.copytree(template, place.data)
    place.restore_articles(ROUNDS[ROUND])
    run = place.server.start("live", **place.paths)
    assert run.until("before"), message_of(run)
    until_stopped(run)
    path = place.data / identified(place)["corpus.sqlite"]
    bit = chance.randrange(8 * path.stat().st_size)
    with path.open("r+b") as file:
        flip(file, bit)
    go_on(run)
    run.finish()
    run.sweep()
    after, how = run.value("after"), f"live {number}, bit {bit}"
    if run.status != 0 or after is None:
        return [f"{how}: crash: {message_of(run)}"]
    if "error" in after:
        error = after["error"]
        return [] if error["ours"] else [f"{how}: raw: {error['kind']}: {error['message']}"]
    expected = place.scratch["expected"]
    wrong = [f"{how}: changed: {n}" for n, t in after["texts"].items() if t != expected["texts"][n]]
    if not same(after["hits"], expected["hits"]):
        wrong.append(f"{how}: answers: not the hits of before")
    return wrong


def test_damage_under_an_open_assistant(workers: Workers, figures: Figures) -> None:
    wrong = [line for lines in workers.map(while_open, range(LIVE)) for line in lines]
    figures.add("R4", "bits flipped under an open assistant", LIVE)
    figures.add("R4", "wrong answers of an open assistant", len(wrong))
    report(wrong, LIVE)
