"""Questions: read from JSON Lines files, checked line by line."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from embeddings.errors import AssistantError
from eval.text import states

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = [
    "KINDS",
    "Evidence",
    "Kind",
    "Question",
    "QuestionFileError",
    "Quote",
    "Turn",
    "fingerprint",
    "load",
    "load_text",
    "read",
]

Kind = Literal[
    "fact",
    "number",
    "date",
    "person",
    "list",
    "alias",
    "typo",
    "several_articles",
    "digest",
    "follow_up",
    "unanswerable",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

ALWAYS = {"id", "kind", "question", "history", "answerable", "note", "synthetic"}
ANSWERABLE = ALWAYS | {"facts", "evidence"}
UNANSWERABLE = ANSWERABLE | {"about", "why"}  # facts and evidence as empty lists, if at all


class QuestionFileError(AssistantError):
    """A question file cannot be read, or a line of it is not a question."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of the conversation before the question."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Quote:
    """Words that stand in an article, character for character."""

    article_id: str
    quote: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing an answer needs: a quote, or any other place that states the same (`also`)."""

    places: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and what a right answer to it says and rests on."""

    id: str
    kind: Kind
    question: str
    answerable: bool
    origin: str
    """`file:line` it was read from, for messages."""
    history: tuple[Turn, ...] = ()
    facts: tuple[tuple[str, ...], ...] = ()
    """Every fact is needed; of one fact's strings any will do."""
    evidence: tuple[Evidence, ...] = ()
    about: str | None = None
    """Unanswerable: the article that comes close, None when none does."""
    why: str = ""
    note: str = ""
    synthetic: bool = False
    """Made by a program out of the articles' own words, not by a person."""


def load(paths: Iterable[Path]) -> tuple[Question, ...]:
    """The questions of all files, in order; raises `QuestionFileError` naming file and line."""
    return _all_sound(question for path in paths for question in read(path))


def load_text(text: str, path: Path) -> tuple[Question, ...]:
    """The questions that a file of this text would have, as `load` has them."""
    return _all_sound(_read(text, path))


def read(path: Path) -> Iterator[Question | QuestionFileError]:
    """What each line holds, or what is wrong with it; raises when the file cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors write the mark
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise QuestionFileError(f"{path}: cannot be read: {reason}") from error
    yield from _read(text, path)


def _all_sound(read: Iterable[Question | QuestionFileError]) -> tuple[Question, ...]:
    questions: list[Question] = []
    seen: dict[str, str] = {}
    for question in read:
        if isinstance(question, QuestionFileError):
            raise question
        if question.id in seen:
            raise _wrong(question.origin, f"id {question.id!r} is taken by {seen[question.id]}")
        seen[question.id] = question.origin
        questions.append(question)
    if not questions:
        raise QuestionFileError("no questions: name a JSON Lines file that has some")
    return tuple(questions)


def _read(text: str, path: Path) -> Iterator[Question | QuestionFileError]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield _question(line, f"{path}:{number}")
            except QuestionFileError as error:
                yield error


def fingerprint(questions: Iterable[Question]) -> str:
    """SHA-256 over what is asked and expected: two runs with the same one are comparable."""
    digest = hashlib.sha256()
    for q in questions:
        digest.update(repr((q.id, q.kind, q.question, q.history, q.facts, q.evidence)).encode())
    return digest.hexdigest()


def _question(line: str, origin: str) -> Question:
    try:
        row = json.loads(line)
        json.dumps(row, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as error:
        raise _wrong(origin, f"not JSON: {error.msg} at column {error.colno}") from error
    except UnicodeEncodeError as error:  # no report could be written of it
        raise _wrong(origin, "a text holds half a character (\\ud800 to \\udfff)") from error
    if not isinstance(row, dict):
        raise _wrong(origin, "a question is a JSON object, one on each line")
    answerable = row.get("answerable")
    if not isinstance(answerable, bool):
        raise _wrong(origin, "`answerable` must be true or false")
    allowed = ANSWERABLE if answerable else UNANSWERABLE
    unknown = sorted(set(row) - allowed)
    if unknown:
        raise _wrong(origin, f"`{unknown[0]}` is not a field of a question with "
                             f"`answerable` {str(answerable).lower()}")  # fmt: skip
    if not answerable and (row.get("facts") or row.get("evidence")):
        raise _wrong(origin, "an unanswerable question has no `facts` and no `evidence`")
    kind = _text(row, "kind", origin)
    if kind not in KINDS:
        raise _wrong(origin, f"`kind` is {kind!r}, must be one of {', '.join(KINDS)}")
    if (kind == "unanswerable") == answerable:
        raise _wrong(origin, "`kind` unanswerable goes with `answerable` false, and only with it")
    question = Question(
        id=_text(row, "id", origin),
        kind=kind,
        question=_text(row, "question", origin),
        answerable=answerable,
        origin=origin,
        history=_history(row, origin),
        facts=_facts(row, origin) if answerable else (),
        evidence=_evidence(row, origin) if answerable else (),
        about=None if row.get("about") is None else _text(row, "about", origin),
        why="" if answerable else _text(row, "why", origin),
        note=_text(row, "note", origin) if "note" in row else "",
        synthetic=row.get("synthetic", False),
    )
    if not isinstance(question.synthetic, bool):
        raise _wrong(origin, "`synthetic` must be true or false")
    if kind == "follow_up" and not question.history:
        raise _wrong(origin, "a follow_up needs a `history`")
    _check_facts(question)
    return question


def _check_facts(question: Question) -> None:
    quotes = [place.quote for evidence in question.evidence for place in evidence.places]
    for fact in question.facts:
        if not any(states(quote, accepted) for quote in quotes for accepted in fact):
            raise _wrong(question.origin, f"fact {fact[0]!r} does not stand in any evidence quote")


def _history(row: Mapping[str, Any], origin: str) -> tuple[Turn, ...]:
    turns = []
    for turn in _list(row, "history", origin) if "history" in row else []:
        if not isinstance(turn, dict) or turn.get("role") not in ("user", "assistant"):
            raise _wrong(origin, "`history` holds objects with `role` user or assistant")
        _check_fields(turn, ("role", "content"), "history", origin)
        turns.append(Turn(turn["role"], _text(turn, "content", origin)))
    return tuple(turns)


def _facts(row: Mapping[str, Any], origin: str) -> tuple[tuple[str, ...], ...]:
    facts = []
    for fact in _list(row, "facts", origin):
        if not isinstance(fact, list) or not fact:
            raise _wrong(origin, "`facts` is a list of lists of accepted strings")
        if not all(isinstance(accepted, str) and accepted.strip() for accepted in fact):
            raise _wrong(origin, "an accepted string of a fact is empty or no string")
        facts.append(tuple(fact))
    return tuple(facts)


def _evidence(row: Mapping[str, Any], origin: str) -> tuple[Evidence, ...]:
    needed = []
    for item in _list(row, "evidence", origin):
        if not isinstance(item, dict):
            raise _wrong(origin, "`evidence` holds objects with `article_id` and `quote`")
        also = _list(item, "also", origin) if "also" in item else []
        places = [item, *also]
        if not all(isinstance(place, dict) for place in places):
            raise _wrong(origin, "`also` holds objects with `article_id` and `quote`")
        _check_fields(item, ("article_id", "quote", "also"), "evidence", origin)
        for place in also:
            _check_fields(place, ("article_id", "quote"), "also", origin)
        needed.append(
            Evidence(
                tuple(
                    Quote(_text(place, "article_id", origin), _text(place, "quote", origin))
                    for place in places
                )
            )
        )
    return tuple(needed)


def _check_fields(item: Mapping[str, Any], known: Sequence[str], holder: str, origin: str) -> None:
    if unknown := sorted(set(item) - set(known)):
        fields = ", ".join(known)
        raise _wrong(
            origin, f"`{unknown[0]}` is not a field of `{holder}`; its fields are {fields}"
        )


def _text(row: Mapping[str, Any], name: str, origin: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value.strip():
        raise _wrong(origin, f"`{name}` must be a string that is not empty")
    return value


def _list(row: Mapping[str, Any], name: str, origin: str) -> list[Any]:
    value = row.get(name)
    if not isinstance(value, list) or not value:
        raise _wrong(origin, f"`{name}` must be a list that is not empty")
    return value


def _wrong(origin: str, message: str) -> QuestionFileError:
    return QuestionFileError(f"{origin}: {message}")
