"""Answer, Citation, Hit: what comes back from a question, and its JSON form.

The JSON form is a contract with other programs: `Answer.to_dict()` carries
`"schema": "footnote/answer/1"`, described by `proof/answer_schema.json`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from assistant.showing.explanation import Explanation
    from embeddings.records import Passage

__all__ = ["SCHEMA", "Answer", "Citation", "Composer", "Event", "Hit", "Refusal", "Usage"]

SCHEMA = "footnote/answer/1"

Composer = Literal["local", "llm"]
Refusal = Literal["no_articles", "nothing_relevant", "not_stated", "sources_disagree"]


@dataclass(frozen=True, slots=True)
class Citation:
    """The exact characters a sentence of an answer came from.

    `article.text[start:end] == quote`, and `sha256` is the SHA-256 of `article.text`,
    so a citation can be proven on any machine that has the article, however it was split.
    """

    number: int
    article_id: str
    title: str
    date: str | None
    source: str | None
    start: int
    end: int
    quote: str
    sha256: str
    page: int | None = None
    """Page of the document that the quote begins on, from 1; None where it has no pages."""
    answer_start: int | None = None
    """Where the short answer begins, in characters of the article's text; None when no part of
    the quote is the answer more than the rest."""
    answer_end: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready dictionary of all fields."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def from_dict(cls, saved: dict[str, Any]) -> Citation:
        """The citation that `to_dict` saved; fields of later versions are let pass."""
        return cls(**{name: saved[name] for name in cls.__dataclass_fields__ if name in saved})


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was retrieved. `rank` starts at 1; a higher `score` is better."""

    passage: Passage
    score: float
    rank: int

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready dictionary: rank, score, and where the passage stands."""
        passage = self.passage
        return {
            "rank": self.rank,
            "score": self.score,
            "article_id": passage.article_id,
            "title": passage.title,
            "date": passage.date,
            "start": passage.start,
            "end": passage.end,
            "text": passage.text,
        }

    @classmethod
    def from_dict(cls, saved: dict[str, Any]) -> Hit:
        """The hit that `to_dict` saved."""
        from embeddings.records import Passage

        names = ("article_id", "start", "end", "text", "title", "date")
        return cls(Passage(*(saved[name] for name in names)), saved["score"], saved["rank"])


@dataclass(frozen=True, slots=True)
class Usage:
    """What a language model took to write an answer."""

    model: str
    seconds: float
    """From the request to the last token."""
    first_token_seconds: float | None = None
    prompt_tokens: int | None = None
    """As the endpoint counts them; None when it does not say."""
    completion_tokens: int | None = None
    cost: float | None = None
    """In the currency of the settings' prices; None when no price is set."""
    sentences_dropped: int = 0
    """Sentences that were not shown because no passage supports them."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready dictionary of all fields."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer whose every sentence is cited, or a refusal that says why."""

    question: str
    standalone_question: str
    """The question after its follow-up references were resolved from the conversation."""
    text: str
    """Plain text. Answered: every sentence ends in `[1]`, `[2]` …; refused: why, in a sentence."""
    refusal: Refusal | None
    confidence: float
    """Calibrated probability that the answer is right, 0..1; of a refusal, that the answer it
    withheld would have been."""
    citations: tuple[Citation, ...] = ()
    hits: tuple[Hit, ...] = ()
    notes: tuple[str, ...] = ()
    """What the reader of the answer should know besides: a part that is not stated, say."""
    corpus: str = ""
    """Fingerprint of the corpus state that was asked: same fingerprint, same articles."""
    composer: Composer = "local"
    """Who chose the words: `local`, where each sentence is a quote, or `llm`, where each is
    written by a language model and was checked against the quotes it cites."""
    usage: Usage | None = None
    """What the language model took, also when its answer was not used; None when none was asked."""
    explanation: Explanation | None = None
    """Why it is what it is; None unless it was asked for."""

    @property
    def answered(self) -> bool:
        """False for a refusal."""
        return self.refusal is None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready dictionary; its `schema` names this form and its version."""
        explained = {"explanation": self.explanation.to_dict()} if self.explanation else {}
        return {
            "schema": SCHEMA,
            "question": self.question,
            "standalone_question": self.standalone_question,
            "text": self.text,
            "answered": self.answered,
            "refusal": self.refusal,
            "confidence": self.confidence,
            "citations": [citation.to_dict() for citation in self.citations],
            "hits": [hit.to_dict() for hit in self.hits],
            "notes": list(self.notes),
            "corpus": self.corpus,
            "composer": self.composer,
            "usage": self.usage.to_dict() if self.usage else None,
            **explained,
        }

    @classmethod
    def from_dict(cls, saved: dict[str, Any]) -> Answer:
        """The answer that `to_dict` saved, without its explanation.

        Nothing is proven by this. Raises `CitationError` when `saved` is no answer.
        """
        from assistant.proof.schema import check_answer

        check_answer(saved)
        plain = ("question", "standalone_question", "text", "refusal", "confidence", "corpus")
        usage = saved.get("usage")
        return cls(
            **{name: saved[name] for name in plain},
            citations=tuple(map(Citation.from_dict, saved["citations"])),
            hits=tuple(map(Hit.from_dict, saved["hits"])),
            notes=tuple(saved["notes"]),
            composer=saved.get("composer", "local"),
            usage=Usage(**{n: usage[n] for n in Usage.__dataclass_fields__ if n in usage})
            if usage
            else None,
        )

    def to_markdown(self) -> str:
        """The answer as Markdown with footnotes: GitHub and Pandoc show it with its source list."""
        from assistant.showing.footnotes import to_markdown

        return to_markdown(self)


@dataclass(frozen=True, slots=True)
class Event:
    """One step of an answer as it is composed.

    In order: `resolved` (`text`: the standalone question), `hits` (`hits`), then either way
    `citations` (`citations`: all that the text will use, before any text), then one `sentence` for
    each sentence (`text` ends in its markers; joined by spaces they are the answer's
    text), and last `answer` (`answer`: the whole, as `ask` returns it). While a language model
    writes, `citations` come several times, each time all so far, before the sentence that uses
    them; nothing that was told is taken back.
    """

    kind: Literal["resolved", "hits", "citations", "sentence", "answer"]
    text: str = ""
    hits: tuple[Hit, ...] = ()
    citations: tuple[Citation, ...] = ()
    answer: Answer | None = None
