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
from embeddings.reader_model import is_word

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

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
    names = {word: name for word, texts in found.items() if (name := _name(word, texts))}
    for one, other in pairwise(words):
        if text[one.end() : other.start()] == " ":
            names |= _joint(one[0].lower(), other[0].lower(), found)
    return _WORD.sub(lambda match: names.get(match[0]) or match[0], text)


def _name(word: str, texts: Sequence[str]) -> str | None:
    """A name as the texts write it; None for a word that they write small.

    Nor is an ordinary word one that is never but a part of a name: "People" in "People's Bank".
    """
    ordinary = is_word(word)
    forms: Counter[str] = Counter()
    for text in texts:
        for match in re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE):
            if match[0].islower():
                return None
            begins = re.search(rf"{_BEGINS}$", text[: match.start()])
            forms[match[0]] += not begins and not (ordinary and _is_part(text, match))
    form, times = max(forms.items(), key=lambda each: each[1], default=("", 0))
    return None if not times or names_a_role(word) else form


def _is_part(text: str, match: re.Match[str]) -> bool:
    """Whether the words beside a word have capitals, too."""
    before = re.search(r"([A-Z]\w*)(?:['’]s)?[ -]$", text[: match.start()])
    part_of = before and before[1].lower() not in FUNCTION_WORDS
    return bool(part_of or re.match(r"(?:['’]s)?[ -][A-Z]", text[match.end() :]))


def _joint(one: str, other: str, found: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Both words of a name of several: "Quiet Tern", "Chen Zhichang"."""
    pair = re.compile(rf"(?<!\w){re.escape(one)} {re.escape(other)}(?!\w)", re.IGNORECASE)
    written = [
        match[0] for word in (one, other) for text in found[word] for match in pair.finditer(text)
    ]
    if not written or not all(word[0].isupper() for each in written for word in each.split()):
        return {}
    return dict(zip((one, other), written[0].split(), strict=True))
