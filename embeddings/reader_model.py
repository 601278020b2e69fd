"""The reader: which sentence of a text answers a question, where in it, and whether any does.

A six-layer cross-encoder (MiniLM, fine-tuned by `embeddings.training`), run by ONNX Runtime. It
reads `[CLS] question [SEP] title : sentences [SEP]` once and speaks of every sentence in it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embeddings.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

__all__ = ["ReaderModel", "Reading", "Window"]

Span = tuple[int, int]

FOLDER = Path(__file__).parent / "models" / "reader"
FORMAT = "footnote/reader/1"
CLS, SEP, COLON = 101, 102, 1024
MAX_QUESTION_TOKENS, MAX_TITLE_TOKENS = 48, 24
MAX_ANSWER_TOKENS = 30
MISSING = -20.0
"""Relevance of a sentence without a token (white space, or past the longest window)."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of an article; `sentences` are character spans of `text`, in order."""

    title: str | None
    date: str | None
    """Not read today; the place is kept so that a later model can."""
    text: str
    sentences: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader says of one sentence."""

    relevance: float
    """Logit that this very sentence answers."""
    answerable: float
    """Logit that the text around it answers the question at all."""
    start: int
    end: int
    """The short answer, in characters of the sentence."""
    span_score: float = MISSING
    """Log-probability of the short answer among all in the text around it, at most 0: low where no
    run of words stands out, as in a text that does not answer."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """As many sentences of one window as fit in one pass."""

    window: int
    sentences: tuple[int, ...]
    ids: tuple[int, ...]
    text_start: int
    bounds: tuple[Span, ...]
    offsets: tuple[Span, ...]
    """Characters of the window's text, one pair for each token of the text."""
    first: int
    """Index of the first token of the text in `ids`."""


class ReaderModel:
    """The reader in `embeddings/models/reader/`, or in another folder of the same layout.

    Each window runs on one core, several windows side by side. Against all cores for each window
    in turn, that is half the time and half the work (`benchmarks/reader_windows.py`); what is read
    is the same to the last bit.
    """

    def __init__(self, session: Any, tokenizer: Any, max_tokens: int) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self._max_tokens = max_tokens
        # Kept: a thread of its own for each reading would have to fetch its memory anew.
        self._pool = ThreadPoolExecutor(os.cpu_count() or 1)

    @classmethod
    def load(cls, folder: Path | None = None) -> ReaderModel:
        """Open the model; raises ModelError when a file is missing or is not the pinned one."""
        from tokenizers import Tokenizer

        from embeddings.onnx_session import open_session

        folder = folder or FOLDER
        facts = _facts(folder)
        model = (folder / "model.onnx").read_bytes()
        for name, content in (
            ("model.onnx", model),
            ("tokenizer.json", (folder / "tokenizer.json").read_bytes()),
        ):
            found = hashlib.sha256(content).hexdigest()
            if found != facts["sha256"][name]:
                raise ModelError(
                    f"{folder / name} is not the pinned reader (SHA-256 {found[:12]}…, expected "
                    f"{facts['sha256'][name][:12]}…): restore the file, or train it again with "
                    "`python -m embeddings.training`"
                )
        session = open_session(model, 1)
        tokenizer = Tokenizer.from_str((folder / "tokenizer.json").read_text(encoding="utf-8"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return cls(session, tokenizer, int(facts["max_tokens"]))

    def read(self, question: str, windows: Sequence[Window]) -> list[tuple[Reading, ...]]:
        """One Reading for every sentence of every window, in their order.

        Windows are read one by one: on a processor a batch saves nothing, its padding costs time,
        and int8 activations, scaled over a batch, would make a window depend on the others.
        """
        found: list[dict[int, Reading]] = [{} for _ in windows]
        pieces = self._pieces(question, windows)
        for piece, (tokens, text) in zip(pieces, self._pool.map(self._run, pieces), strict=True):
            scores = [_relevance(tokens, bounds) for bounds in piece.bounds]
            answerable = text + max(scores)
            whole = _log_totals(piece, tokens)
            for index, bounds, relevance in zip(piece.sentences, piece.bounds, scores, strict=True):
                sentence = windows[piece.window].sentences[index]
                start, end, score = _answer(piece, tokens, bounds, sentence)
                found[piece.window][index] = Reading(
                    relevance, answerable, start, end, score - whole
                )
        empty = Reading(MISSING, MISSING, 0, 0)
        return [
            tuple(known.get(i, empty) for i in range(len(window.sentences)))
            for known, window in zip(found, windows, strict=True)
        ]

    def _pieces(self, question: str, windows: Sequence[Window]) -> list[_Piece]:
        asked = self._tokenizer.encode(question, add_special_tokens=False).ids[:MAX_QUESTION_TOKENS]
        pieces: list[_Piece] = []
        for number, window in enumerate(windows):
            title = self._tokenizer.encode(window.title or "", add_special_tokens=False).ids[
                :MAX_TITLE_TOKENS
            ]
            head = [CLS, *asked, SEP, *([*title, COLON] if title else [])]
            room = self._max_tokens - len(head) - 1
            text = self._tokenizer.encode(window.text, add_special_tokens=False)
            for group in _fitting(window.sentences, text.offsets, room):
                low = group[0][1][0]
                high = min(group[-1][1][1], low + room)
                pieces.append(
                    _Piece(
                        window=number,
                        sentences=tuple(index for index, _ in group),
                        ids=(*head, *text.ids[low:high], SEP),
                        text_start=len(asked) + 2,
                        bounds=tuple(
                            (a - low + len(head), min(b, high) - low + len(head))
                            for _, (a, b) in group
                        ),
                        offsets=tuple(text.offsets[low:high]),
                        first=len(head),
                    )
                )
        return pieces

    def _run(self, piece: _Piece) -> tuple[NDArray[np.float32], float]:
        """Signals `(length, 4)` of the tokens, and the logit of the text."""
        import numpy as np

        ids = np.array([piece.ids], dtype=np.int64)
        types = np.zeros_like(ids)
        types[0, piece.text_start :] = 1
        tokens, text = self._session.run(
            ["tokens", "text"], {"ids": ids, "types": types, "mask": np.ones_like(ids)}
        )
        return tokens[0], float(text[0])


def _facts(folder: Path) -> dict[str, Any]:
    missing = [
        name
        for name in ("reader.json", "model.onnx", "tokenizer.json")
        if not (folder / name).is_file()
    ]
    if missing:
        raise ModelError(
            f"no reader in {folder}: {', '.join(missing)} not found; "
            "reinstall the project, or train it with `python -m embeddings.training`"
        )
    facts: dict[str, Any] = json.loads((folder / "reader.json").read_text(encoding="utf-8"))
    if facts.get("format") != FORMAT:
        raise ModelError(
            f"{folder / 'reader.json'} has format {facts.get('format')!r}, this version reads "
            f"{FORMAT!r}: reinstall the project"
        )
    return facts


def _fitting(
    sentences: Sequence[Span], offsets: Sequence[Span], room: int
) -> list[list[tuple[int, Span]]]:
    """Runs of sentences (index, token range) that fit in `room` tokens, of about equal length."""
    placed: list[tuple[int, Span]] = []
    at = 0
    for index, (start, end) in enumerate(sentences):
        while at < len(offsets) and offsets[at][0] < start:
            at += 1
        first = at
        while at < len(offsets) and offsets[at][1] <= end:
            at += 1
        if at > first:
            placed.append((index, (first, at)))
    if not placed:
        return []
    whole = placed[-1][1][1] - placed[0][1][0]
    fair = -(-whole // -(-whole // room))
    groups: list[list[tuple[int, Span]]] = [[]]
    for item in placed:
        low = groups[-1][0][1][0] if groups[-1] else item[1][0]
        if groups[-1] and (item[1][1] - low > room or item[1][0] - low >= fair):
            groups.append([])
        groups[-1].append(item)
    return groups


def _relevance(tokens: NDArray[np.float32], bounds: Span) -> float:
    inside = tokens[slice(*bounds)]
    return float(inside[:, 0].mean() + inside[:, 1].max()) if len(inside) else MISSING


def _log_totals(piece: _Piece, tokens: NDArray[np.float32]) -> float:
    """Log of Σ exp over the text's tokens, of the starts and of the ends, added up."""
    import numpy as np

    inside = tokens[piece.text_start : len(piece.ids) - 1, 2:4]
    return float(np.logaddexp.reduce(inside, axis=0).sum())


def _answer(
    piece: _Piece, tokens: NDArray[np.float32], bounds: Span, sentence: Span
) -> tuple[int, int, float]:
    """The likeliest run of at most `MAX_ANSWER_TOKENS` tokens, in characters of the sentence.

    And its score: the logit of its start plus that of its end.
    """
    import numpy as np

    first, last = bounds
    length = last - first
    if length <= 0:
        return 0, 0, MISSING
    scores = tokens[first:last, 2][:, None] + tokens[first:last, 3][None, :]
    places = np.arange(length)
    ahead = places[None, :] - places[:, None]
    scores = np.where((ahead >= 0) & (ahead < MAX_ANSWER_TOKENS), scores, -np.inf)
    start, end = divmod(int(scores.argmax()), length)
    offsets = piece.offsets[first - piece.first :]
    best = float(scores[start, end])
    return offsets[start][0] - sentence[0], offsets[end][1] - sentence[0], best


def is_word(word: str) -> bool:
    """Whether the reader's vocabulary has a word whole: all common ones, few misspelt."""
    return len(_vocabulary().encode(word.lower(), add_special_tokens=False).ids) == 1


@cache
def _vocabulary() -> Tokenizer:
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
