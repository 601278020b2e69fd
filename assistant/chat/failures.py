"""What the browser is told of an error: our own words, and the id it was logged under."""

from __future__ import annotations

import logging
import re
import secrets

from assistant.chat.texts import language
from assistant.chat.texts.error_texts import told_of_error
from assistant.chat.texts.language import gettext as _
from assistant.wording import Said
from embeddings.errors import AssistantError

__all__ = ["by_itself", "told", "worded"]

_WORD = re.compile(r"[a-z]+(?= )")
"""What begins a sentence, and is no path, no setting and no command."""

logger = logging.getLogger("footnote")


def told(error: Exception) -> tuple[str, str]:
    """What to say of an error, and its id; the error is logged in full."""
    error_id = secrets.token_hex(4)
    logger.error("error %s", error_id, exc_info=error)
    if isinstance(error, AssistantError):
        return worded(error), error_id
    return _("Something went wrong inside Footnote; ask again."), error_id


def by_itself(message: str) -> str:
    """A message that follows no other words: it begins as a sentence does."""
    return message[:1].upper() + message[1:] if _WORD.match(message) else message


def worded(error: AssistantError) -> str:
    """The message of an error of ours, in the language that is chosen where there is one."""
    message = error.args[0] if error.args else ""
    return language.told(message) if isinstance(message, Said) else told_of_error(str(message))
