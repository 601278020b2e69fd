"""Questions made from sentences: an answer is cut out and the rest is bent into a rough question.

After Lewis et al. 2019, "Unsupervised Question Answering by Cloze Translation": a question word of
the answer's kind, then the words around the gap, some of them dropped or out of order.
"""

from __future__ import annotations

import re
from random import Random

from embeddings.training.examples import STOP, Paragraph, Question, Span
from embeddings.training.negatives import NAME, NOT_NAMES

__all__ = ["cloze_question"]

MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
SPELLED = (
    "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred"
)
UNIT = r"(?:\s?(?:million|billion|trillion|thousand|hundred|percent))?"
END = r"(?=[,.;]| in | and | to | is | was | were | are | for )"
DATE = rf"(?:{MONTHS}) \d{{1,2}},? \d{{4}}|\d{{1,2}} (?:{MONTHS}),? \d{{4}}|(?:{MONTHS}) \d{{1,4}}"
KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("date", re.compile(rf"\b(?:{DATE})\b")),
    ("year", re.compile(r"\b(?:1[0-9]{3}|20[0-2][0-9])s?\b(?![,.]\d)")),
    ("percent", re.compile(r"\b\d[\d.,]*\s?(?:%|percent\b|per cent\b)")),
    (
        "money",
        re.compile(
            rf"[$€£¥]\s?\d[\d.,]*\d?{UNIT}|\b\d[\d.,]*{UNIT} (?:dollars|yuan|euros|pounds)\b"
        ),
    ),
    ("count", re.compile(rf"\b(?:\d[\d,]*(?:\.\d+)?|{SPELLED}){UNIT}\b(?!\s?%)")),
    ("name", NAME),
    ("thing", re.compile(rf"(?:(?<=\bthe )|(?<=\bits ))[a-z]+(?: [a-z]+){{0,2}}{END}")),
    (
        "thing",
        re.compile(
            r"(?:(?<=\ba )|(?<=\ban )|(?<=\bof )|(?<=\bby )|(?<=\bas ))"
            rf"[a-z]{{4,}}(?: [a-z]{{4,}}){{0,2}}{END}"
        ),
    ),
)
ASK = {
    "date": ("when", "when", "on what date", "what date"),
    "year": ("when", "in what year", "what year", "which year"),
    "percent": ("what percentage", "what percent", "how much", "what proportion"),
    "money": ("how much", "how much money", "what amount"),
    "name": ("who", "what", "which", "who", "what is the name of"),
    "place": ("where", "in which place", "what place"),
    "thing": ("what", "what", "which", "what kind of"),
}
PREPOSITION = re.compile(
    r"\b(in|on|at|from|near|by|since|during|of|for|to|with|about|around|over|as|until)\s+(the\s+)?$"
)


def cloze_question(rng: Random, paragraph: Paragraph) -> Question | None:
    """A rough question about one sentence; None when no part of it can be asked for."""
    for _ in range(3):
        index = rng.randrange(len(paragraph.sentences))
        start, end = paragraph.sentences[index]
        sentence = paragraph.text[start:end]
        if not 40 <= len(sentence) <= 420:
            continue
        found = _answers(sentence)
        if not found:
            continue
        kind = rng.choice(sorted({k for k, _ in found}))
        span = rng.choice([s for k, s in found if k == kind])
        text = _ask(rng, sentence, kind, span, paragraph.title)
        answer = sentence[slice(*span)]
        if len(text.split()) >= 5:
            whole = (start + span[0], start + span[1])
            return Question("cloze", text, paragraph, (index,), whole, (answer,))
    return None


def _answers(sentence: str) -> list[tuple[str, Span]]:
    found: list[tuple[str, Span]] = []
    taken: list[Span] = []
    for kind, pattern in KINDS:
        for match in pattern.finditer(sentence):
            span = match.span()
            if any(span[0] < e and s < span[1] for s, e in taken):
                continue
            if kind == "name" and (span[0] == 0 or match.group().split()[0] in NOT_NAMES):
                continue
            taken.append(span)
            found.append((kind, span))
    return found


def _ask(rng: Random, sentence: str, kind: str, span: Span, title: str) -> str:
    left, right = sentence[: span[0]].strip(), sentence[span[1] :].strip(" .")
    before = PREPOSITION.search(left + " ")
    place = (
        kind == "name"
        and before
        and before.group(1) in {"in", "at", "from", "near"}
        and rng.random() < 0.7
    )
    if kind == "count":
        following = re.match(r"\s*([a-z]+)", right)
        noun = following.group(1) if following else ""
        right = right[len(following.group(0)) :] if following else right
        asked = f"how many {noun}" if rng.random() < 0.8 else f"what number of {noun}"
    else:
        asked = rng.choice(ASK["place" if place else kind])
    if before and (kind in {"date", "year"} or place or rng.random() < 0.3):
        left = left[: before.start()]
    left_words = _clause(left, last=True)[-rng.randint(3, 10) :]
    right_words = _clause(right, last=False)[: rng.randint(2, 9)]
    if (
        title
        and left_words
        and left_words[0].lower() in {"it", "he", "she", "they", "this", "its", "his"}
    ):
        left_words[0] = title
    kept = [_thin(rng, left_words), _thin(rng, right_words)]
    if rng.random() < 0.3:
        kept.reverse()
    if title and title not in " ".join(map(" ".join, kept)) and rng.random() < 0.25:
        kept.insert(rng.randrange(3), [title])
    words = [w for part in kept for w in part]
    if rng.random() < 0.15:
        words.insert(rng.randrange(len(words) + 1) if words else 0, asked)
    else:
        words = [asked, *words]
    return " ".join(words).strip(" ,;:.") + ("?" if rng.random() < 0.7 else "")


def _clause(part: str, *, last: bool) -> list[str]:
    """The clause of `part` next to the gap, or a little more when that is short."""
    pieces = re.split(r"[,;:()]", part)
    if last:
        pieces.reverse()
    words: list[str] = []
    for piece in pieces:
        words = piece.split() + words if last else words + piece.split()
        if len(words) >= 5:
            break
    return words


def _thin(rng: Random, words: list[str]) -> list[str]:
    drop = rng.choice((0.0, 0.1, 0.25))
    kept = [w for w in words if rng.random() >= (2 * drop if w.lower() in STOP else drop)]
    if len(kept) > 3 and rng.random() < 0.3:
        at = rng.randrange(len(kept) - 1)
        kept[at], kept[at + 1] = kept[at + 1], kept[at]
    return kept
