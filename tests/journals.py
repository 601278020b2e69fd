"""A journal of SQLite's without the file that it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embeddings.connection import connect

if TYPE_CHECKING:
    from pathlib import Path


def leave_only_a_journal(path: Path) -> None:
    """Take the corpus file away, and leave the journal of a change that was cut off half-way."""
    journal = path.with_name(f"{path.name}-journal")
    db = connect(path)
    db.execute("PRAGMA cache_size = 2")  # so that some pages are written before the commit
    db.execute("BEGIN IMMEDIATE")
    db.execute("UPDATE articles SET text = text || hex(zeroblob(20000))")
    content = journal.read_bytes()
    db.execute("ROLLBACK")
    db.close()
    assert content[:4] != bytes(4), "else SQLite would not play it"
    path.unlink()
    journal.write_bytes(content)
