"""Puts the five articles into the wheel, so that `ask()` works where there is no checkout."""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ArticlesHook(BuildHookInterface[Any]):
    """An editable install reads `seeds/` from the checkout; only a real wheel carries a copy."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add `seeds/` to the wheel as `assistant/_seeds/`."""
        if version != "editable":
            build_data["force_include"]["seeds"] = "assistant/_seeds"
