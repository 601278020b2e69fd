"""A small folder of articles and what happens to it: added, changed, deleted, moved, put back."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Mapping
from pathlib import Path

__all__ = ["LAST", "ROUNDS", "State", "apply", "article", "many", "marked", "sentence"]

State = Mapping[str, str]
"""Id of each file in the folder → its text."""

_NOUNS = "bridge tunnel ferry tram harbour reservoir museum orchard quarry lighthouse".split()
_PLACES = "Aberdale Brackwater Corrin Dunmore Eastholm Fenwick Garrick Holloway".split()
_VERBS = "opened closed reopened expanded flooded moved burned recovered".split()


def marked(name: str, version: int) -> str:
    """A word that only this version of this article holds."""
    digest = hashlib.sha256(f"{name}/{version}".encode()).hexdigest()[:10]
    return "zq" + digest.translate(str.maketrans("0123456789", "ghijklmnop"))


def sentence(name: str, version: int) -> str:
    """A sentence that only this version of this article holds."""
    noun = _NOUNS[len(name) % len(_NOUNS)]
    return f"The {noun} of {marked(name, version)} reported a loss of {version + 3} million."


def article(name: str, version: int, sentences: int = 4) -> str:
    """The text of one version of an article; its length depends on `name` and `sentences` only."""
    chance = random.Random(f"{name}/{sentences}")
    lines = [f"Report on {name}", "", sentence(name, version)]
    for number in range(sentences):
        noun, place, verb = (chance.choice(words) for words in (_NOUNS, _PLACES, _VERBS))
        lines.append(f"In year {number + 1900} the {noun} of {place} {verb} at dawn.")
        if number % 5 == 4:
            lines.append("")
    return "\n".join(lines) + "\n"


_MOVED = article("moved", 0)
_RESTORED = article("restored", 0)

ROUNDS: tuple[State, ...] = (
    {
        "first.txt": article("first", 0),
        "restored.md": _RESTORED,
        "below/old place.txt": _MOVED,
        "long.txt": article("long", 0, 40),
    },
    {  # one changed to another of the same size, one deleted, one moved, two added
        "first.txt": article("first", 1),
        "below/new place.txt": _MOVED,
        "long.txt": article("long", 0, 40),
        "added.txt": article("added", 0),
        "Größe.md": article("size", 0, 9),
    },
    {  # the long one changed, the deleted one put back, the moved one changed
        "first.txt": article("first", 1),
        "restored.md": _RESTORED,
        "below/new place.txt": article("moved", 1),
        "long.txt": article("long", 1, 44),
        "added.txt": article("added", 0),
        "last.txt": article("last", 0),
    },
    {  # back to what it was, one gone
        "first.txt": article("first", 0),
        "long.txt": article("long", 0, 40),
        "added.txt": article("added", 1),
        "last.txt": article("last", 0),
    },
)
LAST = len(ROUNDS) - 1

SENTENCES: dict[str, str] = {
    article(name, version, sentences): sentence(name, version)
    for name, version, sentences in (
        ("first", 0, 4),
        ("first", 1, 4),
        ("restored", 0, 4),
        ("moved", 0, 4),
        ("moved", 1, 4),
        ("long", 0, 40),
        ("long", 1, 44),
        ("added", 0, 4),
        ("added", 1, 4),
        ("size", 0, 9),
        ("last", 0, 4),
    )
}
"""Text of a version → the sentence that it alone holds."""


def many(prefix: str, count: int) -> Iterator[tuple[str, str]]:
    """Id and text of `count` short articles, each with a sentence of its own."""
    for number in range(count):
        name = f"{prefix}-{number:04d}"
        yield f"{name}.txt", article(name, 0, 3)


def changing(count: int, version: int) -> State:
    """Id and text of long articles, every passage of which tells its version from the others."""
    found = {}
    for number in range(count):
        name = f"changing-{number:02d}"
        text = article(name, version, 40).replace("dawn", marked(name, version))
        found[f"{name}.txt"] = text
    return found


def apply(folder: Path, state: State) -> None:
    """Make `folder` hold exactly `state`; a text that changed its id is moved, not rewritten."""
    folder.mkdir(parents=True, exist_ok=True)
    present = {
        path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()
    }
    texts = {name: path.read_text("utf-8") for name, path in present.items()}
    for name in sorted(present.keys() - state.keys()):
        target = next(
            (new for new, text in state.items() if text == texts[name] and new not in present), None
        )
        if target is None:
            present[name].unlink()
        else:
            (folder / target).parent.mkdir(parents=True, exist_ok=True)
            present[name].rename(folder / target)
            texts[target] = texts[name]
    for name, text in state.items():
        if texts.get(name) != text:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, "utf-8")
