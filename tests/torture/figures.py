"""What was measured, for each promise; FOOTNOTE_TEST_FIGURES names the folder for `crash.json`."""

from __future__ import annotations

import json
from pathlib import Path

__all__ = ["Figures"]


class Figures:
    """Promise → name → number."""

    def __init__(self) -> None:
        self.numbers: dict[str, dict[str, float]] = {}

    def add(self, promise: str, name: str, number: float) -> None:
        """Add to a count."""
        of = self.numbers.setdefault(promise, {})
        of[name] = of.get(name, 0) + number

    def most(self, promise: str, name: str, number: float) -> None:
        """Keep the larger one."""
        of = self.numbers.setdefault(promise, {})
        of[name] = max(of.get(name, 0.0), round(number, 3))

    def write(self, folder: Path, **besides: object) -> None:
        """Write `crash.json`."""
        folder.mkdir(parents=True, exist_ok=True)
        content = {**besides, "promises": dict(sorted(self.numbers.items()))}
        (folder / "crash.json").write_text(json.dumps(content, indent=2) + "\n", "utf-8")

    def lines(self) -> list[str]:
        """One line a promise."""
        return [
            f"{promise}: " + ", ".join(f"{name} {number:g}" for name, number in of.items())
            for promise, of in sorted(self.numbers.items())
        ]
