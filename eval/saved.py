"""A run as it is kept on disk, reduced to what can be compared: the judged values by question.

Two files hold one. `latest.json` of a run's folder has the answers besides. The accepted run, in
JSON Lines, is what is committed: a first line that says what was asked of what (and `because`,
where a run was accepted though its gate was closed), then a line a question, so that a change of it
can be read. No word of an article and no latency is in it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from embeddings.errors import AssistantError
from eval.questions import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from eval.measures import Measure

__all__ = ["ACCEPTED", "LATEST", "Judged", "Saved", "SavedError", "is_accepted", "read_saved"]

ACCEPTED = "footnote/accepted/1"
LATEST = "latest.json"


class SavedError(AssistantError):
    """A run cannot be read, written or accepted."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One question of a run, and what its answer was worth."""

    id: str
    kind: str
    answerable: bool
    fingerprint: str
    """Of what was asked and expected: where it differs, it is another question."""
    outcome: str
    scores: Mapping[str, float]
    """What could be judged, to six places; what is absent is not 0."""

    def value(self, measure: Measure) -> float | None:
        """The value for a measure; None when it could not be judged, and of a latency."""
        return self.scores.get(measure.score) if measure.covers(self) else None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready dictionary of all fields."""
        own = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**own, "scores": dict(self.scores)}


@dataclass(frozen=True, slots=True)
class Saved:
    """The judged questions of a run, and what they were asked of."""

    judged: tuple[Judged, ...]
    name: str = ""
    """The set of articles and questions."""
    corpus: tuple[str, ...] = ()
    """Fingerprint of the articles."""
    models: Mapping[str, str] = field(default_factory=dict)
    """What made the answers, and its fingerprint."""
    gated: tuple[str, ...] = ()
    """Measures of the gate that it was held to; empty: to none, or it is an accepted run."""
    no_drop: tuple[str, ...] = ()
    """Those of them that must not drop."""
    closed_by: tuple[str, ...] = ()
    """What closed that gate."""
    because: str = ""
    """Why it was accepted all the same."""

    @classmethod
    def from_run(cls, document: Mapping[str, Any]) -> Saved:
        """What `Report.to_dict` saved; raises `KeyError` or `TypeError` where it did not."""
        gate, not_held = document.get("gate", ()), document.get("not_held", ())
        held = {row["floor"]: row["floor"].partition(" ")[0] for row in gate}
        no_drop = [name for floor, name in held.items() if floor.endswith(" since accepted")]
        return cls(
            judged=tuple(_judged(row) for row in document["records"]),
            name=document.get("set", ""),
            corpus=tuple(document["corpus"]),
            models=document.get("models", {}),
            gated=tuple(dict.fromkeys([*held.values(), *not_held])),
            no_drop=(*no_drop, *not_held),
            closed_by=tuple(row["floor"] for row in gate if row["state"] == "broken"),
            because=str(document.get("because", "")),
        )

    def accepted(self) -> str:
        """JSON Lines of the accepted run."""
        head = {
            "schema": ACCEPTED,
            "set": self.name,
            "corpus": list(self.corpus),
            "models": dict(self.models),
            **({"because": self.because} if self.because else {}),
        }
        rows = [head, *(one.to_dict() for one in self.judged)]
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def read_saved(path: Path) -> Saved:
    """The run in a folder, in its latest.json, or in a file of an accepted run.

    Raises `SavedError` that names the file and what to do.
    """
    file = path / LATEST if path.is_dir() else path
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SavedError(
            f"{file}: cannot be read: {reason}; name a run's folder, its latest.json, or an "
            "accepted run"
        ) from error
    try:
        if is_accepted(text):
            head, *rows = (json.loads(line) for line in text.split("\n") if line.strip())
            return Saved.from_run({**head, "records": rows})
        return Saved.from_run(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SavedError(f"{file}: is not a run of `python -m eval`: make it anew") from error


def is_accepted(text: str) -> bool:
    """Whether a file of this text is an accepted run, whatever it is named."""
    try:
        head = json.loads(text.partition("\n")[0])
    except ValueError:
        return False
    return isinstance(head, dict) and head.get("schema") == ACCEPTED


def _judged(row: Mapping[str, Any]) -> Judged:
    if row["kind"] not in KINDS or not isinstance(row["answerable"], bool):
        raise ValueError(row["id"])
    scores = {str(name): float(value) for name, value in row["scores"].items()}
    names = ("id", "kind", "answerable", "fingerprint", "outcome")
    return Judged(**{name: row[name] for name in names}, scores=scores)
