"""What the browser is told of an error: our own words, and the id it was logged under."""

from __future__ import annotations

import logging
import secrets

from embeddings.errors import AssistantError

__all__ = ["told"]

logger = logging.getLogger("footnote")


def told(error: Exception) -> tuple[str, str]:
    """What to say of an error, and its id; the error is logged in full."""
    error_id = secrets.token_hex(4)
    logger.error("error %s", error_id, exc_info=error)
    known = isinstance(error, AssistantError)
    return str(error) if known else "Something went wrong inside Footnote; ask again.", error_id
