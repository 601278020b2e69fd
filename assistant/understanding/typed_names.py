"""Names that were typed in small letters, as the articles write them.

"and byd?" names somebody as much as "And BYD?" does, but what a follow-up leans on is told by
capitals. Nothing but the articles knows which of its words are names: those that they never write
small. What was typed with capitals is left as it is.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from assistant.language.roles import names_a_role
from embeddings.lexical import FUNCTION_WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["with_names"]

MOST_WORDS = 30
"""Words of a text that is looked at: a longer one was hardly typed."""

_WORD = re.compile(r"[^\W\d_]\w*")
_BEGINS = r"(?:^|[.!?:|#\n—][\s\"“‘(*|#-]*|[\"“‘(*])"
"""Before a word that has a capital for being the first of a sentence, a title or a cell."""


def with_names(text: str, texts_with: Callable[[str], Sequence[str]]) -> str:
    """`text` with the capitals of its names; `texts_with` gives some texts that hold a word."""
    words = [match for match in _WORD.finditer(text) if match[0].lower() not in FUNCTION_WORDS]
    typed = (match[0] for match in words if match.start() > 0)
    has_capitals = any(not word.islower() and not word.isupper() for word in typed)
    if has_capitals or len(words) > MOST_WORDS:
        return text
    found = {match[0].lower(): texts_with(match[0].lower()) for match in words}
    written = {
        word: None if names_a_role(word) else _written(word, texts) for word, texts in found.items()
    }
    for one, other in pairwise(words):
        if text[one.end() : other.start()] == " ":
            _join(one[0].lower(), other[0].lower(), written, found)
    return _WORD.sub(lambda match: written.get(match[0]) or match[0], text)


def _written(word: str, texts: Sequence[str]) -> str | None:
    """A name as the texts write it; None for a word that they write small, or only at a start."""
    forms: Counter[str] = Counter()
    for text in texts:
        for match in re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE):
            if match[0].islower():
                return None
            forms[match[0]] += not re.search(rf"{_BEGINS}$", text[: match.start()])
    form, times = max(forms.items(), key=lambda each: each[1], default=("", 0))
    return form if times else None


def _join(
    one: str, other: str, written: dict[str, str | None], found: dict[str, Sequence[str]]
) -> None:
    """Give capitals to both words of "Narrows Bridge", once one of them is a name by itself."""
    named = next((word for word in (one, other) if written[word]), None)
    if named is None or (written[one] and written[other]):
        return
    both = f"{written[one] or one.capitalize()} {written[other] or other.capitalize()}"
    if any(both in text for text in found[named]):
        written[one], written[other] = both.split()
