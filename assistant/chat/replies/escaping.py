"""Plain text → Markdown that Chainlit's browser side shows as exactly that text.

Chainlit renders a message with CommonMark, GFM and directives (`Note:this` shows "Note", its
issue #1930), then turns what looks like an address into a link. Backslashes do not stop all of
that. Character references do: CommonMark never reads one as structure.
"""

from __future__ import annotations

import re
import string
from itertools import chain

from assistant.chat.library.article_page import HIDDEN

__all__ = ["escape", "escape_title", "shown"]

CURSOR = "\u200b"
"""Zero-width space: Chainlit draws its blinking cursor in place of each one."""

STRUCTURE = frozenset(string.punctuation)
# A single space between visible characters is the only white space that is safe as it is.
SPACING = re.compile(r"(?P<kept>(?<=\S) (?=\S))|[^\S\x0b\x1c-\x1f\x85]")
# Characters that must stand in an element of their own, for which Markdown's emphasis serves:
# the style sheet draws it upright and isolated. Addresses are looked for in one text node at a
# time, so a cut address stays text. What has no shape is signed by `public/accessible.js`, and a
# direction mark cannot turn the text around it.
ADDRESS = re.compile(r"(?<=http):(?=//)|(?<=https):(?=//)|(?<=www)\.|@", re.IGNORECASE)
# CommonMark turns a reference to one of these into U+FFFD; nothing beside them is set apart.
UNREFERABLE = re.compile("[\0-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def escape(text: str) -> str:
    """Markdown of one paragraph that shows `shown(text)`, character for character."""
    text = shown(text)
    pieces = references(text)
    apart = set_apart(text)
    for place in apart:
        # `*` next to a letter would not be read as emphasis; next to a reference it is.
        for beside in (place - 1, place, place + 1):
            if 0 <= beside < len(text) and not text[beside].isspace():
                pieces[beside] = reference(text[beside])
    for place in apart:
        opening = "" if place - 1 in apart else "*"
        closing = "" if place + 1 in apart else "*"
        pieces[place] = f"{opening}{pieces[place]}{closing}"
    return "".join(pieces)


def escape_title(text: str) -> str:
    """`text` as it stands between the quotation marks of a link's title."""
    return "".join(references(shown(text)))


def shown(text: str) -> str:
    """What of `text` can reach the screen: all but zero-width spaces, which have no width."""
    return text.replace(CURSOR, "")


def references(text: str) -> list[str]:
    """Each character of `text`, as a reference where Markdown could read it as structure."""
    pieces = [reference(character) if character in STRUCTURE else character for character in text]
    for match in SPACING.finditer(text):
        if not match["kept"]:
            pieces[match.start()] = reference(match[0])
    return pieces


def set_apart(text: str) -> set[int]:
    """Places of the characters that need an element of their own."""
    shapeless = (
        match for match in HIDDEN.finditer(text) if not match[1] and not match[0].isspace()
    )
    places = (match.start() for match in chain(ADDRESS.finditer(text), shapeless))
    return {at for at in places if not UNREFERABLE.search(text[max(at - 1, 0) : at + 2])}


def reference(character: str) -> str:
    """The decimal character reference of one character."""
    return f"&#{ord(character)};"
