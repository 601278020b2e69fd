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
    from collections.abc import Sequence

    from assistant.reading.evidence import SentenceInPlace, Setting

__all__ = ["NAMES", "support"]

NAMES = ("names_absent", "year_missing", "strangers")
STRANGERS = (2, 1 / 3)
"""Names of a question that no article mentions which was found: so many at least, and such a share
of its names. One alone may be misspelt, or another name for what is there."""
DIGITS = 4

_DAYS = frozenset("monday tuesday wednesday thursday friday saturday sunday".split())
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_MONTH = re.compile(rf"\b(?:{'|'.join(month.capitalize() for month in MONTHS)})\b")


def support(
    setting: Setting, sentence: SentenceInPlace, article_text: str, found: Sequence[str]
) -> tuple[float, ...]:
    """Features of one sentence, in the order of `NAMES`; each between 0 and 1.

    `found` are the texts of all articles that were found, its own among them.
    """
    dated = f"{sentence.around} {sentence.date or ''}"
    asked = "" if asks_yes_or_no(setting.form.text) else setting.form.text
    years = (*_YEAR.findall(asked), *_months(asked))
    if sentence.date:
        dated += f" {MONTHS[int(sentence.date[5:7]) - 1]}"
    if years:  # else the text need not be looked through
        dated += f" {_last_month(article_text, article_text.find(sentence.text))}"
    # That an article mentions July does not make it one about what is asked of July.
    timeless = [n for n in setting.form.names if n not in MONTHS and n not in _DAYS]
    names = [stem for name in timeless for stem in stems(name)]
    absent = _absent(names, setting, [article_text])
    return (
        round(len(absent) / len(names), DIGITS) if names else 0.0,
        float(setting.form.lacks([year.lower() in dated.lower() for year in years])),
        float(_are_strangers(_absent(names, setting, found), names)),
    )


def _are_strangers(nowhere: Sequence[str], names: Sequence[str]) -> bool:
    least, share = STRANGERS
    return len(nowhere) >= max(least, share * len(names))


def _months(text: str) -> list[str]:
    """Months that a question names; "may" is more often a verb than one."""
    return [month for month in MONTHS if month != "may" and re.search(rf"\b{month}\b", text, re.I)]


def _last_month(text: str, end: int) -> str:
    """The month that was named last before a place: what is told goes on in it."""
    months = _MONTH.findall(text, 0, max(end, 0))
    return months[-1] if months else ""


def _absent(names: Sequence[str], setting: Setting, texts: Sequence[str]) -> list[str]:
    """Those of a question's names, as stems, that none of the texts mentions."""
    spellings = {term.stem: term.alternatives for term, _ in setting.weights}
    left = list(names)
    for text in texts:
        if not left:
            break
        present = _article_stems(text)
        for written, other in setting.aliases:
            if other and other <= present:
                present |= written
        left = [n for n in left if n not in present and present.isdisjoint(spellings.get(n, ()))]
    return left


@lru_cache(maxsize=256)
def _article_stems(text: str) -> frozenset[str]:
    return frozenset(stems(text))
