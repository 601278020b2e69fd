"""Follow-ups made to stand alone, judged by what is then found, not by how they read.

A folder of follow-ups has a `rows.jsonl`: `id`, `question`, `rewrite` (the stand-alone question as
a human wrote it) and what came before, as `history` (`role`, `text`) or, where only the user's
side was published, as `user_turns`, the last of which is the question. Each is asked three times:
as typed, as `stand_alone` resolves it, and as the human rewrote it.

What is searched depends on what the rows bring along. With a whole `history` the answers given in
all of the conversations are the documents, and that of a question's own turn, known from a later
row, is the relevant one. Otherwise `relevant_external` names passages of a collection: those are
looked for in the folders beside this one.

Who wrote such a rewrite often saw more than the conversation: the heading of the page that it was
about. Where the rows name it, our question is also made from a history that begins with it.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from assistant.understanding.conversation import stand_alone
from embeddings.errors import ReadError
from embeddings.records import Article
from eval.beir import SEED, Benchmark, Query

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


__all__ = [
    "FollowUp",
    "FollowUps",
    "holds_follow_ups",
    "load_follow_ups",
]

FEWEST_WORDS = 5
"""A shorter answer is no passage that a search could be judged by."""
NO_ANSWER = re.compile(r"(?:CANNOTANSWER|(?:i\s+)?do(?:n['’]t|\s+not)\s+know)\W*", re.IGNORECASE)
TURN = re.compile(r"(?:_q|\W+)\d+$")
"""The end of a row's id: what is before it names the conversation."""
HALVES = ("dev", "test")
"""Conversations by the hash of their id: to develop rules on, and only to report."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A question in its conversation, and how a human wrote it to stand alone."""

    id: str
    history: tuple[Mapping[str, str], ...]
    """As `stand_alone` takes it; empty for the first question of a conversation."""
    question: str
    rewrite: str
    relevance: Mapping[str, int]
    """Document → 1; empty where none of the documents is known to be relevant."""

    heading: str = ""
    """Of the page that the conversation is about, where the row has it."""

    def resolved(self, *, told: bool = False) -> str:
        """Our stand-alone question; `told` of the heading before all else or not."""
        heading = [{"role": "user", "content": self.heading}] if told and self.heading else []
        return stand_alone(self.question, [*heading, *self.history])

    @property
    def complete(self) -> bool:
        """Whether the human found nothing to add."""
        return self.is_typed(self.rewrite)

    def is_typed(self, text: str) -> bool:
        """Whether a text is the question as typed, but for what no search looks at."""
        return _plain(self.question) == _plain(text)


@dataclass(frozen=True, slots=True)
class FollowUps:
    """What a folder holds: all its rows, those that are asked, and what is searched."""

    name: str
    half: str | None
    rows: tuple[FollowUp, ...]
    """All of the half: whether they are left alone can be judged without a search."""
    asked: tuple[FollowUp, ...]
    """Those with a history that are searched for, in the order of the file."""
    judged: int
    """Rows that could have been asked: the asked ones are all or a sample of them."""
    articles: tuple[Article, ...]
    searched: str
    """What the documents are, in words."""
    sha256: str
    """Hex SHA-256 of the documents."""

    def benchmark(self, queries: Sequence[Query]) -> Benchmark:
        """The same as `eval.bench` takes it."""
        return Benchmark(
            self.name, "", (), self.articles, tuple(queries), len(queries), 0, 0, 0, self.sha256
        )


def holds_follow_ups(folder: Path) -> bool:
    """Whether the folder is one of follow-ups, not one in BEIR layout."""
    return (folder / "rows.jsonl").is_file() and not (folder / "corpus.jsonl").exists()


def load_follow_ups(folder: Path, half: str | None = None, limit: int | None = None) -> FollowUps:
    """Read a folder of follow-ups; at most `limit` are asked, a sample with a fixed seed.

    `half` is `dev` or `test`; without it all rows are taken. Raises `ReadError` that names the
    file and line where it cannot be read so.
    """
    path = folder / "rows.jsonl"
    if half not in (None, *HALVES):
        raise ReadError(f"{folder}: no {half} half; --split can be {', '.join(HALVES)}")
    rows = [_row(fields, path, number) for number, fields in _fields(path)]
    if any("history" in fields for fields in rows):
        articles, relevant = _answers(rows)
        searched = "the answers given in all of the conversations"
    else:
        articles, relevant, names = _beside(folder, rows)
        searched = f"the documents of {', '.join(names)}, beside this folder"
    own = [row for row in rows if half in (None, _half(row["id"]))]
    follow_ups = tuple(
        FollowUp(r["id"], _turns(r), r["question"], r["rewrite"], relevant[r["id"]], _heading(r))
        for r in own
    )
    asked = [f for f in follow_ups if f.history and (f.relevance or "history" not in rows[0])]
    if not asked:
        raise ReadError(f"{path}: no question follows another and has an answer to be found")
    judged = len(asked)
    if limit is not None and limit < judged:
        chosen = set(Random(SEED).sample(range(judged), limit))
        asked = [follow_up for number, follow_up in enumerate(asked) if number in chosen]
    content = json.dumps([(a.id, a.title, a.text) for a in articles], ensure_ascii=True)
    return FollowUps(
        folder.resolve().name,
        half,
        follow_ups,
        tuple(asked),
        judged,
        articles,
        searched,
        hashlib.sha256(content.encode("ascii")).hexdigest(),
    )


def _fields(path: Path) -> Iterator[tuple[int, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError(f"{path}: cannot be read: {error}") from error
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except ValueError as error:
                raise ReadError(f"{path}:{number}: not JSON: {error}") from error


def _row(fields: Any, path: Path, number: int) -> dict[str, Any]:
    """The fields of a line, once they are what `rows.jsonl` has to hold."""
    if not isinstance(fields, dict):
        raise ReadError(f"{path}:{number}: not a JSON object")
    for name in ("id", "question", "rewrite"):
        if not isinstance(fields.get(name), str) or not fields[name].strip():
            raise ReadError(f"{path}:{number}: no {name}; it has to be a text")
    turns = [turn.get("text") if isinstance(turn, dict) else None for turn in _list(fields)]
    if "user_turns" in fields:
        turns = fields["user_turns"] if isinstance(fields["user_turns"], list) else [None]
    elif "history" not in fields:
        turns = [None]
    if not all(isinstance(turn, str) for turn in turns):
        raise ReadError(f"{path}:{number}: no history of texts and no user_turns")
    return fields


def _list(fields: Mapping[str, Any]) -> list[Any]:
    history = fields.get("history", [])
    return history if isinstance(history, list) else [None]


def _turns(row: Mapping[str, Any]) -> tuple[Mapping[str, str], ...]:
    """What came before, as `stand_alone` takes it."""
    if "user_turns" in row:
        return tuple({"role": "user", "content": turn} for turn in row["user_turns"][:-1])
    return tuple({"role": t.get("role", ""), "content": t["text"]} for t in row["history"])


def _answers(
    rows: Sequence[Mapping[str, Any]],
) -> tuple[tuple[Article, ...], dict[str, dict[str, int]]]:
    """The answers of all conversations as articles, and of each row the one to its question.

    A row does not hold its own answer: the history of a later row of the conversation does.
    """
    answers = {}
    for row in rows:
        texts = [turn["text"] for turn in row["history"]]
        for n, turn in enumerate(row["history"]):
            if turn.get("role") == "assistant":
                answers[_conversation(row["id"]), *texts[:n]] = turn["text"]
    articles: list[Article] = []
    relevant: dict[str, dict[str, int]] = {}
    for row in rows:
        said = (*(turn["text"] for turn in row["history"]), row["question"])
        answer = answers.get((_conversation(row["id"]), *said), "")
        relevant[row["id"]] = {}
        if len(answer.split()) >= FEWEST_WORDS and not NO_ANSWER.fullmatch(answer.strip()):
            # Named unlike its question: `score` skips a document that has the id of its query.
            name = f"answer to {row['id']}"
            articles.append(Article(name, answer, title=_heading(row) or None))
            relevant[row["id"]] = {name: 1}
    return tuple(articles), relevant


def _beside(
    folder: Path, rows: Sequence[Mapping[str, Any]]
) -> tuple[tuple[Article, ...], dict[str, dict[str, int]], list[str]]:
    """The documents of the folders that hold a relevant one, which they are, and the folders."""
    wanted = {id_ for row in rows for id_ in _external(row)}
    articles: list[Article] = []
    names = []
    for path in sorted(folder.resolve().parent.glob("*/corpus.jsonl")):
        own = [line for _, line in _fields(path) if isinstance(line, dict) and line.get("text")]
        if wanted & {str(line.get("_id")) for line in own}:
            names.append(path.parent.name)
            articles += [
                Article(str(line["_id"]), line["text"], title=line.get("title") or None)
                for line in own
            ]
    if not articles:
        raise ReadError(f"{folder}: no folder beside it holds a relevant document of its rows")
    here = {article.id for article in articles}
    relevant = {row["id"]: {i: 1 for i in _external(row) if i in here} for row in rows}
    return tuple(articles), relevant, names


def _external(row: Mapping[str, Any]) -> list[str]:
    """The relevant passages, by the name they have in a corpus of several collections."""
    collection = row.get("collection")
    ids = row.get("relevant_external") or []
    return [f"{collection}:{id_}" if collection else str(id_) for id_ in ids]


def _heading(row: Mapping[str, Any]) -> str:
    return ", ".join(filter(None, (row.get("title"), row.get("section"))))


def _conversation(row_id: str) -> str:
    return TURN.sub("", row_id)


def _half(row_id: str) -> str:
    digest = hashlib.sha256(_conversation(row_id).encode("utf-8")).digest()
    return HALVES[digest[-1] % 2]


def _plain(text: str) -> str:
    """Without what no search looks at: case, spaces and the mark at the end."""
    return " ".join(text.split()).rstrip(" ?.!").lower()
