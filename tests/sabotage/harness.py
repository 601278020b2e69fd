"""The evaluation as it stands, asked of the product as it stands: a run, its gate, its verdict."""

from __future__ import annotations

import io
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from assistant.reading import reader
from embeddings.errors import AssistantError
from eval.evaluation import measured
from eval.gate import Gate, Verdict, broken
from eval.report import Report
from eval.saved import Saved
from eval.sets import QuestionSet

ROOT = Path(__file__).resolve().parents[2]

__all__ = ["Evaluation", "Outcome", "records_of"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the gate made of a run."""

    report: Report | None = None
    error: str = ""
    """Why nothing could be judged: `python -m eval` exits with 2."""

    @property
    def closed_by(self) -> dict[str, str]:
        """What closed the gate: the floor, and how it was missed."""
        if self.report is None:
            return {"nothing judged": self.error}
        return {v.floor.name: _told(v) for v in broken(self.report.verdicts)}

    @property
    def p(self) -> dict[str, float]:
        """Of the drops that closed the gate, how likely luck alone would do that."""
        verdicts = self.report.verdicts if self.report else ()
        return {v.floor.name: v.p for v in broken(verdicts) if v.p is not None}

    @property
    def lost(self) -> int:
        """Questions that were as they should be, and are not any more."""
        comparison = self.report.comparison if self.report else None
        return len(comparison.lost) if comparison else 0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A set of questions and its gate; each run indexes the articles anew."""

    chosen: QuestionSet
    gate: Gate
    encoders: Path
    """Folder of the exported encoder."""

    def run(self, before: Saved | None = None) -> Outcome:
        """Index, ask, judge, compare with the run before, hold to the gate."""
        _forget_everything()
        with tempfile.TemporaryDirectory(prefix="footnote-sabotage-") as name:
            data = Path(name)
            (data / "encoders").symlink_to(self.encoders, target_is_directory=True)
            console = Console(file=io.StringIO())
            try:
                return Outcome(measured(self.chosen, self.gate, before, data, console))
            except AssistantError as error:
                told = f"{type(error).__name__}: {error}".replace(f"{ROOT}/", "")
                return Outcome(error=" ".join(told.split()))


def records_of(document: dict[str, Any]) -> str:
    """The answers of a run's `latest.json`, and what they were worth; not how long they took."""
    records = [{**row, "latency_ms": None} for row in document["records"]]
    return json.dumps(records, ensure_ascii=False, sort_keys=True)


def _told(verdict: Verdict) -> str:
    """How a floor was missed, without the names of the questions."""
    value = verdict.figure.value
    if verdict.p is not None and value is not None:
        return f"{value:+.3f}, p = {verdict.p:.2g}, {len(verdict.lost)} lost"
    return "nothing judged" if value is None else f"{value:.3f}, must be {verdict.floor.bound}"


def _forget_everything() -> None:
    """What the product keeps for the next question must not outlive a mutant."""
    for name, module in [*sys.modules.items()]:
        if module is not None and name.partition(".")[0] in ("assistant", "embeddings"):
            for holder in (module, *(v for v in vars(module).values() if isinstance(v, type))):
                for value in vars(holder).values():
                    kept = getattr(value, "__func__", value)
                    if hasattr(kept, "cache_clear") and kept is not reader._loaded:
                        kept.cache_clear()
