"""Texts that come from elsewhere in English, known again by their wording, in another language.

The readers and the store know nothing of languages, and what they say is kept as they say it. So
a text is compared with templates, and the values in it are put into the translated template.
"""

from __future__ import annotations

import re

from assistant.chat.texts.language import gettext as _

__all__ = ["Templates", "templates", "translation"]

Templates = tuple[tuple[str, re.Pattern[str]], ...]
"""Each template with what it matches."""


def templates(texts: tuple[str, ...], value: str) -> Templates:
    """The texts as templates; `value` is a pattern of what may stand in a place, `{name}`."""
    return tuple(
        (
            text,
            re.compile(
                "".join(
                    f"(?P<{part}>{value})" if at % 2 else re.escape(part)
                    for at, part in enumerate(re.split(r"\{(\w+)\}", text))
                )
            ),
        )
        for text in texts
    )


def translation(text: str, known: Templates) -> tuple[str, dict[str, str]] | None:
    """The translated template of a text, and the values for it; None for another wording."""
    for template, pattern in known:
        if found := pattern.fullmatch(text):
            return _(template), found.groupdict()
    return None
