"""Footnote as a provider of promptfoo: `file://promptfoo_provider.py` in its configuration.

Run promptfoo with PROMPTFOO_PYTHON set to the Python that has Footnote.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from assistant import Assistant, AssistantError


def call_api(prompt: str, options: dict[str, Any], context: dict[str, Any]) -> dict[str, Any]:
    """The answer to the prompt; in `metadata` all of it, as docs/answer-format.md tells."""
    articles = options.get("config", {}).get("articles")
    history = context.get("vars", {}).get("history") or ()
    try:
        answer = _opened(articles).ask(prompt, history=history)
    except AssistantError as error:
        return {"error": str(error)}
    return {"output": answer.text, "metadata": answer.to_dict()}


@cache
def _opened(articles: str | None) -> Assistant:
    return Assistant.open(articles)
