"""Public benchmarks, read in place, as questions over paragraphs that are split in sentences."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = [
    "Collection",
    "Paragraph",
    "Question",
    "held_out_articles",
    "held_out_documents",
    "joined",
    "load_collection",
    "sentence_spans",
    "words_of",
]

Span = tuple[int, int]

TEST_SQUAD_ARTICLES = 3
TEST_SHARE = 5
"""One article in five of the other sets is kept for the test."""

BOUNDARY = re.compile(r"(?<=[.!?;])[\"'”’)\]]*\s+(?=[\"'“‘(\[]?[A-Z0-9])|\n+")
ABBREVIATION = re.compile(
    r"(?:\b(?:[A-Z]|Dr|Mr|Mrs|Ms|St|No|vs|etc|Jr|Sr|Inc|Co|Ltd|Fig|Prof|Gen|approx|c|ca)"
    r"|\b[a-zA-Z]\.[a-zA-Z])\.$"
)
WORD = re.compile(r"\w+")
STOP = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "by",
        "did",
        "do",
        "does",
        "for",
        "from",
        "had",
        "has",
        "have",
        "how",
        "in",
        "is",
        "it",
        "its",
        "of",
        "on",
        "or",
        "that",
        "the",
        "their",
        "there",
        "this",
        "to",
        "was",
        "were",
        "what",
        "when",
        "where",
        "which",
        "who",
        "whom",
        "whose",
        "why",
        "will",
        "with",
        "much",
        "many",
    ]
)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A stretch of one article, with the character spans of its sentences."""

    id: str
    source: str
    article: str
    title: str
    text: str
    sentences: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """One question asked of one paragraph."""

    source: str
    text: str
    paragraph: Paragraph
    relevant: tuple[int, ...]
    """Sentences of the paragraph that answer it; empty when the paragraph does not."""
    span: Span | None = None
    """The short answer, in characters of the paragraph."""
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Collection:
    """Questions and paragraphs of one side of the split. No article is on both sides."""

    questions: tuple[Question, ...]
    paragraphs: tuple[Paragraph, ...]


def words_of(text: str) -> list[str]:
    """Lower-case words of `text` that carry meaning."""
    return [word for word in WORD.findall(text.lower()) if word not in STOP]


def sentence_spans(text: str) -> tuple[Span, ...]:
    """Character spans of the sentences of `text`, without the white space around them."""
    cuts = [0]
    for match in BOUNDARY.finditer(text):
        if text[match.start() - 1 : match.start()] == ";" and match.start() - cuts[-1] < 80:
            continue
        if not ABBREVIATION.search(text[max(0, match.start() - 8) : match.start()]):
            cuts.append(match.end())
    spans = []
    for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True):
        stretch = text[start:end]
        if stretch.strip():
            left = len(stretch) - len(stretch.lstrip())
            spans.append((start + left, start + len(stretch.rstrip())))
    return tuple(spans)


def load_collection(benchmarks: Path, *, test: bool, everything: bool = False) -> Collection:
    """Read one side of the split; `everything` puts all articles on the training side."""
    questions: list[Question] = []
    paragraphs: list[Paragraph] = []
    for reader in _readers().values():
        more_questions, more_paragraphs = reader(benchmarks)
        held_out = held_out_articles(
            more_paragraphs[0].source, {p.article for p in more_paragraphs}
        )
        if everything:
            held_out = frozenset()
        questions += [q for q in more_questions if (q.paragraph.article in held_out) == test]
        paragraphs += [p for p in more_paragraphs if (p.article in held_out) == test]
    return Collection(tuple(questions), tuple(paragraphs))


def joined(*collections: Collection) -> Collection:
    """All of several collections, in order."""
    return Collection(
        tuple(question for collection in collections for question in collection.questions),
        tuple(paragraph for collection in collections for paragraph in collection.paragraphs),
    )


def held_out_articles(source: str, articles: Iterable[str]) -> frozenset[str]:
    """Those of `articles`, all of one source, that are kept for the test: always the same."""

    def number(article: str) -> int:
        return int(
            hashlib.sha1(f"{source}/{article}".encode(), usedforsecurity=False).hexdigest(), 16
        )

    if source == "squad2":
        return frozenset(sorted(articles, key=number)[:TEST_SQUAD_ARTICLES])
    return frozenset(a for a in articles if number(a) % TEST_SHARE == 0)


def held_out_documents(folder: Path) -> frozenset[str] | None:
    """Ids of the documents in a benchmark's corpus.jsonl whose articles are kept for the test.

    None when training reads no benchmark of the folder's name.
    """
    source = folder.resolve().name
    reader = _readers().get(source)
    if reader is None:
        return None
    paragraphs = reader(folder.resolve().parent)[1]
    held_out = held_out_articles(source, {p.article for p in paragraphs})
    kept = {p.id for p in paragraphs if p.article in held_out}
    return frozenset(
        row["_id"]
        for row in _rows(folder / "corpus.jsonl")
        if row["_id"] in kept or (row.get("metadata") or {}).get("article_id") in kept
    )


def _readers() -> dict[str, Callable[[Path], tuple[list[Question], list[Paragraph]]]]:
    return {
        "squad2": _squad,
        "clapnq": _clapnq,
        "canard": _canard,
        "ramdocs": _ramdocs,
        "scifact": _scifact,
        "multihop-rag": _multihop,
        "mtrag-un": _mtrag,
    }


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _paragraph(id: str, source: str, article: str, title: str, text: str) -> Paragraph:
    return Paragraph(id, source, article, title.replace("_", " "), text, sentence_spans(text))


def _best_span(
    paragraph: Paragraph, question: str, answers: Iterable[str]
) -> tuple[int, Span] | None:
    """The occurrence of an answer whose sentence shares most words with the question."""
    asked = set(words_of(question))
    best: tuple[int, int, Span] | None = None
    for answer in answers:
        for match in re.finditer(re.escape(answer), paragraph.text):
            for index, (start, end) in enumerate(paragraph.sentences):
                if start <= match.start() and match.end() <= end:
                    shared = len(asked & set(words_of(paragraph.text[start:end])))
                    if best is None or shared > best[0]:
                        best = (shared, index, match.span())
    return (best[1], best[2]) if best else None


def _commonest_first(answers: list[str]) -> list[str]:
    return sorted(set(answers), key=lambda a: (-answers.count(a), len(a), a))


def _squad(folder: Path) -> tuple[list[Question], list[Paragraph]]:
    paragraphs = {
        row["_id"]: _paragraph(row["_id"], "squad2", row["title"], row["title"], row["text"])
        for row in _rows(folder / "squad2/corpus.jsonl")
    }
    questions = []
    for row in _rows(folder / "squad2/queries.jsonl"):
        facts = row["metadata"]
        paragraph = paragraphs[facts["about"][0]]
        if not facts["answerable"]:
            questions.append(Question("squad2", row["text"].strip(), paragraph, ()))
            continue
        answers = _commonest_first(facts["answers"])
        found = _best_span(paragraph, row["text"], answers[:1]) or _best_span(
            paragraph, row["text"], answers
        )
        if found:
            questions.append(
                Question(
                    "squad2", row["text"].strip(), paragraph, (found[0],), found[1], tuple(answers)
                )
            )
    return questions, list(paragraphs.values())


def _plain(text: str) -> str:
    """Undo the tokenised spacing of Natural Questions text."""
    text = text.replace("`` ", '"').replace(" ''", '"').replace(" -- ", " – ").replace(" 's", "'s")
    return re.sub(r" ([,.;:?!)])", r"\1", text).replace("( ", "(").replace(" - ", "-")


def _clapnq(folder: Path) -> tuple[list[Question], list[Paragraph]]:
    paragraphs = {
        row["_id"]: _paragraph(
            row["_id"], "clapnq", row["title"], row["title"], _plain(row["text"])
        )
        for row in _rows(folder / "clapnq/corpus.jsonl")
    }
    qrels = _qrels(folder / "clapnq/qrels/dev.tsv")
    questions = []
    for row in _rows(folder / "clapnq/queries.jsonl"):
        facts = row["metadata"]
        if not facts["answerable"]:
            questions += [
                Question("clapnq", row["text"], paragraphs[p], ())
                for p in facts["about"]
                if p in paragraphs
            ]
            continue
        for id in qrels.get(row["_id"], []):
            relevant = _holding(paragraphs[id], [_plain(e) for e in facts["evidence"]])
            if relevant:
                questions.append(Question("clapnq", row["text"], paragraphs[id], relevant))
    return questions, list(paragraphs.values())


def _holding(paragraph: Paragraph, evidence: list[str]) -> tuple[int, ...]:
    """Sentences of the paragraph that are, hold or lie in a piece of evidence."""
    relevant = []
    for index, (start, end) in enumerate(paragraph.sentences):
        sentence = paragraph.text[start:end].strip(" .").lower()
        if any(
            sentence in e.lower() or e.strip(" .").lower() in sentence for e in evidence if sentence
        ):
            relevant.append(index)
    return tuple(relevant)


def _qrels(path: Path) -> dict[str, list[str]]:
    qrels: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        query, document, score = line.split("\t")
        if float(score) > 0:
            qrels.setdefault(query, []).append(document)
    return qrels


def _canard(folder: Path) -> tuple[list[Question], list[Paragraph]]:
    """The human rewrite of each turn, asked of the section's own answers set in one paragraph."""
    dialogues: dict[str, list[dict[str, Any]]] = {}
    for row in _rows(folder / "canard/rows.jsonl"):
        dialogues.setdefault(row["id"].rsplit("_q", 1)[0], []).append(row)
    questions, paragraphs = [], []
    for id, rows in sorted(dialogues.items()):
        longest = max(rows, key=lambda r: len(r["history"]))
        told = [turn["text"].strip() for turn in longest["history"] if turn["role"] == "assistant"]
        pieces: list[str] = []
        for answer in told:
            whole = answer if answer[-1:] in ".!?" else answer + "."
            if len(answer.split()) >= 5 and "don't know" not in answer and whole not in pieces:
                pieces.append(whole[:1].upper() + whole[1:])
        order = sorted(
            pieces, key=lambda p: hashlib.sha1(p.encode(), usedforsecurity=False).hexdigest()
        )
        if len(order) < 2:
            continue
        paragraph = _paragraph(id, "canard", longest["title"], longest["title"], " ".join(order))
        paragraphs.append(paragraph)
        for row in rows:
            turn = row["turn"] - 1
            if turn >= len(told):
                continue
            if "don't know" in told[turn] or told[turn] == "CANNOTANSWER":
                questions.append(Question("canard", row["rewrite"], paragraph, ()))
            elif len(told[turn].split()) >= 5:
                relevant = _holding(paragraph, [told[turn]])
                if 0 < len(relevant) <= 2:
                    questions.append(Question("canard", row["rewrite"], paragraph, relevant))
    return questions, paragraphs


def _ramdocs(folder: Path) -> tuple[list[Question], list[Paragraph]]:
    rows = list(_rows(folder / "ramdocs/corpus.jsonl"))
    asked = {row["_id"]: row["text"] for row in _rows(folder / "ramdocs/queries.jsonl")}
    questions, paragraphs = [], []
    for row in rows:
        facts = row["metadata"]
        paragraph = _paragraph(row["_id"], "ramdocs", facts["query_id"], "", row["text"])
        paragraphs.append(paragraph)
        question = asked.get(facts["query_id"])
        if question is None:
            continue
        if facts["doc_type"] == "noise":
            questions.append(Question("ramdocs", question, paragraph, ()))
            continue
        answer = str(facts.get("supports_answer") or "")
        found = _best_span(paragraph, question, [answer]) if answer else None
        if found:
            questions.append(
                Question("ramdocs", question, paragraph, (found[0],), found[1], (answer,))
            )
    return questions, paragraphs


def _scifact(folder: Path) -> tuple[list[Question], list[Paragraph]]:
    paragraphs = {
        row["_id"]: _paragraph(row["_id"], "scifact", row["_id"], row["title"], row["text"])
        for row in _rows(folder / "scifact/corpus.jsonl")
    }
    qrels = _qrels(folder / "scifact/qrels/train.tsv")
    questions = []
    for row in _rows(folder / "scifact/queries.jsonl"):
        facts = row["metadata"]
        for id in qrels.get(row["_id"], []):
            relevant = _scifact_evidence(paragraphs[id], facts.get("evidence") or [])
            if relevant or facts["type"] == "NOINFO":
                questions.append(Question("scifact", row["text"], paragraphs[id], relevant))
    return questions, list(paragraphs.values())


def _scifact_evidence(paragraph: Paragraph, evidence: list[Any]) -> tuple[int, ...]:
    told = [text for piece in evidence if piece["doc"] == paragraph.id for text in piece["text"]]
    return _holding(paragraph, told)


def _multihop(folder: Path) -> tuple[list[Question], list[Paragraph]]:
    """Facts of one article are one paragraph; null queries are left for the evaluation."""
    facts: dict[str, list[dict[str, Any]]] = {}
    for row in _rows(folder / "multihop-rag/corpus.jsonl"):
        facts.setdefault(row["metadata"]["article_id"], []).append(row)
    paragraphs: list[Paragraph] = []
    place: dict[str, tuple[int, int]] = {}
    for article, rows in sorted(facts.items()):
        text = " ".join(row["text"].strip() for row in rows)
        starts, at = [], 0
        for row in rows:
            starts.append((at, at + len(row["text"].strip())))
            place[row["_id"]] = (len(paragraphs), len(starts) - 1)
            at = starts[-1][1] + 1
        paragraphs.append(
            Paragraph(article, "multihop-rag", article, rows[0]["title"], text, tuple(starts))
        )
    qrels = _qrels(folder / "multihop-rag/qrels/dev.tsv")
    questions = []
    for row in _rows(folder / "multihop-rag/queries.jsonl"):
        where: dict[int, list[int]] = {}
        for id in qrels.get(row["_id"], []):
            where.setdefault(place[id][0], []).append(place[id][1])
        for index, relevant in where.items():
            questions.append(
                Question("multihop-rag", row["text"], paragraphs[index], tuple(sorted(relevant)))
            )
    return questions, paragraphs


def _mtrag(folder: Path) -> tuple[list[Question], list[Paragraph]]:
    """Opening turns only, as later ones do not stand alone; questions are made of the rest."""
    paragraphs = {
        row["_id"]: _paragraph(
            row["_id"], "mtrag-un", row["_id"].split("-")[0], row["title"], row["text"]
        )
        for row in _rows(folder / "mtrag-un/corpus.jsonl")
    }
    qrels = _qrels(folder / "mtrag-un/qrels/dev.tsv")
    questions = []
    for row in _rows(folder / "mtrag-un/queries.jsonl"):
        facts = row["metadata"]
        if facts.get("history") or not facts["answerable"] or facts["type"] == "UNDERSPECIFIED":
            continue
        told = set(words_of(" ".join(facts["answers"])))
        for id in qrels.get(row["_id"], []):
            paragraph = paragraphs[id]
            shared = [_overlap(told, paragraph.text[s:e]) for s, e in paragraph.sentences]
            best = max(range(len(shared)), key=shared.__getitem__)
            if shared[best] >= 0.6:
                questions.append(Question("mtrag-un", row["text"], paragraph, (best,)))
    return questions, list(paragraphs.values())


def _overlap(told: set[str], sentence: str) -> float:
    words = set(words_of(sentence))
    return len(words & told) / len(words) if len(words) >= 5 else 0.0
