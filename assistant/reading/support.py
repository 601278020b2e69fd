"""What the whole article of a sentence says for it, and a year or a month that is missing.

A near miss shares most words with a question and lacks what matters: it tells of another year,
or its article never mentions whom the question names.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from assistant.language.answer_types import MONTHS, asks_yes_or_no
from embeddings.lexical import stems

if TYPE_CHECKING:
    from assistant.reading.evidence import SentenceInPlace, Setting

__all__ = ["NAMES", "support"]

NAMES = ("names_absent", "year_missing", "words_absent", "rarest_absent")
DIGITS = 4

_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_MONTH = re.compile(rf"\b(?:{'|'.join(month.capitalize() for month in MONTHS)})\b")


def support(setting: Setting, sentence: SentenceInPlace, article_text: str) -> tuple[float, ...]:
    """Features of one sentence, in the order of `NAMES`; each between 0 and 1."""
    around = " ".join((sentence.text, sentence.before, sentence.after, sentence.title))
    dated = f"{around} {sentence.date or ''}"
    asked = "" if asks_yes_or_no(setting.form.text) else setting.form.text
    years = (*_YEAR.findall(asked), *_months(asked))
    if sentence.date:
        dated += f" {MONTHS[int(sentence.date[5:7]) - 1]}"
    if years:  # else the text need not be looked through
        dated += f" {_last_month(article_text, article_text.find(sentence.text))}"
    absent, rarest = _words_absent(setting, f"{sentence.title} {article_text}")
    return (
        round(_absent(setting, article_text), DIGITS),
        float(setting.form.lacks([year.lower() in dated.lower() for year in years])),
        round(absent, DIGITS),
        round(rarest, DIGITS),
    )


def _words_absent(setting: Setting, article_text: str) -> tuple[float, float]:
    """Share of the question's words, by weight, that the whole article never uses."""
    present = _article_stems(article_text)
    for written, other in setting.aliases:
        if other and other <= present:
            present |= written
    gone = [
        weight
        for term, weight in setting.weights
        if term.stem not in present and present.isdisjoint(term.alternatives)
    ]
    total = sum(weight for _, weight in setting.weights) or 1.0
    return sum(gone) / total, max(gone, default=0.0) / max(setting.most, 1e-9)


def _months(text: str) -> list[str]:
    """Months that a question names; "may" is more often a verb than one."""
    return [month for month in MONTHS if month != "may" and re.search(rf"\b{month}\b", text, re.I)]


def _last_month(text: str, end: int) -> str:
    """The month that was named last before a place: what is told goes on in it."""
    months = _MONTH.findall(text, 0, max(end, 0))
    return months[-1] if months else ""


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
