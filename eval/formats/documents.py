"""Documents that came with questions → files of a folder of articles, and the questions' ids."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from embeddings.errors import ReadError
from embeddings.readers import read_article
from eval.formats import Imported, LeftOut
from eval.questions import QuestionFileError, load_text
from eval.writing import lines_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["as_read", "filed", "loadable", "standing"]

KEPT = (".txt", ".md")
"""Suffixes under which a text is read as it is; others get `.txt` behind them."""
LONGEST_NAME = 80


def filed(made: Imported) -> tuple[Imported, dict[str, str]]:
    """The rows with file names for ids, and the files: each document as plain text."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for id_ in made.documents:
        name = _name(id_)
        stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix
        number = 1
        while name.lower() in taken:  # there are disks to which two cases are one name
            number += 1
            name = f"{stem}-{number}{suffix}"
        names[id_] = name
        taken.add(name.lower())
    rows = tuple(_renamed(row, lambda id_: names.get(id_, id_)) for row in made.rows)
    files = {names[id_]: text for id_, text in made.documents.items()}
    return Imported(rows, made.documents, made.left_out), files


def loadable(made: Imported) -> Imported:
    """The rows that the loader of questions takes, each id once; the others are left out."""
    rows: dict[str, dict[str, Any]] = {}
    left_out = list(made.left_out)
    for row in made.rows:
        id_ = str(row.get("id"))
        try:
            load_text(lines_of([row]), Path("row"))
        except QuestionFileError as error:
            left_out.append(LeftOut(id_, str(error).removeprefix("row:1: ")))
            continue
        if id_ in rows:
            left_out.append(LeftOut(id_, "another question has its id"))
        rows.setdefault(id_, row)
    return Imported(tuple(rows.values()), made.documents, tuple(left_out))


def standing(made: Imported, texts: Mapping[str, str]) -> Imported:
    """The rows whose quotes stand in the articles with these texts; the others are left out."""
    rows: list[dict[str, Any]] = []
    left_out = list(made.left_out)
    for row in made.rows:
        places = [p for e in row.get("evidence") or () for p in (e, *e.get("also", ()))]
        wrong = next((p for p in places if p["quote"] not in texts.get(p["article_id"], "")), None)
        about = row.get("about")
        if wrong is not None:
            left_out.append(
                LeftOut(str(row["id"]), f"its quote does not stand in {wrong['article_id']!r}")
            )
        else:
            rows.append(row if about is None or about in texts else {**row, "about": None})
    return Imported(tuple(rows), made.documents, tuple(left_out))


def as_read(files: Mapping[str, str]) -> dict[str, str]:
    """The texts as the index will read those files; what is no article has none."""
    texts = {}
    for name, text in files.items():
        try:
            texts[name] = read_article(text.encode(), name, name).text
        except ReadError:
            continue
    return texts


def _name(id_: str) -> str:
    stem = re.sub(r"[^\w.-]+", "-", id_).strip("-.")[:LONGEST_NAME] or "document"
    return stem if stem.lower().endswith(KEPT) else f"{stem}.txt"


def _renamed(row: Mapping[str, Any], name: Callable[[str], str]) -> dict[str, Any]:
    """The row with other article ids."""
    renamed = dict(row)
    if row.get("about") is not None:
        renamed["about"] = name(row["about"])
    if "evidence" in row:
        renamed["evidence"] = [
            {**item, "article_id": name(item["article_id"])}
            | (
                {"also": [{**p, "article_id": name(p["article_id"])} for p in item["also"]]}
                if "also" in item
                else {}
            )
            for item in row["evidence"]
        ]
    return renamed
