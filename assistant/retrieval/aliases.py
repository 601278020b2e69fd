"""Other names for what a question names: from the corpus's synonyms file, and from abbreviations.

The synonyms file, `.footnotesynonyms` in an articles folder, has one group of equal names a line,
separated by commas, as in Lucene's and Solr's synonyms files; `#` starts a comment. An
abbreviation and its long form are found in the retrieved text by themselves; for names that
stand far apart, `suggestions` proposes lines for the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.language.orders import stages_in
from assistant.language.roles import people_meant
from assistant.wording import say
from embeddings.errors import ReadError
from embeddings.lexical import stems

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

__all__ = ["SYNONYMS_FILE", "Alias", "aliases_in", "definitions", "read_synonyms", "suggestions"]

SYNONYMS_FILE = ".footnotesynonyms"
MOST_ALIASES = 8

_ABBREVIATION = re.compile(r"\b[A-Z][A-Z&]{1,5}(?=s?\b)")
_WORD = re.compile(r"[^\W_]+")
_CAPITALISED = re.compile(r"[A-Z][\w’'-]*(?:\s+(?:(?:of|and|for|the)\s+)?[A-Z][\w’'-]*)+")
_BEFORE = frozenset(
    "the a an who what when where which how why is are was were did does in on at".split()
)
_SMALL = frozenset(("of", "and", "for", "the", "in", "on", "de"))


@dataclass(frozen=True, slots=True)
class Alias:
    """A name that stands in the question, and another for the same thing."""

    written: str
    other: str

    @property
    def written_stems(self) -> frozenset[str]:
        """Stems of the name in the question."""
        return frozenset(stems(self.written))

    @property
    def other_stems(self) -> frozenset[str]:
        """Stems of the other name."""
        return frozenset(stems(self.other))

    def put_into(self, question: str) -> str:
        """The question with the other name instead."""
        return _as_words(self.written).sub(lambda _: self.other, question)


def read_synonyms(folders: Iterable[Path]) -> tuple[tuple[str, ...], ...]:
    """Groups of equal names from the synonyms files; raises `ReadError` naming the line."""
    groups = []
    for folder in folders:
        path = folder / SYNONYMS_FILE
        try:
            lines = path.read_text("utf-8").splitlines()
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError) as error:
            raise ReadError(f"cannot read {path}: {error}") from error
        for number, line in enumerate(lines, start=1):
            names = tuple(name.strip() for name in line.split("#", 1)[0].split(",") if name.strip())
            if len(names) == 1:
                raise ReadError(
                    say(
                        "{path}, line {number}: one name alone; write equal names with commas "
                        "between",
                        path=path,
                        number=number,
                    )
                )
            if names:
                groups.append(names)
    return tuple(groups)


def aliases_in(
    question: str, groups: Sequence[Sequence[str]], texts: Iterable[str] = ()
) -> tuple[Alias, ...]:
    """Other names for what `question` names.

    Synonyms, and what `texts` call it: abbreviations, people by role, numbered parts of a whole.
    """
    texts = tuple(texts)
    found: dict[Alias, None] = {}
    for group in groups:
        for name in sorted(group, key=len, reverse=True):
            if _as_words(name).search(question):
                found.update({Alias(name, other): None for other in group if other != name})
                break
    for text in texts:
        found.update(dict.fromkeys(_long_forms(question, text)))
        found.update(dict.fromkeys(_short_forms(question, text)))
        found.update(dict.fromkeys(_other_numbers(question, text)))
    for person in people_meant(question, texts):
        found[Alias(person.written, person.name)] = None
    return tuple(found)[:MOST_ALIASES]


_IN_BRACKETS = re.compile(r"\(([^()\n]{2,80})\)")
BEFORE_BRACKETS = 160
"""Characters before a bracket in which the long form, or the abbreviation, stands."""


def definitions(text: str) -> Iterator[tuple[str, str]]:
    """(Long form, abbreviation) wherever `text` puts one in brackets beside the other.

    The algorithm of Schwartz and Hearst, "A simple algorithm for identifying abbreviation
    definitions in biomedical text", PSB 2003: the letters of the abbreviation stand in the long
    form in their order, the first of them at the start of a word.
    """
    for match in _IN_BRACKETS.finditer(text):
        inside = re.split(r"[,;]", match[1], maxsplit=1)[0].strip()
        before = text[max(0, match.start() - BEFORE_BRACKETS) : match.start()].rstrip()
        before = before[max(map(before.rfind, "()\n")) + 1 :].strip()
        last = before.split()[-1].strip("\"'“”‘’") if before else ""
        pairs = ((before, inside), (inside, last))
        for long_form, short in pairs:
            found = _long_form(short, long_form) if _is_abbreviation(short) else None
            if found:
                yield found, short
                break


def _is_abbreviation(short: str) -> bool:
    return 2 <= len(short) <= 10 and short[0].isalnum() and sum(map(str.isupper, short)) >= 2


def _long_form(short: str, text: str) -> str | None:
    """The shortest end of `text` that the letters of `short` abbreviate."""
    words = text.split()
    text = " ".join(words[-min(len(short) + 5, 2 * len(short)) :])
    at = len(text)
    letters = [character.lower() for character in short if character.isalnum()]
    for place, letter in reversed(list(enumerate(letters))):
        at -= 1
        while at >= 0 and (
            text[at].lower() != letter or (place == 0 and at > 0 and text[at - 1].isalnum())
        ):
            at -= 1
        if at < 0:
            return None
    found = text[at:].strip(" \"'“”‘’,;:")
    longer = len(found) > len(short) and short not in found.split()
    return found if longer and "," not in found else None


def suggestions(
    texts: Iterable[tuple[str, str]], groups: Sequence[Sequence[str]] = ()
) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Groups of equal names that the synonyms file lacks, each with the ids of its articles.

    `texts` are pairs of id and text, `groups` what the file has already. An abbreviation that
    is defined in two ways gives two groups: a person decides.
    """
    known = {frozenset(name.lower() for name in group) for group in groups}
    found: dict[tuple[str, str], dict[str, None]] = {}
    for article_id, text in texts:
        for long_form, short in definitions(text):
            pair = {long_form.lower(), short.lower()}
            if not any(pair <= group for group in known):
                found.setdefault((short, long_form), {})[article_id] = None
    seen: dict[tuple[str, str], tuple[str, str]] = {}
    for short, long_form in found:
        seen.setdefault((short, long_form.lower()), (short, long_form))
    return [(pair, tuple(found[pair])) for pair in sorted(seen.values())]


def _long_forms(question: str, text: str) -> Iterable[Alias]:
    """For each abbreviation of the question, phrases of `text` that it may stand for."""
    for match in _ABBREVIATION.finditer(question):
        short = match[0]
        for phrase in _phrases_of_initials(short, text):
            yield Alias(short, phrase)
        for phrase in _capitalised(text):
            if _abbreviates(short, phrase):
                yield Alias(short, phrase)


def _short_forms(question: str, text: str) -> Iterable[Alias]:
    """For each long name of the question, abbreviations in `text` that may stand for it."""
    shorts = dict.fromkeys(match[0] for match in _ABBREVIATION.finditer(text))
    for phrase in _capitalised(question):
        for short in shorts:
            if _abbreviates(short, phrase):
                yield Alias(phrase, short)


def _other_numbers(question: str, text: str) -> Iterable[Alias]:
    """For each numbered part in the question, how `text` writes it: "phase 3", "third phase".

    A text that writes it as the question does, too, has no need of another name.
    """
    there = list(stages_in(text))
    for written, which in stages_in(question):
        others = [other for other, place in there if place == which]
        if written.lower() not in map(str.lower, others):
            yield from (Alias(written, other) for other in others[-1:])


def _capitalised(text: str) -> Iterable[str]:
    """Capitalised phrases, without an article or an asking word before them."""
    for phrase in _CAPITALISED.findall(text):
        words = phrase.split()
        while words and words[0].lower() in _BEFORE:
            words = words[1:]
        if len(words) > 1:
            yield " ".join(words)


def _phrases_of_initials(short: str, text: str) -> Iterable[str]:
    """Runs of words in `text` whose initials are exactly `short`: "NEV", "new energy vehicle"."""
    if len(short) < 3:
        return
    words = list(_WORD.finditer(text))
    size = len(short)
    for first in range(len(words) - size + 1):
        run = words[first : first + size]
        if all(word[0][0].upper() == letter for word, letter in zip(run, short, strict=True)):
            phrase = text[run[0].start() : run[-1].end()]
            if all(len(word[0]) > 2 for word in run) and re.fullmatch(r"[\w\s-]+", phrase):
                yield " ".join(phrase.split())


def _abbreviates(short: str, phrase: str) -> bool:
    """Whether the letters of `short` are initials of `phrase`, in order, the first and last too.

    Abbreviations skip words: the long name of a corporation may have five and its
    abbreviation three.
    """
    initials = [w[0][0].upper() for w in _WORD.finditer(phrase) if w[0].lower() not in _SMALL]
    if not len(short) <= len(initials) <= 2 * len(short) or short in phrase.split():
        return False
    if initials[0] != short[0] or initials[-1] != short[-1]:
        return False
    rest = iter(initials)
    return all(letter in rest for letter in short)


def _as_words(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)
