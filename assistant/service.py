"""Assistant: wires the stages together, and holds no logic of its own."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from assistant.aliases import read_synonyms
from assistant.answers import Answer, Event
from assistant.citations import Finding, cite, shown, verify
from assistant.composer import Draft, Part, asks_of_several, compose, refusal_text
from assistant.conversation import stand_alone
from assistant.question import cleaned, split_names, split_parts
from assistant.reader import Calibration, prepare, read, sentences_of
from assistant.retriever import Index, Retrieved, retrieve
from assistant.settings import Settings
from embeddings.corpus import Corpus
from embeddings.dense import DenseIndex
from embeddings.encoder import exported_card, load_encoder
from embeddings.errors import CorpusError, DamagedError
from embeddings.indexing import IndexReport, Progress, index_folders
from embeddings.lexical import LexicalIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from assistant.answers import Citation, Hit
    from embeddings.encoder import Encoder
    from embeddings.records import Article
    from embeddings.splitting import Span

__all__ = ["Assistant", "Check", "ask", "corpus_folder"]

HITS = 12
"""Passages retrieved for an answer."""

History = "Sequence[Mapping[str, str]]"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing `doctor` looked at."""

    name: str
    ok: bool
    message: str
    repaired: bool = False


class Assistant:
    """Answers questions about the articles of one corpus. Safe to use from several threads.

    Made by `Assistant.open`; close it, or use it in a `with` statement.
    """

    def __init__(
        self,
        corpus: Corpus,
        encoder: Callable[[], Encoder],
        report: IndexReport,
        synonyms: Sequence[Sequence[str]] = (),
    ) -> None:
        self._corpus = corpus
        self._encoder = encoder
        self._synonyms = synonyms
        self._lock = threading.Lock()
        self._index: Index | None = None
        self.report = report
        """What indexing did when the assistant was opened."""

    @classmethod
    def open(
        cls,
        articles: str | Path | Sequence[str | Path] | None = None,
        *,
        data_dir: str | Path | None = None,
        settings: Settings | None = None,
        encoder: Encoder | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Assistant:
        """Index what is new or changed in the folders, then open them for questions.

        `articles` is a folder or several; None takes those of the settings, else the five
        articles that come with Footnote. `encoder` takes the place of the settings' encoder.
        Raises an `AssistantError` that says what to do.
        """
        if settings is None:
            settings = Settings(articles=articles, data_dir=data_dir)
        elif articles is not None or data_dir is not None:
            given = {"articles": articles, "data_dir": data_dir}
            settings = Settings(**{**settings.model_dump(), **_present(given)})
        data = settings.resolved_data_dir()
        folders = settings.resolved_articles()
        tell = progress or (lambda _: None)

        @cache
        def loaded() -> Encoder:
            if encoder is not None:
                return encoder
            if exported_card(settings.encoder, data) is None:
                tell(Progress("preparing the model", 0))
            return load_encoder(settings.encoder, data, settings.threads)

        def fingerprint() -> str:
            card = None if encoder else exported_card(settings.encoder, data)
            return card.fingerprint if card else loaded().fingerprint

        corpus = Corpus(corpus_folder(data, folders))
        try:
            report = index_folders(folders, corpus, loaded, fingerprint, progress)
            synonyms = read_synonyms(folders)
        except BaseException:
            corpus.close()
            raise
        return cls(corpus, loaded, report, synonyms)

    def __enter__(self) -> Assistant:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the corpus. Nothing is lost: what was indexed is committed already."""
        self._corpus.close()

    # Asking

    def ask(self, question: str, history: Sequence[Mapping[str, str]] = ()) -> Answer:
        """The answer to `question`, or a refusal with its reason; every citation is proven.

        `history` is the conversation so far, oldest first, as `{"role": "user" | "assistant",
        "content": …}`. Raises `QuestionError` when there is no question in `question`.
        """
        *_, last = self.stream(question, history)
        assert last.answer is not None
        return last.answer

    def stream(self, question: str, history: Sequence[Mapping[str, str]] = ()) -> Iterator[Event]:
        """The same answer as `ask`, as `Event`s while it is composed."""
        asked = cleaned(question)
        standalone = cleaned(stand_alone(asked, history))
        yield Event("resolved", text=standalone)
        retrieved, hits = self._retrieve_parts(standalone)
        yield Event("hits", hits=hits)
        draft = self._draft(retrieved)
        citations, sentences = self._cited(draft)
        yield Event("citations", citations=citations)
        if draft.refusal:
            sentences = [refusal_text(draft.refusal, hits, self._corpus.article)]
        for sentence in sentences:
            yield Event("sentence", text=sentence)
        yield Event(
            "answer",
            answer=Answer(
                question=asked,
                standalone_question=standalone,
                text=" ".join(sentences),
                refusal=draft.refusal,
                confidence=draft.confidence,
                citations=citations,
                hits=hits,
                notes=draft.notes,
                corpus=self._corpus.fingerprint(),
            ),
        )

    def retrieve(self, question: str, k: int = 10) -> tuple[Hit, ...]:
        """The `k` best passages for `question`, best first."""
        index = self._current_index()
        if not index.lexical.size or k < 1:
            return ()
        return self._retrieve(cleaned(question), k, index).hits

    def _retrieve(self, question: str, k: int, index: Index) -> Retrieved:
        return retrieve(question, k, index, self._encoder(), self._corpus, self._synonyms)

    def _retrieve_parts(self, question: str) -> tuple[list[Part], tuple[Hit, ...]]:
        """Each part of the question read, and the hits of the question as a whole."""
        # Loading is not Python's work: the reader comes up while the indexes and the encoder do.
        threading.Thread(target=prepare, daemon=True).start()
        index = self._current_index()
        if not index.lexical.size:
            return [], ()
        whole = self._read(question, index)
        parts = split_parts(question)
        if len(parts) > 1:
            opening = [{"role": "user", "content": parts[0]}]
            parts = (parts[0], *(stand_alone(part, opening) for part in parts[1:]))
        elif asks_of_several(whole):
            parts = split_names(question)
        if len(parts) < 2:
            return [whole], whole.hits
        return [self._read(part, index) for part in parts], whole.hits

    def _read(self, question: str, index: Index) -> Part:
        found = self._retrieve(question, HITS, index)
        reading = read(found, index, self._encoder(), self._corpus.article)
        return Part(question, reading, found.hits, found.best_cosine)

    def _draft(self, parts: Sequence[Part]) -> Draft:
        if not parts:
            return Draft("no_articles", 0.0)

        def sentences(article_id: str) -> tuple[str, Sequence[Span]]:
            text = self.article(article_id).text
            return text, sentences_of(text)

        return compose(parts, Calibration.load().least_confidence, sentences)

    def _cited(self, draft: Draft) -> tuple[tuple[Citation, ...], list[str]]:
        """A proven citation for each sentence, and each sentence with its marker."""
        citations = []
        sentences = []
        for number, (article_id, start, end) in enumerate(draft.spans, start=1):
            citation = cite(self.article(article_id), start, end, number)
            citations.append(citation)
            sentences.append(f"{shown(citation.quote)}[{number}]")
        return tuple(citations), sentences

    def _current_index(self) -> Index:
        """The indexes of the corpus as it is now, loaded or rebuilt when it has changed."""
        with self._lock:
            generation = self._corpus.generation()
            if self._index is None or self._index.generation != generation:
                self._index = _open_index(self._corpus)
            return self._index

    # The articles

    def articles(self) -> tuple[Article, ...]:
        """Every article, by id."""
        return self._corpus.articles()

    def article(self, article_id: str) -> Article:
        """The article; raises `CorpusError`, naming near ids, when there is none of this id."""
        found = self._corpus.article(article_id)
        if found is None:
            raise CorpusError(self._unknown(article_id))
        return found

    def remove(self, article_id: str) -> None:
        """Take an article out, at once, and keep it out while its file is unchanged."""
        if article_id not in self._corpus.stored():
            raise CorpusError(self._unknown(article_id))
        self._corpus.remove(article_id)

    def _unknown(self, article_id: str) -> str:
        from difflib import get_close_matches

        near = get_close_matches(article_id, self._corpus.stored(), n=3, cutoff=0.3)
        hint = f"did you mean {', '.join(near)}?" if near else "see: assistant list"
        return f"there is no article {article_id!r}; {hint}"

    # Proof and repair

    def verify(self, saved: dict[str, Any]) -> tuple[Finding, ...]:
        """Check a saved answer (`Answer.to_dict()`) against the articles."""
        return verify(saved, self._corpus.article)

    def doctor(self) -> tuple[Check, ...]:
        """Check the data folder, rebuilding what can be rebuilt."""
        checks = [_check_file(self._corpus), *_check_articles(self._corpus)]
        if all(check.ok for check in checks):
            checks.append(self._check_index("dense index", DenseIndex))
            checks.append(self._check_index("lexical index", LexicalIndex))
        return tuple(checks)

    def _check_index(self, name: str, kind: type[DenseIndex] | type[LexicalIndex]) -> Check:
        if kind.load(self._corpus) is not None:
            return Check(name, True, "matches the corpus")
        kind.build(self._corpus, *self._corpus.snapshot())
        with self._lock:
            self._index = None
        return Check(name, True, "was missing, stale or damaged; rebuilt", repaired=True)


def _open_index(corpus: Corpus) -> Index:
    """Both indexes at one generation; whichever is absent, stale or damaged is built."""
    lexical, dense = LexicalIndex.load(corpus), DenseIndex.load(corpus)
    if lexical is None or dense is None or lexical.generation != dense.generation:
        generation, passages = corpus.snapshot()
        if lexical is None or lexical.generation != generation:
            lexical = LexicalIndex.build(corpus, generation, passages)
        if dense is None or dense.generation != generation:
            dense = DenseIndex.build(corpus, generation, passages)
    return Index(lexical, dense, lexical.generation)


def _check_file(corpus: Corpus) -> Check:
    try:
        problem = corpus.check()
    except DamagedError as error:
        problem = str(error)
    if problem:
        return Check("corpus file", False, f"{problem}; move {corpus.path} away and index again")
    return Check("corpus file", True, str(corpus.path))


def _check_articles(corpus: Corpus) -> Iterator[Check]:
    try:
        articles = corpus.articles()
    except DamagedError as error:
        yield Check("articles", False, str(error))
        return
    generation, passages = corpus.snapshot()
    wrong = [p.article_id for _, p, _ in passages if not p.text]
    if wrong:
        yield Check("passages", False, f"{wrong[0]} has passages outside its text; index it again")
    yield Check("articles", True, f"{len(articles)} articles, all as they were committed")
    yield Check("passages", not wrong, f"{len(passages)} passages, generation {generation}")


def corpus_folder(data_dir: Path, folders: Sequence[Path]) -> Path:
    """The sub-folder of the data folder that holds the corpus of these folders."""
    import hashlib
    import re

    resolved = sorted(str(folder.resolve()) for folder in folders)
    digest = hashlib.sha256("\0".join(resolved).encode()).hexdigest()[:12]
    name = re.sub(r"[^A-Za-z0-9]+", "-", folders[0].resolve().name).strip("-")[:40] or "articles"
    return data_dir / "corpora" / f"{name}-{digest}"


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def ask(question: str, history: Sequence[Mapping[str, str]] = ()) -> Answer:
    """Answer from the settings' articles: the five that come with Footnote, unless set otherwise.

    The articles are opened on the first call and stay open for the next.
    """
    return _shared().ask(question, history)


@cache
def _shared() -> Assistant:
    return Assistant.open()
