"""English sentences → questions about one thing they state, each with its answer's place.

Two forms. A *cloze* quotes the sentence with a gap, after Taylor 1953, "Cloze procedure"; it is
always grammatical, and hardly what a person asks. A *span* question turns the sentence around its
answer ("The bridge was opened in 1932." → "In which year was the bridge opened?"); only sentences
so simple that this cannot go wrong are turned: it is better to make none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from embeddings.training.negatives import NAME, NOT_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eval.questions import Kind

__all__ = ["TITLES", "YEAR", "Proposal", "cloze", "names_in", "proposals", "turned"]

Form = Literal["cloze", "span"]

WORDS = range(7, 31)
"""Words of a sentence that is asked about."""
NAMELESS_WORDS = 14
"""Words of a question from which it is clear without a name or a year in it."""
GAP = "___"
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
DATE = rf"(?:{MONTHS}) \d{{1,2}}, \d{{4}}|\d{{1,2}} (?:{MONTHS}) \d{{4}}|(?:{MONTHS}) \d{{4}}"
YEAR = r"(?:1[5-9]\d\d|20\d\d)"
NUMERAL = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
SCALE = r"(?: (?:million|billion|trillion))?"
SPELLED = (
    "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    "|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
)
COUNT = rf"(?P<answer>(?:{NUMERAL}){SCALE}|{SPELLED})"
SUM = rf"(?P<answer>[$€£¥](?:{NUMERAL}){SCALE})"
TITLES = "Mr|Mrs|Ms|Dr|Professor|Councillor|Captain|Judge"
END = r"(?![,.:]?\d|[-–%/])"
"""What follows a number that ends here."""
ANSWERS: tuple[tuple[Kind, str, str], ...] = (
    ("date", "Which date is missing", rf"\b(?:{DATE})\b"),
    ("date", "Which year is missing", rf"(?<=[Ii]n ){YEAR}\b{END}"),
    ("number", "Which percentage is missing", rf"\b(?:{NUMERAL}) ?(?:%|per ?cent\b)"),
    ("number", "Which sum is missing", rf"[$€£¥](?:{NUMERAL}){SCALE}\b{END}"),
    (
        "number",
        "Which number is missing",
        rf"\b(?:{NUMERAL}){SCALE}\b{END}(?! (?:{MONTHS}|[ap]\.?m)\b)",
    ),
    ("person", "Whose name is missing", rf"\b(?:{TITLES})\.? [A-Z][a-z]+(?: [A-Z][\w’'-]+)?"),
    ("fact", "Which name is missing", NAME.pattern),
)
VAGUE = re.compile(
    r"(?:\b(?:about|around|over|under|nearly|almost|roughly|some|than|to|least|most|approximately"
    rf"|and|or|between|from|by|No\.?|number|page|chapter|section|article|{MONTHS})"
    r"|[$€£¥#]|\d[.:/–-])\s*$",
    re.IGNORECASE,
)
"""What stands before a number that is not the whole answer, or is none; "6:" before the 30."""
LEANS = frozenset(
    "he she it they we i you this that these those his her its their there here such one both "
    "who which what when where why how if but and or so then also another others him them".split()
)
"""First words of sentences that are not understood without the one before."""
CLAUSE = frozenset(
    "said says told tells thinks thought knew knows believes hopes fears claims argues insists "
    "saw because while although though as".split()
)
"""Words by which more than one noun phrase stands before the verb."""
PREPOSITIONS = "of|in|at|for|on|from|with|by|near|to|under|between|across|along"
AUXILIARY = "is|was|are|were|will be|has been|have been|had been"
NOUN = r"(?P<noun>[a-z]{3,}s|people|men|women|children)"
TAIL = rf"(?P<tail>(?: (?:{PREPOSITIONS}) [\w’'£$€ -]+)?)"
REST = r"[a-z][\w’'£$€ -]*?"
SUBJECT = r"(?P<subject>(?:[Tt]he|[Aa]n?|[A-Z][\w’'-]+)(?: [\w’'&-]+){0,8}?)"
TURNS: tuple[tuple[Kind, str, str], ...] = (
    (
        "date",
        rf"{SUBJECT} (?P<aux>{AUXILIARY}) (?P<rest>{REST}),? in (?P<answer>{YEAR})",
        "In which year {aux} {subject}{participle} {rest}?",
    ),
    (
        "date",
        rf"In (?P<answer>{YEAR}),? {SUBJECT} (?P<aux>{AUXILIARY}) (?P<rest>{REST})",
        "In which year {aux} {subject}{participle} {rest}?",
    ),
    (
        "date",
        rf"{SUBJECT} (?P<aux>{AUXILIARY}) (?P<rest>{REST}),? on (?P<answer>{DATE})",
        "On which date {aux} {subject}{participle} {rest}?",
    ),
    (
        "number",
        rf"{SUBJECT} (?P<aux>will|would|has|have|had|can) (?P<rest>[a-z]+) {SUM}"
        rf"{TAIL}",
        "How much {aux} {subject} {rest}{tail}?",
    ),
    (
        "number",
        rf"{SUBJECT} (?P<aux>will|would|has|have|had|can) (?P<rest>[a-z]+) {COUNT} {NOUN}"
        rf"{TAIL}",
        "How many {noun} {aux} {subject} {rest}{tail}?",
    ),
    (
        "number",
        rf"{SUBJECT} (?P<aux>has|have|had) {COUNT} {NOUN}{TAIL}",
        "How many {noun} {do} {subject} have{tail}?",
    ),
    (
        "number",
        rf"(?i:{COUNT}) {NOUN} (?P<rest>(?:were|are|have been|had been|will be) {REST})",
        "How many {noun} {rest}?",
    ),
    (
        "fact",
        r"(?:The|A|An) (?P<noun>[a-z][a-z'’-]*(?: (?:of )?[\w’'-]+){0,5}),"
        r" (?P<answer>[A-Z][\w’'-]+ [A-Z][\w’'-]+),"
        r" (?P<rest>(?:is|was|has|had|will|[a-z]+ed|said|told) [^,;:]*)",
        "Which {noun} {rest}?",
    ),
)
"""Kind, how the sentence looks without its full stop, and the question."""
DOES = {"has": "does", "have": "do", "had": "did"}
MIDDLE = re.compile(r"(?<=[a-z,;] )[A-Z][\w’'-]+(?: (?:of |the )?[A-Z][\w’'-]+)*")
"""Names that do not open the sentence: capitals there say nothing."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A question about a sentence, and where its answer stands in it."""

    form: Form
    kind: Kind
    question: str
    start: int
    end: int


def proposals(sentence: str) -> Iterator[Proposal]:
    """Every question that can be made of the sentence, the span question first."""
    if _fit(sentence):
        span = turned(sentence)
        if span is not None:
            yield span
        yield from cloze(sentence)


def turned(sentence: str) -> Proposal | None:
    """The sentence turned around a date, number or name; None unless that is safe."""
    for kind, pattern, question in TURNS:
        match = re.fullmatch(pattern, sentence.removesuffix("."))
        if match is None:
            continue
        parts = {name: text or "" for name, text in match.groupdict().items()}
        subject = parts.get("subject")
        if subject is not None and not _plain_subject(subject):
            continue
        aux, _, more = parts.get("aux", "").partition(" ")
        words = parts | {
            "aux": aux,
            "participle": f" {more}" if more else "",
            "do": DOES.get(aux, ""),
            "subject": _lowered(subject or ""),
        }
        text = question.format(**words)
        if _clear(text) and not VAGUE.search(sentence[: match.start("answer")]):
            return Proposal("span", kind, text, *match.span("answer"))
    return None


def cloze(sentence: str) -> Iterator[Proposal]:
    """The sentence with a gap, for each short answer in it that occurs once."""
    taken: list[tuple[int, int]] = []
    for kind, ask, pattern in ANSWERS:
        for match in re.finditer(pattern, sentence):
            start, end = match.span()
            if any(start < other_end and other < end for other, other_end in taken):
                continue
            taken.append((start, end))
            before, after = sentence[:start], sentence[end:]
            if kind == "number" and VAGUE.search(before):
                continue
            if kind in ("person", "fact") and not _is_name(match[0], before):
                continue
            gapped = f"{before}{GAP}{after}".rstrip(".")
            if sentence.count(match[0]) == 1 and _clear(gapped):
                yield Proposal("cloze", kind, f"{ask} in “{gapped}”?", start, end)


def names_in(text: str) -> tuple[str, ...]:
    """Names that stand inside a sentence or question, in order."""
    found = dict.fromkeys(match[0] for match in MIDDLE.finditer(text))
    return tuple(name for name in found if not re.fullmatch(rf"{MONTHS}|{DAYS}", name))


def _clear(question: str) -> bool:
    """Whether it says which one it asks about: by a name, a year, or many words."""
    named = names_in(question) or re.search(rf"\b{YEAR}\b", question)
    return bool(named) or len(question.split()) >= NAMELESS_WORDS


def _fit(sentence: str) -> bool:
    """Whether the sentence can be understood alone, and is one."""
    words = sentence.split()
    if len(words) not in WORDS or not sentence.endswith("."):
        return False
    if not sentence[0].isupper() and not sentence[0].isdigit():
        return False
    quoted = any(mark in sentence for mark in '"“”|\n[]{}') or "..." in sentence
    return not quoted and words[0].strip(",").lower() not in LEANS


def _plain_subject(subject: str) -> bool:
    """Whether it is one noun phrase: without a verb, a clause or a pronoun."""
    words = subject.split()
    lower = [word.lower() for word in words]
    if set(lower) & (CLAUSE | LEANS) or any(word.endswith("ed") for word in lower[1:]):
        return False
    for before, word in pairwise(words):
        joined = re.fullmatch(rf"(?:{PREPOSITIONS}|and|the|a|an)", before, re.IGNORECASE)
        starts = word.lower() in ("the", "a", "an") or (word[0].isupper() and before[0].islower())
        if starts and not joined:
            return False
    return lower[0] in ("the", "a", "an") or (len(words) > 1 and all(w[0].isupper() for w in words))


def _lowered(subject: str) -> str:
    """A subject as it stands inside a sentence."""
    first, space, rest = subject.partition(" ")
    return f"{first.lower()}{space}{rest}" if first in ("The", "A", "An") else subject


def _is_name(name: str, before: str) -> bool:
    """Whether capitals are a whole name: of several words, and not just a sentence's first."""
    words = name.split()
    if not before or words[0] in NOT_NAMES or re.search(rf"\b(?:{MONTHS})\b", name):
        return False
    inside = re.search(r"(?:[A-Z][\w’'.-]*|\b(?:of|de|van|von|the)) $", before)
    return len(words) > 1 and "and" not in words and not inside and not name.endswith(("’s", "'s"))
