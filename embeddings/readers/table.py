"""CSV and TSV: each row becomes a line that can be cited by itself."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from itertools import islice
from typing import Literal

from embeddings.readers.decoding import decode
from embeddings.readers.prose import tidy
from embeddings.records import Document

__all__ = ["read_table"]

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_LINES = 200
_SAMPLE_CHARACTERS = 200_000
_LONGEST_NAME = 80
_MOST_LINES_IN_A_CELL = 200
_NUMBER = re.compile(r"[-+(]?[\d.,\s%€$£]+\)?")
_STATED = re.compile(r"\s*\"?sep=([^\w\s\"]|\t)\"?[ \t]*(?:\r\n?|\n|\Z)", re.IGNORECASE)
"""The line with which spreadsheets name the delimiter."""
_ENDS = (".", "!", "?", "。", "！", "？", "…")


def read_table(content: bytes) -> Document:
    """A line a row: `header: value; header: value.`, or `value | value` where nothing is a header.

    csv.Sniffer is not used: it takes a letter for the delimiter of a table with one column, and
    its patterns take minutes on long lines. The delimiter is the one that gives most rows the
    same number of cells, unless the file names it (`sep=;`).
    """
    decoded = decode(content)
    text = decoded.text.replace("\x00", "")
    stated = _STATED.match(text)
    text = text[stated.end() :] if stated else text
    delimiter = stated[1] if stated else _delimiter(text)
    rows = [row for row in _rows(text, delimiter) if any(row)]
    header, rows = _header(rows)
    lines = [_sentence(header, row) if header else _bare(row) for row in rows]
    return Document(tidy("\n".join(lines)), incomplete=decoded.incomplete)


def _delimiter(text: str) -> str:
    lines = text[:_SAMPLE_CHARACTERS].splitlines()[:_SAMPLE_LINES]
    sample = "\n".join(lines)
    best, best_score = ",", 0.0
    for delimiter in _DELIMITERS:
        widths = Counter(len(row) for row in _parsed(sample, delimiter) if row)
        if not widths:
            continue
        width, count = max(widths.items(), key=lambda item: (item[0] > 1, item[1], item[0]))
        score = count / widths.total() if width > 1 else 0.0
        if score > best_score + 1e-9:
            best, best_score = delimiter, score
    return best


def _rows(text: str, delimiter: str) -> list[list[str]]:
    rows = _parsed(text, delimiter)
    if any(cell.count("\n") > _MOST_LINES_IN_A_CELL for row in rows for cell in row):
        # A quotation mark that nobody closed has swallowed rows: it is a character like others.
        rows = _parsed(text, delimiter, quoting=csv.QUOTE_NONE)
    return [[" ".join(cell.split()) for cell in row] for row in rows]


def _parsed(
    text: str, delimiter: str, quoting: Literal[0, 3] = csv.QUOTE_MINIMAL
) -> list[list[str]]:
    limit = csv.field_size_limit(len(text) + 1)  # the whole process's: it is put back
    lines = io.StringIO(text, newline="")
    # A bare \r among \n is an error to the csv module; it ends a line like any other here.
    if re.search(r"\r(?!\n)", text):
        lines = io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n"), newline="")
    try:
        reader = csv.reader(lines, delimiter=delimiter, quoting=quoting, skipinitialspace=True)
        return list(reader)
    finally:
        csv.field_size_limit(limit)


def _header(rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """The names of the columns, empty when no row holds them, and the rows below.

    Names are different words, short, and none of them a number. They may take two rows, the
    second dividing some columns of the first.
    """
    names = [name for name in rows[0] if name] if len(rows) > 1 else []
    if len(names) < 2 or len(set(names)) < len(names):
        return [], rows
    if any(len(name) > _LONGEST_NAME or _NUMBER.fullmatch(name) for name in names):
        return [], rows
    header, second = rows[0], rows[1]
    if _divides(rows):
        return _divided(header, second), rows[2:]
    return header, rows[1:]


def _divides(rows: list[list[str]]) -> bool:
    """Whether the second row goes on naming columns.

    One of them then has no name in the first, and each a value below, or its name were lost.
    """
    header, second = rows[0], rows[1]
    named = [index for index, part in enumerate(second) if part]
    return (
        not second[0]
        and any(index >= len(header) or not header[index] for index in named)
        and not any(_NUMBER.fullmatch(second[n]) or second[n].endswith(_ENDS) for n in named)
        and all(any(n < len(row) and row[n] for row in islice(rows, 2, None)) for n in named)
    )


def _divided(header: list[str], second: list[str]) -> list[str]:
    """Names of two rows in one: `Results`, `Accuracy` → `Results Accuracy`."""
    whole, names = "", []
    for index, part in enumerate(second):
        whole = (header[index] if index < len(header) else "") or whole
        names.append(f"{whole} {part}".strip() if part else whole)
    return names


def _sentence(header: list[str], row: list[str]) -> str:
    pairs = [
        f"{header[index]}: {value}" if index < len(header) and header[index] else value
        for index, value in enumerate(row)
        if value
    ]
    sentence = "; ".join(pairs)
    return sentence if sentence.endswith(_ENDS) else sentence + "."


def _bare(row: list[str]) -> str:
    return " | ".join(value for value in row if value)
