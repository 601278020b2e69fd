"""What is wrong with a set of questions, or looks so: found by program, before anything is asked.

What only reading can tell, whether a question has one clear answer, say, is not tried.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from eval.questions import KINDS, QuestionFileError, read
from eval.text import normalise, states

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from embeddings.records import Article
    from eval.questions import Question, Quote

__all__ = ["Finding", "Level", "balance", "file_of", "lint", "read_files", "shared_articles"]

Level = Literal["error", "warning"]

ALIKE = 90
"""Percent of two questions' characters, words in order, from which they are looked at as one."""
ROWS_AT_ONCE = 500
SHOWN_IDS = 5
LEAST_FOR_BALANCE = 20
"""Questions of a file from which its mixture is judged."""
LONGEST_SEARCHED = 200_000
"""Characters of an article in which the words nearest to a wrong quote are looked for."""
NUMBER = re.compile(r"\d[\d.,]*")
LINE = re.compile(r"^(.*):(\d+)$")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong (`error`), or something to look at (`warning`), and what to do."""

    origin: str
    """`file:line`, or the file where no line is to blame."""
    message: str
    level: Level = "error"
    id: str = ""

    def __str__(self) -> str:
        return f"{self.origin}{self.id and ' '}{self.id}: {self.level}: {self.message}"

    @property
    def place(self) -> tuple[str, int]:
        """File and line, to sort by."""
        match = LINE.match(self.origin)
        return (match[1], int(match[2])) if match else (self.origin, 0)


def file_of(question: Question) -> str:
    """The file that the question was read from."""
    return question.origin.rsplit(":", 1)[0]


def read_files(paths: Sequence[Path]) -> tuple[tuple[Question, ...], tuple[Finding, ...]]:
    """The questions of all lines that are one, and what is wrong with the others."""
    questions: list[Question] = []
    wrong: list[Finding] = []
    for path in paths:
        for line in read(path):
            if isinstance(line, QuestionFileError):
                where, _, what = str(line).partition(": ")
                wrong.append(Finding(where, what))
            else:
                questions.append(line)
    return tuple(questions), tuple(wrong)


def lint(
    questions: Sequence[Question], articles: Mapping[str, Article] | None
) -> tuple[Finding, ...]:
    """All findings, by file and line; without `articles` no quote is looked up."""
    found = [*_ids(questions), *_alike(questions), *_leaked_quotes(questions), *_mixture(questions)]
    for question in questions:
        found += _alone(question)
        if articles is not None:
            found += _in_articles(question, articles)
    return tuple(sorted(found, key=lambda finding: finding.place))


def shared_articles(questions: Sequence[Question]) -> Iterator[Finding]:
    """Articles that questions of two files are about: no split by article has any."""
    asked: dict[str, dict[str, int]] = {}
    for question in questions:
        about = {place.article_id for place in _places(question)} | {question.about}
        for article_id in about - {None}:
            files = asked.setdefault(str(article_id), {})
            files[file_of(question)] = files.get(file_of(question), 0) + 1
    for article_id, files in sorted(asked.items()):
        first, *others = files
        for other in others:
            yield Finding(
                other,
                f"{files[other]} of its questions are about {article_id}, as are {files[first]} of "
                f"{first}; keep all questions of an article in one file",
            )


def balance(questions: Sequence[Question]) -> tuple[tuple[str, ...], ...]:
    """Rows of a table: each kind there is, and how many questions of it each file has."""
    counts = Counter((file_of(q), q.kind) for q in questions)
    files = list(dict.fromkeys(map(file_of, questions)))
    rows = [
        (kind, *(str(counts[file, kind]) for file in files))
        for kind in KINDS
        if any(counts[file, kind] for file in files)
    ]
    total = Counter(map(file_of, questions))
    made = Counter(file_of(q) for q in questions if q.synthetic)
    if made:
        rows.append(("synthetic, of these", *(str(made[file]) for file in files)))
    return (*rows, ("all", *(str(total[file]) for file in files)))


# One question


def _alone(question: Question) -> Iterator[Finding]:
    quotes = [place.quote for place in _places(question)]
    for fact in question.facts:
        if not any(states(quote, fact[0]) for quote in quotes):
            yield _warn(question, f"the first form of a fact, {fact[0]!r}, stands in no quote; put "
                                  "the one first that the article has")  # fmt: skip
        given = next((form for form in fact if states(question.question, form)), None)
        if given is not None and question.kind != "digest":  # names what it is to sum up
            yield _warn(question, f"the question holds its answer, {given!r}; ask it without")


def _in_articles(question: Question, articles: Mapping[str, Article]) -> Iterator[Finding]:
    if question.about is not None and question.about not in articles:
        yield _error(question, f"`about` names {question.about!r}, which is no article; name one "
                               "by its path below the folder, or write null")  # fmt: skip
    for place in _places(question):
        article = articles.get(place.article_id)
        if article is None:
            yield _error(question, f"there is no article {place.article_id!r}; name it by its path "
                                   "below the folder")  # fmt: skip
        elif place.quote not in article.text:
            yield _error(question, f"{_shown(place.quote)} does not stand in {article.id}, "
                                   f"character for character; {_nearest(place, article)}"
                         )  # fmt: skip


def _nearest(place: Quote, article: Article) -> str:
    """What to do about a quote that is not in its article."""
    from rapidfuzz import fuzz

    found = fuzz.partial_ratio_alignment(
        place.quote, article.text[:LONGEST_SEARCHED], score_cutoff=70
    )
    if found is None:
        return "nothing in it is like that: look for another article, or another quote"
    return f"copy it: {_shown(article.text[found.dest_start : found.dest_end])}"


# Questions beside each other


def _ids(questions: Sequence[Question]) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for question in questions:
        if question.id in seen:
            yield _error(question, f"the id is taken by {seen[question.id]}; give it another")
        seen.setdefault(question.id, question.origin)


def _alike(questions: Sequence[Question]) -> Iterator[Finding]:
    """Pairs that ask the same, or nearly; the later one is named."""
    import numpy as np
    from rapidfuzz import fuzz, process

    asked = [_asked(question) for question in questions]
    numbers = [Counter(NUMBER.findall(text)) for text in asked]
    for start in range(0, len(asked), ROWS_AT_ONCE):
        rows = asked[start : start + ROWS_AT_ONCE]
        scores = process.cdist(
            rows, asked, scorer=fuzz.token_sort_ratio, score_cutoff=ALIKE, dtype=np.uint8
        )
        for row, column in zip(*scores.nonzero(), strict=True):
            later, earlier = start + int(row), int(column)
            if earlier < later and numbers[earlier] == numbers[later]:
                same = asked[earlier] == asked[later]
                yield from _pair(questions[earlier], questions[later], same=same)


def _pair(earlier: Question, later: Question, *, same: bool) -> Iterator[Finding]:
    other = f"{earlier.origin} {earlier.id}"
    if same and _expected(earlier) != _expected(later):
        yield _error(later, f"{other} asks the same and expects something else; mend one of them")
    elif same and file_of(earlier) != file_of(later):
        yield _error(later, f"{other} asks the same: one file leaks into the other; remove one")
    elif same:
        yield _error(later, f"{other} asks the same; remove one")
    elif _alike_expected(earlier, later):
        leak = ", in another file: it leaks" if file_of(earlier) != file_of(later) else ""
        yield _warn(later, f"{other} asks nearly the same{leak}; reword or remove one")


def _leaked_quotes(questions: Sequence[Question]) -> Iterator[Finding]:
    """Files with questions that rest on words which questions of another file rest on."""
    files: dict[Quote, dict[str, None]] = {}
    leaks: dict[tuple[str, str], list[str]] = {}
    for question in questions:
        places = _places(question)
        for other in dict.fromkeys(file for place in places for file in files.get(place, ())):
            if other != file_of(question):
                leaks.setdefault((file_of(question), other), []).append(question.id)
        for place in places:
            files.setdefault(place, {})[file_of(question)] = None
    for (file, other), ids in leaks.items():
        more = f" and {len(ids) - SHOWN_IDS} more" if len(ids) > SHOWN_IDS else ""
        yield Finding(
            file,
            f"{len(ids)} of its questions rest on a quote that one of {other} rests on too; of two "
            f"splits only one should: {', '.join(ids[:SHOWN_IDS])}{more}",
            "warning",
        )


def _mixture(questions: Sequence[Question]) -> Iterator[Finding]:
    for file in dict.fromkeys(map(file_of, questions)):
        kinds = Counter(q.kind for q in questions if file_of(q) == file)
        total = kinds.total()
        if total < LEAST_FOR_BALANCE:
            continue
        if not kinds["unanswerable"]:
            yield Finding(file, "no question is unanswerable, so nothing tells whether it refuses "
                                "when it should; add some", "warning")  # fmt: skip
        (kind, most), *_ = kinds.most_common(1)
        if 2 * most > total:
            yield Finding(file, f"{most} of {total} questions are of the kind {kind}, so all "
                                "figures are mostly about it; add others", "warning")  # fmt: skip


def _asked(question: Question) -> str:
    """What is asked, with what a follow-up leans on."""
    before = [turn.content for turn in question.history if turn.role == "user"]
    return normalise(" ".join([*before, question.question]).replace("?", " "))


def _expected(question: Question) -> object:
    facts = frozenset(normalise(form) for fact in question.facts for form in fact)
    return question.answerable, facts


def _alike_expected(one: Question, other: Question) -> bool:
    """Whether two questions that read alike also rest on the same, and are no variants on purpose.

    One wrongly typed, or with another name, is a variant of a question in its own file.
    """
    if file_of(one) == file_of(other) and {one.kind, other.kind} & {"typo", "alias"}:
        return False
    if not one.answerable or not other.answerable:
        return one.answerable == other.answerable and one.about == other.about
    return _expected(one) == _expected(other) or bool(set(_places(one)) & set(_places(other)))


def _places(question: Question) -> tuple[Quote, ...]:
    return tuple(place for evidence in question.evidence for place in evidence.places)


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return f"“{line if len(line) <= 80 else line[:79] + '…'}”"


def _error(question: Question, message: str) -> Finding:
    return Finding(question.origin, message, "error", question.id)


def _warn(question: Question, message: str) -> Finding:
    return Finding(question.origin, message, "warning", question.id)
