"""The tables of the corpus file, and the checksum that ends every row of them."""

from __future__ import annotations

import hashlib
import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SCHEMA_VERSION", "TABLES", "checksum", "create"]

SCHEMA_VERSION = 2

_SCHEMA = """
CREATE TABLE articles (
    key INTEGER PRIMARY KEY AUTOINCREMENT,  -- one version of one text; never used again
    id TEXT NOT NULL UNIQUE,                -- path of the file it was first read from
    sha256 TEXT NOT NULL UNIQUE,            -- of the text: equal texts are kept once
    text TEXT NOT NULL,
    title TEXT,
    date TEXT,
    author TEXT,
    language TEXT,
    source TEXT,
    pages TEXT NOT NULL,                    -- JSON: offset at which each page begins
    incomplete TEXT,                        -- why text may be missing
    checksum BLOB NOT NULL
) STRICT;
CREATE INDEX articles_in_catalog ON articles (date, id, title, author, incomplete);
CREATE INDEX articles_in_outline ON articles (id, sha256, date, source, language);
CREATE INDEX articles_untitled ON articles (key) WHERE title IS NULL;
CREATE TABLE files (                        -- every file that was read, and what became of it
    path TEXT PRIMARY KEY,
    sha256 TEXT NOT NULL,                   -- of the bytes: has the file changed?
    read_as TEXT NOT NULL,                  -- the readers' version
    source TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('indexed', 'incomplete', 'refused', 'removed')),
    reason TEXT,
    article INTEGER REFERENCES articles (key),
    checksum BLOB NOT NULL
) STRICT;
CREATE INDEX files_of_article ON files (article);
CREATE INDEX files_by_content ON files (sha256);
CREATE INDEX files_refused ON files (path) WHERE state = 'refused';
CREATE TABLE builds (                       -- passages made with one encoder and one splitting
    build INTEGER PRIMARY KEY AUTOINCREMENT,
    made_with TEXT NOT NULL UNIQUE,
    checksum BLOB NOT NULL
) STRICT;
CREATE TABLE splits (                       -- how many passages an article has in a build
    article INTEGER NOT NULL REFERENCES articles (key),
    build INTEGER NOT NULL REFERENCES builds (build),
    passages INTEGER NOT NULL,
    checksum BLOB NOT NULL,
    PRIMARY KEY (article, build)
) STRICT;
CREATE TABLE passages (
    number INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used again: a stale index finds nothing
    article INTEGER NOT NULL REFERENCES articles (key),
    build INTEGER NOT NULL REFERENCES builds (build),
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    vector BLOB NOT NULL,                   -- float32, little endian, unit norm
    checksum BLOB NOT NULL
) STRICT;
CREATE INDEX passages_in_order ON passages (article, build, start, "end");
CREATE TABLE former (                       -- ids that texts had before their files moved
    id TEXT NOT NULL,
    sha256 TEXT NOT NULL,                   -- of the text
    checksum BLOB NOT NULL,
    PRIMARY KEY (id, sha256)
) STRICT;
CREATE TABLE removed (                      -- texts the user took out: they stay out
    sha256 TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    checksum BLOB NOT NULL
) STRICT;
CREATE TABLE derived (                      -- the indexes made from the passages
    name TEXT PRIMARY KEY,
    generation INTEGER NOT NULL,
    build INTEGER NOT NULL,
    file TEXT NOT NULL,
    content TEXT NOT NULL,                  -- checksum of the file, or of the files of the folder
    checksum BLOB NOT NULL
) STRICT;
CREATE TABLE state (
    "only" INTEGER PRIMARY KEY CHECK ("only" = 1),
    generation INTEGER NOT NULL,            -- grows with every change of the articles
    revision INTEGER NOT NULL,              -- grows with every change of the file
    build INTEGER,                          -- the build that is searched
    identity TEXT NOT NULL,                 -- names this corpus, and no other
    checksum BLOB NOT NULL
) STRICT;
CREATE TABLE counts (name TEXT PRIMARY KEY, "rows" INTEGER NOT NULL) STRICT;
"""

TABLES = (
    "articles", "files", "builds", "splits", "passages", "former", "removed", "derived",
)  # fmt: skip
"""Tables whose every row ends in a checksum, parents first; their rows are counted by triggers."""


def checksum(*values: object) -> bytes:
    """8 bytes of BLAKE2b over the values of a row, in the order of its columns."""
    digest = hashlib.blake2b(digest_size=8)
    for value in values:
        if value is None:
            digest.update(b"\xff")
            continue
        data = value if isinstance(value, bytes) else str(value).encode("utf-8")
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.digest()


def create(db: sqlite3.Connection, identity: str, generation: int = 0, revision: int = 0) -> None:
    """Make the tables of an empty corpus, inside the transaction that is open."""
    for statement in _statements(_SCHEMA):
        db.execute(statement)
    for table in TABLES:
        db.execute("INSERT INTO counts VALUES (?, 0)", (table,))
        for change, step in (("INSERT", "+ 1"), ("DELETE", "- 1")):
            db.execute(
                f"CREATE TRIGGER {table}_{change} AFTER {change} ON {table} BEGIN "
                f'UPDATE counts SET "rows" = "rows" {step} WHERE name = \'{table}\'; END'
            )
    state = (1, generation, revision, None, identity)
    db.execute("INSERT INTO state VALUES (?, ?, ?, ?, ?, ?)", (*state, checksum(*state)))
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _statements(script: str) -> Iterator[str]:
    """The statements of a script one by one: `executescript` would commit first."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
