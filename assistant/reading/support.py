"""Does a sentence speak of what the question asks, word by word? Evidence for refusing.

A near miss shares most words with a question and lacks the one that matters: the salary, the
year, the people counted. Each content word of the question is looked for in the sentence and
around it, by stem first, then by meaning: the highest cosine, in the encoder's space, with any
word there.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from assistant.language.answer_types import MONTHS, asks_yes_or_no
from embeddings.lexical import stems, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from assistant.reading.evidence import SentenceInPlace, Setting
    from embeddings.encoder import Encoder

__all__ = ["NAMES", "support"]

NAMES = ("soft_coverage", "weakest_word", "quantity_match", "names_absent", "year_missing")
MOST_WORDS = 50_000
DIGITS = 4

_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_MONTH = re.compile(rf"\b(?:{'|'.join(month.capitalize() for month in MONTHS)})\b")
_COUNTED = re.compile(
    r"(?:\d[\d,.]*|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|several|many|hundred"
    r"|thousand)\b)\s*(?:(?:million|billion|thousand|hundred)\s+)?((?:[A-Za-z][A-Za-z-]*\s*){1,4})",
    re.IGNORECASE,
)
_COUNTS_NOTHING = frozenset(("times", "of those", "of them", "of these", "those", "these"))
_PEOPLE = re.compile(r"\b\w{2,}(?:ers|ors|ees|ists|ants|ians|men|women|dents|staff|children)\b")
"""Those who can be counted as people: workers, visitors, employees, residents."""
_HOW_MANY = re.compile(r"\bhow\s+many\b|\bnumber\s+of\b", re.IGNORECASE)


def support(
    setting: Setting, sentence: SentenceInPlace, article_text: str, encoder: Encoder
) -> tuple[float, ...]:
    """Features of one sentence, in the order of `NAMES`; each between 0 and 1."""
    around = " ".join((sentence.text, sentence.before, sentence.after, sentence.title))
    similar = _similarities(setting, around, encoder)
    total = sum(weight for _, weight in setting.weights) or 1.0
    weighed = sum(s * w for s, (_, w) in zip(similar, setting.weights, strict=True))
    dated = f"{around} {sentence.date or ''}"
    asked = "" if asks_yes_or_no(setting.form.text) else setting.form.text
    years = (*_YEAR.findall(asked), *_months(asked))
    if sentence.date:
        dated += f" {MONTHS[int(sentence.date[5:7]) - 1]}"
    if years:  # else the text need not be looked through
        dated += f" {_last_month(article_text, article_text.find(sentence.text))}"
    return (
        round(weighed / total, DIGITS),
        round(min(similar, default=1.0), DIGITS),
        round(_quantity_match(setting, sentence.text, encoder), DIGITS),
        round(_absent(setting, article_text), DIGITS),
        float(setting.form.lacks([year.lower() in dated.lower() for year in years])),
    )


def _months(text: str) -> list[str]:
    """Months that a question names; "may" is more often a verb than one."""
    return [month for month in MONTHS if month != "may" and re.search(rf"\b{month}\b", text, re.I)]


def _last_month(text: str, end: int) -> str:
    """The month that was named last before a place: what is told goes on in it."""
    months = _MONTH.findall(text, 0, max(end, 0))
    return months[-1] if months else ""


def _similarities(setting: Setting, around: str, encoder: Encoder) -> list[float]:
    """For each term of the question, how near the nearest word around the sentence is."""
    present = frozenset(stems(around))
    for written, other in setting.aliases:
        if other and other <= present:
            present |= written
    words = [word for word in words_of(around) if stems(word)]
    found = []
    for term, _ in setting.weights:
        if term.stem in present or any(stem in present for stem in term.alternatives):
            found.append(1.0)
        else:
            found.append(_nearest(term.word, words, encoder))
    return found


def _nearest(word: str, others: Sequence[str], encoder: Encoder) -> float:
    import numpy as np

    if not others:
        return 0.0
    vectors = _vectors([word, *others], encoder)
    return max(0.0, float(np.max(vectors[1:] @ vectors[0])))


def _quantity_match(setting: Setting, sentence: str, encoder: Encoder) -> float:
    """For "how many X", whether X is what some number in the sentence counts; else 1."""
    focus = " ".join(setting.form.focus)
    if not focus or focus in _COUNTS_NOTHING or not _HOW_MANY.search(setting.form.text):
        return 1.0
    counted = [" ".join(match[1].split()[:3]) for match in _COUNTED.finditer(sentence)]
    if not counted:
        return 0.0
    spellings = {term.stem: term.alternatives for term, _ in setting.weights}
    asked = frozenset(s for stem in stems(focus) for s in (stem, *spellings.get(stem, ())))
    if any(asked & frozenset(stems(phrase)) for phrase in counted):
        return 1.0
    if setting.form.focus[:1] == ("people",) and any(_PEOPLE.search(phrase) for phrase in counted):
        return 1.0
    return _nearest(focus, counted, encoder)


def _absent(setting: Setting, article_text: str) -> float:
    """Share of the question's names that the whole article never mentions."""
    names = [stem for name in setting.form.names for stem in stems(name)]
    if not names:
        return 0.0
    present = _article_stems(article_text)
    for written, other in setting.aliases:
        if other and other <= present:
            present |= written
    spellings = {term.stem: term.alternatives for term, _ in setting.weights}
    gone = [n for n in names if n not in present and not present & {*spellings.get(n, ())}]
    return len(gone) / len(names)


@lru_cache(maxsize=256)
def _article_stems(text: str) -> frozenset[str]:
    return frozenset(stems(text))


def _vectors(texts: Iterable[str], encoder: Encoder) -> NDArray[np.float32]:
    """Unit vectors of words and short phrases, kept for the next question."""
    import numpy as np

    known = _known(encoder.fingerprint)
    keys = [text.lower() for text in texts]
    fresh = [key for key in dict.fromkeys(keys) if key not in known]
    if len(known) + len(fresh) > MOST_WORDS:
        known.clear()
        fresh = list(dict.fromkeys(keys))
    if fresh:
        known.update(zip(fresh, encoder.encode(fresh), strict=True))
    return np.stack([known[key] for key in keys])


@cache
def _known(fingerprint: str) -> dict[str, NDArray[np.float32]]:
    return {}
