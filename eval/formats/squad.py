"""SQuAD 2.0: one JSON file of contexts, questions and answers as spans (Rajpurkar et al. 2018).

A question belongs to one context and has one answer, of which several wordings are taken.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from embeddings.records import Article
from eval.formats import (
    Exported,
    FormatError,
    Imported,
    LeftOut,
    answered_row,
    sentence_around,
    unanswerable_row,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from eval.questions import Question

__all__ = ["exported", "imported"]

VERSION = "v2.0"
WHY = "Marked as impossible in SQuAD 2.0."


def exported(questions: Sequence[Question], articles: Mapping[str, Article]) -> Exported:
    """One JSON file: each article that is asked about is one context."""
    asked: dict[str, list[dict[str, Any]]] = {}
    left_out: list[LeftOut] = []
    for question in questions:
        made = _entry(question, articles)
        if isinstance(made, str):
            left_out.append(LeftOut(question.id, made))
        else:
            asked.setdefault(made[0], []).append(made[1])
    if not asked:
        raise FormatError("no question has one fact in one article: SQuAD can hold none of them")
    data = [
        {"title": id_, "paragraphs": [{"context": articles[id_].text, "qas": qas}]}
        for id_, qas in asked.items()
    ]
    text = json.dumps({"version": VERSION, "data": data}, ensure_ascii=False, indent=1)
    return Exported({"squad.json": f"{text}\n"}, tuple(left_out))


def imported(path: Path) -> Imported:
    """The questions of a SQuAD file, 1.1 or 2.0, and its contexts as documents, one a title."""
    rows: list[dict[str, Any]] = []
    documents: dict[str, str] = {}
    left_out: list[LeftOut] = []
    try:
        for number, entry in enumerate(json.loads(path.read_text("utf-8-sig"))["data"], start=1):
            name = str(entry.get("title") or f"article-{number}")
            while name in documents:
                name = f"{name}-{number}"
            contexts = [paragraph["context"] for paragraph in entry["paragraphs"]]
            documents[name] = "\n\n".join(contexts)
            offset = 0
            for paragraph, context in zip(entry["paragraphs"], contexts, strict=True):
                for qa in paragraph["qas"]:
                    made = _row(qa, Article(name, documents[name]), offset)
                    if isinstance(made, str):
                        left_out.append(LeftOut(str(qa["id"]), made))
                    else:
                        rows.append(made)
                offset += len(context) + 2
    except OSError as error:
        raise FormatError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FormatError(
            f"{path}: not in the format of SQuAD ({type(error).__name__}: {error}); it needs data, "
            "paragraphs, context, qas and answers"
        ) from error
    return Imported(tuple(rows), documents, tuple(left_out))


def _entry(question: Question, articles: Mapping[str, Article]) -> tuple[str, dict[str, Any]] | str:
    """The article that a question is put to, and the question there; or why there is none."""
    entry: dict[str, Any] = {"id": question.id, "question": question.question}
    if question.history:
        return "it leans on the conversation before it"
    if not question.answerable:
        if question.about not in articles:
            return "it is about no article, and SQuAD asks of one"
        return str(question.about), entry | {"is_impossible": True, "answers": []}
    if len(question.facts) != 1 or len(question.evidence) != 1:
        return "it needs several facts or places; an answer of SQuAD is one span"
    place = question.evidence[0].places[0]
    article = articles[place.article_id]
    start = article.text.find(place.quote)
    if start < 0:
        return f"its quote does not stand in {article.id!r}"
    answers = [
        {"text": match[0], "answer_start": start + match.start()}
        for form in question.facts[0]
        if (match := re.search(rf"(?<!\w){re.escape(form)}(?!\w)", place.quote, re.IGNORECASE))
    ]
    if not answers:
        return "no form of its fact stands in the quote letter for letter"
    return article.id, entry | {"is_impossible": False, "answers": answers}


def _row(qa: Mapping[str, Any], article: Article, offset: int) -> dict[str, Any] | str:
    id_, question = str(qa["id"]), str(qa["question"])
    if qa.get("is_impossible"):
        return unanswerable_row(id_, question, article.id, WHY, "from SQuAD")
    forms = list(dict.fromkeys(answer["text"] for answer in qa["answers"]))
    if not forms:
        return "it has no answer and is not marked as impossible"
    first = qa["answers"][0]
    start = offset + int(first["answer_start"])
    end = start + len(first["text"])
    if article.text[start:end] != first["text"]:
        return f"its context does not have {first['text'][:60]!r} at {first['answer_start']}"
    quote = Article(article.id, sentence_around(article.text, start, end))
    return answered_row(id_, question, [forms], [quote], "from SQuAD")
