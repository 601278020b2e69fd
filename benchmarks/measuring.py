"""One step of one contender, measured from outside; and the ratio of two, round by round."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.contenders import NOT_THEIRS
from benchmarks.peers.protocol import ReplyError, parse_reply

__all__ = ["Ratio", "Run", "StepError", "percentile", "ratio", "run"]

ROOT = Path(__file__).resolve().parent.parent
OFFLINE = {
    "CUDA_VISIBLE_DEVICES": "",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
}


class StepError(RuntimeError):
    """A contender failed."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a process replied, and what it took, its children included."""

    reply: Mapping[str, Any]
    wall: float
    """Seconds from its start to its reply."""
    cpu: float
    """Seconds of processor."""
    peak_mib: float
    """The most that was resident at once."""


def run(python: Path, module: str, step: str, *arguments: str | Path) -> Run:
    """Start a fresh process for one step; raises `StepError` with the last lines of what it said.

    Only where the system tells a process's use (`wait4`: Linux, macOS).
    """
    command = [str(python), "-m", f"benchmarks.peers.{module}", step, *map(str, arguments)]
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("FOOTNOTE_") and name not in NOT_THEIRS
    }
    with tempfile.TemporaryFile("w+") as errors:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=ROOT, env=kept | OFFLINE, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        assert process.stdout is not None
        output = process.stdout.read()
        wall = time.perf_counter() - began
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        try:
            reply = parse_reply(output, step)
        except ReplyError as error:
            errors.seek(0)
            said = "\n".join(errors.read().strip().splitlines()[-8:])
            raise StepError(f"{' '.join(command)}: {error}\n{said}") from error
    return Run(reply, wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


@dataclass(frozen=True, slots=True)
class Ratio:
    """How two compare: each round gives a ratio, as both met the same machine in it."""

    median: float
    least: float
    most: float
    quietest: float
    """Of each one's best round."""


def ratio(ours: Sequence[float], theirs: Sequence[float], best: Callable[..., float]) -> Ratio:
    """Ours over theirs, round by round; `best` is `min` for a time, `max` for a rate."""
    by_round = [a / b for a, b in zip(ours, theirs, strict=True)]
    return Ratio(
        statistics.median(by_round), min(by_round), max(by_round), best(ours) / best(theirs)
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share of them lies, between the two nearest (numpy's default)."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
