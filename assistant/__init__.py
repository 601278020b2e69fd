"""Footnote: answers from a folder of articles, every sentence cited, or a refusal that says why.

>>> from assistant import ask
>>> answer = ask("How many vehicles did SAIC Ningde produce?")
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.answers import Answer, Citation, Event, Hit
    from assistant.retrieval.filters import Filter
    from assistant.service import Assistant, ask
    from assistant.settings import Settings
    from embeddings.errors import (
        AssistantError,
        CitationError,
        CorpusError,
        DamagedError,
        EngineError,
        ModelError,
        QuestionError,
        ReadError,
        SettingsError,
        UnreadError,
    )

__all__ = [
    "Answer",
    "Assistant",
    "AssistantError",
    "Citation",
    "CitationError",
    "CorpusError",
    "DamagedError",
    "EngineError",
    "Event",
    "Filter",
    "Hit",
    "ModelError",
    "QuestionError",
    "ReadError",
    "Settings",
    "SettingsError",
    "UnreadError",
    "ask",
]

_HOME = {
    **dict.fromkeys(("Answer", "Citation", "Event", "Hit"), "assistant.answers"),
    **dict.fromkeys(("Assistant", "ask"), "assistant.service"),
    "Filter": "assistant.retrieval.filters",
    "Settings": "assistant.settings",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that `import assistant` costs nothing."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME.get(name, "embeddings.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
