"""The published JSON schema of an answer, and whether a saved answer follows it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.answers import SCHEMA
from embeddings.errors import CitationError

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

__all__ = ["answer_schema", "check_answer"]

LONGEST_REASON = 120
"""Characters of a validator's own words; it repeats all of what it found wrong."""


def answer_schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of `Answer.to_dict()`, as it ships beside this file."""
    path = Path(__file__).with_name("answer_schema.json")
    schema: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return schema


def check_answer(saved: object) -> None:
    """Raises `CitationError`, naming the field, unless `saved` is an answer as the schema has it.

    Fields that the schema does not know are let pass: a later version of Footnote may add some.
    """
    if not isinstance(saved, dict) or saved.get("schema") != SCHEMA:
        raise CitationError(
            f"not a saved answer: its schema is not {SCHEMA!r}; "
            'save one with: assistant ask "…" --json > answer.json'
        )
    try:
        json.dumps(saved, ensure_ascii=False, allow_nan=False).encode("utf-8")
        wrong = _first_error(saved)
    except (ValueError, TypeError, RecursionError):
        wrong = "it holds what JSON in UTF-8 cannot"
    if wrong:
        raise CitationError(f"not a saved answer: {wrong}; save it again with `--json`")


def _first_error(saved: dict[str, Any]) -> str | None:
    """Which field breaks the schema and how, in one line; None when none does."""
    from jsonschema.exceptions import best_match

    error = best_match(_validator().iter_errors(saved))
    if error is None:
        return None
    field = error.json_path.removeprefix("$").removeprefix(".") or "the whole"
    if len(error.message) <= LONGEST_REASON:
        return f"{field}: {error.message}"
    return f"{field} does not meet {error.validator!r}: {error.validator_value!r}"[:LONGEST_REASON]


@cache
def _validator() -> Validator:
    from jsonschema import Draft202012Validator, validators

    # To JSON Schema 1.0 is an integer, and it is no offset into a text.
    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: _is_int(value))
    validator: Validator = validators.extend(Draft202012Validator, type_checker=types)(
        answer_schema()
    )
    return validator


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
