"""BEIR: `corpus.jsonl`, `queries.jsonl` and `qrels/test.tsv` (Thakur et al. 2021).

BEIR says which documents are relevant, not what the answer is. What a question of ours says beyond
that goes into the `metadata` of its query, which BEIR leaves to each data set: `answerable`,
`answers`, `type`, `evidence`, `about` and `history` as `python -m eval bench` reads them, and the
whole question as `footnote`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eval.beir import load_benchmark, rows_of, texts_in
from eval.formats import (
    Exported,
    FormatError,
    Imported,
    LeftOut,
    answered_row,
    places_of,
    row_of,
    unanswerable_row,
)
from eval.writing import lines_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from embeddings.records import Article
    from eval.questions import Question

__all__ = ["exported", "imported"]

HEADER = "query-id\tcorpus-id\tscore\n"


def exported(questions: Sequence[Question], articles: Mapping[str, Article]) -> Exported:
    """A folder in BEIR layout: every article, and every question."""
    corpus = [{"_id": a.id, "title": a.title or "", "text": a.text} for a in articles.values()]
    queries = [{"_id": q.id, "text": q.question, "metadata": _metadata(q)} for q in questions]
    qrels = [
        f"{question.id}\t{article_id}\t1\n"
        for question in questions
        for article_id in dict.fromkeys(article_id for article_id, _ in places_of(question))
    ]
    if not qrels:
        raise FormatError("no question is answerable, so no document is relevant: BEIR needs one")
    return Exported({
        "corpus.jsonl": lines_of(corpus),
        "queries.jsonl": lines_of(queries),
        "qrels/test.tsv": HEADER + "".join(qrels),
    })  # fmt: skip


def imported(folder: Path, split: str | None = None) -> Imported:
    """The questions of a folder whose queries say what the answer is, and its documents.

    Raises `ReadError` where the folder is not in BEIR layout, `FormatError` when no query does.
    """
    benchmark = load_benchmark(folder, split)
    documents = {article.id: article for article in benchmark.articles}
    relevant = {
        query.id: [
            documents[d] for d, grade in query.relevance.items() if grade > 0 and d in documents
        ]
        for query in benchmark.queries
    }
    rows: list[dict[str, Any]] = []
    left_out: list[LeftOut] = []
    for query in rows_of(folder / "queries.jsonl"):
        made = _row(query, relevant.get(str(query["_id"]), ()))
        if isinstance(made, str):
            left_out.append(LeftOut(str(query["_id"]), made))
        else:
            rows.append(made)
    if not rows:
        raise FormatError(
            f"{folder}: no query says what its answer is, so answers cannot be judged; measure "
            f"retrieval with: python -m eval bench {folder}"
        )
    return Imported(tuple(rows), {a.id: a.text for a in documents.values()}, tuple(left_out))


def _metadata(question: Question) -> dict[str, Any]:
    told: dict[str, Any] = {"type": question.kind, "answerable": question.answerable}
    if len(question.facts) == 1:  # several forms of one fact; BEIR readers take any of `answers`
        told["answers"] = list(question.facts[0])
    if question.answerable:
        told["evidence"] = [evidence.places[0].quote for evidence in question.evidence]
    if question.about:
        told["about"] = [question.about]
    row = row_of(question)
    if "history" in row:
        told["history"] = row["history"]
    return told | {"footnote": row}


def _row(query: Mapping[str, Any], documents: Sequence[Article]) -> dict[str, Any] | str:
    told = query.get("metadata")
    if not isinstance(told, dict):
        return "it does not say what the answer is"
    if isinstance(told.get("footnote"), dict):
        return dict(told["footnote"])
    id_, text = str(query["_id"]), str(query["text"])
    if told.get("answerable") is False:
        about = texts_in(told, "about")
        return unanswerable_row(
            id_, text, about[0] if about else None, "Marked as not answerable.", "from BEIR"
        )
    answers = [answer for answer in texts_in(told, "answers") if answer.strip()]
    if not answers:
        return "it does not say what the answer is"
    return answered_row(id_, text, [answers], documents, "from BEIR")
