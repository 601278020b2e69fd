"""RAGAS: JSON Lines of single-turn samples, as `EvaluationDataset.from_jsonl` takes them (0.4).

From questions: `user_input`, `reference` and where it stands. From a run also our `response` and
the `retrieved_contexts`, so that its metrics can be computed over what was really answered.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from embeddings.splitting import split_sentences
from eval.formats import (
    Exported,
    FormatError,
    Imported,
    LeftOut,
    answered_row,
    unanswerable_row,
)
from eval.text import strip_markers
from eval.writing import lines_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from embeddings.records import Article
    from eval.questions import Question

__all__ = ["exported", "imported", "read_run"]

REFUSAL = "The articles do not say."
LONGEST_WHOLE = 12
"""Words up to which a reference is one fact, looked for as it is; a longer one by its sentences."""


def exported(
    questions: Sequence[Question],
    articles: Mapping[str, Article],
    run: Mapping[str, Mapping[str, Any]] | None = None,
) -> Exported:
    """One file of samples; with `run`, records by question id, those that were answered in it."""
    samples: list[dict[str, Any]] = []
    left_out: list[LeftOut] = []
    for question in questions:
        record = run.get(question.id) if run is not None else None
        answer = record.get("answer") if record else None
        if run is not None and not answer:
            left_out.append(LeftOut(question.id, "the run has no answer to it"))
        elif question.history and not answer:
            left_out.append(LeftOut(question.id, "it leans on the conversation; export a run"))
        else:
            samples.append(
                _sample(question) | (_answered(record or {}, articles) if answer else {})
            )
    if not samples:
        raise FormatError("nothing to export: the run has none of these questions")
    return Exported({"ragas.jsonl": lines_of(samples)}, tuple(left_out))


def imported(path: Path, articles: Mapping[str, Article]) -> Imported:
    """Questions of the samples whose reference stands in the articles, word for word.

    A reference that was worded by a person or a model is no fact that a string can be held
    against: such a sample is left out, and so is one of several turns.
    """
    rows: list[dict[str, Any]] = []
    left_out: list[LeftOut] = []
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        try:
            sample = json.loads(line)
            asked, reference = sample.get("user_input"), sample.get("reference")
        except (ValueError, AttributeError) as error:
            raise FormatError(f"{path}:{number}: not a JSON object: {error}") from error
        id_ = f"ragas-{number}"
        if not isinstance(asked, str) or not isinstance(reference, str) or not reference.strip():
            left_out.append(LeftOut(id_, "no user_input of one turn, or no reference"))
            continue
        if reference.strip() == REFUSAL:
            rows.append(unanswerable_row(id_, asked, None, REFUSAL, "from RAGAS"))
            continue
        named = [articles[i] for i in sample.get("reference_context_ids") or () if i in articles]
        made = answered_row(id_, asked, _facts(reference), named or articles.values(), "from RAGAS")
        if isinstance(made, str):
            left_out.append(LeftOut(id_, made))
        else:
            rows.append(made)
    return Imported(tuple(rows), left_out=tuple(left_out))


def read_run(path: Path) -> dict[str, dict[str, Any]]:
    """The records of a run's latest.json, or of the folder that holds it, by question id."""
    file = path / "latest.json" if path.is_dir() else path
    try:
        return {record["id"]: record for record in json.loads(file.read_text("utf-8"))["records"]}
    except OSError as error:
        raise FormatError(
            f"{file}: cannot be read: {error.strerror}; name a run's folder"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise FormatError(f"{file}: is not a run of `python -m eval`: make it anew") from error


def _sample(question: Question) -> dict[str, Any]:
    if not question.answerable:
        return {"user_input": question.question, "reference": REFUSAL}
    places = [evidence.places[0] for evidence in question.evidence]
    return {
        "user_input": question.question,
        "reference": " ".join(place.quote for place in places),
        "reference_contexts": [place.quote for place in places],
        "reference_context_ids": [place.article_id for place in places],
    }


def _answered(record: Mapping[str, Any], articles: Mapping[str, Article]) -> dict[str, Any]:
    answer, hits = record["answer"], record["retrieved"]
    gone = [hit["article_id"] for hit in hits if hit["article_id"] not in articles]
    if gone:
        raise FormatError(f"the run retrieved {gone[0]!r}, which is none of these articles")
    return {
        "user_input": answer["standalone_question"],
        "response": strip_markers(answer["text"]),
        "retrieved_contexts": [articles[h["article_id"]].text[h["start"] : h["end"]] for h in hits],
        "retrieved_context_ids": [hit["article_id"] for hit in hits],
    }


def _facts(reference: str) -> list[list[str]]:
    if len(reference.split()) <= LONGEST_WHOLE:
        return [[reference.strip()]]
    return [[reference[start:end]] for start, end in split_sentences(reference)]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").split("\n")  # not at U+2028 inside a text
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise FormatError(f"{path}: cannot be read: {reason}") from error
