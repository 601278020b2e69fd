"""The conversations of the chat, in one SQLite file of the data folder.

Nothing here knows Chainlit. Every call names the owner, and what another owns is not there.
One process writes at a time, behind a lock file: SQLite before 3.51.3 can corrupt a
write-ahead log that several connections write.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sqlite3
import threading
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from assistant.chat.access.hardening import is_uuid
from assistant.chat.history.exchanges import (
    Conversation,
    Exchange,
    FoldedStep,
    Page,
    Rating,
    Verdict,
)
from assistant.wording import say
from embeddings.durable import make_folder
from embeddings.errors import CorpusError, SettingsError
from embeddings.locks import held

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = [
    "FILE_NAME",
    "Conversation",
    "Exchange",
    "FoldedStep",
    "History",
    "Page",
    "Rating",
    "Verdict",
]

FILE_NAME = "conversations.sqlite"
FORMAT = 1
BUSY_SECONDS = 30.0
MOST_LISTED = 100
MOST_WORDS = 8
"""Words of a search that are looked for."""
LONGEST_NAME = 200
LONGEST_REASON = 2_000
UNNAMED = "Untitled"

_SCHEMA = """
CREATE TABLE conversations (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    searchable TEXT NOT NULL,       -- the name, in one case
    created TEXT NOT NULL,
    updated TEXT NOT NULL           -- when its last question was asked
) STRICT;
CREATE INDEX conversations_in_order ON conversations (owner, updated, id);
CREATE TABLE exchanges (
    id TEXT PRIMARY KEY,
    conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    searchable TEXT NOT NULL,       -- question and answer, in one case; before what is long
    asked TEXT NOT NULL,
    question_id TEXT NOT NULL,
    reply_id TEXT NOT NULL,
    question TEXT NOT NULL,
    told TEXT NOT NULL,
    steps TEXT NOT NULL,            -- JSON
    answer TEXT,                    -- JSON: Answer.to_dict(); NULL until there is one
    UNIQUE (conversation, number)
) STRICT;
CREATE TABLE ratings (
    id TEXT PRIMARY KEY,
    exchange TEXT NOT NULL UNIQUE REFERENCES exchanges (id) ON DELETE CASCADE,
    liked INTEGER NOT NULL CHECK (liked IN (0, 1)),
    reason TEXT NOT NULL,
    given TEXT NOT NULL,
    verdict TEXT CHECK (verdict IN ('accepted', 'discarded'))
) STRICT;
CREATE INDEX ratings_to_review ON ratings (liked, verdict);
"""
_LATER = """
CREATE TABLE IF NOT EXISTS preferences (
    owner TEXT PRIMARY KEY,
    fields TEXT NOT NULL            -- JSON
) STRICT;
CREATE TABLE IF NOT EXISTS parts (
    exchange TEXT PRIMARY KEY REFERENCES exchanges (id) ON DELETE CASCADE,
    answer TEXT NOT NULL            -- JSON: what is shown so far of an answer that is not there yet
) STRICT;
"""
"""Tables that came later; a file of the same format may be without them."""
_UNANSWERED = (
    "id = ? AND answer IS NULL AND told = '' "
    "AND conversation IN (SELECT id FROM conversations WHERE owner = ?)"
)
_SEARCHABLE = "casefold(question || char(10) || ?)"


class History:
    """The conversations in one file. Safe to use from several threads and processes."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it; raises `CorpusError` when it cannot be used."""
        self.path = path
        self._mutex = threading.RLock()
        make_folder(path.parent)
        with self._translated():
            # What people asked is nobody else's business: SQLite's other files follow this mode.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._db = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._db.create_function("casefold", 1, str.casefold, deterministic=True)
        try:
            self._prepare()
        except BaseException:
            self._db.close()
            raise

    def __enter__(self) -> History:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file. The last one to close it empties the write-ahead log."""
        with self._mutex, self._locked():
            self._db.close()

    # Reading

    def page(
        self,
        owner: str,
        first: int = 35,
        cursor: str | None = None,
        *,
        search: str = "",
        liked: bool | None = None,
    ) -> Page:
        """Conversations of `owner`, the last used first, that hold every word of `search`.

        A word is looked for anywhere in names, questions and answers, in either case.
        """
        first = max(1, min(first, MOST_LISTED))
        where, values = ["owner = ?"], [owner]
        if cursor:
            where.append("(updated, id) < (?, ?)")
            values += _parsed(cursor)
        for word in search.casefold().split()[:MOST_WORDS]:
            where.append(
                "(instr(searchable, ?) OR EXISTS (SELECT 1 FROM exchanges "
                "WHERE conversation = conversations.id AND instr(exchanges.searchable, ?)))"
            )
            values += [word, word]
        if liked is not None:
            where.append(
                "EXISTS (SELECT 1 FROM exchanges JOIN ratings ON exchange = exchanges.id "
                f"WHERE conversation = conversations.id AND liked = {int(liked)})"
            )
        rows = self._rows(
            "SELECT id, owner, name, created, updated FROM conversations "
            f"WHERE {' AND '.join(where)} ORDER BY updated DESC, id DESC LIMIT {first + 1}",
            *values,
        )
        found = tuple(Conversation(*row) for row in rows[:first])
        more = len(rows) > first
        return Page(found, f"{found[-1].updated}|{found[-1].id}" if more else None)

    def owner(self, conversation_id: str) -> str | None:
        """Who owns a conversation; None when there is none."""
        rows = self._rows("SELECT owner FROM conversations WHERE id = ?", conversation_id)
        return rows[0][0] if rows else None

    def conversation(
        self, owner: str, conversation_id: str, last: int | None = None
    ) -> Conversation | None:
        """A conversation with its exchanges, or with the `last` ones; None if it is not theirs."""
        with self._mutex:
            rows = self._rows(
                "SELECT id, owner, name, created, updated FROM conversations "
                "WHERE id = ? AND owner = ?",
                conversation_id,
                owner,
            )
            if not rows:
                return None
            exchanges = self._exchanges(
                "conversation = ? ORDER BY number DESC LIMIT ?",
                conversation_id,
                -1 if last is None else last,
            )
        return replace(Conversation(*rows[0]), exchanges=tuple(reversed(exchanges)))

    def disliked(self) -> tuple[tuple[Conversation, Exchange], ...]:
        """Answers of all owners that somebody disliked and nobody has reviewed, oldest first.

        Each stands at the end of its conversation, as far as that had come when it was given.
        """
        rows = self._rows(
            "SELECT conversation, number FROM ratings JOIN exchanges ON exchange = exchanges.id "
            "WHERE liked = 0 AND verdict IS NULL ORDER BY given, ratings.id"
        )
        found = []
        for conversation_id, number in rows:
            before = self._exchanges(
                "conversation = ? AND number <= ? ORDER BY number", conversation_id, number
            )
            about = self._rows(
                "SELECT id, owner, name, created, updated FROM conversations WHERE id = ?",
                conversation_id,
            )
            if before and about:
                conversation = replace(Conversation(*about[0]), exchanges=tuple(before))
                found.append((conversation, before[-1]))
        return tuple(found)

    # Writing

    def begin(self, owner: str, conversation_id: str, exchange: Exchange) -> None:
        """Keep a question before it is answered; its conversation begins with it.

        Raises `CorpusError` where the conversation is another's.
        """
        question, now = _storable(exchange.question), _now()
        with self._transaction() as db:
            self._start(db, owner, conversation_id, question)
            db.execute(
                "INSERT INTO exchanges SELECT ?, ?, coalesce(max(number), 0) + 1, "
                "?, ?, ?, ?, ?, '', '[]', NULL FROM exchanges WHERE conversation = ?",
                (
                    exchange.id,
                    conversation_id,
                    question.casefold(),
                    now,
                    exchange.question_id,
                    exchange.reply_id,
                    question,
                    conversation_id,
                ),
            )
            db.execute("UPDATE conversations SET updated = ? WHERE id = ?", (now, conversation_id))

    def keep_part(self, owner: str, exchange_id: str, answer: dict[str, Any]) -> None:
        """Keep what is shown so far of an answer, should this process be killed before its end."""
        with self._transaction() as db:
            db.execute(
                f"INSERT OR REPLACE INTO parts SELECT id, ? FROM exchanges WHERE {_UNANSWERED}",
                (_storable(json.dumps(answer, ensure_ascii=False)), exchange_id, owner),
            )
            db.execute(
                f"UPDATE exchanges SET searchable = {_SEARCHABLE} WHERE {_UNANSWERED}",
                (_said(answer), exchange_id, owner),
            )

    def finish(
        self,
        owner: str,
        exchange_id: str,
        answer: dict[str, Any] | None,
        told: str = "",
        steps: Sequence[FoldedStep] = (),
    ) -> None:
        """Keep what came of a question: its answer, and what was told instead, if it has no end."""
        told = _storable(told)
        folded = json.dumps([[step.kind, step.name, step.output] for step in steps])
        with self._transaction() as db:
            db.execute(
                f"UPDATE exchanges SET searchable = {_SEARCHABLE}, told = ?, "
                f"steps = ?, answer = ? WHERE {_UNANSWERED}",
                (
                    _said(answer) if answer else told,
                    told,
                    folded,
                    _storable(json.dumps(answer, ensure_ascii=False)) if answer else None,
                    exchange_id,
                    owner,
                ),
            )
            db.execute(
                "DELETE FROM parts WHERE exchange IN (SELECT exchanges.id FROM exchanges "
                "JOIN conversations ON conversation = conversations.id "
                "WHERE exchanges.id = ? AND owner = ?)",
                (exchange_id, owner),
            )

    def start(self, owner: str, conversation_id: str, name: str) -> None:
        """Make a conversation, unless it is there; raises `CorpusError` where it is another's."""
        with self._transaction() as db:
            self._start(db, owner, conversation_id, name)

    def rename(self, owner: str, conversation_id: str, name: str) -> bool:
        """Give a conversation another name; False where there is none of theirs."""
        name = _named(name)
        with self._transaction() as db:
            return bool(
                db.execute(
                    "UPDATE conversations SET name = ?, searchable = ? WHERE id = ? AND owner = ?",
                    (name, name.casefold(), conversation_id, owner),
                ).rowcount
            )

    def delete(self, owner: str, conversation_id: str) -> bool:
        """Delete a conversation and all that belongs to it, from the disk too."""
        with self._transaction() as db:
            gone = db.execute(
                "DELETE FROM conversations WHERE id = ? AND owner = ?", (conversation_id, owner)
            ).rowcount
        if gone:
            # `secure_delete` has overwritten the pages; the log still holds how they were before.
            with self._mutex, self._locked(), self._translated():
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return bool(gone)

    def rate(self, owner: str, exchange_id: str, liked: bool, reason: str = "") -> str | None:
        """Keep what the owner thinks of an answer; the rating's id, None if it is not theirs.

        A rating that changes is to be reviewed again.
        """
        with self._transaction() as db:
            mine = db.execute(
                "SELECT 1 FROM exchanges JOIN conversations ON conversation = conversations.id "
                "WHERE exchanges.id = ? AND owner = ?",
                (exchange_id, owner),
            ).fetchone()
            if not mine:
                return None
            db.execute(
                "INSERT INTO ratings VALUES (?, ?, ?, ?, ?, NULL) ON CONFLICT (exchange) DO UPDATE "
                "SET liked = excluded.liked, reason = excluded.reason, given = excluded.given, "
                "verdict = NULL",
                (
                    str(uuid.uuid4()),
                    exchange_id,
                    int(liked),
                    _storable(reason)[:LONGEST_REASON],
                    _now(),
                ),
            )
            row = db.execute("SELECT id FROM ratings WHERE exchange = ?", (exchange_id,)).fetchone()
            return str(row[0])

    def unrate(self, owner: str, rating_id: str) -> bool:
        """Take a rating back; False where there is none of theirs."""
        with self._transaction() as db:
            return bool(
                db.execute(
                    "DELETE FROM ratings WHERE id = ? AND exchange IN (SELECT exchanges.id FROM "
                    "exchanges JOIN conversations ON conversation = conversations.id "
                    "WHERE owner = ?)",
                    (rating_id, owner),
                ).rowcount
            )

    def preferences(self, owner: str) -> str | None:
        """What `owner` has set for the chat, in JSON; None for nothing."""
        rows = self._rows("SELECT fields FROM preferences WHERE owner = ?", owner)
        return rows[0][0] if rows else None

    def set_preferences(self, owner: str, fields: str) -> None:
        """Keep what `owner` has set."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO preferences VALUES (?, ?) "
                "ON CONFLICT (owner) DO UPDATE SET fields = excluded.fields",
                (owner, _storable(fields)),
            )

    def review(self, rating_id: str, verdict: Verdict) -> bool:
        """Note that a disliked answer was reviewed; False where it is gone or was before."""
        with self._transaction() as db:
            return bool(
                db.execute(
                    "UPDATE ratings SET verdict = ? WHERE id = ? AND liked = 0 AND verdict IS NULL",
                    (verdict, rating_id),
                ).rowcount
            )

    # SQLite

    def _prepare(self) -> None:
        """Settings of the connection, and the tables if there are none."""
        with self._locked(), self._translated():
            for pragma in (
                "journal_mode = WAL",
                "synchronous = FULL",
                "foreign_keys = ON",
                "secure_delete = ON",
            ):
                self._db.execute(f"PRAGMA {pragma}").fetchall()
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                self._db.executescript(
                    f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {FORMAT}; COMMIT;"
                )
            elif version != FORMAT:
                raise CorpusError(
                    say(
                        "{path} has format {found}, this version reads {known}; use the version of "
                        "Footnote that wrote it, or move the file away",
                        path=self.path,
                        found=version,
                        known=FORMAT,
                    )
                )
            self._db.executescript(_LATER)

    def _rows(self, sql: str, *values: object) -> list[Any]:
        with self._mutex, self._translated():
            return self._db.execute(sql, values).fetchall()

    def _exchanges(self, condition: str, *values: object) -> list[Exchange]:
        """Exchanges that meet a condition of this module, which may order and limit them too."""
        rows = self._rows(
            "SELECT exchanges.id, question_id, reply_id, question, asked, exchanges.answer, told, "
            "steps, parts.answer, ratings.id, liked, reason, given FROM exchanges "
            "LEFT JOIN ratings ON ratings.exchange = exchanges.id "
            f"LEFT JOIN parts ON parts.exchange = exchanges.id WHERE {condition}",
            *values,
        )
        return [_exchange(row) for row in rows]

    @staticmethod
    def _start(db: sqlite3.Connection, owner: str, conversation_id: str, name: str) -> None:
        if not is_uuid(conversation_id):
            raise CorpusError(say("a conversation's id is a UUID"))
        name, now = _named(name), _now()
        db.execute(
            "INSERT INTO conversations VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
            (conversation_id, owner, name, name.casefold(), now, now),
        )
        sql = "SELECT 1 FROM conversations WHERE id = ? AND owner = ?"
        if not db.execute(sql, (conversation_id, owner)).fetchone():
            raise CorpusError(say("there is no such conversation"))

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All of the body is committed, or none of it."""
        with self._mutex, self._locked(), self._translated():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with held(self.path.with_suffix(".lock"), seconds=BUSY_SECONDS):
            yield

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """SQLite's errors, and the system's, as ours."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise CorpusError(
                f"the conversations in {self.path} cannot be read or written: {reason}; make room "
                "or make the file writable, move it away, or set FOOTNOTE_HISTORY=off"
            ) from error


def _exchange(row: Sequence[Any]) -> Exchange:
    rating_id, liked, reason, given = row[9:]
    answer, told, steps, part = row[5:9]
    partial = answer is None and not told and part is not None
    if partial:
        answer = part
    exchange_id, question_id, reply_id, question, asked = row[:5]
    return Exchange(
        exchange_id,
        question_id,
        reply_id,
        question,
        asked,
        answer=json.loads(answer) if answer else None,
        told=told,
        steps=tuple(FoldedStep(*step) for step in json.loads(steps)),
        partial=partial,
        rating=Rating(rating_id, bool(liked), reason, given) if rating_id else None,
    )


def _named(name: str) -> str:
    """A name on one line, not too long, and never empty."""
    return " ".join(_storable(name).split())[:LONGEST_NAME].strip() or UNNAMED


def _storable(text: str) -> str:
    """`text` without what is no character: half of a surrogate pair, which a client may send."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _said(answer: Mapping[str, Any]) -> str:
    """The text of an answer, without its markers."""
    return _storable(re.sub(r"\[\d+\]", "", answer["text"]))


def _parsed(cursor: str) -> list[str]:
    updated, _, conversation_id = cursor.partition("|")
    if not is_uuid(conversation_id):
        raise SettingsError("that is no cursor of a list of conversations")
    return [updated, conversation_id]


def _now() -> str:
    """The time, so that the order of texts is the order of times."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
